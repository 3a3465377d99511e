"""The SQL of cadences: `ehr.cadence`."""

from datetime import timedelta

from openward.care.work import OrganizationKey, Work


async def is_over(work: Work, organization: OrganizationKey, cadence: timedelta) -> bool:
    """Whether so much time has gone by since the last time; then it begins anew. The first look only begins it."""
    await work.tx.execute(
        "insert into ehr.cadence (organization, last_at) values ($1, $2) on conflict do nothing",
        organization,
        work.now,
    )
    done = await work.tx.execute(
        "update ehr.cadence set last_at = $2 where organization = $1 and last_at <= $3",
        organization,
        work.now,
        work.now - cadence,
    )
    return bool(done == "UPDATE 1")
