"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """What became of the one in a move of an old account became of the other."""
    await work.tx.execute(
        "delete from transfers.migrated g where g.patient = $1 and exists (select from transfers.migrated k"
        " where k.account = g.account and k.patient = $2)",
        gone,
        kept,
    )
    await work.tx.execute("update transfers.migrated set patient = $2 where patient = $1", gone, kept)
