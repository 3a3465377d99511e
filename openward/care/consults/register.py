"""Registering a consult: the patient by MRN, a visit in the location's room, and what is known of it in the note."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from openward.care import assistance, documentation, identity, patients, visits
from openward.care.consults import store
from openward.care.errors import Invalid, NotFound, Unprocessable
from openward.care.identity import Identifier, System
from openward.care.patients import Demographics, HumanName
from openward.care.visits import Appointment, Booking, Room, Status
from openward.care.work import OrganizationKey, PersonKey, Work

ONCE_IN = timedelta(hours=24)


class LocationUnknown(NotFound):
    """No location of the practice has this geolocation id."""


class RoomNotReady(Unprocessable):
    """The location has no waiting room, or its room lacks a template."""


class AlreadyAsked(Unprocessable):
    """A visit was made for the patient within a day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `template`: where `answers` go, by tag; `templates`: all that the room has to carry."""

    geolocation: UUID
    mrn: str
    first_name: str
    last_name: str
    birth_date: date
    reason: str
    template: str
    templates: tuple[str, ...]
    answers: Mapping[str, str]


async def register(work: Work, organization: OrganizationKey, asked: Asked) -> tuple[PersonKey, Appointment]:
    """The patient and the new visit; all of it or nothing.

    `LocationUnknown`, `RoomNotReady`; `AlreadyAsked` when this made a visit for the same MRN within 24 hours that was
    not cancelled; `Invalid` as patients and visits say.
    """
    room = await _room(work, organization, asked)
    await store.lock(work, organization, asked.mrn)
    made = await store.after(work, organization, asked.mrn, work.now - ONCE_IN)
    found = await visits.get_many(work, organization, made) if made else {}
    if any(visit.status is not Status.CANCELLED for visit in found.values()):
        raise AlreadyAsked("a visit was made for the patient within 24 hours")
    person = await _patient(work, organization, asked)
    visit = await visits.book(work, organization, person, Booking(room, reasons=(asked.reason,)))
    await documentation.attach(work, visit, room.settings.templates)
    await documentation.answer_tagged(work, organization, visit.key, asked.template, asked.answers)
    await store.insert(work, organization, asked.mrn, person, visit.key)
    return person, visit


async def _room(work: Work, organization: OrganizationKey, asked: Asked) -> Room:
    location = await assistance.location_by_geolocation(work, organization, asked.geolocation)
    if location is None:
        raise LocationUnknown("no location has this geolocation id")
    if location.room is None:
        raise RoomNotReady("the location has no waiting room")
    room = await visits.room(work, organization, location.room)
    known = {template.name for template in await documentation.templates(work, organization)}
    if not set(asked.templates) <= set(room.settings.templates) & known:
        raise RoomNotReady("the waiting room lacks a template")
    return room


async def _patient(work: Work, organization: OrganizationKey, asked: Asked) -> PersonKey:
    """The patient with this MRN, under the name and date of birth that were told; made when there is none."""
    found = await identity.match(work, Identifier(System.MRN, asked.mrn, organization))
    if len(set(found)) > 1:
        raise Invalid("several patients have this medical record number", code="mrn-ambiguous")
    if not found:
        taken = await identity.find(work, Identifier(System.PRACTICE_PATIENT, asked.mrn, organization))
        said = _told(Demographics(mrn=asked.mrn), asked)
        return (await patients.register(work, organization, said, None if taken else asked.mrn)).person
    person = PersonKey(found[0])
    await patients.describe(work, organization, person, lambda before: _told(before, asked))
    return person


def _told(before: Demographics, asked: Asked) -> Demographics:
    """What is known, with the name and date of birth that were told; other names of the patient stay."""
    shown = patients.usual(before.names)
    name = replace(shown or HumanName(use="usual"), family=asked.last_name, given=asked.first_name, text=None)
    names = tuple(name if one is shown else one for one in before.names) or (name,)
    is_same = shown is not None and (shown.family, shown.given) == (asked.last_name, asked.first_name)
    return replace(before, names=before.names if is_same else names, birth_date=asked.birth_date)
