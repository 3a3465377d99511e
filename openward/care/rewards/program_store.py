"""The SQL of `rewards.program`, and of merges."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.rewards import store
from openward.care.rewards.model import Program
from openward.care.work import OrganizationKey, Work

_OF = " from rewards.program where organization = $1 and ($2::uuid[] is null or patient_group = any($2::uuid[]))"


async def insert(work: Work, made: Program) -> None:
    """Add one."""
    terms = made.terms
    await work.tx.execute(
        "insert into rewards.program (key, organization, patient_group, name, tagline, description, start_at, end_at,"
        " budget_value, unit, duration_days, fulfills_as_earned, is_frozen, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        made.key,
        made.organization,
        made.group,
        terms.name,
        terms.tagline,
        terms.description,
        terms.start_at,
        terms.end_at,
        terms.budget_value,
        terms.unit.value,
        terms.duration_days,
        terms.fulfills_as_earned,
        terms.is_frozen,
        made.created_at,
    )


async def get(work: Work, key: UUID) -> Program | None:
    """One program."""
    row = await work.tx.fetchrow("select * from rewards.program where key = $1", key)
    return None if row is None else store.program(row)


async def count(work: Work, organization: OrganizationKey, groups: Sequence[UUID] | None) -> int:
    """How many programs these groups (None: all) of an organization have."""
    return int(await work.tx.fetchval(f"select count(*){_OF}", organization, groups))


async def page(
    work: Work,
    organization: OrganizationKey,
    groups: Sequence[UUID] | None,
    offset: int,
    limit: int,
    after: UUID | None,
) -> list[Program]:
    """Programs in the order in which they were made, from `offset` on or after the one of a key."""
    rows = await work.tx.fetch(
        f"select *{_OF} and ($5::uuid is null or (created_at, key) >"  # noqa: S608 -- constants
        " (select created_at, key from rewards.program where key = $5)) order by created_at, key offset $3 limit $4",
        organization,
        groups,
        offset,
        limit,
        after,
    )
    return [store.program(row) for row in rows]


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Everything of one organization belongs to another."""
    for table in ("program", "activation"):
        await work.tx.execute(
            f"update rewards.{table} set organization = $2 where organization = $1",  # noqa: S608 -- constants
            source,
            target,
        )


async def replace_groups(work: Work, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Programs of groups that are gone are those of the groups in their place."""
    await work.tx.execute(
        "update rewards.program p set patient_group = r.kept from unnest($1::uuid[], $2::uuid[]) r(gone, kept)"
        " where p.patient_group = r.gone",
        [gone for gone, _ in replaced],
        [kept for _, kept in replaced],
    )
