"""Inviting a patient to claim the account that an organization looks after, by the address noted there."""

from openward.care import accounts, organizations
from openward.care.errors import Invalid, NotAllowed
from openward.care.patients import store
from openward.care.patients.profile import invite_to_claim
from openward.care.patients.update import locked
from openward.care.work import OrganizationKey, PersonKey, Work


async def invite(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Mail the invitation; `NotFound`, `Invalid` without an address, `Conflict` when somebody else logs in with it.

    `NotAllowed` when the account is claimed or an invitation waits.
    """
    place = await organizations.get(work, organization)
    enrolment = await locked(work, organization, person)
    if not enrolment.is_custodial:
        raise NotAllowed("the patient owns the account already", code="unauthorized")
    if not enrolment.email:
        raise Invalid("no address is noted")
    await lend_address(work, person, organization)
    await invite_to_claim(work, enrolment, place.profile.name)


async def lend_address(work: Work, person: PersonKey, organization: OrganizationKey | None) -> None:
    """An account without a login takes the contact address that an organization that looks after it (None: any) has.

    `Conflict` when somebody else logs in with it: families share a contact address, never a login.
    """
    account = (await accounts.get_many(work, [person])).get(person)
    if account is None or account.email is not None or account.has_password:
        return
    for enrolment in await store.of_person(work, person, 0, None):
        if enrolment.is_custodial and enrolment.email and organization in (None, enrolment.organization):
            await accounts.set_email(work, person, enrolment.email)
            return
