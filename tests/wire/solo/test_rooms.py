"""Waiting rooms: provisioned, listed; nothing of another practice."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import visits
from openward.cli.provision.faults import BadFile
from openward.cli.provision.file import decode
from openward.cli.provision.solo import put_practice
from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.visiting import ROOM, told

pytestmark = pytest.mark.anyio


def room(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "service_line": "Demo", "service_type": "Other"} | said


async def provision(practice: Practice, **solo: Any) -> dict[str, Any]:
    """Bring the practice to what a file says; returns the answer's part."""
    checked = decode({"organizations": [{"key": "p", "name": "Practice", "solo": solo}]}).organizations[0].solo
    async with practice.work() as work:
        return await put_practice(work, practice.organization, checked, ())


async def test_rooms_are_listed_by_name(a_practice: MakePractice) -> None:
    practice = await a_practice({"waiting_rooms": [room("b"), room("a", service_type="Demo"), room("C")]})
    answer = await practice("GET", "/waiting-rooms")
    assert answer.status_code == 200
    ids = {item["name"]: item["id"] for item in practice.provisioned["waiting_rooms"]}
    assert list(ids) == ["b", "a", "C"]
    assert all(str(UUID(value)) == value for value in ids.values())
    assert answer.json() == [
        {"id": ids["C"], "name": "C", "serviceLine": "Demo", "serviceType": "Other"},
        {"id": ids["a"], "name": "a", "serviceLine": "Demo", "serviceType": "Demo"},
        {"id": ids["b"], "name": "b", "serviceLine": "Demo", "serviceType": "Other"},
    ]
    other = await a_practice()
    assert (await other("GET", "/waiting-rooms")).json() == []
    assert told(await practice("GET", "/waiting-rooms", headers={"api-key": ""})) == (401, "")
    async with practice.work() as work:
        assert (await visits.default_room(work, practice.organization)).name == "b"


async def test_the_same_file_twice_changes_nothing(a_practice: MakePractice) -> None:
    said = ROOM | {"closed": ["2026-12-25"], "capacity": 2, "hours": {"tue": [["13:00", "24:00"], ["09:00", "12:00"]]}}
    staff = {"email": "twice-rooms@example.org", "first_name": "Amy", "last_name": "Pond", "username": "amy"}
    file = {"waiting_rooms": [said], "providers": [staff], "assistants": [staff], "teams": {"graph_url": "http://g/"}}
    practice = await a_practice(file)
    tables = ("visits.room", "visits.staff", "visits.practice", "organizations.member")

    async def rows() -> list[Any]:
        return [
            await practice.pool.fetch(f"select * from {table} where organization = $1", practice.organization)
            for table in tables
        ]

    before = await rows()
    async with practice.work() as work:
        (kept,) = await visits.rooms(work, practice.organization)
        (amy,) = await visits.all_staff(work, practice.organization)
        assert await visits.teams_url(work, practice.organization) == "http://g"
        assert await visits.staff_named(work, practice.organization, "AMY") == amy
        assert await visits.staff_named(work, practice.organization, "Twice-Rooms@example.org") == amy
        assert await visits.staff_named(work, practice.organization, "amy@example.org") is None
    assert amy.is_provider
    assert amy.is_assistant
    assert [(one.opens_min, one.closes_min) for one in kept.settings.hours[1]] == [(540, 720), (780, 1440)]
    shown = await provision(practice, **file)
    assert shown["waiting_rooms"] == practice.provisioned["waiting_rooms"]
    assert await rows() == before


async def test_a_file_changes_what_it_says_and_nothing_else(a_practice: MakePractice) -> None:
    practice = await a_practice({"waiting_rooms": [ROOM | {"capacity": 3}]})
    await provision(practice, waiting_rooms=[{"name": "GreatRoom", "service_line": "Heart"}])
    async with practice.work() as work:
        kept = (await visits.room_by_name(work, practice.organization, "GreatRoom")).settings
    assert (kept.service_line, kept.service_type, kept.capacity, kept.timezone) == ("Heart", "Demo", 3, "UTC")
    assert sorted(kept.hours) == [0, 1, 2, 3, 4]


async def test_faults_are_told_with_their_place(a_practice: MakePractice) -> None:
    practice = await a_practice()
    with pytest.raises(BadFile) as bad:
        await provision(practice, waiting_rooms=[room("r", hours={"mon": [["09:00", "12:00"], ["11:59", "13:00"]]})])
    assert [str(fault.path) for fault in bad.value.faults] == ["organizations[0].solo.waiting_rooms[0].hours.mon"]
    staff = {"first_name": "A", "last_name": "B", "username": "same"}
    with pytest.raises(BadFile) as bad:
        await provision(
            practice,
            providers=[staff | {"email": "same-a@example.org"}, staff | {"email": "same-b@example.org"}],
        )
    assert [fault.path for fault in bad.value.faults] == ["providers[1].username"]


async def test_a_file_may_only_name_what_is_there(a_practice: MakePractice) -> None:
    """Templates of rooms, rooms of locations; and a geolocation is one place, or consults would not know where."""
    room = {"name": "Room", "templates": ["Form"]}
    form = {"name": "Form", "sections": [{"name": "S", "questions": [{"name": "Q", "type": "text"}]}]}
    here = {"geolocation_id": "0d0b5c0e-54f6-4c64-9f0b-2a2b6f0ab101"}
    refused: list[tuple[dict[str, Any], str]] = [
        ({"waiting_rooms": [room]}, "waiting_rooms[0].templates[0]: is no template of this practice"),
        (
            {"templates": [form], "waiting_rooms": [room | {"templates": ["Form", "form"]}]},
            "waiting_rooms[0].templates[1]: is no template of this practice",
        ),
        (
            {"locations": [{"name": "A"} | here, {"name": "B"} | here]},
            "locations[1].geolocation_id: is another location's",
        ),
    ]
    for part, said in refused:
        with pytest.raises(BadFile) as caught:
            await a_practice(part)
        assert said in str(caught.value)
    await a_practice({"templates": [form], "waiting_rooms": [room], "locations": [{"name": "A"} | here]})


async def test_secrets_of_others_are_refused_with_their_place(a_practice: MakePractice) -> None:
    key, secret = uuid4().hex, uuid4().hex
    await a_practice({"api_keys": [{"name": "one", "key": key}], "linking_secret": secret})
    for part, said in (
        ({"api_keys": [{"name": "two"}, {"name": "three", "key": key}]}, "api_keys[1].key: is in use already"),
        ({"linking_secret": secret}, "linking_secret: is another organization's"),
    ):
        with pytest.raises(BadFile) as caught:
            await a_practice(part)
        assert [str(fault) for fault in caught.value.faults] == [said]
