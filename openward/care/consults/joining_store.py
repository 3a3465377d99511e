"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Consults go over."""
    await work.tx.execute("update consults.consult set person = $2 where person = $1", gone, kept)
