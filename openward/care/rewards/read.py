"""Reading what there is of rewards; lists note every patient whom they show."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import audit
from openward.care.rewards import program_store, store
from openward.care.rewards.model import Activation, Earning, Fulfillment, Program, Reward, Selection
from openward.care.work import OrganizationKey, Work

WHAT = "reward"


async def program(work: Work, key: UUID) -> Program | None:
    """One program of whatever organization."""
    return await program_store.get(work, key)


async def count_programs(work: Work, organization: OrganizationKey, groups: Sequence[UUID] | None = None) -> int:
    """How many programs these groups (None: all) of an organization have."""
    return await program_store.count(work, organization, groups)


async def programs(
    work: Work,
    organization: OrganizationKey,
    groups: Sequence[UUID] | None = None,
    *,
    offset: int,
    limit: int,
    after: UUID | None = None,
) -> list[Program]:
    """Programs in the order in which they were made, from `offset` on or after the one of a key."""
    return await program_store.page(work, organization, groups, offset, limit, after)


async def activations_of(work: Work, keys: Sequence[UUID]) -> list[Activation]:
    """These activations of whatever organization, in no order."""
    return [store.activation(row) for row in await store.get(work, "activation", keys)]


async def rewards_of(work: Work, keys: Sequence[UUID]) -> list[Reward]:
    """These rewards of whatever organization, in no order."""
    return [store.reward(row) for row in await store.get(work, "reward", keys)]


async def earnings_of(work: Work, keys: Sequence[UUID]) -> list[Earning]:
    """These earnings of whatever organization, in no order."""
    return [store.earning(work, row) for row in await store.get(work, "earning", keys)]


async def fulfillments_of(work: Work, keys: Sequence[UUID]) -> list[Fulfillment]:
    """These fulfillments of whatever organization, in no order."""
    return [store.fulfillment(row) for row in await store.get(work, "fulfillment", keys)]


async def count_activations(work: Work, which: Selection) -> int:
    """How many activations there are."""
    return await store.count(work, "activation", which)


async def count_rewards(work: Work, which: Selection) -> int:
    """How many rewards there are."""
    return await store.count(work, "reward", which)


async def count_earnings(work: Work, which: Selection) -> int:
    """How many earnings there are."""
    return await store.count(work, "earning", which)


async def count_fulfillments(work: Work, which: Selection) -> int:
    """How many fulfillments there are."""
    return await store.count(work, "fulfillment", which)


async def activations(
    work: Work, which: Selection, *, offset: int, limit: int, after: UUID | None = None
) -> list[Activation]:
    """Activations in the order in which they were made."""
    found = [store.activation(row) for row in await store.page(work, "activation", which, offset, limit, after)]
    note_reads(work, which.organization, found)
    return found


async def rewards(work: Work, which: Selection, *, offset: int, limit: int, after: UUID | None = None) -> list[Reward]:
    """Rewards in the order in which they were made."""
    found = [store.reward(row) for row in await store.page(work, "reward", which, offset, limit, after)]
    note_reads(work, which.organization, found)
    return found


async def earnings(
    work: Work, which: Selection, *, offset: int, limit: int, after: UUID | None = None
) -> list[Earning]:
    """Earnings in the order in which they were made."""
    found = [store.earning(work, row) for row in await store.page(work, "earning", which, offset, limit, after)]
    note_reads(work, which.organization, found)
    return found


async def fulfillments(
    work: Work, which: Selection, *, offset: int, limit: int, after: UUID | None = None
) -> list[Fulfillment]:
    """Fulfillments in the order in which they were made."""
    found = [store.fulfillment(row) for row in await store.page(work, "fulfillment", which, offset, limit, after)]
    note_reads(work, which.organization, found)
    return found


def note_reads(
    work: Work, organization: OrganizationKey, shown: Sequence[Activation | Reward | Earning | Fulfillment]
) -> None:
    """Note whose rewards are shown."""
    audit.note_all(work, "read", WHAT, list(dict.fromkeys(one.person for one in shown)), organization)
