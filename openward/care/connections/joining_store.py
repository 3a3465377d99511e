"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Links with partner clouds go on; one and the same that both have is for the caller to have ruled out."""
    await work.tx.execute("update connections.source set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update connections.session set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update connections.task set person = $2 where person = $1", gone, kept)


async def is_in_both(work: Work, one: PersonKey, other: PersonKey) -> bool:
    """Whether both have a link with the same partner that lives, or two sessions that cannot be told apart."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from connections.source a join connections.source b"
            "  on b.person = $2 and (b.provider_type, b.provider_name) = (a.provider_type, a.provider_name)"
            "  and b.state in ('connected', 'error') where a.person = $1 and a.state in ('connected', 'error'))"
            " or exists (select from connections.session a join connections.session b on b.person = $2"
            "  and (b.provider_type, b.provider_name) = (a.provider_type, a.provider_name)"
            "  and b.external_id is not distinct from a.external_id where a.person = $1)",
            one,
            other,
        )
    )
