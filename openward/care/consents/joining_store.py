"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Consents stand; where both have given one the other's is in force, and the one's is history."""
    await work.tx.execute(
        "update consents.record g set status = 'revoked', revoked_at = $3, modified_at = $3"
        " where g.person = $1 and g.status = 'active' and exists (select from consents.record k"
        "  where k.person = $2 and k.type = g.type and k.status = 'active')",
        gone,
        kept,
        work.now,
    )
    await work.tx.execute("update consents.record set person = $2 where person = $1", gone, kept)
