"""A person leaves all organizations, as a patient and as a member; or all learn of another address."""

from openward.care import accounts, organizations, patients
from openward.care.accounts import AccountDeleted, EmailChanged
from openward.care.work import PersonKey, Work


async def leave_everything(work: Work, person: PersonKey) -> None:
    """End what a person is in any organization.

    Tidepool: where the only admin goes, the patients who own their accounts are let go, too, as nobody is left to
    answer for the access; those whom the organization looks after stay, so that they can still be claimed.
    """
    for orphaned in await organizations.leave_all(work, person):
        await patients.remove_claimed(work, orphaned)
    await patients.leave_all(work, person)


async def account_deleted(work: Work, event: AccountDeleted) -> None:
    """The account is gone."""
    await leave_everything(work, event.person)


async def change_address(work: Work, person: PersonKey, email: str | None) -> None:
    """Another address for all records of a person; without one, patient records lose theirs and members keep it.

    `Unprocessable` when another member of one of the organizations has the address.
    """
    if email is not None:
        await organizations.change_email(work, person, email)
    await patients.follow_email(work, person, email)


async def email_changed(work: Work, event: EmailChanged) -> None:
    """The login address is another one. A clinic that has invited somebody by it keeps the old one."""
    account = (await accounts.get_many(work, [event.person])).get(event.person)
    if account is None:
        return
    if account.email is not None:
        await organizations.change_email(work, event.person, account.email, skips_taken=True)
    await patients.follow_email(work, event.person, account.email)
