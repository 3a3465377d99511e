"""The SQL that forgets the figures of a person who turned out to be another."""

from openward.care.work import PersonKey, Work


async def forget(work: Work, gone: PersonKey) -> None:
    """The figures of the one are no more: the other's are computed anew from all data."""
    for table in ("day", "mark", "summary"):
        await work.tx.execute(f"delete from summaries.{table} where person = $1", gone)  # noqa: S608 -- constants
