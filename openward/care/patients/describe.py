"""Who a patient is: making one from what is said of him, reading it, changing it; one record for every system."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from openward.care import accounts, audit, events, identity, organizations
from openward.care.errors import Conflict, Fault, Invalid, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Organization
from openward.care.patients import demographics_store, store
from openward.care.patients.activity import require_return
from openward.care.patients.create import check_room, hold, keep, name_in_practice, name_mrn
from openward.care.patients.demographics import Demographics, contact_email, display_name, emails, joined
from openward.care.patients.model import CUSTODIAL, Enrolment, EnrolmentChanged
from openward.care.patients.profile import put_profile
from openward.care.patients.telling import tell_changed, tell_created
from openward.care.patients.update import rename
from openward.care.patients.vetting import TAKEN, faults_of
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

WHAT = "demographics"
_IN_ENROLMENT = ("birth_date", "mrn", "is_active", "is_deceased")
Change = Callable[[Demographics], Demographics]


async def register(
    work: Work, organization: OrganizationKey, said: Demographics, external_id: str | None = None
) -> Enrolment:
    """A patient with an account that has no login and gets no mail, under the id that a program of the place chose.

    `Invalid` with faults at `external_id` (taken) and those of `vetting`; `TierRequired` when there is no room.
    """
    place = await hold(work, organization, is_custodial=said.is_active)
    name = Identifier(System.PRACTICE_PATIENT, external_id, organization) if external_id else None
    taken = Fault(TAKEN, "external_id", "another patient has this id")
    faults = [taken] if name and await identity.find(work, name) else []
    faults += await faults_of(work, place, None, said, None)
    if faults:
        raise Invalid(faults)
    if said.is_active:
        await check_room(work, place)
    account = await accounts.create_custodial(work, email=None)
    made = _enrolment(work, place, account.key, said, external_id)
    await keep(work, place, made)
    try:
        await (
            identity.add(work, name, made.person, Kind.PERSON)
            if name
            else name_in_practice(work, made, account.user_id)
        )
    except Conflict:
        raise Invalid([taken]) from None
    await _put(work, made, said)
    await put_profile(work, made, is_new=True)
    tell_created(work, made)
    return made


def _enrolment(
    work: Work, place: Organization, person: PersonKey, said: Demographics, external_id: str | None
) -> Enrolment:
    return Enrolment(
        key=new_key(work),
        organization=place.key,
        person=person,
        full_name=display_name(said.names) or external_id or "",
        email=contact_email(said.telecom),
        **{name: getattr(said, name) for name in _IN_ENROLMENT},
        permissions=CUSTODIAL,
        created_at=work.now,
        updated_at=work.now,
    )


async def described(work: Work, organization: OrganizationKey, person: PersonKey) -> Demographics:
    """Who a patient is or was, one who is inactive or was let go included; `NotFound` for everybody else."""
    found = await demographics_store.get(work, organization, person)
    if found is None:
        raise NotFound("patient not found")
    audit.note(work, "read", WHAT, person, organization)
    return joined(*found)


async def described_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Demographics]:
    """The same of many people in one query; unknown ones are absent."""
    found = await demographics_store.get_many(work, organization, persons) if persons else []
    for enrolment, _ in found:
        audit.note(work, "read", WHAT, enrolment.person, organization)
    return {enrolment.person: joined(enrolment, kept) for enrolment, kept in found}


async def describe(work: Work, organization: OrganizationKey, person: PersonKey, change: Change) -> Demographics:
    """Change who a patient is: `change` makes of what is known what is to be known, and may refuse.

    `NotFound` for somebody who never was a patient; `Invalid` as `vetting` says; one who is made active again needs
    room (`TierRequired`), may not have left by himself (`NotAllowed`), and has to have an account (`NotFound`).
    """
    place = await organizations.get(work, organization)
    seen = await demographics_store.get(work, organization, person)
    if seen is None:
        raise NotFound("patient not found")
    if change(joined(*seen)).is_active != seen[0].is_active:
        place = await organizations.lock(work, organization)
    locked = await demographics_store.get(work, organization, person, lock=True)
    if locked is None:
        raise NotFound("patient not found")
    held, before = locked[0], joined(*locked)
    after = change(before)
    audit.note(work, "write", WHAT, person, organization)
    if after == before:
        return after
    if after.is_active and not before.is_active:
        await require_return(work, held)
        await check_room(work, place) if held.is_custodial else None
    faults = await faults_of(work, place, before, after, person)
    if faults:
        raise Invalid(faults)
    await _write(work, place, held, before, after)
    return after


async def _write(work: Work, place: Organization, held: Enrolment, before: Demographics, after: Demographics) -> None:
    changed = replace(
        held,
        full_name=held.full_name if after.names == before.names else await _full_name(work, held, after),
        email=held.email if after.telecom == before.telecom else contact_email(after.telecom),
        **{name: getattr(after, name) for name in _IN_ENROLMENT},
        removed_at=None if after.is_active else held.removed_at,
        updated_at=work.now,
    )
    is_mrn_asked = changed.mrn != held.mrn or changed.is_active != held.is_active
    is_exclusive = place.mrn is not None and place.mrn.unique and changed.removed_at is None
    await store.update(work, changed, is_mrn_exclusive=is_exclusive if is_mrn_asked else None)
    await _put(work, changed, after)
    if changed.mrn != held.mrn:
        await rename(work, held, changed)
    elif changed.is_active and not held.is_active:
        await name_mrn(work, place.key, held.person, changed.mrn)
    if replace(changed, updated_at=held.updated_at) != held:
        events.record(work, EnrolmentChanged(place.key, held.person))
    tell_changed(work, held, changed, is_described=True)
    if changed.is_custodial and (changed.full_name, changed.birth_date, changed.mrn) != (
        held.full_name,
        held.birth_date,
        held.mrn,
    ):
        await _follow_in_profile(work, changed)


async def _full_name(work: Work, held: Enrolment, after: Demographics) -> str:
    said = display_name(after.names)
    if said:
        return said
    names = await identity.names(work, [held.person], System.PRACTICE_PATIENT, held.organization)
    return names.get(held.person, "")


async def _follow_in_profile(work: Work, changed: Enrolment) -> None:
    """Until its owner claims it, the account says what the organization says."""
    account = (await accounts.get_many(work, [changed.person])).get(changed.person)
    if account is not None and not account.has_password:
        await put_profile(work, changed)


async def _put(work: Work, enrolment: Enrolment, said: Demographics) -> None:
    others = [address for address in emails(said.telecom) if address != enrolment.email]
    await demographics_store.put(work, enrolment, said, others)
