"""The SQL that moves the prescriptions of an organization."""

from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give all of them another organization."""
    await work.tx.execute(
        "update prescriptions.prescription set organization = $2 where organization = $1", source, target
    )
