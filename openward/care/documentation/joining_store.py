"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Notes, files and documents go over."""
    await work.tx.execute("update documentation.note set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update documentation.attachment set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update documentation.document set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update documentation.answer set answered_by = $2 where answered_by = $1", gone, kept)
    await work.tx.execute("update documentation.comment set author = $2 where author = $1", gone, kept)
