"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Measurements go over."""
    await work.tx.execute(
        "update observations.observation set person = $2,"
        " created_by = case when created_by = $1 then $2 else created_by end where person = $1",
        gone,
        kept,
    )
