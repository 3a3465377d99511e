"""Visits of a feed: booked, moved and cancelled as the schedule of the record system says."""

from datetime import datetime
from uuid import UUID

from openward.care import organizations, patients, visits
from openward.care.ehr.feed import store
from openward.care.ehr.feed.model import Feed, Outcome, PatientSaid, Refused, State, VisitSaid
from openward.care.ehr.feed.people import find_patient, make_patient, require_numbers
from openward.care.errors import Invalid, NotFound, Unprocessable
from openward.care.visits import Appointment, Booking, Change, Room
from openward.care.work import PersonKey, Work


async def take_visit(
    work: Work, feed: Feed, said: VisitSaid, patient: PatientSaid | None, said_at: datetime
) -> Outcome:
    """Book the visit, or bring the one of this name up to date; an unknown patient is made.

    What an older message says is not taken, so that a visit that was cancelled is not booked by a late booking.
    """
    await organizations.lock(work, feed.organization)
    known = await _known(work, feed, said)
    person = await _person(work, feed, patient, known)
    if known is not None and known.person != person:
        raise Refused("appointment-other")
    if not await store.is_visit_newer(work, feed.organization, said.names[0], said_at):
        return Outcome(State.OUTDATED, person=person, appointment=known.key if known else None)
    if known is not None:
        await _change(work, feed, known, said)
        return Outcome(State.DONE, person=person, appointment=known.key)
    made = await _book(work, feed, person, said)
    await _assign(work, feed, made.key, said)
    return Outcome(State.DONE, person=person, appointment=made.key)


async def cancel_visit(
    work: Work, feed: Feed, said: VisitSaid, patient: PatientSaid | None, said_at: datetime
) -> Outcome:
    """Cancel the visit; one that is cancelled, or was never booked here, stays so."""
    await organizations.lock(work, feed.organization)
    known = await _known(work, feed, said)
    if known is not None and patient is not None:
        person = await find_patient(work, feed, require_numbers(feed, patient.identifiers), patient)
        if person is not None and person != known.person:
            raise Refused("appointment-other")
    if not await store.is_visit_newer(work, feed.organization, said.names[0], said_at):
        return Outcome(State.OUTDATED, appointment=known.key if known else None)
    if known is None:
        return Outcome(State.DONE)
    try:
        await visits.update(work, feed.organization, known.key, Change(cancels=True))
    except Unprocessable:
        raise Refused("appointment-over") from None
    return Outcome(State.DONE, person=known.person, appointment=known.key)


async def _known(work: Work, feed: Feed, said: VisitSaid) -> Appointment | None:
    for name in said.names:
        try:
            return await visits.by_external_id(work, feed.organization, name)
        except NotFound:
            continue
    return None


async def _person(work: Work, feed: Feed, patient: PatientSaid | None, known: Appointment | None) -> PersonKey:
    """Whom the message is about; who is known already stays as he is, for that is not what it is about."""
    if patient is None:
        if known is None:
            raise Refused("segment-missing:PID")
        return known.person
    numbers = require_numbers(feed, patient.identifiers)
    found = await find_patient(work, feed, numbers, patient)
    return found if found is not None else await make_patient(work, feed, numbers, patient)


async def _book(work: Work, feed: Feed, person: PersonKey, said: VisitSaid) -> Appointment:
    if said.starts_at is None:
        raise Refused("time-missing")
    enrolment = await patients.peek_past(work, feed.organization, person)
    if enrolment is not None and enrolment.is_deceased:
        raise Refused("deceased")
    room = await _room(work, feed, said)
    if room is None:
        raise Refused("room-unknown")
    booking = Booking(
        room,
        said.starts_at,
        said.duration_s,
        said.reasons or (),
        external_id=said.names[0],
        account_number=said.account_number,
    )
    try:
        return await visits.book(work, feed.organization, person, booking)
    except Invalid:
        raise Refused("details-refused") from None


async def _change(work: Work, feed: Feed, known: Appointment, said: VisitSaid) -> None:
    names_room = any(code in feed.settings.rooms for code in said.rooms)
    room = await _room(work, feed, said) if names_room else None
    change = Change(
        starts_at=said.starts_at,
        duration_s=said.duration_s,
        reasons=said.reasons,
        account_number=said.account_number,
        room=room.key if room else None,
    )
    try:
        await visits.update(work, feed.organization, known.key, change)
    except Unprocessable:
        raise Refused("appointment-over") from None
    await _assign(work, feed, known.key, said)


async def _room(work: Work, feed: Feed, said: VisitSaid) -> Room | None:
    """The waiting room that a resource stands for, else the one of the feed, else, when none is named, the first."""
    settings = feed.settings
    rooms = {room.name: room for room in await visits.rooms(work, feed.organization)}
    for name in (*(settings.rooms.get(code, code) for code in said.rooms), settings.room or ""):
        if name in rooms:
            return rooms[name]
    if said.rooms:
        return None
    try:
        return await visits.default_room(work, feed.organization)
    except NotFound:
        return None


async def _assign(work: Work, feed: Feed, visit: UUID, said: VisitSaid) -> None:
    """The staff whom the sender's codes stand for; codes that nobody was named for are somebody else's affair."""
    for code in said.providers:
        name = feed.settings.providers.get(code)
        if name is None:
            continue
        staff = await visits.staff_named(work, feed.organization, name)
        if staff is None:
            raise Refused("provider-unknown")
        await visits.assign(work, feed.organization, visit, staff.person)
