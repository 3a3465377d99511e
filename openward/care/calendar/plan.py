"""Planning: events made, changed, deleted, and answered by those who are to come."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from openward.care import audit, identity, organizations
from openward.care.calendar import remind_store, rules, store
from openward.care.calendar.model import Attendee, CalendarEvent, Details, Participant, Response
from openward.care.calendar.read import NOT_FOUND, WHAT
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Kind
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work, new_key


async def create(
    work: Work, organization: OrganizationKey, owner: PersonKey, details: Details, participants: Sequence[Participant]
) -> CalendarEvent:
    """An event of a patient, whom and whose attendees the caller has made sure of; `Invalid` with codes of `rules`."""
    _refuse(details, participants)
    by = await _member(work, organization)
    coming = await _born(work, participants)
    made = CalendarEvent(new_key(work), organization, owner, details, coming, work.now, work.now, by, by)
    await store.insert(work, made)
    await store.put_attendees(work, made.key, coming)
    await identity.mint(work, made.key, Kind.CALENDAR_EVENT)
    await _plan_reminder(work, made)
    audit.note(work, "write", WHAT, owner, organization)
    return made


async def lock(work: Work, key: UUID) -> CalendarEvent:
    """One event of whatever organization, held until the end of the work, or `NotFound`; its reading is not noted."""
    found = await store.lock(work, key)
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


async def change(
    work: Work, locked: CalendarEvent, details: Details, participants: Sequence[Participant] | None = None
) -> CalendarEvent:
    """Write the whole of a locked event; `participants` replace those who come, and who stays keeps his answer.

    `Invalid` with codes of `rules`, for the event as it would be. Who was reminded of another time is reminded again.
    """
    wanted = [one.participant for one in locked.attendees] if participants is None else participants
    _refuse(details, wanted)
    there = {one.participant.key: one for one in locked.attendees}
    born = {one.participant.key: one for one in await _born(work, [one for one in wanted if one.key not in there])}
    coming = tuple((there | born)[one.key] for one in wanted)
    if rules.remind_at(details) != rules.remind_at(locked.details):
        coming = tuple(replace(one, is_reminded=False) for one in coming)
    by = await _member(work, locked.organization)
    after = replace(locked, details=details, attendees=coming, updated_at=work.now, updated_by=by)
    await store.update(work, after)
    if coming != locked.attendees:
        await store.put_attendees(work, after.key, coming)
    await _plan_reminder(work, after)
    audit.note(work, "write", WHAT, after.owner, after.organization)
    return after


async def delete(work: Work, locked: CalendarEvent) -> None:
    """Forget a locked event."""
    await store.delete(work, locked.key)
    audit.note(work, "delete", WHAT, locked.owner, locked.organization)


async def respond(work: Work, locked: CalendarEvent, attendee: UUID, status: Response) -> CalendarEvent:
    """One of those who are to come to a locked event has answered; the same answer again does no harm."""
    coming = tuple(replace(one, status=status) if one.key == attendee else one for one in locked.attendees)
    after = replace(locked, attendees=coming)
    if after != locked:
        after = replace(after, updated_at=work.now, updated_by=await _member(work, locked.organization))
        await store.update(work, after)
        await store.put_attendees(work, after.key, coming)
        await _plan_reminder(work, after)
    audit.note(work, "write", WHAT, after.owner, after.organization)
    return after


async def _member(work: Work, organization: OrganizationKey) -> MemberKey | None:
    """The member who does this; None for a program."""
    found = await organizations.acting_member(work, organization)
    return None if found is None else found.key


async def _born(work: Work, participants: Sequence[Participant]) -> tuple[Attendee, ...]:
    made = {new_key(work): one for one in participants}
    if made:
        await identity.mint_many(work, list(made), Kind.ATTENDEE)
    return tuple(Attendee(key, one, Response.NEEDS_ACTION) for key, one in made.items())


async def _plan_reminder(work: Work, event: CalendarEvent) -> None:
    """Nobody is reminded of what is done, over, or known already."""
    is_open = event.details.completion is None and work.now < rules.remind_until(event.details)
    is_due = is_open and any(not one.is_reminded for one in event.attendees)
    await remind_store.put_due(work, event.key, rules.remind_at(event.details) if is_due else None)


def _refuse(details: Details, participants: Sequence[Participant]) -> None:
    found = rules.faults(details) + rules.attendee_faults(participants)
    if found:
        raise Invalid(found)
