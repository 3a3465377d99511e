"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Threads about the one are about the other, and so are the words of the one."""
    await work.tx.execute("update conversations.message set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update conversations.message set author = $2 where author = $1", gone, kept)
