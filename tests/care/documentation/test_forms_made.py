"""Forms that are made and changed one by one: names, editions, what is refused, and whose they are."""

from dataclasses import replace
from uuid import uuid4

import pytest

from openward.care import documentation, organizations, visits
from openward.care.documentation import Question, QuestionType, Section
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.organizations import Profile
from openward.care.visits import RoomSettings
from openward.care.work import OrganizationKey, Work

pytestmark = pytest.mark.anyio

STORY = Question(uuid4(), "Story", QuestionType.TEXT)
PAIN = Question(uuid4(), "Pain", QuestionType.SINGLE, ("none", "some"))


@pytest.fixture
async def practice(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Hill"), admin=None)).key


async def test_a_renamed_form_stays_with_its_rooms(work: Work, practice: OrganizationKey) -> None:
    made = await documentation.create_template(work, practice, "Intake", [Section("Today", (STORY,))])
    await documentation.create_template(work, practice, "Other", [Section("Today", (PAIN,))])
    room = await visits.create_room(work, practice, RoomSettings("Room", templates=("Other", "Intake")))
    same = await documentation.change_template(work, practice, made.key, "First", made.sections)
    assert (same.name, same.edition) == ("First", 1)
    assert (await visits.room(work, practice, room.key)).settings.templates == ("Other", "First")
    changed = await documentation.change_template(work, practice, made.key, "First", [Section("Today", (STORY, PAIN))])
    assert changed.edition == 2
    assert await documentation.template(work, practice, made.key) == changed
    with pytest.raises(Conflict):
        await documentation.change_template(work, practice, made.key, "Other", made.sections)
    with pytest.raises(Conflict):
        await documentation.create_template(work, practice, "Other", made.sections)
    assert await documentation.template(work, practice, made.key) == changed


async def test_another_practice_has_no_part_in_it(work: Work, practice: OrganizationKey) -> None:
    other = (await organizations.create(work, Profile(name="Vale"), admin=None)).key
    made = await documentation.create_template(work, practice, "Intake", [Section("Today", (STORY,))])
    room = await visits.create_room(work, practice, RoomSettings("Room"))
    with pytest.raises(NotFound):
        await documentation.template(work, other, made.key)
    with pytest.raises(NotFound):
        await documentation.change_template(work, other, made.key, "Mine", made.sections)
    with pytest.raises(NotFound):
        await visits.change_room(work, other, room.key, RoomSettings("Mine"))
    await visits.create_room(work, other, RoomSettings("Room"))


async def test_rooms_are_refused_where_they_cannot_be(work: Work, practice: OrganizationKey) -> None:
    room = await visits.create_room(work, practice, RoomSettings("Room"))
    await visits.create_room(work, practice, RoomSettings("Next"))
    with pytest.raises(Conflict):
        await visits.create_room(work, practice, RoomSettings("Room"))
    with pytest.raises(Conflict):
        await visits.change_room(work, practice, room.key, RoomSettings("Next"))
    for name, wrong in (
        ("name", RoomSettings(" ")),
        ("slot_duration_s", RoomSettings("x", slot_duration_s=86401)),
        ("capacity", RoomSettings("x", capacity=1001)),
    ):
        with pytest.raises(Invalid) as refused:
            await visits.create_room(work, practice, wrong)
        assert [one.pointer for one in refused.value.faults] == [name]


async def test_what_a_form_cannot_be(work: Work, practice: OrganizationKey) -> None:
    for at, name, sections in (
        ("name", "", [Section("S", (STORY,))]),
        ("sections", "x", [Section("S", ())]),
        ("0", "x", [Section("", (STORY,))]),
        ("0.0", "x", [Section("S", (replace(STORY, choices=("a",)),))]),
        ("0.0", "x", [Section("S", (replace(PAIN, choices=()),))]),
        ("0.0", "x", [Section("S", (replace(PAIN, choices=("a", "A")),))]),
        ("0.1", "x", [Section("S", (STORY, replace(STORY, id=uuid4())))]),
        ("sections", "x", [Section("S", tuple(replace(STORY, id=uuid4(), name=str(n)) for n in range(201)))]),
    ):
        with pytest.raises(Invalid) as refused:
            await documentation.create_template(work, practice, name, sections)
        assert [one.pointer for one in refused.value.faults] == [at]
