"""The end of an enrolment, of a permission, of all enrolments of a person, or of a whole organization."""

from collections.abc import Collection
from dataclasses import replace

from openward.care import accounts, audit, events, organizations
from openward.care.errors import Invalid, NotFound
from openward.care.patients import keeping_store, many_store, store
from openward.care.patients.model import (
    AddressChanged,
    ClaimedRemoved,
    Enrolment,
    EnrolmentChanged,
    EnrolmentEnded,
    ManyDeactivated,
    Permission,
)
from openward.care.patients.telling import tell_changed, tell_updated
from openward.care.patients.update import locked, save
from openward.care.work import OrganizationKey, PersonKey, Work


async def remove(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Archive the enrolment and let go of the patient, whose account, data and other enrolments stay.

    When nobody looks after a custodial account any more its address is set free. `NotFound` when unknown.
    """
    await _end(work, await locked(work, organization, person))


async def leave_all(work: Work, person: PersonKey) -> None:
    """Every organization lets go of the patient, whose account may be gone; the archive keeps each enrolment."""
    has_account = bool(await accounts.get_many(work, [person]))
    for enrolment in await store.lock_of_person(work, person):
        await _end(work, enrolment, frees_address=has_account)


async def remove_claimed(work: Work, organization: OrganizationKey) -> None:
    """Let go of all patients whom the organization does not look after; the others stay, to be claimed later."""
    ended = await many_store.end_claimed(work, organization)
    gone = list(ended)
    if gone:
        still = await many_store.still_enrolled(work, gone)
        last = tuple(person for person in gone if person not in still)
        audit.note_all(work, "delete", "enrolment", gone, organization)
        events.record(work, ClaimedRemoved(organization, tuple(gone), last))
        was_active = tuple(person for person in gone if ended[person])
        if was_active:
            events.record(work, ManyDeactivated(organization, was_active))


async def follow_email(work: Work, person: PersonKey, email: str | None) -> None:
    """All organizations of a patient learn of another contact address, or that there is none."""
    for organization in await many_store.set_email(work, person, email):
        audit.note(work, "write", "enrolment", person, organization)
        events.record(work, EnrolmentChanged(organization, person))
        tell_updated(work, organization, person)
        if email is not None:
            events.record(work, AddressChanged(organization, person))


async def _end(work: Work, leaving: Enrolment, *, frees_address: bool = True) -> None:
    await store.archive(work, leaving.organization, leaving.person)
    # Who left by himself took his permissions along: the organization cannot bring them back.
    kept = frozenset[Permission]() if work.actor.is_person(leaving.person) else leaving.permissions
    gone = replace(leaving, is_active=False, removed_at=work.now, permissions=kept, updated_at=work.now)
    await store.update(work, gone, is_mrn_exclusive=False)
    is_last = not await store.of_person(work, leaving.person, 0, 1)
    if frees_address and leaving.is_custodial and is_last and leaving.email:
        await accounts.set_email(work, leaving.person, None)
    audit.note(work, "delete", "enrolment", leaving.person, leaving.organization)
    events.record(work, EnrolmentChanged(leaving.organization, leaving.person))
    tell_changed(work, leaving, gone)
    events.record(work, EnrolmentEnded(leaving.organization, leaving.person, leaving.is_custodial, is_last))


async def set_permissions(
    work: Work, organization: OrganizationKey, person: PersonKey, permissions: Collection[Permission]
) -> frozenset[Permission]:
    """Replace what the organization may do; custody can never be given. With nothing left the patient is let go."""
    before = await locked(work, organization, person)
    granted = frozenset(permissions) - {Permission.CUSTODIAN}
    if granted:
        await save(work, replace(before, permissions=granted, updated_at=work.now))
    else:
        await _end(work, before)
    return granted


async def drop_permission(work: Work, organization: OrganizationKey, person: PersonKey, permission: Permission) -> None:
    """Take one permission back; `NotFound` when it was not given. With nothing left the patient is let go."""
    before = await locked(work, organization, person)
    if permission not in before.permissions:
        raise NotFound("permission not found")
    granted = before.permissions - {permission}
    if granted:
        await save(work, replace(before, permissions=granted, updated_at=work.now))
    else:
        await _end(work, before)


async def dissolve(work: Work, organization: OrganizationKey) -> None:
    """Delete an organization without patients; the demo patient goes with it. `Invalid` when it has others."""
    await organizations.lock(work, organization, against_new_patients=True)
    total, demo, _ = await store.counts(work, organization)
    if total > demo:
        raise Invalid("the clinic has patients")
    for enrolment in await store.find(work, [organization], None, None, 0, total):
        await _end(work, enrolment)
    await store.delete_all(work, organization)
    await keeping_store.forget(work, organization)
    await organizations.delete(work, organization)
