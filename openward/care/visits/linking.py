"""Following a link from another system: the patient and the visit that it tells of are found or made, with a call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from openward.care import identity, patients
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import Demographics
from openward.care.visits.book import book
from openward.care.visits.call import open_call
from openward.care.visits.model import Appointment, Booking, Call, Role
from openward.care.visits.read import by_external_id
from openward.care.visits.rooms import default_room
from openward.care.visits.staff import staff_named
from openward.care.visits.store import ExternalIdTaken
from openward.care.work import OrganizationKey, PersonKey, Work

USER_NOT_FOUND = "User not found"


class Follower(StrEnum):
    """As what somebody follows a link."""

    PATIENT = "patient"
    ASSISTANT = "assistant"
    PROVIDER = "provider"


class UserUnknown(NotFound):
    """No provider or assistant of the practice is called so."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. `visit`, `patient_id`: the other system's ids; `patient`: for making who is missing."""

    user: str
    follower: Follower
    visit: str
    starts_at: datetime
    patient_id: str
    patient: Demographics


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a link leads: one side of one call; `person` is who followed it."""

    visit: Appointment
    call: Call
    role: Role
    person: PersonKey


async def follow_link(
    work: Work, organization: OrganizationKey, link: Link, *, most_apart: timedelta | None = None
) -> Followed:
    """Find or make what the link tells of; followed twice, also at once, it leads to the same call.

    `UserUnknown` for nobody's user name; `Invalid`, `Conflict` and `NotFound` when the link does not fit what is known:
    another date of birth, a visit of another patient, one that is over and had no call, or a date too far from now.
    """
    if most_apart is not None and abs(link.starts_at - work.now) > most_apart:
        raise Invalid("the date of the link is too far from now")
    person = await _patient(work, organization, link)
    visit = await _visit(work, organization, link, person)
    role, follower = Role.PATIENT, person
    if link.follower is not Follower.PATIENT:
        role, follower = Role.PROVIDER, await _staff(work, organization, link)
    visit = await open_call(work, organization, visit.key, role)
    if visit.call is None:
        raise Conflict("the visit is over")
    return Followed(visit, visit.call, role, follower)


async def _patient(work: Work, organization: OrganizationKey, link: Link) -> PersonKey:
    name = Identifier(System.PRACTICE_PATIENT, link.patient_id, organization)
    found = await identity.find(work, name)
    if found is None:
        try:
            return (await patients.register(work, organization, link.patient, link.patient_id)).person
        except Invalid:
            found = await identity.find(work, name)  # somebody may just have been faster
            if found is None:
                raise
    known = await patients.described(work, organization, PersonKey(found))
    if known.birth_date != link.patient.birth_date:
        raise Invalid("the patient has another date of birth")
    return PersonKey(found)


async def _visit(work: Work, organization: OrganizationKey, link: Link, person: PersonKey) -> Appointment:
    try:
        visit = await by_external_id(work, organization, link.visit)
    except NotFound:
        room = await default_room(work, organization)
        try:
            return await book(
                work, organization, person, Booking(room, starts_at=link.starts_at, external_id=link.visit)
            )
        except ExternalIdTaken:
            visit = await by_external_id(work, organization, link.visit)
    if visit.person != person:
        raise Conflict("the visit is another patient's")
    return visit


async def _staff(work: Work, organization: OrganizationKey, link: Link) -> PersonKey:
    found = await staff_named(work, organization, link.user)
    fits = found is not None and (found.is_provider if link.follower is Follower.PROVIDER else found.is_assistant)
    if found is None or not fits:
        raise UserUnknown(USER_NOT_FOUND)
    return found.person
