"""The SQL that moves the confirmations of an organization."""

from openward.care.accounts.model import ConfirmationStatus, ConfirmationType
from openward.care.work import OrganizationKey, Work


async def move_confirmations(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Cancel those that wait for both, then give all another organization."""
    await work.tx.execute(
        "update accounts.confirmation s set status = $4, modified_at = $5 where s.organization = $1"
        " and s.status = $3 and s.type = $6 and exists (select from accounts.confirmation t"
        "  where t.organization = $2 and t.creator = s.creator and t.type = s.type and t.status = $3)",
        source,
        target,
        ConfirmationStatus.PENDING,
        ConfirmationStatus.CANCELED,
        work.now,
        ConfirmationType.CARETEAM,
    )
    await work.tx.execute(
        "update accounts.confirmation set organization = $2 where organization = $1 and type = any($3::text[])",
        source,
        target,
        [str(kind) for kind in ConfirmationType],
    )
