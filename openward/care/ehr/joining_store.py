"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """What record systems ordered and were sent goes over; a subscription is on when either was."""
    await work.tx.execute(
        "update ehr.subscription k set is_active = k.is_active or g.is_active, updated_at = $3"
        " from ehr.subscription g where g.person = $1 and k.person = $2 and k.organization = g.organization"
        " and k.provider = g.provider",
        gone,
        kept,
        work.now,
    )
    await work.tx.execute(
        "insert into ehr.subscription (organization, person, provider, is_active, created_at, updated_at)"
        " select organization, $2, provider, is_active, created_at, $3 from ehr.subscription where person = $1"
        " on conflict do nothing",
        gone,
        kept,
        work.now,
    )
    await work.tx.execute(
        "insert into ehr.matched_message (organization, person, provider, message)"
        " select organization, $2, provider, message from ehr.matched_message where person = $1 order by place"
        " on conflict do nothing",
        gone,
        kept,
    )
    for table in ("matched_message", "subscription", "feed_patient"):
        await work.tx.execute(f"delete from ehr.{table} where person = $1", gone)  # noqa: S608 -- constants
    await work.tx.execute(
        "delete from ehr.xealth_view g where g.person = $1 and exists (select from ehr.xealth_view k"
        " where k.person = $2 and (k.organization, k.program, k.viewer) = (g.organization, g.program, g.viewer))",
        gone,
        kept,
    )
    for table in ("message", "sync_task", "delivery", "xealth_view", "feed_message"):
        await work.tx.execute(f"update ehr.{table} set person = $2 where person = $1", gone, kept)  # noqa: S608
