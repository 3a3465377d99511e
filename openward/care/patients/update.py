"""Changing what an organization knows about its patient, and what follows for an account it looks after."""

from dataclasses import replace

from openward.care import accounts, audit, events, identity, organizations
from openward.care.accounts import AccountClaimed
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import rules, store
from openward.care.patients.create import check_mrn, name_mrn
from openward.care.patients.model import (
    MOST_REVIEWS,
    AddressChanged,
    Details,
    Enrolment,
    EnrolmentChanged,
    MRNChanged,
    Permission,
)
from openward.care.patients.profile import invite_to_claim, put_profile
from openward.care.patients.telling import tell_changed
from openward.care.work import OrganizationKey, PersonKey, Work


async def update(work: Work, organization: OrganizationKey, person: PersonKey, details: Details) -> Enrolment:
    """Write the details (see `Details` for what None means).

    `NotFound`; `Invalid` for the MRN; `Unprocessable` for a foreign site; `Conflict` when the account is looked after
    by the organization and somebody else has the address.
    """
    if details.sites:
        await organizations.hold_labels(work, organization)
    place = await organizations.get(work, organization)
    before = await locked(work, organization, person)
    await check_mrn(work, place, details.mrn, person)
    if details.sites:
        present = (await organizations.sites(work, [organization])).get(organization, [])
        rules.refuse_foreign_sites(details.sites, [site.key for site in present])
    after = _merged(before, details, work)
    await save(work, after, is_mrn_exclusive=place.mrn is not None and place.mrn.unique)
    tell_changed(work, before, after)
    if after.mrn != before.mrn:
        await rename(work, before, after)
    if after.is_custodial:
        await _follow_in_account(work, before, after, place.profile.name)
    return after


def _merged(before: Enrolment, details: Details, work: Work) -> Enrolment:
    diagnosis = details.diagnosis_type
    return replace(
        before,
        full_name=details.full_name,
        birth_date=details.birth_date,
        email=details.email.lower() if details.email else None,
        mrn=details.mrn,
        target_devices=details.target_devices,
        tags=before.tags if details.tags is None else rules.unique(details.tags),
        sites=before.sites if details.sites is None else rules.unique(details.sites),
        data_sources=before.data_sources if details.data_sources is None else details.data_sources,
        glycemic_ranges=before.glycemic_ranges if details.glycemic_ranges is None else details.glycemic_ranges,
        diagnosis_type=before.diagnosis_type if diagnosis is None else diagnosis or None,
        reviews=details.reviews[:MOST_REVIEWS] or before.reviews,
        updated_at=work.now,
    )


async def rename(work: Work, before: Enrolment, after: Enrolment) -> None:
    """The MRN names the patient in every system: give him the new one in place of the old, and let orders follow."""
    if before.mrn is not None:
        await identity.remove(work, Identifier(System.MRN, before.mrn, before.organization), before.person)
    await name_mrn(work, after.organization, after.person, after.mrn)
    events.record(work, MRNChanged(after.organization, after.person))


async def _follow_in_account(work: Work, before: Enrolment, after: Enrolment, organization_name: str) -> None:
    """Until its owner claims it, the account says what the organization says; one with a password is its owner's."""
    account = await accounts.get(work, after.person)
    if account.has_password:
        return
    await put_profile(work, after)
    if after.email not in (before.email, account.email):
        await accounts.set_email(work, after.person, after.email)
        await invite_to_claim(work, after, organization_name)
        events.record(work, AddressChanged(after.organization, after.person))


async def locked(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment:
    """The enrolment with its row locked until the end of the transaction, or `NotFound`."""
    found = await store.get(work, organization, person, lock=True)
    if found is None:
        raise NotFound("patient not found")
    return found


async def save(work: Work, enrolment: Enrolment, *, is_mrn_exclusive: bool | None = None) -> None:
    """Write a changed enrolment, note it, and let lists follow. `is_mrn_exclusive` only where the MRN is written."""
    await store.update(work, enrolment, is_mrn_exclusive=is_mrn_exclusive)
    audit.note(work, "write", "enrolment", enrolment.person, enrolment.organization)
    events.record(work, EnrolmentChanged(enrolment.organization, enrolment.person))


async def claimed(work: Work, event: AccountClaimed) -> None:
    """The owner has claimed the account: no organization looks after it any more."""
    for enrolment in await store.lock_of_person(work, event.person):
        if enrolment.is_custodial:
            kept = enrolment.permissions - {Permission.CUSTODIAN}
            await save(work, replace(enrolment, permissions=kept, updated_at=work.now))
