"""Many new patients at one stroke: the same rules as for one, in a number of statements that does not grow."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from openward.care import accounts, audit, events, identity, organizations
from openward.care.errors import Conflict, Fault, Invalid, Unavailable
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Organization
from openward.care.patients import coached_store, demographics_store, group_store, identifier_store, store
from openward.care.patients.coached_model import Coached, Newcomer, with_mrn
from openward.care.patients.demographics import Demographics, contact_email, display_name, emails
from openward.care.patients.identifiers import MEDICAL_RECORD_NUMBER
from openward.care.patients.model import (
    CUSTODIAL,
    Enrolment,
    ManyCreated,
    ManyEnrolled,
    PatientCreated,
)
from openward.care.patients.profile import profile_of
from openward.care.patients.vetting import MISSING, SHARED, TAKEN
from openward.care.work import OrganizationKey, PersonKey, Work, new_keys

_TRIES = 5
Grouping: TypeAlias = Callable[[Sequence[int]], Awaitable[Sequence[Sequence[UUID]]]]
"""The groups of newcomers, who are given by their numbers."""


class _OutrunError(Exception):
    """Somebody else took one of the names meanwhile: look again."""


async def register_many(
    work: Work,
    organization: OrganizationKey,
    newcomers: Sequence[Newcomer],
    groups: Grouping | None = None,
    *,
    skips_clashes: bool = False,
    refused: Sequence[Fault] = (),
) -> list[Coached | None]:
    """Patients with accounts that have no login and get no mail, all or none of them.

    `groups` is asked for the groups of those who are let in, by their numbers, once nothing is wrong any more; that
    they are the organization's is checked there; without it they are in none.

    `Invalid` with every fault, after those that were `refused` before: `<n>/names/<k>` (taken), `<n>/mrn` (taken,
    missing), `<n>/telecom` (shared). `skips_clashes`: whose names or MRN are taken is left out, None in his place.
    The limit of patients is one of the Clinics API and not asked here; those who come count towards it.
    """
    place = await organizations.get(work, organization)
    noted = len(work.audited), len(work.recorded)
    for _ in range(_TRIES):
        try:
            async with work.tx.transaction():
                return await _register(work, place, newcomers, groups, skips_clashes, refused)
        except (_OutrunError, Conflict):
            del work.audited[noted[0] :]
            del work.recorded[noted[1] :]
    raise Unavailable("too many writers at once, try again")


async def _register(
    work: Work,
    place: Organization,
    newcomers: Sequence[Newcomer],
    groups: Grouping | None,
    skips_clashes: bool,
    refused: Sequence[Fault],
) -> list[Coached | None]:
    faults, skipped = _judged(await _known(work, place, newcomers), newcomers, skips_clashes)
    if faults or refused:
        raise Invalid([*refused, *faults])
    accepted = [number for number in range(len(newcomers)) if number not in skipped]
    if not accepted:
        return [None] * len(newcomers)
    grouped = [tuple(sorted(set(keys))) for keys in await groups(accepted)] if groups else [()] * len(accepted)
    made = iter(await _make(work, place, [newcomers[number] for number in accepted], grouped))
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
        wanted = emails(one.said.telecom) if one.said.telecom else ()
        others = []
        if known.is_mrn_required and not one.said.mrn:
            others.append(Fault(MISSING, f"{number}/mrn", "a medical record number is needed"))
        if wanted and not known.emails.isdisjoint(wanted):
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


async def _make(
    work: Work, place: Organization, accepted: Sequence[Newcomer], groups: Sequence[tuple[UUID, ...]]
) -> list[Coached]:
    keys = new_keys(work, 2 * len(accepted))
    people = [PersonKey(key) for key in keys[::2]]
    enrolments = [
        _enrolment(work, place, person, key, one.said)
        for person, key, one in zip(people, keys[1::2], accepted, strict=True)
    ]
    born = await accounts.create_many_custodial(work, place.key, people, [profile_of(one, {}) for one in enrolments])
    is_exclusive = place.mrn is not None and place.mrn.unique
    if not await store.insert_newcomers(work, enrolments, is_mrn_exclusive=is_exclusive):
        raise _OutrunError
    names = [(Identifier(System.MRN, one.mrn, place.key), one.person) for one in enrolments if one.mrn]
    await identity.add_many(work, names, Kind.PERSON)
    await _keep_beside(work, place, list(zip(enrolments, accepted, strict=True)))
    await group_store.insert_newcomers(work, enrolments, groups)
    _tell(work, place, enrolments, groups)
    return [
        Coached(
            made.person,
            made.key,
            made.created_at,
            made.updated_at,
            one.said,
            with_mrn(one.names, made.mrn, is_exclusive) if made.mrn else one.names,
            own_groups,
            one.coaches,
            born=names_of_one,
        )
        for made, one, own_groups, names_of_one in zip(enrolments, accepted, groups, born, strict=True)
    ]


def _enrolment(work: Work, place: Organization, person: PersonKey, key: UUID, said: Demographics) -> Enrolment:
    return Enrolment(
        key=key,
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


def _other_emails(made: Enrolment, said: Demographics) -> Sequence[str]:
    return [address for address in emails(said.telecom) if address != made.email] if made.email else ()


async def _keep_beside(work: Work, place: Organization, both: Sequence[tuple[Enrolment, Newcomer]]) -> None:
    """Demographics, names from other systems, and who looks after whom."""
    await demographics_store.insert_many(
        work,
        [(made, one.said, _other_emails(made, one.said)) for made, one in both],
    )
    names = [
        (made.person, number, name.system, name.value, name.label, name.is_unique)
        for made, one in both
        for number, name in enumerate(one.names)
    ]
    if names and not await identifier_store.insert_newcomers(work, place.key, names):
        raise _OutrunError
    coaches = [(made.person, coach.member, coach.is_primary) for made, one in both for coach in one.coaches]
    if coaches:
        await coached_store.insert_coaches(work, place.key, coaches)


def _tell(work: Work, place: Organization, enrolments: Sequence[Enrolment], groups: Sequence[tuple[UUID, ...]]) -> None:
    people = [one.person for one in enrolments]
    audit.note_all(work, "write", "demographics", people, place.key)
    grouped = [person for person, keys in zip(people, groups, strict=True) if keys]
    audit.note_all(work, "write", "groups", grouped, place.key)
    events.record(work, ManyEnrolled(place.key, tuple(enrolments), tuple(groups)))
    if len(people) == 1:
        events.record(work, PatientCreated(place.key, people[0]))
    else:
        events.record(work, ManyCreated(place.key, tuple(people)))
