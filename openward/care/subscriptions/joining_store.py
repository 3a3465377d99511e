"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """What is still to be told about the one is told about the other."""
    await work.tx.execute("update subscriptions.delivery set subject = $2 where subject = $1", gone, kept)
