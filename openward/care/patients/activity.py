"""Whether a patient is on the list of an organization: one state, which every system says in its own words."""

from dataclasses import replace

from openward.care import accounts, organizations
from openward.care.errors import NotAllowed, NotFound
from openward.care.patients import store
from openward.care.patients.create import name_mrn, prepare
from openward.care.patients.model import Enrolment
from openward.care.patients.profile import put_profile
from openward.care.patients.telling import tell_changed
from openward.care.patients.update import save
from openward.care.work import OrganizationKey, PersonKey, Work


async def set_active(work: Work, organization: OrganizationKey, person: PersonKey, is_active: bool) -> Enrolment:
    """Take a patient off the list and out of the counts, or put him back; what he is already changes nothing.

    An inactive patient is still read by id. One who was removed comes back as he was; `NotAllowed` for one who left by
    himself. `NotFound` for somebody who never was a patient, or whose account is gone; `Invalid` (MRN) and
    `TierRequired` as for a new patient.
    """
    await organizations.lock(work, organization)
    before = await store.get_even_removed(work, organization, person)
    if before is None or (before.removed_at is not None and not is_active):
        raise NotFound("patient not found")
    if before.is_active == is_active:
        return before
    after = replace(before, is_active=is_active, removed_at=None, updated_at=work.now)
    if is_active:
        await require_return(work, before)
        custodial = after.is_custodial
        place = await prepare(work, organization, after.mrn, is_custodial=custodial, except_for=person)
        await name_mrn(work, organization, person, after.mrn)
        await save(work, after, is_mrn_exclusive=place.mrn is not None and place.mrn.unique)
    else:
        await save(work, after)
    tell_changed(work, before, after)
    return after


async def require_return(work: Work, before: Enrolment) -> None:
    """`NotAllowed` for a patient who left by himself, `NotFound` for one whose own account is gone.

    An account that the organization looked after, and that went with the patient because it held no data, lives again.
    """
    if not before.permissions:
        raise NotAllowed("the patient has left the clinic", code="unauthorized")
    if before.is_custodial and await accounts.revive(work, before.person):
        await put_profile(work, before)
    await accounts.get(work, before.person)
