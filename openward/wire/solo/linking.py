"""Context-aware linking: an encrypted document leads a colleague or a patient straight into one visit."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from openward.care import accounts, visits
from openward.care.errors import CareError, Invalid, Unavailable
from openward.care.patients import Demographics, HumanName
from openward.care.visits import Follower, Link, UserUnknown
from openward.care.work import NOBODY, Actor, ActorKind, Work
from openward.gateway.call import Call
from openward.gateway.passes import call_path, pass_cookie
from openward.gateway.wiring import Reply, Route
from openward.infra.salted_text import TextBroken, decrypt_parts, split
from openward.wire.solo import schema

PATH = "/integrations/linking"
INVALID = "Invalid link"
_LONGEST = 16384
_LONGEST_ID = 255
_FOLLOWERS = {"patient": Follower.PATIENT, "medicalAssistant": Follower.ASSISTANT, "provider": Follower.PROVIDER}


async def anyone(_work: Work, _call: Call) -> Actor:
    """Whoever holds a link shows by it who he is."""
    return NOBODY


async def follow(work: Work, call: Call) -> Reply:
    """`GET /integrations/linking`: whatever is wrong with a link, the answer does not say."""
    try:
        return await _follow(work, call)
    except (UserUnknown, Unavailable):
        raise
    except CareError:
        raise Invalid(INVALID) from None


async def _follow(work: Work, call: Call) -> Reply:
    text = call.query.get("arg", "").replace(" ", "+")
    if len(text) > _LONGEST:
        raise Invalid(INVALID)
    try:
        parts = split(text)
    except TextBroken:
        raise Invalid(INVALID) from None
    opened = await accounts.open_with_secrets(work, lambda secret: _document(secret, parts))
    if opened is None:
        raise Invalid(INVALID)
    link = _link(schema.checked(opened.content, "LinkingPayload"))
    work.actor = Actor(ActorKind.LINK, organization=opened.organization, credential="context-link")
    found = await visits.follow_link(work, opened.organization, link, most_apart=opened.most_apart)
    target = call_path(found.call.id)
    reply = Reply(302, b"", "", {"location": work.tools.settings.public_url + target, "referrer-policy": "no-referrer"})
    reply.cookies.append(pass_cookie(work, found.visit.key, found.call.id, found.role, found.person))
    return reply


def _document(secret: str, parts: tuple[bytes, bytes, bytes]) -> dict[str, Any] | None:
    """The JSON object that a text holds, if this is its secret."""
    try:
        plain = decrypt_parts(secret, parts)
        if b"\\u0000" in plain:  # no database can hold it
            return None
        found = msgspec.json.decode(plain)
    except (TextBroken, msgspec.DecodeError):
        return None
    return found if isinstance(found, dict) else None


def _link(said: dict[str, Any]) -> Link:
    """The document as a link; it fits the published schema already."""
    patient = said["patient"]
    first, last = patient["firstName"].strip(), patient["lastName"].strip()
    names = (HumanName("usual", f"{first} {last}".strip(), first, "", last, ""),)
    about = Demographics(names=names, birth_date=date.fromisoformat(patient["dob"]), gender=patient["sex"])
    if not 0 <= said["date"] <= schema.LAST_SECOND or max(len(said["visit"]), len(patient["id"])) > _LONGEST_ID:
        raise Invalid(INVALID)
    starts_at = datetime.fromtimestamp(int(said["date"]), UTC)
    return Link(said["user"], _FOLLOWERS[said["type"]], said["visit"], starts_at, patient["id"], about)


ROUTES = [Route("GET", PATH, follow, "solo.v1:contextLink", identify=anyone)]
