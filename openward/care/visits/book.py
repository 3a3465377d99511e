"""Booking a visit."""

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from openward.care import audit, episodes, events, identity, patients
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import System
from openward.care.visits import room_store, store
from openward.care.visits.model import Appointment, AppointmentBooked, Booking, Status
from openward.care.visits.windows import has_place
from openward.care.work import OrganizationKey, PersonKey, Work, new_key


class RoomFull(Conflict):
    """The room has as many visits at that time as it takes."""


class EpisodeUnknown(NotFound):
    """The patient has no such episode of care."""


class Booked(NamedTuple):
    """A new visit and the number that virtual care calls it by (SAID)."""

    visit: Appointment
    number: int


async def book(work: Work, organization: OrganizationKey, person: PersonKey, booking: Booking) -> Appointment:
    """A new visit; see `book_numbered`."""
    return (await book_numbered(work, organization, person, booking)).visit


async def book_numbered(work: Work, organization: OrganizationKey, person: PersonKey, booking: Booking) -> Booked:
    """A new visit with all its names.

    `NotFound` when the person never was a patient of the practice or the episode is not his (`EpisodeUnknown`);
    `Invalid` for the dead; `Conflict` when the external id is in use (`ExternalIdTaken`), or when the visit asks for a
    place and the room, which enforces its capacity, is full (`RoomFull`).
    """
    patient = await patients.peek_past(work, organization, person)
    if patient is None:
        raise NotFound("Patient not found")
    if patient.is_deceased:
        raise Invalid("The patient is deceased")
    if booking.episode is not None:
        await _require_episode(work, organization, person, booking.episode)
    starts_at = (booking.starts_at or work.now).replace(microsecond=0)
    made = Appointment(
        key=new_key(work),
        organization=organization,
        person=person,
        room=booking.room.key,
        starts_at=starts_at,
        duration_s=booking.duration_s or booking.room.settings.slot_duration_s,
        status=Status.SCHEDULED,
        reasons=tuple(booking.reasons),
        external_id=booking.external_id or None,
        account_number=booking.account_number or None,
        episode=booking.episode,
        meeting_url=None,
        call=None,
        providers=(),
        created_at=work.now,
        updated_at=work.now,
    )
    if booking.asks_for_place and booking.room.settings.enforces_capacity:
        await _take_place(work, made, booking.room.settings.capacity)
    await store.insert(work, made)
    names = await identity.mint(work, made.key, identity.Kind.APPOINTMENT)
    audit.note(work, "write", "appointment", person, organization)
    templates = tuple(booking.room.settings.templates)
    events.record(work, AppointmentBooked(organization, person, made.key, made.room, templates))
    return Booked(made, int(names[System.SAID]))


async def book_place(work: Work, organization: OrganizationKey, person: PersonKey, booking: Booking) -> Appointment:
    """A new visit as somebody books it on a page: a form that is sent twice gives the same visit.

    Errors as with `book_numbered`; a room that enforces its capacity refuses when it is full.
    """
    await room_store.lock(work, booking.room.key)
    starts_at = (booking.starts_at or work.now).replace(microsecond=0)
    found = await store.standing_at(work, booking.room.key, person, starts_at)
    if found is not None:
        return found
    return await book(work, organization, person, replace(booking, starts_at=starts_at, asks_for_place=True))


async def _require_episode(work: Work, organization: OrganizationKey, person: PersonKey, episode: UUID) -> None:
    try:
        await episodes.require(work, organization, person, episode)
    except NotFound:
        raise EpisodeUnknown("Episode not found") from None


async def _take_place(work: Work, made: Appointment, capacity: int) -> None:
    """Hold the room, so that whoever comes for the same time at the same moment sees this visit."""
    await room_store.lock(work, made.room)
    begins = int(made.starts_at.timestamp())
    slot = begins, begins + made.duration_s
    if not has_place(slot, await store.taken(work, made.room, slot), capacity):
        raise RoomFull("The waiting room is full at this time")
