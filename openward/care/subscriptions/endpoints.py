"""Endpoints of an organization: made, changed, read, enabled again, taken away."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from openward.care import identity
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.subscriptions import delivery_store, rules, store
from openward.care.subscriptions.model import Subscription, Topic
from openward.care.work import OrganizationKey, Work, new_key, unique

COLUMN: Final = "subscriptions.subscription.secret_sealed"
_SECRET_BYTES = 16


class Subscribed(NamedTuple):
    """An endpoint and the text that deliveries to it are encrypted with."""

    subscription: Subscription
    secret: str


async def subscribe(work: Work, organization: OrganizationKey, endpoint: str, topics: Sequence[Topic]) -> Subscribed:
    """Tell this address of these topics from now on; `Invalid` when the organization has too many."""
    if await store.count(work, organization) >= rules.MOST:
        raise Invalid(f"There are {rules.MOST} webhooks already")
    key = new_key(work)
    secret = base64.b64encode(work.token_bytes(_SECRET_BYTES)).decode()
    made = Subscription(key, organization, endpoint, _distinct(topics), work.now)
    await store.insert(work, made, work.tools.keyring.seal(secret.encode(), COLUMN, key))
    await identity.add(work, Identifier(System.SOLO, str(uuid4())), key, Kind.OTHER)
    return Subscribed(made, secret)


async def subscriptions(work: Work, organization: OrganizationKey) -> list[Subscription]:
    """The endpoints of an organization, oldest first; those that are disabled among them."""
    return await store.of_organization(work, organization)


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Subscription:
    """One of them; `NotFound` for another organization's."""
    found = await store.get(work, organization, key)
    if found is None:
        raise NotFound("no such webhook")
    return found


async def secret(work: Work, organization: OrganizationKey, key: UUID) -> str:
    """What its deliveries are encrypted with."""
    await get(work, organization, key)
    return work.tools.keyring.unseal(await store.sealed_secret(work, key), COLUMN, key).decode()


async def change(
    work: Work, organization: OrganizationKey, key: UUID, endpoint: str, topics: Sequence[Topic]
) -> Subscription:
    """Tell another address, or of other topics, from now on; the secret stays. A disabled one is enabled by it."""
    await _lock(work, organization, key)
    await store.change(work, key, endpoint, _distinct(topics))
    return await get(work, organization, key)


async def enable(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """Queue for it again what happens from now on."""
    await _lock(work, organization, key)
    await store.enable(work, key)


async def unsubscribe(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """Tell it nothing more; what is queued is dropped."""
    await _lock(work, organization, key)
    await store.delete(work, key)
    await delivery_store.drop_waiting(work, key)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge endpoints of the source are told what happens in the target."""
    await store.move(work, source, target)


async def publish(work: Work, organization: OrganizationKey, topic: Topic, *subjects: UUID) -> None:
    """Queue for every endpoint of the organization that asked, if and only if this work commits.

    Without such an endpoint it costs one look into a small index.
    """
    await delivery_store.enqueue(work, organization, topic, subjects)


async def sweep(work: Work, _data: object) -> None:
    """The job: drop what is over from the log when it is old."""
    await delivery_store.forget(work, work.now - timedelta(days=work.tools.settings.webhook_log_days))
    await store.forget_deleted(work)


async def _lock(work: Work, organization: OrganizationKey, key: UUID) -> Subscription:
    found = await store.lock(work, organization, key)
    if found is None:
        raise NotFound("no such webhook")
    return found


def _distinct(topics: Sequence[Topic]) -> tuple[Topic, ...]:
    return tuple(Topic(topic) for topic in unique(topics))
