"""Groups and coaches of a patient, set on the page of coaching; groups of a clinic, made and renamed."""

import re
from typing import Any
from uuid import UUID

import pytest

from openward.care import audit, identity, organizations, patients
from openward.care.errors import Conflict
from openward.care.identity import System
from openward.care.work import MemberKey, PersonKey
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

GROUPS = "/coaching/groups"


async def ids_of(house: House, keys: list[Any]) -> list[str]:
    async with house.work() as work:
        names = await identity.names(work, keys, System.TWINE)
        return [names[key] for key in keys]


async def settled(house: House, clinic: Clinic) -> tuple[list[UUID], list[MemberKey], list[str], list[str]]:
    """Two groups and both coaches of a clinic: keys and ids."""
    async with house.work() as work:
        groups = [(await organizations.create_group(work, clinic.key, name)).key for name in ("Walkers", "Swim <1>")]
        people = [await organizations.member(work, clinic.key, one.key) for one in (clinic.admin, clinic.member)]
    members = [one.key for one in people]
    return groups, members, await ids_of(house, groups), await ids_of(house, members)


async def circle(house: House, clinic: Clinic, person: PersonKey) -> tuple[set[UUID], dict[UUID, bool]]:
    async with house.work() as work:
        groups = (await patients.groups_of(work, clinic.key, [person])).get(person, ())
        coaches = (await patients.coaches_of(work, clinic.key, [person])).get(person, [])
    return set(groups), {one.member: one.is_primary for one in coaches}


async def test_a_member_puts_a_patient_into_groups_and_under_coaches(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann Ash")
    groups, members, group_ids, coach_ids = await settled(house, clinic)
    visitor = await house.signed_in(clinic.member)
    home = f"/patients/{user_id}/coaching"
    fields: dict[str, Any] = {"group": group_ids, "coach": coach_ids, "primary": coach_ids[1]}
    answer = await visitor.post(f"{home}/circle", fields, home)
    assert answer.status_code == 303
    page = (await visitor.get(answer.headers["location"])).text
    assert "Saved." in page
    assert "Swim &lt;1&gt;, Walkers" in page
    assert "Dr Member, Dr Admin" in page, "the primary one first"
    assert f'value="{group_ids[0]}" checked' in page
    assert await circle(house, clinic, person) == (set(groups), {members[0]: False, members[1]: True})
    for path in ("/patients", "/coaching"):
        found = (await visitor.get(path, group=group_ids[0])).text
        assert "Ann Ash" in found, path
    found = (await visitor.get("/coaching", group="all", coach=coach_ids[0])).text
    assert "Ann Ash" in found.partition("<tbody>")[2]
    async with house.work() as work:
        seen = await audit.search(work, audit.Query(patient=person, actor=clinic.member.key, action="write"), limit=50)
    assert {"groups", "coaching"} <= {one.what for one in seen}

    assert (await visitor.post(f"{home}/circle", {"group": group_ids[1]}, home)).status_code == 303
    assert await circle(house, clinic, person) == ({groups[1]}, {})
    assert "Ann Ash" not in (await visitor.get("/patients", group=group_ids[0])).text
    assert "Ann Ash" not in (await visitor.get("/coaching", group=group_ids[0])).text.partition("<tbody>")[2]


async def test_what_is_wrong_is_said_at_the_field(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    person, user_id = await clinic.patient("Ann Ash")
    _, _, group_ids, coach_ids = await settled(house, clinic)
    _, _, foreign_groups, foreign_coaches = await settled(house, other)
    visitor = await house.signed_in(clinic.member)
    home = f"/patients/{user_id}/coaching"
    refused: list[tuple[dict[str, Any], str]] = [
        ({"coach": coach_ids[0], "primary": coach_ids[1]}, 'id="f-primary"'),
        ({"group": [group_ids[0], foreign_groups[0]]}, 'id="f-groups"'),
        ({"coach": foreign_coaches[0], "primary": foreign_coaches[0]}, 'id="f-coaches"'),
        ({"group": "nonsense", "coach": "nonsense"}, 'id="f-coaches"'),
    ]
    for fields, where in refused:
        answer = await visitor.post(f"{home}/circle", fields, home)
        assert answer.status_code == 400, fields
        assert where in answer.text, fields
        assert 'id="circle" open' in answer.text
    assert f'value="{coach_ids[0]}" checked' in (await visitor.post(f"{home}/circle", refused[0][0], home)).text
    assert await circle(house, clinic, person) == (set(), {})

    mark = re.search(r'name="seen" value="(\w+)"', (await visitor.get(home)).text)
    assert mark
    assert (await visitor.post(f"{home}/circle", {"group": group_ids[0]}, home)).status_code == 303
    late = {"group": group_ids[1], "seen": mark[1]}
    answer = await visitor.post(f"{home}/circle", late, home)
    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile." in answer.text
    assert f'value="{group_ids[1]}" checked' in answer.text
    fresh = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert fresh
    assert (await visitor.post(f"{home}/circle", late | {"seen": fresh[1]}, home)).status_code == 303

    stranger, patient = await house.signed_in(other.admin), await house.signed_in(await house.person())
    assert (await stranger.post(f"{home}/circle", {"group": group_ids[0]}, GROUPS)).status_code == 404
    assert (await patient.post(f"{home}/circle", {}, "/me/plan")).status_code == 403
    assert (await visitor.post(f"{home}/circle", {}, token="x")).status_code == 400


async def test_admins_make_and_rename_groups(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    person, _ = await clinic.patient("Ann Ash")
    visitor = await house.signed_in(clinic.admin)
    assert "No groups yet." in (await visitor.get(GROUPS)).text
    made = await visitor.post(GROUPS, {"name": " Early  risers "})
    assert "The group is there." in (await visitor.get(made.headers["location"])).text
    async with house.work() as work:
        (group,) = await organizations.groups(work, clinic.key)
        assert group.name == "Early  risers"
        await organizations.create_group(work, clinic.key, "Taken")
        foreign = await organizations.create_group(work, other.key, "Theirs")
        await patients.put_groups(work, clinic.key, {person: [group.key]})
        member = await organizations.member(work, clinic.key, clinic.member.key)
        await organizations.set_member_groups(work, member.key, [group.key])
    public, foreign_id = await ids_of(house, [group.key, foreign.key])
    page = (await visitor.get(GROUPS)).text
    assert re.search(rf'Dr Member.*href="/coaching\?group={public}">1<', page, re.DOTALL)
    assert 'href="/coaching/groups"' in (await visitor.get("/coaching")).text

    for path, name, status, words in (
        (GROUPS, "Taken", 409, "There is a group of this name already."),
        (GROUPS, "  ", 400, "1 to 255 visible characters"),
        (GROUPS, "a" * 256, 400, "1 to 255 visible characters"),
        (f"{GROUPS}/{public}", "Taken", 409, "There is a group of this name already."),
        (f"{GROUPS}/{public}", "a\u0007", 400, "1 to 255 visible characters"),
    ):
        answer = await visitor.post(path, {"name": name}, GROUPS)
        assert (answer.status_code, words in answer.text) == (status, True), (path, name)
        assert 'aria-invalid="true"' in answer.text
    for _ in range(2):
        assert (await visitor.post(f"{GROUPS}/{public}", {"name": "Late <risers>"}, GROUPS)).status_code == 303
    assert "Late &lt;risers&gt;" in (await visitor.get("/coaching")).text
    for unknown in (foreign_id, "0" * 24, "x"):
        assert (await visitor.post(f"{GROUPS}/{unknown}", {"name": "Mine"}, GROUPS)).status_code == 404

    member_visitor = await house.signed_in(clinic.member)
    page = (await member_visitor.get(GROUPS)).text
    assert "Late &lt;risers&gt;" in page
    assert "Only administrators" in page
    assert '<form method="post" action="/coaching' not in page
    for path in (GROUPS, f"{GROUPS}/{public}"):
        assert (await member_visitor.post(path, {"name": "No"}, GROUPS)).status_code == 403
    async with house.work() as work:
        assert [one.name for one in await organizations.groups(work, clinic.key)] == ["Late <risers>", "Taken"]


async def test_a_group_keeps_its_name_when_another_has_it(house: House) -> None:
    clinic = await house.clinic()
    async with house.work() as work:
        one = await organizations.create_group(work, clinic.key, "One")
        await organizations.create_group(work, clinic.key, "Two")
        with pytest.raises(Conflict):
            await organizations.rename_group(work, clinic.key, one.key, "Two")
        assert (await organizations.group(work, one.key)).name == "One"
