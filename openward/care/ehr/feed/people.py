"""Patients of a feed: found by the numbers that it gives them, made where missing, and kept as its newest word says."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from openward.care import identity, organizations, patients
from openward.care.ehr.feed import store
from openward.care.ehr.feed.model import Feed, NumberedBy, Outcome, PatientSaid, Refused, State, Which
from openward.care.ehr.handle import all_or_nothing
from openward.care.errors import Conflict, Invalid, TierRequired
from openward.care.identity import Identifier, Kind, System
from openward.care.patients import Demographics
from openward.care.work import OrganizationKey, PersonKey, Work

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Numbers:
    """What an organization knows a patient by: the medical record number, and the id in the record system (HSID)."""

    mrn: str | None
    hsid: str | None


def numbers_of(feed: Feed, given: Sequence[NumberedBy]) -> Numbers:
    """The numbers among identifiers, as the settings of the sender say.

    The only identifier, when it bears no type, is the MRN; without an id of its own a patient's MRN is his HSID.
    """
    usable = [one for one in given if 0 < len(one.value) <= _LONGEST]
    settings = feed.settings
    mrn = _first(settings.mrn, usable)
    if mrn is None and len(usable) == 1 and not usable[0].type and not settings.mrn.authorities:
        mrn = usable[0].value
    asks = settings.hsid.types or settings.hsid.authorities
    hsid = _first(settings.hsid, usable) if asks else None
    return Numbers(mrn, hsid or mrn)


def _first(which: Which, given: Sequence[NumberedBy]) -> str | None:
    for one in given:
        is_type = not which.types or one.type in which.types
        is_authority = not which.authorities or not set(which.authorities).isdisjoint(one.authorities)
        if is_type and is_authority:
            return one.value
    return None


async def take_patient(work: Work, feed: Feed, said: PatientSaid, said_at: datetime) -> Outcome:
    """Make the patient or bring what is known of him up to date; nothing that an older message says is taken."""
    await organizations.lock(work, feed.organization)
    numbers = require_numbers(feed, said.identifiers)
    person = await find_patient(work, feed, numbers, said)
    if person is None:
        person = await make_patient(work, feed, numbers, said)
        await store.is_newer(work, feed.organization, person, said_at)
        return Outcome(State.DONE, person=person)
    if not await store.is_newer(work, feed.organization, person, said_at):
        return Outcome(State.OUTDATED, person=person)
    await name_patient(work, feed.organization, person, numbers.hsid)
    await bring_up_to_date(work, feed, person, numbers, said)
    return Outcome(State.DONE, person=person)


def require_numbers(feed: Feed, given: Sequence[NumberedBy]) -> Numbers:
    """The numbers; `Refused` when there is none that we know a patient by."""
    numbers = numbers_of(feed, given)
    if numbers.hsid is None:
        raise Refused("identifier-missing")
    return numbers


async def find_patient(work: Work, feed: Feed, numbers: Numbers, said: PatientSaid | None = None) -> PersonKey | None:
    """The patient of these numbers: by HSID, else by MRN, unless the record system calls its bearer something else.

    `Refused` when several have the MRN and their dates of birth do not tell them apart.
    """
    organization = feed.organization
    if numbers.hsid is not None:
        known = await identity.find(work, Identifier(System.HSID, numbers.hsid, organization))
        if known is not None:
            return PersonKey(known)
    if numbers.mrn is None:
        return None
    bearers = [PersonKey(one) for one in await identity.match(work, Identifier(System.MRN, numbers.mrn, organization))]
    bearers = [one for one in bearers if await patients.peek_past(work, organization, one) is not None]
    if numbers.hsid is not None and numbers.hsid != numbers.mrn:
        named = await identity.names(work, bearers, System.HSID, organization)
        bearers = [one for one in bearers if one not in named]
    if len(bearers) > 1 and said is not None:
        bearers = await _born_as_said(work, organization, bearers, said) or bearers
    if len(bearers) > 1:
        raise Refused("identifier-ambiguous")
    return bearers[0] if bearers else None


async def _born_as_said(
    work: Work, organization: OrganizationKey, bearers: Sequence[PersonKey], said: PatientSaid
) -> list[PersonKey]:
    born = said.change(Demographics()).birth_date
    known = await patients.described_many(work, organization, bearers)
    return [one for one in bearers if one in known and born is not None and known[one].birth_date == born]


async def make_patient(work: Work, feed: Feed, numbers: Numbers, said: PatientSaid) -> PersonKey:
    """A patient with an account that the organization looks after, under the rules that hold for every new one."""
    wanted = replace(said.change(Demographics()), mrn=numbers.mrn)
    if not patients.display_name(wanted.names):
        raise Refused("name-missing")
    try:
        try:
            async with all_or_nothing(work):
                made = await patients.register(work, feed.organization, wanted)
        except Invalid as error:
            if not _is_shared_address(error):
                raise
            made = await patients.register(work, feed.organization, _without_addresses(wanted, Demographics()))
    except Invalid as error:
        raise _refused(error) from None
    except TierRequired:
        raise Refused("patient-limit") from None
    await name_patient(work, feed.organization, made.person, numbers.hsid)
    return made.person


async def bring_up_to_date(work: Work, feed: Feed, person: PersonKey, numbers: Numbers, said: PatientSaid) -> None:
    """Write what is said of a known patient; an address that another patient has is left alone."""

    def change(known: Demographics) -> Demographics:
        after = replace(said.change(known), mrn=numbers.mrn or known.mrn)
        return after if patients.display_name(after.names) else replace(after, names=known.names)

    def change_no_address(known: Demographics) -> Demographics:
        return _without_addresses(change(known), known)

    try:
        try:
            async with all_or_nothing(work):
                await patients.describe(work, feed.organization, person, change)
        except Invalid as error:
            if not _is_shared_address(error):
                raise
            await patients.describe(work, feed.organization, person, change_no_address)
    except Invalid as error:
        raise _refused(error) from None


def _is_shared_address(error: Invalid) -> bool:
    return all(fault.pointer == "telecom" for fault in error.faults)


def _without_addresses(wanted: Demographics, known: Demographics) -> Demographics:
    """Mail addresses as they were: one that is another patient's already is left alone, as orders leave it."""
    others = tuple(point for point in wanted.telecom if point.system != "email")
    return replace(wanted, telecom=(*others, *(point for point in known.telecom if point.system == "email")))


def _refused(error: Invalid) -> Refused:
    codes = {(fault.pointer, fault.code) for fault in error.faults}
    if ("mrn", "taken") in codes:
        return Refused("mrn-taken")
    if ("mrn", "missing") in codes:
        return Refused("mrn-required")
    if ("deceased_at", "future") in codes:
        return Refused("death-in-future")
    return Refused("details-refused")


async def name_patient(work: Work, organization: OrganizationKey, person: PersonKey, hsid: str | None) -> None:
    """What the record system calls the patient, so that every system finds him by it; what he has already stays."""
    if hsid is not None:
        with suppress(Conflict):  # his already: nobody else's, for he was looked for by it
            await identity.add(work, Identifier(System.HSID, hsid, organization), person, Kind.PERSON)
