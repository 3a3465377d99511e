"""Answering: by the patient himself, or by somebody of the organization who looks after him."""

from collections.abc import Mapping

from openward.care import audit, identity, organizations
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.surveys import rules, store
from openward.care.surveys.model import Entry
from openward.care.surveys.read import WHAT, profile_of
from openward.care.work import OrganizationKey, PersonKey, Work


async def answer(
    work: Work, organization: OrganizationKey, person: PersonKey, given: Mapping[int, str]
) -> tuple[int, ...]:
    """Answer questions by number; which of them have a new answer. What counts already, from whomever, stays alone.

    `NotAllowed` for anybody but the patient and members of the organization; `NotFound` for somebody who is no
    patient there; `Invalid` with a fault for each question that does not apply today or does not take its value.
    """
    by = person if work.actor.is_person(person) else (await organizations.require_member(work, organization)).key
    profile = await profile_of(work, organization, person)
    if profile is None:
        raise NotFound("patient not found")
    asked = {one.number: one for one in profile.questions}
    faults = []
    for number, value in given.items():
        if number not in asked:
            faults.append(Fault("not-asked", str(number), "this question does not apply"))
        elif not rules.is_taken(asked[number], value, work.now.date()):
            faults.append(Fault("value", str(number), "this question does not take this answer"))
    if faults:
        raise Invalid(faults)
    number = await store.lock_profile(work, organization, person)
    known = {one.question: one.latest.value for one in await store.answers_of(work, [(number, key) for key in given])}
    changed = {key: value for key, value in given.items() if known.get(key) != value}
    if changed:
        entries = {key: Entry(identity.hex24(work.now), work.now, by, value) for key, value in changed.items()}
        await store.add_entries(work, number, organization, person, entries)
        audit.note(work, "write", WHAT, person, organization)
    return tuple(changed)
