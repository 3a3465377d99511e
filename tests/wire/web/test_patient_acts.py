"""Reviews and tags from the list: what they change, who may, and where the browser goes next."""

import re
from typing import Any

import pytest

from openward.care import identity, organizations, patients
from openward.care.identity import System

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with three patients and two tags, the first of which Ada has."""
    made = await house.clinic("Act Clinic")
    async with house.work() as work:
        made.pump = (await organizations.create_tag(work, made.key, "Pump")).key
        pen = (await organizations.create_tag(work, made.key, "Pen")).key
        made.pump_id = await identity.name(work, made.pump, System.TAG)
        made.pen_id = await identity.name(work, pen, System.TAG)
        made.pen = pen
    made.ids = {}
    for name in ("Ada", "Ben", "Cleo"):
        _, made.ids[name] = await made.patient(name, tags=(made.pump,) if name == "Ada" else ())
    return made


async def tagged(house: Any, clinic: Any, tag: Any) -> list[str]:
    async with house.work() as work:
        found = await patients.find(work, [clinic.key], limit=100)
    return sorted(one.full_name for one in found if tag in one.tags)


async def test_a_review_is_shown_and_taken_back(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    path = f"/patients/{clinic.ids['Ada']}"
    back = "/patients?sort=reviewed"
    answer = await member.post(f"{path}/review", {"back": back}, "/patients")
    assert answer.headers["location"] == f"{back}#p-{clinic.ids['Ada']}"
    page = await member.get("/patients")
    assert "just now</time>" in page.text
    assert f'action="{path}/unreview' in page.text
    shown = await member.get(path)
    assert "by you" in shown.text
    assert "Undo my review" in shown.text
    admin = await house.signed_in(clinic.admin)
    shown = await admin.get(path)
    assert "by Dr Member" in shown.text
    assert "Mark as reviewed" in shown.text
    answer = await admin.post(f"{path}/unreview", {}, path)
    assert answer.headers["location"].endswith("said=review-other")
    answer = await member.post(f"{path}/unreview", {}, path)
    assert answer.headers["location"] == f"{path}?said=review-undone"
    assert "Undo my review" not in (await member.get(path)).text
    assert (await member.post(f"{path}/unreview", {}, path)).status_code == 303, "pressed twice"


async def test_the_way_back_stays_in_the_house(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    path = f"/patients/{clinic.ids['Ada']}/review"
    for back in ("https://evil.example", "//evil.example", "/patients\\evil", "javascript:x", ""):
        answer = await member.post(path, {"back": back}, "/patients")
        assert answer.headers["location"].startswith(f"/patients/{clinic.ids['Ada']}?said=")


async def test_sorting_by_review(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    await member.post(f"/patients/{clinic.ids['Ada']}/review", {}, "/patients")
    page = await member.get("/patients", sort="reviewed")
    assert re.findall(r'<td class="name"><a href="[^"]*">([^<]*)</a>', page.text)[-1] == "Ada"


async def test_strangers_review_nobody(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    stranger = await house.signed_in(other.member)
    for act in ("review", "unreview"):
        answer = await stranger.post(f"/patients/{clinic.ids['Ada']}/{act}", {}, "/patients")
        assert answer.status_code == 404
    assert (await stranger.post("/patients/0123456789/review", {}, "/patients")).status_code == 404


async def test_a_tag_for_the_ticked_ones(house: Any, clinic: Any) -> None:
    admin = await house.signed_in(clinic.admin)
    fields = {"label": clinic.pen_id, "who": "ticked", "person": clinic.ids["Ben"], "sort": "reviewed"}
    answer = await admin.post("/patients/tag", {**fields, "do": "add"}, "/patients")
    assert answer.headers["location"] == "/patients?sort=reviewed&said=tagged"
    assert "The tag is on these patients now." in (await admin.get(answer.headers["location"])).text
    assert await tagged(house, clinic, clinic.pen) == ["Ben"]
    await admin.post("/patients/tag", {**fields, "do": "remove"}, "/patients")
    assert await tagged(house, clinic, clinic.pen) == []


async def test_a_tag_for_all_that_fit(house: Any, clinic: Any) -> None:
    admin = await house.signed_in(clinic.admin)
    await admin.post("/patients/tag", {"label": clinic.pen_id, "who": "all", "do": "add", "q": "e"}, "/patients")
    assert await tagged(house, clinic, clinic.pen) == ["Ben", "Cleo"]
    sent = {"label": clinic.pen_id, "who": "all", "do": "remove", "tag": clinic.pump_id}
    await admin.post("/patients/tag", sent, "/patients")
    assert await tagged(house, clinic, clinic.pen) == ["Ben", "Cleo"], "only Ada has the tag of the filter"
    await admin.post("/patients/tag", {"label": clinic.pen_id, "who": "all", "do": "add"}, "/patients")
    assert await tagged(house, clinic, clinic.pen) == ["Ada", "Ben", "Cleo"]


async def test_nobody_ticked_and_nothing_chosen(house: Any, clinic: Any) -> None:
    admin = await house.signed_in(clinic.admin)
    answer = await admin.post("/patients/tag", {"label": clinic.pen_id, "who": "ticked", "do": "add"}, "/patients")
    assert answer.headers["location"] == "/patients?said=tag-whom"
    answer = await admin.post("/patients/tag", {"label": "f" * 24, "who": "all", "do": "add"}, "/patients")
    assert answer.headers["location"] == "/patients?said=tag-which"
    assert await tagged(house, clinic, clinic.pen) == []


async def test_members_do_not_tag_many(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    page = await member.get("/patients")
    assert 'id="tagging"' not in page.text
    assert 'class="tick"' not in page.text
    answer = await member.post("/patients/tag", {"label": clinic.pen_id, "who": "all", "do": "add"}, "/patients")
    assert answer.status_code == 403
    assert await tagged(house, clinic, clinic.pen) == []
    assert 'id="tagging"' in (await (await house.signed_in(clinic.admin)).get("/patients")).text


async def test_people_of_another_clinic_are_passed_over(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    _, foreign = await other.patient("Foreign")
    admin = await house.signed_in(clinic.admin)
    sent = {"label": clinic.pen_id, "who": "ticked", "person": foreign, "do": "add"}
    assert (await admin.post("/patients/tag", sent, "/patients")).status_code == 303
    assert await tagged(house, clinic, clinic.pen) == []
    assert await tagged(house, other, clinic.pen) == []


async def test_a_reminder_and_a_request_to_connect(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    path = f"/patients/{clinic.ids['Ada']}"
    assert "Never reminded so far." in (await member.get(path)).text
    answer = await member.post(f"{path}/remind", {}, path)
    assert answer.headers["location"] == f"{path}?said=reminded"
    assert "Last reminded" in (await member.get(path)).text
    answer = await member.post(f"{path}/connect", {"provider": "dexcom"}, path)
    assert answer.headers["location"] == f"{path}?said=connection-asked"
    assert "Asked, not connected yet" in (await member.get(path)).text
    assert (await member.post(f"{path}/connect", {"provider": "abacus"}, path)).status_code == 400


async def test_strangers_ask_nobody(house: Any, clinic: Any) -> None:
    stranger = await house.signed_in((await house.clinic("Other")).member)
    for act in ("remind", "connect"):
        answer = await stranger.post(f"/patients/{clinic.ids['Ada']}/{act}", {"provider": "dexcom"}, "/patients")
        assert answer.status_code == 404
