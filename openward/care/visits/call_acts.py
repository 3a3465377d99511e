"""What people do in a video call: come, go, start, hold, hang up, close; and what follows when they just vanish."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from openward.care.errors import Conflict, NotAllowed, NotFound, Unprocessable
from openward.care.visits import call_rules, call_store, signal, store
from openward.care.visits.call import Meeting
from openward.care.visits.call_rules import Seat
from openward.care.visits.change import assign
from openward.care.visits.model import Appointment, AppointmentEnded, Call, CallStatus, Role
from openward.care.visits.staff import staff_of
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra import relay
from openward.infra.crypto import hmac_sha256

SWEEP_CALLS = "visits.sweep_calls"
_BATCH = 200


class SeatTaken(Conflict):
    """Another page has this side of the call now."""


async def sit(work: Work, organization: OrganizationKey, key: UUID, role: Role, page: UUID) -> dict[str, Any]:
    """A page opens its side of a call, or comes back to it; an earlier page loses that side. Where the call stands."""
    meeting = await Meeting.enter(work, organization, key)
    before = meeting.seats.get(role)
    keeps = before is not None and before.page == page and before.is_there
    await meeting.put(Seat(role, page, bool(keeps and before and before.is_ready), work.now, None))
    return await meeting.leave()


async def join(
    work: Work, organization: OrganizationKey, key: UUID, role: Role, page: UUID, person: PersonKey | None = None
) -> None:
    """The patient has checked in, or the provider starts; once both have, the call begins.

    person: who the provider is, where that is known; staff of the practice is assigned to the visit by it.
    """
    meeting = await Meeting.enter(work, organization, key)
    await meeting.put(replace(_own(meeting, role, page), is_ready=True, seen_at=work.now, away_since=None))
    if role is Role.PROVIDER and person in await staff_of(work, organization, [person] if person else []):
        assert person is not None
        await assign(work, organization, key, person)
    await meeting.leave()


async def here(work: Work, visit: Appointment, call: Call, role: Role, page: UUID) -> None:
    """A sign of life. It costs two short statements, unless somebody's silence or return has to be noticed."""
    lease = timedelta(seconds=work.tools.settings.video_away_seconds)
    is_known = await call_store.touch(work, call.key, role, page)
    seats = (await call_store.seats(work, [call.key]))[call.key]
    if is_known and not any(seat.is_silent(work.now, lease) for seat in seats.values()):
        return
    meeting = await Meeting.enter(work, visit.organization, visit.key)
    seat = _own(meeting, role, page)
    if not seat.is_there:
        await meeting.put(replace(seat, seen_at=work.now, away_since=None))
    await meeting.leave()


async def go(work: Work, organization: OrganizationKey, key: UUID, role: Role, page: UUID) -> None:
    """Somebody leaves on purpose. A patient whom nobody came to see by the time of the visit has then left for good."""
    meeting = await Meeting.enter(work, organization, key)
    await meeting.empty(_own(meeting, role, page))
    is_waiting = meeting.standing.status is CallStatus.WAITING
    if role is Role.PATIENT and is_waiting and meeting.visit.starts_at <= work.now:
        meeting.move(CallStatus.LEFT)
    await meeting.leave()


async def hold(work: Work, organization: OrganizationKey, key: UUID, role: Role) -> None:
    """The provider interrupts the call; one that is on hold for somebody's absence stays so until he goes on."""
    meeting = await _of_provider(work, organization, key, role)
    if meeting.standing.status is CallStatus.ON_HOLD:
        meeting.standing = replace(meeting.standing, held_by=call_rules.BY_PROVIDER)
    else:
        meeting.move(CallStatus.ON_HOLD, call_rules.BY_PROVIDER)
    await meeting.leave()


async def resume(work: Work, organization: OrganizationKey, key: UUID, role: Role) -> None:
    """The provider goes on; without the patient the call stays on hold until the patient is back."""
    meeting = await _of_provider(work, organization, key, role)
    if meeting.standing.status is not CallStatus.ON_HOLD:
        raise Unprocessable("The call is not on hold")
    meeting.standing = replace(meeting.standing, held_by=call_rules.BY_ABSENCE)
    await meeting.leave()


async def hang_up(work: Work, organization: OrganizationKey, key: UUID, role: Role) -> None:
    """The provider ends the conversation and goes on with the notes."""
    meeting = await _of_provider(work, organization, key, role)
    meeting.move(CallStatus.FINALIZING)
    await meeting.leave()


async def finish(work: Work, organization: OrganizationKey, key: UUID, role: Role, *, is_complete: bool) -> None:
    """The provider closes the visit as complete or incomplete."""
    meeting = await _of_provider(work, organization, key, role)
    meeting.move(CallStatus.COMPLETE if is_complete else CallStatus.INCOMPLETE)
    await meeting.leave()


async def left_job(work: Work, data: Mapping[str, Any]) -> None:
    """Look whether a patient who went away came back; `Meeting.leave` draws the conclusion."""
    organization, key = OrganizationKey(UUID(data["organization"])), UUID(data["appointment"])
    await (await Meeting.enter(work, organization, key)).leave()


async def sweep_calls_job(work: Work, _data: Mapping[str, Any]) -> None:
    """Notice who vanished from calls in which nobody else is left to notice it; drop messages that were heard."""
    lease = timedelta(seconds=work.tools.settings.video_away_seconds)
    for key, organization in await call_store.with_silence(work, lease, _BATCH):
        meeting = await Meeting.enter(work, organization, key)
        if meeting.has_noticed:  # else somebody else did while we waited for the visit
            await meeting.leave()
    await relay.sweep(work.tx)


async def close_call(work: Work, event: AppointmentEnded) -> None:
    """A visit has ended, by whatever way: so has its call, and pages that are open on it hear so."""
    visit = await store.get(work, event.organization, event.appointment)
    if visit is None or visit.call is None:
        return
    call = visit.call
    standing, version = await call_store.standing(work, call.key)
    if standing.status not in call_rules.OVER:
        standing = call_rules.ended(event.outcome)
        version = await call_store.put(work, call.key, standing)
        visit = replace(visit, call=replace(call, status=standing.status))
    seats = (await call_store.seats(work, [call.key]))[call.key]
    await signal.tell(work, call.id, signal.state_of(visit, seats, standing.held_by, version))


async def behind_call(work: Work, call: UUID) -> tuple[UUID, OrganizationKey]:
    """The visit of a call, by the call's public id, and its practice; `NotFound`."""
    found = await call_store.by_id(work, call)
    if found is None:
        raise NotFound("there is no such call")
    return found


async def presence(work: Work, found: list[Appointment]) -> dict[UUID, call_rules.Seats]:
    """By the key of the visit: who is in its call."""
    calls = {visit.call.key: visit.key for visit in found if visit.call is not None}
    seats = await call_store.seats(work, list(calls))
    return {calls[call]: here for call, here in seats.items()}


async def waiting_before(work: Work, visit: Appointment) -> int:
    """How many patients wait in the same room for an earlier visit of the last day."""
    return await call_store.waiting_before(work, visit.room, visit.starts_at, visit.key, work.now - timedelta(days=1))


def engine_room(work: Work, call: Call) -> str:
    """What the room of a call is named on a video engine of its own: nobody else can guess it."""
    name = hmac_sha256(work.tools.keyring.derive("video-room", 32), call.id.bytes)
    return f"openward-{name.hex()[:32]}"


def _own(meeting: Meeting, role: Role, page: UUID) -> Seat:
    seat = meeting.seats.get(role)
    if seat is None or seat.page != page:
        raise SeatTaken("another page has taken over")
    return seat


async def _of_provider(work: Work, organization: OrganizationKey, key: UUID, role: Role) -> Meeting:
    if role is not Role.PROVIDER:
        raise NotAllowed("this is for the provider")
    return await Meeting.enter(work, organization, key)
