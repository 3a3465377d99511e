"""Presets of encounter reports on their page: made, changed, deleted; and the CSV file of all visits."""

import re
from datetime import UTC, datetime

import pytest

from openward.care import identity, reports, visits
from openward.care.identity import System
from openward.care.visits import Booking, RoomSettings
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

PATH = "/clinic/reports"


async def a_room(clinic: Clinic, name: str = "GreatRoom") -> str:
    async with clinic.house.work() as work:
        made = await visits.put_room(work, clinic.key, RoomSettings(name))
        return await identity.name(work, made.key, System.SOLO)


async def saved(clinic: Clinic) -> list[reports.Preset]:
    async with clinic.house.work() as work:
        return await reports.presets(work, clinic.key)


async def test_a_preset_is_made_changed_and_deleted(house: House) -> None:
    clinic = await house.clinic()
    room = await a_room(clinic)
    admin = await house.signed_in(clinic.admin)
    form = await admin.get(f"{PATH}/new")
    assert form.text.count('name="column"') == len(reports.COLUMNS)
    fields = {"name": " Monthly ", "column": "mrn", "room": room, "status": "completed"}
    assert (await admin.post(f"{PATH}/new", fields)).headers["location"] == f"{PATH}?said=saved"
    (made,) = await saved(clinic)
    assert (made.name, made.choice.columns, made.choice.statuses) == ("Monthly", ("mrn",), ("completed",))
    assert made.choice.rooms is not None
    page = (await admin.get(PATH)).text
    assert "GreatRoom" in page
    found = re.search(rf'href="{PATH}/([0-9a-f-]{{36}})"', page)
    assert found
    name = found[1]
    async with house.work() as work:
        assert await identity.name(work, made.key, System.SOLO) == name
    assert re.search(r'value="mrn" checked', (await admin.get(f"{PATH}/{name}")).text)
    again = await admin.post(f"{PATH}/new", {"name": "MONTHLY", "column": "mrn"})
    assert (again.status_code, "of this name already" in again.text) == (409, True)
    for wrong in ({"name": "x"}, {"name": "", "column": "mrn"}, {"name": "x", "column": "mrn", "status": "no"},
                  {"name": "x", "column": "password"}, {"name": "x", "column": "mrn", "room": "no"}):  # fmt: skip
        assert (await admin.post(f"{PATH}/new", wrong)).status_code == 400
    await admin.post(f"{PATH}/{name}", {"name": "Weekly", "column": "status"})
    (changed,) = await saved(clinic)
    assert (changed.key, changed.name, changed.choice) == (made.key, "Weekly", reports.Choice(("status",)))
    assert "Weekly" in (await admin.get(f"{PATH}/{name}/delete")).text
    for _ in range(2):
        answer = await admin.post(f"{PATH}/{name}/delete", {}, form_at=PATH + "/new")
        assert answer.headers["location"] == f"{PATH}?said=preset-deleted"
    assert await saved(clinic) == []


async def test_members_look_and_strangers_do_not(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    async with house.work() as work:
        made = await reports.put_preset(work, clinic.key, "Monthly")
        name = await identity.name(work, made.key, System.SOLO)
    member, stranger = await house.signed_in(clinic.member), await house.signed_in(other.admin)
    assert "Monthly" in (await member.get(PATH)).text
    for path in ("/new", f"/{name}", f"/{name}/delete", "/visits.csv?from=2024-01-01&to=2024-01-02"):
        assert (await member.get(PATH + path)).status_code == 403
    assert "Monthly" not in (await stranger.get(PATH)).text
    assert (await stranger.get(f"{PATH}/{name}")).status_code == 404
    answer = await stranger.post(f"{PATH}/{name}", {"name": "Mine", "column": "mrn"}, form_at=PATH + "/new")
    assert answer.status_code == 404
    assert [one.name for one in await saved(clinic)] == ["Monthly"]


async def test_visits_are_downloaded(house: House) -> None:
    clinic = await house.clinic()
    await a_room(clinic)
    person, _ = await clinic.patient("Ada Byron")
    async with house.work() as work:
        room = await visits.room_by_name(work, clinic.key, "GreatRoom")
        await visits.book(work, clinic.key, person, Booking(room, datetime(2024, 1, 1, 23, tzinfo=UTC)))
    admin = await house.signed_in(clinic.admin)
    answer = await admin.get(f"{PATH}/visits.csv", **{"from": "2024-01-02", "to": "2024-01-02"})
    assert (answer.status_code, "Byron,Ada" in answer.text) == (200, True)
    assert "Byron" not in (await admin.get(f"{PATH}/visits.csv", **{"from": "2024-01-01", "to": "2024-01-01"})).text
    for days in ({}, {"from": "2024-01-02", "to": "2024-01-01"}, {"from": "x", "to": "2024-01-01"}):
        assert (await admin.get(f"{PATH}/visits.csv", **days)).status_code == 400
