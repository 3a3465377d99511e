"""SQL of the log of mails in `notices.message`: those of organizations to people we know."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.notices.model import Mailed
from openward.care.work import OrganizationKey, PersonKey, Work

_SELECT = (
    "select key, number, template, recipient, receiver, sender, organization, created_at, deferred_at, sent_at,"
    " dropped_at from notices.message"
)
_WHERE = (
    " where organization = $1 and receiver = any($2::uuid[]) and ($3::uuid is null or sender = $3)"
    " and ($4::text[] is null or template = any($4::text[]))"
)


async def receivers(work: Work, organization: OrganizationKey) -> list[PersonKey]:
    """Who ever got one."""
    rows = await work.tx.fetch(
        "select distinct receiver from notices.message where organization = $1 and receiver is not null", organization
    )
    return [PersonKey(row["receiver"]) for row in rows]


async def search(
    work: Work,
    organization: OrganizationKey,
    to: Sequence[PersonKey],
    sender: PersonKey | None,
    templates: list[str] | None,
    limit: int,
) -> list[Mailed]:
    """The newest, newest first."""
    rows = await work.tx.fetch(
        _SELECT + _WHERE + " order by created_at desc, key desc limit $5",
        organization,
        list(to),
        sender,
        templates,
        limit,
    )
    return [Mailed(**dict(row)) for row in rows]


async def count(
    work: Work,
    organization: OrganizationKey,
    to: Sequence[PersonKey],
    sender: PersonKey | None,
    templates: list[str] | None,
) -> int:
    """How many there are."""
    return int(
        await work.tx.fetchval(
            "select count(*) from notices.message" + _WHERE,  # noqa: S608 -- constants
            organization,
            list(to),
            sender,
            templates,
        )
    )


async def get(work: Work, key: UUID) -> Mailed | None:
    """One of them."""
    row = await work.tx.fetchrow(_SELECT + " where key = $1 and organization is not null and receiver is not null", key)
    return None if row is None else Mailed(**dict(row))


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All of one organization belong to another."""
    await work.tx.execute("update notices.message set organization = $2 where organization = $1", source, target)
