"""The SQL of subscriptions and of the orders that they follow: `ehr.subscription`, `ehr.matched_message`."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from openward.care.ehr.model import MessageRef, Subscription
from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey, Work


async def lock(work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider) -> None:
    """Make the subscription, inactive, where there is none, and lock its row until the end of the transaction."""
    await work.tx.execute(
        "insert into ehr.subscription (organization, person, provider, is_active, created_at, updated_at)"
        " values ($1, $2, $3, false, $4, $4) on conflict do nothing",
        organization,
        person,
        provider,
        work.now,
    )
    await work.tx.execute(
        "select from ehr.subscription where organization = $1 and person = $2 and provider = $3 for no key update",
        organization,
        person,
        provider,
    )


async def add_message(
    work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider, message: UUID
) -> bool:
    """Note that this order was matched; False when it had been before."""
    done = await work.tx.execute(
        "insert into ehr.matched_message (organization, person, provider, message) values ($1, $2, $3, $4)"
        " on conflict (organization, person, provider, message) do nothing",
        organization,
        person,
        provider,
        message,
    )
    return bool(done == "INSERT 0 1")


async def set_active(
    work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider, is_active: bool
) -> None:
    """Switch on or off."""
    await work.tx.execute(
        "update ehr.subscription set is_active = $4, updated_at = $5"
        " where organization = $1 and person = $2 and provider = $3",
        organization,
        person,
        provider,
        is_active,
        work.now,
    )


async def end(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> None:
    """Switch all subscriptions of these patients off."""
    await work.tx.execute(
        "update ehr.subscription set is_active = false, updated_at = $3"
        " where organization = $1 and person = any($2::uuid[]) and is_active",
        organization,
        list(persons),
        work.now,
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey, persons: Sequence[PersonKey]) -> None:
    """Give all that one organization has on these patients to another, and forget what it has on others."""
    await work.tx.execute(
        "delete from ehr.subscription where organization = $1 and person = any($2::uuid[])", target, list(persons)
    )
    await work.tx.execute(
        "update ehr.subscription set organization = $2, updated_at = $4"
        " where organization = $1 and person = any($3::uuid[])",
        source,
        target,
        list(persons),
        work.now,
    )
    await work.tx.execute("delete from ehr.subscription where organization = $1", source)


async def organizations_of(work: Work, person: PersonKey, provider: Provider) -> list[OrganizationKey]:
    """The organizations that report on this patient."""
    rows = await work.tx.fetch(
        "select organization from ehr.subscription where person = $1 and provider = $2 and is_active",
        person,
        provider,
    )
    return [OrganizationKey(row["organization"]) for row in rows]


async def of(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> list[Subscription]:
    """All subscriptions of these patients in this organization, each with its orders."""
    rows = await work.tx.fetch(
        "select s.organization, s.person, s.provider, s.is_active, s.created_at, s.updated_at,"
        " coalesce(array_agg(m.key order by a.place) filter (where m.key is not null), '{}') keys,"
        " coalesce(array_agg(m.name order by a.place) filter (where m.key is not null), '{}') names,"
        " coalesce(array_agg(m.data_model order by a.place) filter (where m.key is not null), '{}') data_models,"
        " coalesce(array_agg(m.event_type order by a.place) filter (where m.key is not null), '{}') event_types"
        " from ehr.subscription s left join ehr.matched_message a using (organization, person, provider)"
        " left join ehr.message m on m.key = a.message"
        " where s.organization = $1 and s.person = any($2::uuid[])"
        " group by s.organization, s.person, s.provider order by s.person, s.provider",
        organization,
        list(persons),
    )
    return [_subscription(row) for row in rows]


def _subscription(row: asyncpg.Record) -> Subscription:
    parts = zip(row["keys"], row["names"], row["data_models"], row["event_types"], strict=True)
    return Subscription(
        organization=OrganizationKey(row["organization"]),
        person=PersonKey(row["person"]),
        provider=Provider(row["provider"]),
        is_active=row["is_active"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        matched=tuple(MessageRef(*part) for part in parts),
    )
