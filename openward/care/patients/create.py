"""New patients of an organization: with an account made for them, or with one they have."""

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from openward.care import accounts, audit, events, identity, organizations
from openward.care.errors import Conflict, Invalid, TierRequired
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Organization, OrganizationCreated
from openward.care.patients import rules, store
from openward.care.patients.model import (
    CUSTODIAL,
    Details,
    Enrolled,
    Enrolment,
    EnrolmentChanged,
    Joining,
    Permission,
)
from openward.care.patients.profile import invite_to_claim, put_profile, said_in_profile
from openward.care.patients.telling import tell_changed, tell_created
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work, new_key


async def create_custodial(work: Work, organization: OrganizationKey, details: Details) -> Enrolment:
    """A patient with an account that the organization looks after until its owner claims it.

    Everything is checked before anything is made: MRN rules (`Invalid`), the patient limit (`TierRequired`), sites
    (`Unprocessable`), the address (`Conflict`).
    """
    place = await prepare(work, organization, details.mrn, is_custodial=True)
    await _check_sites(work, organization, details.sites or ())
    account = await accounts.create_custodial(work, email=details.email)
    enrolment = Enrolment(
        key=new_key(work),
        organization=organization,
        person=account.key,
        full_name=details.full_name,
        birth_date=details.birth_date,
        email=details.email.lower() if details.email else None,
        mrn=details.mrn,
        target_devices=details.target_devices,
        tags=rules.unique(details.tags or ()),
        sites=rules.unique(details.sites or ()),
        permissions=CUSTODIAL,
        glycemic_ranges=details.glycemic_ranges,
        diagnosis_type=details.diagnosis_type or None,
        data_sources=details.data_sources,
        invited_by=work.actor.person if work.actor.kind is ActorKind.PERSON else None,
        created_at=work.now,
        updated_at=work.now,
    )
    await keep(work, place, enrolment)
    await name_in_practice(work, enrolment, account.user_id)
    tell_created(work, enrolment)
    await put_profile(work, enrolment, is_new=True)
    if enrolment.email:
        await invite_to_claim(work, enrolment, place.profile.name)
    return enrolment


async def enrol(work: Work, organization: OrganizationKey, person: PersonKey, joining: Joining) -> Enrolment:
    """Make somebody who has an account a patient; what is not said is taken from the account.

    `NotFound` for an unknown account, `Conflict` for a patient of the organization; but when the enrolment comes from
    an old clinician account, that one is added to the present record.
    """
    account = await accounts.get(work, person)
    present = await store.get(work, organization, person, lock=True)
    if present is not None and present.is_active:
        return await _add_legacy(work, present, joining.legacy_clinician)
    if present is not None:
        return await _rejoin(work, present, joining)
    said = await said_in_profile(work, person)
    mrn = joining.mrn or said.mrn
    is_custodial = Permission.CUSTODIAN in joining.permissions
    place = await prepare(work, organization, mrn, is_custodial=is_custodial, except_for=person)
    if joining.sites:
        await organizations.hold_labels(work, organization)
    known = {site.key for site in (await organizations.sites(work, [organization])).get(organization, [])}
    enrolment = Enrolment(
        key=new_key(work),
        organization=organization,
        person=person,
        full_name=joining.full_name or said.full_name,
        birth_date=joining.birth_date or said.birth_date,
        email=account.email.lower() if account.email else None,
        mrn=mrn,
        target_devices=said.target_devices,
        tags=rules.unique(joining.tags),
        sites=rules.unique(tuple(site for site in joining.sites if site in known)),
        permissions=joining.permissions,
        glycemic_ranges=joining.glycemic_ranges,
        diagnosis_type=joining.diagnosis_type or None,
        is_demo=account.user_id == work.tools.settings.demo_patient_user_id,
        is_migrated=joining.is_migrated,
        attestation_submitted=joining.attestation_submitted,
        legacy_clinicians=(joining.legacy_clinician,) if joining.legacy_clinician else (),
        created_at=work.now,
        updated_at=work.now,
    )
    await keep(work, place, enrolment)
    if await identity.names(work, [person], System.PRACTICE_PATIENT, organization):
        tell_changed(work, replace(enrolment, is_active=False), enrolment)  # he was a patient here before
    else:
        await name_in_practice(work, enrolment, account.user_id)
        tell_created(work, enrolment)
    events.record(work, Enrolled(organization, person))
    return enrolment


async def enrol_demo(work: Work, event: OrganizationCreated) -> None:
    """Give a new organization the demo patient, whom it may only look at; not one that waits for its old account."""
    user_id = work.tools.settings.demo_patient_user_id
    person = await identity.find(work, Identifier(System.USER, user_id)) if user_id else None
    if person is not None and (await organizations.get(work, event.organization)).is_migrated:
        await enrol(work, event.organization, PersonKey(person), Joining(permissions=frozenset({Permission.VIEW})))


async def check_mrn(work: Work, organization: Organization, mrn: str | None, except_for: PersonKey | None) -> None:
    """`Invalid` when the organization asks for an MRN and there is none, or for its own and another has it.

    Whoever gives the number to somebody else at the same time waits until this work ends.
    """
    rules_ = organization.mrn
    if rules_ is None:
        return
    if rules_.required and not mrn:
        raise Invalid("mrn is required", code=rules.MRN_MISSING)
    if rules_.unique and mrn:
        await store.lock_mrns(work, organization.key, [mrn])
        if await store.has_mrn(work, organization.key, mrn, except_for):
            raise Invalid("mrn must be unique", code=rules.MRN_TAKEN)


async def name_mrn(work: Work, organization: OrganizationKey, person: PersonKey, mrn: str | None) -> None:
    """The MRN is a name too, so that every system finds the patient by it."""
    if mrn is not None:
        with suppress(Conflict):  # he has it already: a number may mean several people, each of them once
            await identity.add(work, Identifier(System.MRN, mrn, organization), person, Kind.PERSON)


async def name_in_practice(work: Work, enrolment: Enrolment, user_id: str) -> None:
    """The name by which a practice's own programs ask for a patient who was not made by one of them: the user id.

    When one of them has given it to somebody else, any other.
    """
    name = Identifier(System.PRACTICE_PATIENT, user_id, enrolment.organization)
    try:
        await identity.add(work, name, enrolment.person, Kind.PERSON)
    except Conflict:
        await identity.add(work, replace(name, value=str(new_key(work))), enrolment.person, Kind.PERSON)


async def prepare(
    work: Work,
    organization: OrganizationKey,
    mrn: str | None,
    *,
    is_custodial: bool,
    except_for: PersonKey | None = None,
) -> Organization:
    """The organization, checked for room and MRN; locked when its limit is in force, so that the limit is strict."""
    place = await hold(work, organization, is_custodial=is_custodial)
    await check_mrn(work, place, mrn, except_for)
    if is_custodial:
        await check_room(work, place)
    return place


async def hold(work: Work, organization: OrganizationKey, *, is_custodial: bool) -> Organization:
    """The organization; locked when a limit is in force for whom it looks after, so that they come one by one."""
    place = await organizations.get(work, organization)
    if is_custodial and organizations.limits_in_force(place).hard is not None:
        return await organizations.lock(work, organization)
    return place


async def check_room(work: Work, place: Organization) -> None:
    """`TierRequired` when one more patient whom the organization looks after is more than its plan allows."""
    hard = organizations.limits_in_force(place).hard
    if hard is not None and rules.is_full(hard, await store.in_plan(work, place.key, hard.plan), work.now):
        raise TierRequired("the clinic has as many patients as its plan allows")


async def _check_sites(work: Work, organization: OrganizationKey, wanted: tuple[UUID, ...]) -> None:
    if wanted:
        await organizations.hold_labels(work, organization)
        present = (await organizations.sites(work, [organization])).get(organization, [])
        rules.refuse_foreign_sites(wanted, [site.key for site in present])


async def keep(work: Work, place: Organization, enrolment: Enrolment) -> None:
    """Write a new enrolment and the name that its MRN is; lists follow."""
    await store.insert(work, enrolment, is_mrn_exclusive=place.mrn is not None and place.mrn.unique)
    await name_mrn(work, enrolment.organization, enrolment.person, enrolment.mrn)
    audit.note(work, "write", "enrolment", enrolment.person, enrolment.organization)
    events.record(work, EnrolmentChanged(enrolment.organization, enrolment.person))


async def _rejoin(work: Work, present: Enrolment, joining: Joining) -> Enrolment:
    """Put an inactive patient back on the list, with what is said now and everything else as it was."""
    kept = present.permissions & {Permission.CUSTODIAN}
    after = replace(
        present,
        is_active=True,
        permissions=joining.permissions | kept,
        full_name=joining.full_name or present.full_name,
        birth_date=joining.birth_date or present.birth_date,
        mrn=joining.mrn or present.mrn,
        legacy_clinicians=_with_legacy(present, joining.legacy_clinician),
        updated_at=work.now,
    )
    place = await prepare(work, after.organization, after.mrn, is_custodial=after.is_custodial, except_for=after.person)
    await store.update(work, after, is_mrn_exclusive=place.mrn is not None and place.mrn.unique)
    await name_mrn(work, after.organization, after.person, after.mrn)
    audit.note(work, "write", "enrolment", after.person, after.organization)
    events.record(work, EnrolmentChanged(after.organization, after.person))
    tell_changed(work, present, after)
    return after


async def _add_legacy(work: Work, present: Enrolment, legacy_clinician: str | None) -> Enrolment:
    if legacy_clinician is None:
        raise Conflict("the user is a patient of the clinic already")
    if legacy_clinician in present.legacy_clinicians:
        return present
    after = replace(present, legacy_clinicians=_with_legacy(present, legacy_clinician), updated_at=work.now)
    await store.update(work, after, is_mrn_exclusive=None)
    audit.note(work, "write", "enrolment", present.person, present.organization)
    return after


def _with_legacy(present: Enrolment, legacy_clinician: str | None) -> tuple[str, ...]:
    if legacy_clinician is None or legacy_clinician in present.legacy_clinicians:
        return present.legacy_clinicians
    return (*present.legacy_clinicians, legacy_clinician)
