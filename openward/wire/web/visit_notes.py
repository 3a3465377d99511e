"""The notes of a visit beside the call and after it: the forms that the visit carries, and the signature."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import documentation, visits
from openward.care.documentation import Note
from openward.care.errors import Invalid, NotAllowed
from openward.care.visits import Appointment, Role, Staff, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.page import redirect
from openward.wire.web.visit_link import by_link

_QUESTION = "q:"
MOST_BYTES = 1 << 20
MOST_FIELDS = 4000


async def panel(work: Work, visit: Appointment) -> dict[str, Any]:
    """What the pages of staff show of the notes; comments are for those of whom it is known who they are."""
    found = await documentation.notes(work, visit.organization, visit.key)
    authors = list(dict.fromkeys(one.author for note in found for one in note.comments))
    staff = await visits.staff_of(work, visit.organization, authors)
    may_write = visit.status not in visits.FINAL
    return {
        "notes": [_shown(note, staff) for note in found],
        "notes_at": f"/visits/{visits.link_token(work, visit.key, Role.PROVIDER)}",
        "notes_query": "",
        "may_write": may_write,
        "may_remark": may_write and work.actor.person is not None,
        "may_sign": visit.status is Status.COMPLETED,
    }


def _shown(note: Note, staff: Mapping[PersonKey, Staff]) -> Mapping[str, Any]:
    answers = {key: one.response for key, one in note.answers.items()}
    return {
        "name": note.template.name,
        "sections": [
            (section.name, [(question, answers.get(question.id, ())) for question in section.questions])
            for section in note.template.sections
        ],
        "comments": [
            {"body": one.body, "at": one.posted_at, "by": _name(staff.get(one.author))} for one in note.comments
        ],
    }


def _name(one: Staff | None) -> str:
    return " ".join(filter(None, (one.first_name, one.last_name))) if one else "somebody who has left"


async def save(work: Work, call: Call) -> Reply:
    """Keep the answers of one form."""
    organization, key = _provider(work, call)
    await keep(work, organization, key, await read_items(work, call, most=MOST_FIELDS))
    return redirect(f"/visits/{call.path['token']}")


async def keep(work: Work, organization: OrganizationKey, key: UUID, items: Sequence[tuple[str, str]]) -> None:
    """Keep the answers to the questions that were asked (`asked`), and to no others; what is empty clears."""
    try:
        asked = [UUID(value) for name, value in items if name == "asked"]
    except ValueError:
        raise Invalid("the form cannot be read") from None
    given: dict[str, list[str]] = {}
    for name, value in items:
        if name.startswith(_QUESTION) and value.strip():
            given.setdefault(name.removeprefix(_QUESTION), []).append(value)
    answers = [(question, given.get(str(question), [])) for question in asked]
    await documentation.answer(work, organization, key, dict(items).get("template", ""), answers)


async def remark(work: Work, call: Call) -> Reply:
    """Comment on a note, for a colleague who is signed in."""
    organization, key = _provider(work, call)
    await keep_remark(work, organization, key, await read_form(work, call))
    return redirect(f"/visits/{call.path['token']}")


async def keep_remark(work: Work, organization: OrganizationKey, key: UUID, fields: Mapping[str, str]) -> None:
    """Keep a comment, in the name of who is signed in."""
    if work.actor.person is None:
        raise NotAllowed("sign in to comment")
    body = fields.get("body", "")
    await documentation.remark(work, organization, key, fields.get("template", ""), work.actor.person, body)


async def sign(work: Work, call: Call) -> Reply:
    """Sign the notes of a completed visit; nobody changes them any more."""
    organization, key = _provider(work, call)
    await read_items(work, call)
    await visits.move(work, organization, key, Status.SIGNED)
    return redirect(f"/visits/{call.path['token']}")


def _provider(work: Work, call: Call) -> tuple[OrganizationKey, UUID]:
    key, role = visits.read_link(work, call.path["token"])
    if role is not Role.PROVIDER or work.actor.organization is None:
        raise NotAllowed("this is for the provider")
    return work.actor.organization, key


ROUTES = [
    Route("POST", "/visits/{token}/notes", save, identify=by_link, is_documented=False, max_body=MOST_BYTES),
    Route("POST", "/visits/{token}/remark", remark, identify=by_link, is_documented=False, max_body=MOST_BYTES),
    Route("POST", "/visits/{token}/sign", sign, identify=by_link, is_documented=False),
]
