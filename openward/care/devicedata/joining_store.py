"""The SQL that gives the data of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> bool:
    """All data sets with their data go over; False when there are none.

    Whoever uploads for either waits. Of two sets that an organization keeps its own measurements in, and of two behind
    the older upload endpoint, the other's goes on being written; the one's stays as an ordinary set.
    """
    rows = await work.tx.fetch(
        "select key, person from devicedata.subject where person = any($1::uuid[]) order by key for update",
        [gone, kept],
    )
    subjects = {row["person"]: row["key"] for row in rows}
    if gone not in subjects:
        return False
    if kept not in subjects:
        await work.tx.execute("update devicedata.subject set person = $2 where person = $1", gone, kept)
        return True
    source, target = subjects[gone], subjects[kept]
    await work.tx.execute(
        "update devicedata.data_set g set subject = $2,"
        " is_older_uploads = is_older_uploads and not exists ("
        "  select from devicedata.data_set k where k.subject = $2 and k.is_older_uploads),"
        " organization = case when exists (select from devicedata.data_set k where k.subject = $2"
        "  and k.organization = g.organization and k.deleted_at is null) then null else g.organization end"
        " where subject = $1",
        source,
        target,
    )
    await work.tx.execute("update devicedata.datum set subject = $2 where subject = $1", source, target)
    await work.tx.execute("delete from devicedata.subject where key = $1", source)
    return True
