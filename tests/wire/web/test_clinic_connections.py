"""How clinics see the connections of their patients, and ask for them."""

import re
from datetime import timedelta
from typing import Any

import pytest

from openward.care import connections, patients
from tests.wire.web.clouds import connect, fail, partner, waits_since

__all__ = ["partner"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("partner")]

PAGE = "/clinic/connections"


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with a patient in each state; `ids` by name."""
    made = await house.clinic("Cloud Clinic")
    made.ids, made.people = {}, {}
    for name in ("Asked", "Late", "Linked", "Broken", "Gone", "Again", "Never"):
        made.people[name], made.ids[name] = await made.patient(name)
    async with house.work() as work:
        for name in ("Asked", "Late"):
            await patients.request_connection(work, made.key, made.people[name], "dexcom")
    await waits_since(house, made.people["Late"], days=31)
    for name in ("Linked", "Broken", "Gone", "Again"):
        source = await connect(house, made.people[name])
        if name == "Linked":
            async with house.work() as work:
                await connections.change(work, source.key, {"latest_data_at": work.now - timedelta(hours=3)})
        if name in ("Broken", "Again"):
            await fail(house, source)
    async with house.work() as work:
        await connections.close_sessions(work, made.people["Gone"], "dexcom")
        await patients.request_connection(work, made.key, made.people["Again"], "dexcom")
    return made


def named(page: Any) -> list[str]:
    """Who is in the list of the page."""
    return re.findall(r'<td class="name"><a href="[^"]*">([^<]*)</a>', page.text)


async def test_counts_and_those_in_trouble(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    page = await member.get(PAGE)
    assert page.status_code == 200
    assert named(page) == ["Broken", "Gone", "Late"]
    for state in ("pending", "pendingReconnect", "expired", "connected", "error", "disconnected"):
        assert f'href="{PAGE}?partner=dexcom&amp;state={state}">1<' in page.text
    assert named(await member.get(PAGE, state="pendingReconnect")) == ["Again"]
    shown = await member.get(PAGE, state="connected", partner="dexcom")
    assert named(shown) == ["Linked"]
    assert "last data 3 h ago" in shown.text
    assert named(await member.get(PAGE, state="connected", partner="twiist")) == []
    assert (await member.get(PAGE, state="odd")).status_code == 400
    assert (await member.get(PAGE, page="-1")).status_code == 400
    assert named(await member.get(PAGE, page="1")) == []


async def test_asking_from_the_page(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    page = (await member.get(PAGE)).text
    assert page.count("Ask to reconnect") == 2
    assert page.count("Ask again") == 1
    for name in ("Broken", "Late"):
        path = f"/patients/{clinic.ids[name]}/connect?clinic={clinic.public}"
        answer = await member.post(path, {"provider": "dexcom", "back": "connections"}, PAGE)
        assert answer.headers["location"] == f"{PAGE}?said=connection-asked"
    assert named(await member.get(PAGE)) == ["Gone"]
    assert named(await member.get(PAGE, state="pendingReconnect")) == ["Again", "Broken"]
    assert named(await member.get(PAGE, state="pending")) == ["Asked", "Late"]


async def test_the_page_is_for_the_staff_of_the_clinic(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other Clinic")
    stranger = await house.signed_in(other.admin)
    assert named(await stranger.get(PAGE)) == []
    assert (await stranger.get(PAGE, clinic=clinic.public)).status_code == 404
    assert (await (await house.signed_in(await house.person())).get(PAGE)).status_code == 403
    path = f"/patients/{clinic.ids['Broken']}/connect"
    assert (await stranger.post(path, {"provider": "dexcom"}, "/patients")).status_code == 404


async def test_people_who_left_are_not_counted(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        await patients.set_active(work, clinic.key, clinic.people["Broken"], False)
    member = await house.signed_in(clinic.member)
    assert named(await member.get(PAGE)) == ["Gone", "Late"]


@pytest.mark.parametrize(
    ("name", "state", "more", "button"),
    [
        ("Asked", "Asked, not connected yet", "the link is good until", "Ask to connect Dexcom"),
        ("Late", "Request expired", "the link was good until", "Ask to connect Dexcom"),
        ("Linked", "Connected", "last data 3 h ago", "Ask to reconnect Dexcom"),
        ("Broken", "Does not work", "", "Ask to reconnect Dexcom"),
        ("Gone", "Disconnected", "", "Ask to reconnect Dexcom"),
        ("Again", "Asked to connect again", "the link is good until", "Ask to reconnect Dexcom"),
    ],
)
async def test_the_page_of_a_patient(house: Any, clinic: Any, name: str, state: str, more: str, button: str) -> None:
    member = await house.signed_in(clinic.member)
    page = (await member.get(f"/patients/{clinic.ids[name]}")).text
    assert f">{state}</span>" in page
    assert more in page
    assert f">{button}</button>" in page


async def test_a_patient_who_was_never_asked_and_a_server_without_partners(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    path = f"/patients/{clinic.ids['Never']}"
    page = (await member.get(path)).text
    assert 'class="state' not in page
    assert ">Ask to connect Dexcom</button>" in page
    await house.pool.execute("delete from connections.partner")
    assert "No partner cloud is set up on this server." in (await member.get(path)).text


async def test_the_patient_list_says_how_each_is_doing(house: Any, clinic: Any) -> None:
    page = (await (await house.signed_in(clinic.member)).get("/patients")).text
    lines = dict(re.findall(r'<tr id="p-([^"]*)">.*?<small class="cloud ([^<]*)</small>', page, re.DOTALL))
    said = {name: lines.get(clinic.ids[name], "") for name in clinic.ids if clinic.ids[name] in lines}
    assert said.pop("Linked").startswith("soft")
    assert said.pop("Broken").startswith("off")
    assert said["Late"].endswith("Dexcom request expired")
    assert said["Asked"].endswith("Dexcom asked")
    assert said["Again"].endswith("Dexcom asked again")
    assert said["Gone"].endswith("Dexcom disconnected")
