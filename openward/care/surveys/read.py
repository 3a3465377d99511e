"""Reading profiles, questions and answers; lists note every patient whom they show."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care import audit
from openward.care.errors import NotFound
from openward.care.surveys import rules, store
from openward.care.surveys.definitions import definitions
from openward.care.surveys.model import Answer, Patient, Profile, Question, Selection
from openward.care.work import OrganizationKey, PersonKey, Work

WHAT = "health-profile"


def _note(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> None:
    audit.note_all(work, "read", WHAT, list(dict.fromkeys(persons)), organization)


async def count_profiles(work: Work, which: Selection) -> int:
    """As many as patients."""
    return await store.count_patients(work, which)


async def profiles(work: Work, which: Selection, offset: int, limit: int, after: int | None = None) -> list[Profile]:
    """Profiles in the order in which the patients came; `after` is the number of the last one seen.

    `NotFound` for a number that is nobody's in this organization.
    """
    place = None if after is None else await _place(work, which.organization, after)
    found = await store.patients(work, which, offset, limit, place)
    return await _profiles(work, which.organization, found)


async def profile_of(work: Work, organization: OrganizationKey, person: PersonKey) -> Profile | None:
    """The profile of a patient; None for somebody who is none."""
    found = await store.patients_of(work, organization, [person])
    return next(iter(await _profiles(work, organization, list(found.values()))), None)


async def _profiles(work: Work, organization: OrganizationKey, found: Sequence[Patient]) -> list[Profile]:
    if not found:
        return []
    numbers = await store.numbers(work, organization, [one.person for one in found])
    answered = await store.answered(work, list(numbers.values()))
    asked = await definitions(work, organization)
    _note(work, organization, [one.person for one in found])
    return [
        Profile(
            (number := numbers[one.person]),
            organization,
            one,
            rules.asked(asked, one, work.now.date()),
            answered.get(number, {}),
        )
        for one in found
    ]


async def _place(work: Work, organization: OrganizationKey, number: int) -> tuple[datetime, UUID]:
    found = await store.profile(work, number)
    patients = await store.patients_of(work, organization, [found[2]]) if found else {}
    if not patients:
        raise NotFound("no such profile")
    [patient] = patients.values()
    return patient.enrolled_at, patient.enrolment


async def whose(work: Work, number: int) -> tuple[OrganizationKey, PersonKey] | None:
    """Whose profile has this number; None for none."""
    found = await store.profile(work, number)
    return None if found is None else found[1:]


async def count_questions(work: Work, which: Selection) -> int:
    """How many questions all these patients are asked."""
    asked = await definitions(work, which.organization)
    return await store.count_weights(work, which, rules.weights(asked), work.now.date())


async def questions(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[int, int] | None = None
) -> list[Question]:
    """Questions patient by patient, by number; `after` is the last one seen, as (profile, number).

    `NotFound` for a profile that is nobody's in this organization.
    """
    asked, today = await definitions(work, which.organization), work.now.date()
    since = None if after is None else await _place(work, which.organization, after[0])
    seen = None if after is None or since is None else (*since, after[1])
    most = limit if after is None else limit + len(asked)
    found = await store.weighed(work, which, rules.weights(asked), today, offset, most, since)
    if not found:
        return []
    numbers = await store.numbers(work, which.organization, [one.person for one, _ in found])
    answered = await store.answered(work, list(numbers.values()))
    made: list[Question] = []
    for patient, before in found:
        profile = numbers[patient.person]
        for place, definition in enumerate(rules.asked(asked, patient, today), before):
            is_seen = seen is not None and (patient.enrolled_at, patient.enrolment, definition.number) <= seen
            if place >= offset and not is_seen and len(made) < limit:
                is_answered = definition.number in answered.get(profile, {})
                made.append(Question(profile, patient, definition.number, is_answered))
    _note(work, which.organization, [one.patient.person for one in made])
    return made


async def question(work: Work, organization: OrganizationKey, person: PersonKey, number: int) -> Question | None:
    """One question to a patient: one that applies today, or that was answered when it did; else None."""
    profile = await profile_of(work, organization, person)
    if profile is None:
        return None
    is_answered = number in profile.answers
    if not is_answered and number not in {one.number for one in profile.questions}:
        return None
    return Question(profile.number, profile.patient, number, is_answered)


async def count_answers(work: Work, which: Selection) -> int:
    """How many questions these patients have answered."""
    return await store.count_answers(work, which)


async def answers(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[int, int] | None = None
) -> list[Answer]:
    """Answers in the order of their first entries; `after` is the last seen, as (profile, question).

    `NotFound` when there is no such answer.
    """
    place = None
    if after is not None:
        last = await find_answer(work, *after)
        if last is None:
            raise NotFound("no such answer")
        place = (last.created_at, last.profile, last.question)
    found = await store.answers(work, which, offset, limit, place)
    _note(work, which.organization, [one.person for one in found])
    return found


async def answers_to(
    work: Work, organization: OrganizationKey, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Answer]:
    """The answers to these (profile, question) of patients of one organization, as far as there are any."""
    found = await store.answers_of(work, wanted) if wanted else []
    _note(work, organization, [one.person for one in found])
    return {(one.profile, one.question): one for one in found}


async def find_answer(work: Work, profile: int, number: int) -> Answer | None:
    """One answer; the number of a profile that was merged into another leads there."""
    found = await store.profile(work, profile)
    if found is None:
        return None
    made = await answers_to(work, found[1], [(found[0], number)])
    return next(iter(made.values()), None)
