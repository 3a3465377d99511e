"""Notes of visits: read, answered, remarked on."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care import audit, visits
from openward.care.documentation import forms, store
from openward.care.documentation.model import Comment, Note
from openward.care.errors import Fault, Invalid, NotFound, Unprocessable
from openward.care.visits import Status
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work, new_key

WHAT = "note"
UNKNOWN = "question-unknown"
REPEATED = "question-repeated"
NOT_OFFERED = "not-offered"
TOO_MANY = "too-many"
_MOST_BODY = 65536


async def notes(work: Work, organization: OrganizationKey, appointment: UUID) -> list[Note]:
    """The notes of a visit, one a template; `NotFound` for a visit of another practice."""
    visit = await visits.get(work, organization, appointment)
    audit.note(work, "read", WHAT, visit.person, organization)
    return await store.of_visit(work, appointment)


async def has_notes(work: Work, appointments: Sequence[UUID]) -> set[UUID]:
    """Those of these visits in which there is an answer or a comment."""
    return await store.has_content(work, appointments) if appointments else set()


async def answer(
    work: Work,
    organization: OrganizationKey,
    appointment: UUID,
    template: str,
    answers: Sequence[tuple[UUID, Sequence[str]]],
) -> Note:
    """Answer questions in the note of this name; an empty answer clears. All or nothing.

    `NotFound` for the visit, `TemplateUnknown`; `Unprocessable` once it is signed; `Invalid` with a fault at the place
    of each answer that cannot be (`UNKNOWN`, `REPEATED`, `NOT_OFFERED`, `TOO_MANY`).
    """
    visit = await visits.lock(work, organization, appointment)
    if visit.status is Status.SIGNED:
        raise Unprocessable(visits.refusal(visit.status))
    note = await store.lock(work, appointment, template)
    if note is None:
        raise TemplateUnknown("the visit has no such note")
    faults = _faults(note, answers)
    if faults:
        raise Invalid(faults)
    await store.write(work, note.key, dict(answers), _by(work))
    audit.note(work, "write", WHAT, visit.person, organization)
    written = await store.lock(work, appointment, template)
    return written or note


class TemplateUnknown(NotFound):
    """The visit carries no template of this name."""


def _faults(note: Note, answers: Sequence[tuple[UUID, Sequence[str]]]) -> list[Fault]:
    questions = {question.id: question for _, question in note.questions}
    faults: list[Fault] = []
    seen: set[UUID] = set()
    for place, (question, response) in enumerate(answers):
        if question not in questions:
            faults.append(Fault(UNKNOWN, str(place)))
            continue
        if question in seen:
            faults.append(Fault(REPEATED, str(place)))
        seen.add(question)
        try:
            forms.check(questions[question], response)
        except forms.NotOffered:
            faults.append(Fault(NOT_OFFERED, str(place)))
        except forms.TooMany:
            faults.append(Fault(TOO_MANY, str(place)))
    return faults


async def answer_tagged(
    work: Work, organization: OrganizationKey, appointment: UUID, template: str, values: Mapping[str, str]
) -> None:
    """Answer each question whose tag is among `values`, as far as it takes the value; others are left alone."""
    note = await store.lock(work, appointment, template)
    if note is None:
        raise TemplateUnknown("the visit has no such note")
    said = [(question, values.get(question.tag or "")) for _, question in note.questions]
    found = {question.id: (value,) for question, value in said if value and forms.takes(question, (value,))}
    await store.write(work, note.key, found, _by(work))
    audit.note(work, "write", WHAT, note.person, organization)


async def remark(
    work: Work, organization: OrganizationKey, appointment: UUID, template: str, by: PersonKey, body: str
) -> Comment:
    """A comment on a note; `Invalid` for an empty one, `Unprocessable` once the visit is signed."""
    visit = await visits.lock(work, organization, appointment)
    if visit.status is Status.SIGNED:
        raise Unprocessable(visits.refusal(visit.status))
    note = await store.lock(work, appointment, template)
    if note is None:
        raise TemplateUnknown("the visit has no such note")
    text = body.strip()
    if not text or len(text) > _MOST_BODY:
        raise Invalid("a comment has 1 to 65,536 characters")
    await visits.as_provider(work, organization, by)  # authors have a number
    made = Comment(new_key(work), by, text, work.now)
    await store.comment(work, note.key, made)
    audit.note(work, "write", WHAT, visit.person, organization)
    return made


def _by(work: Work) -> PersonKey | None:
    return work.actor.person if work.actor.kind is ActorKind.PERSON else None
