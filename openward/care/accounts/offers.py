"""What a person offers to an organization: to see his data, once it accepts."""

from collections.abc import Collection

from openward.care import audit
from openward.care.accounts import confirmation_store
from openward.care.accounts.confirmations import drop_expired, issue
from openward.care.accounts.model import Confirmation, ConfirmationStatus, ConfirmationType
from openward.care.accounts.people import lock
from openward.care.work import OrganizationKey, PersonKey, Work


async def offer(
    work: Work, owner: PersonKey, organization: OrganizationKey, permissions: Collection[str]
) -> Confirmation:
    """Offer these permissions to an organization; `Conflict` while an offer to it waits. It is sent to no address."""
    await lock(work, owner)
    waiting = await confirmation_store.search(
        work,
        ConfirmationType.CARETEAM,
        statuses=(ConfirmationStatus.PENDING,),
        creator=owner,
        organization=organization,
    )
    await drop_expired(work, waiting)
    made = await issue(
        work,
        ConfirmationType.CARETEAM,
        email="",
        creator=owner,
        organization=organization,
        context={name: {} for name in sorted(permissions)},
    )
    audit.note(work, "write", "invitations", owner, organization)
    return made
