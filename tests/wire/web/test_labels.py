"""Tags and sites of a clinic: listed, made, renamed, deleted, by those who may."""

import re
from typing import Any

import pytest

from openward.care import organizations

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with a tag on one patient and a site."""
    made = await house.clinic("Label Clinic")
    async with house.work() as work:
        made.pump = (await organizations.create_tag(work, made.key, "Pump")).key
        await organizations.create_site(work, made.key, "North")
    await made.patient("Ada Marsh", tags=(made.pump,))
    return made


async def label_id(visitor: Any, path: str) -> str:
    found = re.search(rf'action="{path}/([0-9a-f]{{24}})\?', (await visitor.get(path)).text)
    assert found
    return found[1]


async def names(house: Any, clinic: Any, what: str) -> list[str]:
    async with house.work() as work:
        return [one.name for one in (await getattr(organizations, what)(work, [clinic.key])).get(clinic.key, [])]


@pytest.mark.parametrize(("path", "what", "name"), [("/clinic/tags", "tags", "New"), ("/clinic/sites", "sites", "Süd")])
async def test_made_renamed_and_deleted(house: Any, clinic: Any, path: str, what: str, name: str) -> None:
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post(path, {"name": f" {name} "})
    assert answer.status_code == 303
    assert "is there" in (await visitor.get(answer.headers["location"])).text
    assert name in await names(house, clinic, what)
    public = await label_id(visitor, path)
    assert (await visitor.post(f"{path}/{public}", {"name": "Renamed"}, path)).status_code == 303
    assert "Renamed" in await names(house, clinic, what)
    page = await visitor.get(f"{path}/{public}/delete")
    assert "cannot be undone" in page.text
    assert (await visitor.post(f"{path}/{public}/delete", {})).headers["location"].startswith(path)
    assert (await visitor.post(f"{path}/{public}/delete", {}, path)).status_code == 303, "pressed twice"
    assert len(await names(house, clinic, what)) == 1


async def test_shows_how_many_patients_have_a_tag(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    page = await visitor.get("/clinic/tags")
    link = re.search(r'<a href="(/patients\?tag=[0-9a-f]{24})">1<span', page.text)
    assert link
    assert "Ada Marsh" in (await visitor.get(link[1])).text


@pytest.mark.parametrize(
    ("path", "name", "status", "words"),
    [
        ("/clinic/tags", "p u m p", 409, "There is a tag of this name already."),
        ("/clinic/sites", "NORTH", 409, "There is a site of this name already."),
        ("/clinic/tags", "", 400, "1 to 20 characters"),
        ("/clinic/tags", "a" * 21, 400, "1 to 20 characters"),
        ("/clinic/tags", "What?", 400, "not allowed"),
    ],
)
async def test_refusals_keep_what_was_typed(
    house: Any, clinic: Any, path: str, name: str, status: int, words: str
) -> None:
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post(path, {"name": name})
    assert answer.status_code == status
    assert words in answer.text
    assert f'value="{name}"' in answer.text


async def test_a_refused_new_name_stands_with_its_tag(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    public = await label_id(visitor, "/clinic/tags")
    await visitor.post("/clinic/tags", {"name": "Second"})
    answer = await visitor.post(f"/clinic/tags/{public}", {"name": "SECOND"}, "/clinic/tags")
    assert answer.status_code == 409
    assert '<details class="rename" open>' in answer.text
    assert f'aria-describedby="p-{public}"' in answer.text


async def test_members_make_tags_and_change_no_site(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    assert (await member.post("/clinic/tags", {"name": "By member"})).status_code == 303
    public = await label_id(await house.signed_in(clinic.admin), "/clinic/tags")
    assert "/delete" not in (await member.get("/clinic/tags")).text
    assert (await member.get(f"/clinic/tags/{public}/delete")).status_code == 403
    assert (await member.post(f"/clinic/tags/{public}/delete", {}, "/clinic/tags")).status_code == 403
    page = await member.get("/clinic/sites")
    assert "North" in page.text
    assert "<form method=" not in page.text.split("<main", 1)[1]
    assert (await member.post("/clinic/sites", {"name": "South"}, "/clinic/tags")).status_code == 403


async def test_labels_of_another_clinic_are_out_of_reach(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    public = await label_id(await house.signed_in(clinic.admin), "/clinic/tags")
    stranger = await house.signed_in(other.admin)
    assert (await stranger.post(f"/clinic/tags/{public}", {"name": "Mine"}, "/clinic/tags")).status_code == 404
    await stranger.post(f"/clinic/tags/{public}/delete", {}, "/clinic/tags")
    assert await names(house, clinic, "tags") == ["Pump"]
    assert (await stranger.get("/clinic/tags", clinic=clinic.public)).status_code == 404
    patient = await house.signed_in(await house.person())
    assert (await patient.get("/clinic/tags")).status_code == 403


async def test_forms_need_their_token(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    assert (await visitor.post("/clinic/tags", {"name": "Sly"}, token="f" * 64)).status_code == 400
    assert "Sly" not in await names(house, clinic, "tags")


async def test_fifty_are_enough(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        for number in range(organizations.MOST_LABELS - 1):
            await organizations.create_tag(work, clinic.key, f"Tag {number}")
    visitor = await house.signed_in(clinic.admin)
    assert "at most 50 tags" in (await visitor.get("/clinic/tags")).text
    answer = await visitor.post("/clinic/tags", {"name": "One more"})
    assert answer.status_code == 422


async def test_in_two_clinics_the_address_says_which(house: Any, clinic: Any) -> None:
    other = await house.clinic("Another Clinic")
    async with house.work() as work:
        await organizations.add_member(
            work,
            other.key,
            person=clinic.admin.key,
            email=clinic.admin.email,
            roles=[organizations.Role.ADMIN],
            name="Both",
        )
    visitor = await house.signed_in(clinic.admin)
    assert (await visitor.post("/clinic/tags", {"name": "Lost"})).status_code == 400
    page = f"/clinic/tags?clinic={clinic.public}"
    answer = await visitor.post(page, {"name": "Found"})
    assert answer.status_code == 303
    assert clinic.public in answer.headers["location"]
    assert "Found" in await names(house, clinic, "tags")
    assert await names(house, other, "tags") == []
