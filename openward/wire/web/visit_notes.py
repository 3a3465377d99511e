"""The notes of a visit beside the call and after it: the forms that the visit carries, and the signature."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from openward.care import documentation, visits
from openward.care.documentation import Note
from openward.care.errors import Invalid, NotAllowed
from openward.care.visits import Appointment, Role, Status
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_items
from openward.wire.web.page import redirect
from openward.wire.web.visit_link import by_link

_QUESTION = "q:"
_MOST_BYTES = 1 << 20


async def panel(work: Work, visit: Appointment) -> dict[str, Any]:
    """What the provider's page shows of the notes."""
    found = await documentation.notes(work, visit.organization, visit.key)
    return {
        "notes": [_shown(note) for note in found],
        "notes_at": f"/visits/{visits.link_token(work, visit.key, Role.PROVIDER)}",
        "may_write": visit.status not in visits.FINAL,
        "may_sign": visit.status is Status.COMPLETED,
    }


def _shown(note: Note) -> Mapping[str, Any]:
    answers = {key: one.response for key, one in note.answers.items()}
    return {
        "name": note.template.name,
        "sections": [
            (section.name, [(question, answers.get(question.id, ())) for question in section.questions])
            for section in note.template.sections
        ],
        "comments": [one.body for one in note.comments],
    }


async def save(work: Work, call: Call) -> Reply:
    """Keep the answers of one form, all that the page shows of it; what is empty clears."""
    organization, key = _provider(work, call)
    items = await read_items(work, call)
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
    return redirect(f"/visits/{call.path['token']}")


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
    Route("POST", "/visits/{token}/notes", save, identify=by_link, is_documented=False, max_body=_MOST_BYTES),
    Route("POST", "/visits/{token}/sign", sign, identify=by_link, is_documented=False),
]
