"""What was sent to an endpoint and what became of it, for people; and sending it again."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.errors import NotFound
from openward.care.subscriptions import delivery_store as store
from openward.care.subscriptions import endpoints
from openward.care.subscriptions.model import Delivery, State, Tally
from openward.care.work import OrganizationKey, Work


async def deliveries(
    work: Work,
    organization: OrganizationKey,
    key: UUID,
    state: State | None = None,
    *,
    offset: int = 0,
    limit: int = 50,
) -> list[Delivery]:
    """Deliveries to an endpoint, newest first; `NotFound` for another organization's."""
    await endpoints.get(work, organization, key)
    return await store.log(work, key, state, offset, limit)


async def tallies(work: Work, keys: Sequence[UUID]) -> dict[UUID, Tally]:
    """What waits and what was given up, for each endpoint."""
    return await store.tallies(work, keys) if keys else {}


async def replay(work: Work, organization: OrganizationKey, key: UUID, delivery: UUID) -> None:
    """Send a finished delivery once more, with all its retries; `NotFound` when there is none, one that waits stays."""
    await endpoints.get(work, organization, key)
    if not await store.replay(work, key, delivery) and not await store.exists(work, key, delivery):
        raise NotFound("no such delivery")


async def replay_given_up(work: Work, organization: OrganizationKey, key: UUID) -> int:
    """The same for all that were given up; how many."""
    await endpoints.get(work, organization, key)
    return await store.replay(work, key, None)
