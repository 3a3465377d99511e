"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Requests go over."""
    await work.tx.execute("update assistance.request set person = $2 where person = $1", gone, kept)
