"""One message from its bytes to its answer: known sender, kept whole, carried out, answered; in one piece of work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openward.care import organizations
from openward.care.ehr import feed as feeds
from openward.care.ehr.feed import Envelope, Feed, Outcome, PatientSaid, Peer, Refused, State
from openward.care.errors import Conflict, NotAllowed, NotFound
from openward.care.work import OrganizationKey, Work, new_key
from openward.gateway.attempt import attempt
from openward.infra.crypto import hmac_sha256
from openward.wire.hl7v2.ack import BARE, answers
from openward.wire.hl7v2.faults import REJECTED, said_of
from openward.wire.hl7v2.header import VERSIONS, Header, Unreadable, read_header
from openward.wire.hl7v2.message import Message, kind_of, read_message
from openward.wire.hl7v2.patient import read_identifiers, read_patient
from openward.wire.hl7v2.times import read_moment
from openward.wire.hl7v2.visit import read_visit

_TYPES: Final = ("ADT", "SIU")


@dataclass(frozen=True, slots=True)
class Case:
    """A message that is to be carried out; said_at: when its sender says that it happened."""

    feed: Feed
    message: Message
    said_at: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back, and for the figures what it was and how it ended."""

    replies: list[bytes]
    kind: str
    state: str


async def _take_patient(work: Work, case: Case) -> Outcome:
    """A01, A04, A08, A31: somebody is here, or something about him is new."""
    said = read_patient(case.message, case.message.need("PID"), case.zone)
    return await feeds.take_patient(work, case.feed, said, case.said_at)


async def _take_join(work: Work, case: Case) -> Outcome:
    """A40: patients are one; a message may say so of several, each MRG behind its PID."""
    said: PatientSaid | None = None
    outcome: Outcome | None = None
    for part in case.message.parts:
        if part.name == "PID":
            said = read_patient(case.message, part, case.zone)
        elif part.name == "MRG" and said is not None:
            outcome = await feeds.take_join(work, case.feed, said, read_identifiers(part, 1), case.said_at)
    if outcome is None:
        raise Refused(f"segment-missing:{'PID' if said is None else 'MRG'}")
    return outcome


async def _take_visit(work: Work, case: Case) -> Outcome:
    """S12, S13: an appointment is booked, or is at another time."""
    return await feeds.take_visit(work, case.feed, read_visit(case.message, case.zone), _patient(case), case.said_at)


async def _cancel_visit(work: Work, case: Case) -> Outcome:
    """S15: an appointment is cancelled."""
    return await feeds.cancel_visit(work, case.feed, read_visit(case.message, case.zone), _patient(case), case.said_at)


def _patient(case: Case) -> PatientSaid | None:
    segment = case.message.one("PID")
    return read_patient(case.message, segment, case.zone) if segment else None


_ACTS: Final[dict[str, Callable[[Work, Case], Awaitable[Outcome]]]] = {
    "ADT^A01": _take_patient,
    "ADT^A04": _take_patient,
    "ADT^A08": _take_patient,
    "ADT^A31": _take_patient,
    "ADT^A40": _take_join,
    "SIU^S12": _take_visit,
    "SIU^S13": _take_visit,
    "SIU^S15": _cancel_visit,
}


async def handle(work: Work, peer: Peer, content: bytes) -> Answered:
    """Keep a message and carry it out; a part that fails leaves nothing behind but the message and its answer."""
    try:
        header = read_header(content)
    except Unreadable as error:
        return refuse(work, BARE, "batch" if error.is_batch else "not-a-message")
    try:
        feed = await feeds.find_feed(work, header.names, peer)
    except NotFound:
        return refuse(work, header, "sender-unknown")
    if not header.control_id:
        return refuse(work, header, "control-id-missing")
    envelope = Envelope(header.control_id, kind_of(header, None)[:32], content, _digest(work, header, content))
    begun = await feeds.begin(work, feed, envelope)
    if begun.reuses_number:
        return refuse(work, header, "control-id-reused")
    if begun.is_over:
        return Answered(_split(begun.answer), envelope.kind, "repeated")
    outcome = await _outcome(work, feed, header, content)
    replies = _replies(work, header, outcome)
    if begun.before is not None and begun.before[:2] == (outcome.state, outcome.reason):
        replies = _split(begun.before[2])  # the same message, the same answer
    await feeds.settle(work, begun.key, outcome, _join(replies))
    return Answered(replies, envelope.kind, f"{outcome.state.value}:{outcome.reason or ''}")


class Reader:
    """What `care` handles a message anew by."""

    async def try_again(self, work: Work, organization: OrganizationKey, key: UUID) -> Outcome:
        """Handle a message that failed once more, as somebody of its organization asks; its sender is told nothing."""
        _, feed, content = await feeds.reopen(work, organization, key)
        header = read_header(content)
        outcome = await _outcome(work, feed, header, content)
        await feeds.settle(work, key, outcome, _join(_replies(work, header, outcome)))
        return outcome


async def keep_failed(work: Work, peer: Peer, content: bytes) -> Answered:
    """Keep a message that failed for a reason of our own; the sender is told, and it waits on the page."""
    header = read_header(content)
    feed = await feeds.find_feed(work, header.names, peer)
    envelope = Envelope(header.control_id, kind_of(header, None)[:32], content, _digest(work, header, content))
    begun = await feeds.begin(work, feed, envelope)
    outcome = Outcome(State.FAILED, "internal")
    replies = _replies(work, header, outcome)
    if not begun.is_over and not begun.reuses_number:
        await feeds.settle(work, begun.key, outcome, _join(replies))
    return Answered(replies, envelope.kind, outcome.state.value)


def refuse(work: Work, header: Header, reason: str) -> Answered:
    """What is answered to a message that is not even kept."""
    said = said_of(reason)
    state = State.REFUSED if said.manner == REJECTED else State.FAILED
    return Answered(answers(header, said, work.now, new_key(work)), "", f"{state.value}:{reason}")


async def _outcome(work: Work, feed: Feed, header: Header, content: bytes) -> Outcome:
    try:
        reason = _unsupported(feed, header)
        if reason is not None:
            return Outcome(State.REFUSED, reason)
        async with attempt(work):
            return await _carry_out(work, feed, header, content)
    except Refused as error:
        state = State.REFUSED if said_of(error.code).manner == REJECTED else State.FAILED
        return Outcome(state, error.code)
    except NotAllowed:
        return Outcome(State.FAILED, "left")
    except Conflict:
        return Outcome(State.FAILED, "details-refused")


def _unsupported(feed: Feed, header: Header) -> str | None:
    if header.part(9) not in _TYPES and not any(kind.startswith(header.part(9) + "^") for kind in _passed(feed)):
        return "type-unsupported"
    if header.version not in VERSIONS:
        return "version-unsupported"
    if header.part(11) not in feed.settings.processing_ids:
        return "processing-unsupported"
    return None


def _passed(feed: Feed) -> tuple[str, ...]:
    return feed.settings.passes_over


async def _carry_out(work: Work, feed: Feed, header: Header, content: bytes) -> Outcome:
    message = read_message(header, content, feed.settings.charset)
    act = _ACTS.get(message.kind)
    if act is None:
        if message.kind in _passed(feed):
            return Outcome(State.PASSED)
        raise Refused("event-unsupported")
    place = await organizations.get(work, feed.organization)
    zone = _zone(place.profile.timezone)
    return await act(work, Case(feed, message, _said_at(work, message, zone), zone))


def _said_at(work: Work, message: Message, zone: tzinfo) -> datetime:
    """When it was recorded (EVN-2), else when it was sent (MSH-7), else now."""
    event = message.one("EVN")
    for text in (event.value(2) if event else "", message.header.part(7)):
        found = read_moment(text, zone) if text else None
        if found is not None:
            return found
    return work.now


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _replies(work: Work, header: Header, outcome: Outcome) -> list[bytes]:
    said = said_of(outcome.reason) if outcome.reason else None
    return answers(header, said, work.now, new_key(work))


def _digest(work: Work, header: Header, content: bytes) -> bytes:
    """Of a message without when it was sent: who sends it again may say another time."""
    fields = (*header.fields[:7], "", "", *header.fields[9:])
    rest = content[content.index(b"MSH") :].partition(b"\r")[2] if b"\r" in content else b""
    key = work.tools.keyring.derive("feed-digest", 32)
    return hmac_sha256(key, header.field.join(fields).encode() + b"\r" + (rest or content))


_BETWEEN: Final = b"\x1e"


def _join(replies: list[bytes]) -> bytes | None:
    return _BETWEEN.join(replies) if replies else None


def _split(answer: bytes | None) -> list[bytes]:
    return [] if answer is None else answer.split(_BETWEEN)
