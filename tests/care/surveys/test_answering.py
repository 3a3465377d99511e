"""Health profiles: who may answer, what is kept, what a birthday changes, and where answers go in a merge."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from openward.care import accounts, organizations, patients, surveys
from openward.care.audit import Entry
from openward.care.errors import Invalid, NotAllowed, NotFound
from openward.care.organizations import Profile, Role
from openward.care.patients import Details, Joining
from openward.care.surveys import Category, Choice, Definition, Ids, Kind, Property, Question, Requirement, Selection
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio

MOOD = Definition(
    3, Category.WELLBEING, "How are you?", "single_choice", (Choice("Well", "0"), Choice("Not well", "1", "cloud"))
)
GROWN = replace(MOOD, number=4, text="And at work?", requirements=(Requirement(Property.AGE, above=17),))


async def a_clinic(work: Work, *definitions: Definition) -> OrganizationKey:
    made = await organizations.create(work, Profile(name="Clinic"), admin=None)
    await surveys.put_definitions(work, made.key, definitions)
    return made.key


async def a_patient(work: Work, clinic: OrganizationKey, born: date | None = None) -> PersonKey:
    return (await patients.create_custodial(work, clinic, Details("Ada Byron", born))).person


def by(work: Work, person: PersonKey, *, later_s: int = 0) -> Work:
    """The same transaction with somebody signed in, some time later."""
    actor = Actor(ActorKind.PERSON, person, credential="test")
    return replace(work, actor=actor, now=work.now + timedelta(seconds=later_s))


async def test_the_built_in_set_has_every_category(work: Work) -> None:
    clinic = await a_clinic(work)
    shipped = await surveys.definitions(work, clinic)
    assert {one.category for one in shipped} == set(Category)
    assert {required.property for one in shipped for required in one.requirements} == set(Property)
    assert len({one.text for one in shipped}) == len(shipped)
    assert [one.number for one in shipped] == sorted({one.number for one in shipped})
    assert all(len({choice.value for choice in one.choices}) == len(one.choices) >= 2 for one in shipped)


async def test_an_own_set_takes_the_place_of_the_built_in_one(work: Work) -> None:
    clinic, other = await a_clinic(work, MOOD, GROWN), await a_clinic(work)
    assert await surveys.definitions(work, clinic) == (MOOD, GROWN)
    assert len(await surveys.definitions(work, other)) > 20
    await surveys.put_definitions(work, clinic, [MOOD])
    assert await surveys.definitions(work, clinic) == (MOOD,)
    assert (await surveys.known_definitions(work, clinic))[4] == replace(GROWN, is_active=False)
    await surveys.put_definitions(work, clinic, [])
    assert await surveys.definitions(work, clinic) == await surveys.definitions(work, other)


async def test_answers_are_kept_with_those_before(work: Work) -> None:
    clinic = await a_clinic(work, MOOD)
    person = await a_patient(work, clinic)
    himself = by(work, person)
    assert await surveys.answer(himself, clinic, person, {3: "1"}) == (3,)
    assert Entry("write", "health-profile", person, clinic) in himself.audited
    assert await surveys.answer(by(work, person, later_s=5), clinic, person, {3: "1"}) == ()
    assert await surveys.answer(by(work, person, later_s=9), clinic, person, {3: "0"}) == (3,)
    [kept] = await surveys.answers(work, Selection(clinic), 0, 10)
    assert [(one.value, one.answered_by) for one in kept.entries] == [("1", person), ("0", person)]
    assert (kept.created_at, kept.latest.answered_at) == (work.now, work.now + timedelta(seconds=9))
    profile = await surveys.profile_of(work, clinic, person)
    assert profile is not None
    assert profile.stats() == [
        ("lifestyle_behaviors", 0, 0),
        ("mental_wellbeing", 1, 1),
        ("preventative_care", 0, 0),
        ("overall", 1, 1),
    ]
    assert profile.updated_at == work.now + timedelta(seconds=9)


async def test_members_answer_too_and_nobody_else(work: Work) -> None:
    clinic, other = await a_clinic(work, MOOD), await a_clinic(work, MOOD)
    person = await a_patient(work, clinic)
    coach = (await accounts.create_custodial(work, email="joe@coaches.test")).key
    email, roles = "joe@coaches.test", [Role.MEMBER]
    await organizations.add_member(work, clinic, person=coach, email=email, roles=roles)
    await surveys.answer(by(work, coach), clinic, person, {3: "0"})
    [kept] = await surveys.answers(work, Selection(clinic), 0, 10)
    member = await organizations.membership(work, clinic, coach)
    assert member is not None
    assert kept.latest.answered_by == member.key
    with pytest.raises(NotAllowed):
        await surveys.answer(by(work, coach), other, person, {3: "0"})
    with pytest.raises(NotAllowed):
        await surveys.answer(work, clinic, person, {3: "0"})
    with pytest.raises(NotFound):
        await surveys.answer(by(work, person), other, person, {3: "0"})
    with pytest.raises(Invalid) as caught:
        await surveys.answer(by(work, person), clinic, person, {3: "7", 4: "0"})
    assert [(fault.code, fault.pointer) for fault in caught.value.faults] == [("value", "3"), ("not-asked", "4")]


async def test_a_birthday_changes_what_is_asked_and_answers_stay(work: Work) -> None:
    clinic = await a_clinic(work, MOOD, GROWN)
    person = await a_patient(work, clinic, date(work.now.year - 18, work.now.month, work.now.day))
    grown = await surveys.profile_of(work, clinic, person)
    assert grown is not None
    assert [one.number for one in grown.questions] == [3, 4]
    await surveys.answer(by(work, person), clinic, person, {3: "0", 4: "1"})
    yesterday = replace(work, now=work.now - timedelta(days=1))
    before = await surveys.profile_of(yesterday, clinic, person)
    assert before is not None
    assert ([one.number for one in before.questions], before.stats()[-1]) == ([3], ("overall", 1, 1))
    assert await surveys.count_questions(yesterday, Selection(clinic)) == 1
    assert (await surveys.question(yesterday, clinic, person, 4)) is not None
    assert await surveys.question(yesterday, clinic, person, 9) is None
    assert await surveys.count_answers(yesterday, Selection(clinic)) == 2


async def test_questions_are_paged_over_patients(work: Work) -> None:
    clinic = await a_clinic(work, MOOD, GROWN)
    born = [date(1980, 1, 1), date(2020, 1, 1), None, date(1990, 1, 1)]
    people = [await a_patient(work, clinic, one) for one in born]
    which = Selection(clinic)
    assert await surveys.count_questions(work, which) == 6
    whole = await surveys.questions(work, which, 0, 50)
    assert [(people.index(one.patient.person), one.number) for one in whole] == [
        (0, 3),
        (0, 4),
        (1, 3),
        (2, 3),
        (3, 3),
        (3, 4),
    ]
    assert [await surveys.questions(work, which, place, 1) for place in range(6)] == [[one] for one in whole]
    assert await surveys.questions(work, which, 6, 10) == []
    walked: list[Question] = []
    after: tuple[int, int] | None = None
    for _ in whole:
        [one] = await surveys.questions(work, which, 0, 1, after)
        walked.append(one)
        after = (one.profile, one.number)
    assert walked == whole
    alone = await surveys.questions(work, Selection(clinic, person=people[3]), 0, 50)
    assert [one.number for one in alone] == [3, 4]
    profiles = await surveys.profiles(work, which, 1, 2)
    assert [one.patient.person for one in profiles] == people[1:3]


async def test_ids_say_what_they_name(work: Work) -> None:
    ids = Ids(work)
    made = ids.encode(Kind.QUESTION, 4711, 21)
    assert (len(made), ids.decode(Kind.QUESTION, made)) == (24, (4711, 21))
    assert ids.decode(Kind.ANSWER, made) is None
    assert ids.decode(Kind.QUESTION, f"{int(made, 16) ^ 1:024x}") is None
    assert ids.decode(Kind.QUESTION, "x") is None


async def test_a_merge_puts_answers_together(work: Work) -> None:
    """Both clinics ask something else under number 3, the same under number 4; the built-in set has 29 questions."""
    food = replace(MOOD, text="Do you eat well?")
    source, target = await a_clinic(work, food, GROWN), await a_clinic(work, MOOD, GROWN)
    person = await a_patient(work, source, date(1980, 1, 1))
    await patients.enrol(work, target, person, Joining())
    alone = await a_patient(work, source)
    await surveys.answer(by(work, person), source, person, {3: "1", 4: "1"})
    await surveys.answer(by(work, alone), source, alone, {3: "0"})
    await surveys.answer(by(work, person, later_s=3), target, person, {4: "0"})
    old = await surveys.profile_of(work, source, person)
    assert old is not None
    await surveys.move(work, source, target)
    kept = {(one.person, one.question): one for one in await surveys.answers(work, Selection(target), 0, 10)}
    assert {key: [one.value for one in answer.entries] for key, answer in kept.items()} == {
        (person, 4): ["1", "0"],
        (person, 30): ["1"],
        (alone, 30): ["0"],
    }
    assert (await surveys.known_definitions(work, target))[30] == replace(food, number=30, is_active=False)
    assert await surveys.whose(work, old.number) == (target, person)
    joined = await surveys.find_answer(work, old.number, 4)
    assert joined is not None
    assert joined.latest.value == "0"
    assert await surveys.count_answers(work, Selection(source)) == 0
