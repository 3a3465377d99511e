"""Many new patients at one stroke: the same rules as for one, in a number of statements that does not grow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from openward.care import accounts, audit, events, identity, organizations
from openward.care.errors import Conflict, Fault, Invalid, Unavailable
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Organization
from openward.care.patients import coached_store, demographics_store, identifier_store, store
from openward.care.patients.coached_model import Coached, Newcomer, with_mrn
from openward.care.patients.demographics import Demographics, contact_email, display_name, emails
from openward.care.patients.identifiers import MEDICAL_RECORD_NUMBER
from openward.care.patients.model import (
    CUSTODIAL,
    Enrolment,
    EnrolmentChanged,
    ManyCreated,
    ManyEnrolled,
    PatientCreated,
)
from openward.care.patients.profile import profile_of
from openward.care.patients.vetting import MISSING, SHARED, TAKEN
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

_TRIES = 5


class _OutrunError(Exception):
    """Somebody else took one of the names meanwhile: look again."""


async def register_many(
    work: Work,
    organization: OrganizationKey,
    newcomers: Sequence[Newcomer],
    *,
    skips_clashes: bool = False,
    refused: Sequence[Fault] = (),
) -> list[Coached | None]:
    """Patients with accounts that have no login and get no mail, all or none of them; they are in no groups yet.

    `Invalid` with every fault, after those that were `refused` before: `<n>/names/<k>` (taken), `<n>/mrn` (taken,
    missing), `<n>/telecom` (shared). `skips_clashes`: whose names or MRN are taken is left out, None in his place.
    The limit of patients is one of the Clinics API and not asked here; those who come count towards it.
    """
    place = await organizations.get(work, organization)
    noted = len(work.audited), len(work.recorded)
    for _ in range(_TRIES):
        try:
            async with work.tx.transaction():
                return await _register(work, place, newcomers, skips_clashes, refused)
        except (_OutrunError, Conflict):
            del work.audited[noted[0] :]
            del work.recorded[noted[1] :]
    raise Unavailable("too many writers at once, try again")


async def _register(
    work: Work, place: Organization, newcomers: Sequence[Newcomer], skips_clashes: bool, refused: Sequence[Fault]
) -> list[Coached | None]:
    faults, skipped = _judged(await _known(work, place, newcomers), newcomers, skips_clashes)
    if faults or refused:
        raise Invalid([*refused, *faults])
    accepted = [one for number, one in enumerate(newcomers) if number not in skipped]
    made = iter(await _make(work, place, accepted) if accepted else ())
    return [None if number in skipped else next(made) for number in range(len(newcomers))]


@dataclass(slots=True)
class _Known:
    """What is taken: names (with whether as unique ones), MRNs, addresses; grows with everybody who is let in."""

    names: dict[tuple[str, str], bool]
    mrns: set[str]
    emails: set[str]
    is_mrn_required: bool


async def _known(work: Work, place: Organization, newcomers: Sequence[Newcomer]) -> _Known:
    """Look up what is asked for; whoever asks for the same waits until this work ends."""
    organization = place.key
    addresses = list({address for one in newcomers for address in emails(one.said.telecom)})
    known = _Known({}, set(), set(), place.mrn is not None and place.mrn.required)
    if place.mrn is not None and place.mrn.unique:
        mrns = [one.said.mrn for one in newcomers if one.said.mrn]
        await store.lock_mrns(work, organization, mrns)
        known.mrns = await store.held_mrns(work, organization, mrns)
        known.mrns.add("")  # says that the rule is in force
    if addresses:
        await demographics_store.lock_emails(work, organization, addresses)
        known.emails = await demographics_store.held_emails(work, organization, addresses)
    named = [name for one in newcomers for name in one.names if name.system != MEDICAL_RECORD_NUMBER]
    unique = list({name.pair for name in named if name.is_unique})
    shared = list({name.pair for name in named if not name.is_unique})
    if unique or shared:
        await identifier_store.lock(work, unique, shared)
        known.names = await identifier_store.held(work, list({*unique, *shared}), organization, None)
    return known


def _judged(known: _Known, newcomers: Sequence[Newcomer], skips_clashes: bool) -> tuple[list[Fault], set[int]]:
    """Faults, and who is left out; everybody is judged as if those before him were there already."""
    faults: list[Fault] = []
    skipped: set[int] = set()
    for number, one in enumerate(newcomers):
        clashes = _clashes(known, one, number)
        if clashes and skips_clashes:
            skipped.add(number)
            continue
        wanted = emails(one.said.telecom)
        others = []
        if known.is_mrn_required and not one.said.mrn:
            others.append(Fault(MISSING, f"{number}/mrn", "a medical record number is needed"))
        if not known.emails.isdisjoint(wanted):
            others.append(Fault(SHARED, f"{number}/telecom", "another patient has this address"))
        faults += clashes + others
        if not clashes:
            known.emails.update(wanted)
            for name in one.names:
                known.names[name.pair] = known.names.get(name.pair, False) or name.is_unique
            if known.mrns and one.said.mrn:
                known.mrns.add(one.said.mrn)
    return faults, skipped


def _clashes(known: _Known, one: Newcomer, number: int) -> list[Fault]:
    found = [
        Fault(TAKEN, f"{number}/names/{place}", "somebody else has this identifier")
        for place, name in enumerate(one.names)
        if name.pair in known.names and (name.is_unique or known.names[name.pair])
    ]
    if one.said.mrn and one.said.mrn in known.mrns:
        found.append(Fault(TAKEN, f"{number}/mrn", "another patient has this medical record number"))
    return found


async def _make(work: Work, place: Organization, accepted: Sequence[Newcomer]) -> list[Coached]:
    nobody = PersonKey(UUID(int=0))
    drafts = [_enrolment(work, place, nobody, one.said) for one in accepted]
    born = await accounts.create_many_custodial(work, [profile_of(draft, {}) for draft in drafts])
    enrolments = [replace(draft, person=person) for draft, (person, _) in zip(drafts, born, strict=True)]
    is_exclusive = place.mrn is not None and place.mrn.unique
    if not await store.insert_many(work, enrolments, is_mrn_exclusive=is_exclusive):
        raise _OutrunError
    names = [(Identifier(System.PRACTICE_PATIENT, given[System.USER], place.key), person) for person, given in born]
    names += [(Identifier(System.MRN, one.mrn, place.key), one.person) for one in enrolments if one.mrn]
    await identity.add_many(work, names, Kind.PERSON)
    await _keep_beside(work, place, list(zip(enrolments, accepted, strict=True)))
    _tell(work, place, [one.person for one in enrolments])
    return [
        Coached(
            made.person,
            made.key,
            made.created_at,
            made.updated_at,
            one.said,
            with_mrn(one.names, made.mrn, is_exclusive),
            coaches=one.coaches,
        )
        for made, one in zip(enrolments, accepted, strict=True)
    ]


def _enrolment(work: Work, place: Organization, person: PersonKey, said: Demographics) -> Enrolment:
    return Enrolment(
        key=new_key(work),
        organization=place.key,
        person=person,
        full_name=display_name(said.names),
        email=contact_email(said.telecom),
        birth_date=said.birth_date,
        mrn=said.mrn,
        permissions=CUSTODIAL,
        created_at=work.now,
        updated_at=work.now,
    )


async def _keep_beside(work: Work, place: Organization, both: Sequence[tuple[Enrolment, Newcomer]]) -> None:
    """Demographics, names from other systems, and who looks after whom."""
    await demographics_store.insert_many(
        work,
        [(made, one.said, [a for a in emails(one.said.telecom) if a != made.email]) for made, one in both],
    )
    names = [
        (made.person, number, name.system, name.value, name.label, name.is_unique)
        for made, one in both
        for number, name in enumerate(one.names)
    ]
    if names and not await identifier_store.insert(work, place.key, names):
        raise _OutrunError
    coaches = [(made.person, coach.member, coach.is_primary) for made, one in both for coach in one.coaches]
    if coaches:
        await coached_store.insert_coaches(work, place.key, coaches)


def _tell(work: Work, place: Organization, people: Sequence[PersonKey]) -> None:
    audit.note_all(work, "write", "demographics", people, place.key)
    if len(people) == 1:
        events.record(work, EnrolmentChanged(place.key, people[0]))
        events.record(work, PatientCreated(place.key, people[0]))
    else:
        events.record(work, ManyEnrolled(place.key, tuple(people)))
        events.record(work, ManyCreated(place.key, tuple(people)))
