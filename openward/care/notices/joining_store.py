"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Mails that were about, from or to the one belong to the other."""
    for name in ("person", "sender", "receiver"):
        await work.tx.execute(f"update notices.message set {name} = $2 where {name} = $1", gone, kept)  # noqa: S608
