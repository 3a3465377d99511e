"""Record events, show them to services, forget them after a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care.errors import NotAllowed
from openward.care.usage import store
from openward.care.work import PersonKey, Work, new_key

KEPT_FOR = timedelta(days=90)
MOST_UNPROVEN_AN_HOUR = 5_000
"""Events that nobody signed for; more are dropped, so that no passer-by fills the disk."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a program did. `said_user` is whom it named without proof."""

    key: UUID
    at: datetime
    name: str
    person: PersonKey | None
    said_user: str | None
    server: str | None
    properties: Mapping[str, str]


async def record(
    work: Work,
    name: str,
    properties: Mapping[str, str],
    *,
    person: PersonKey | None = None,
    said_user: str | None = None,
    server: str | None = None,
) -> None:
    """Keep one event."""
    is_unproven = person is None and server is None
    if is_unproven and await store.unproven_since(work, work.now - timedelta(hours=1)) >= MOST_UNPROVEN_AN_HOUR:
        return
    await store.insert(work, new_key(work), name, person, said_user, server, properties)


async def list_of(work: Work, *, name: str | None, since: datetime | None, offset: int, limit: int) -> list[Event]:
    """Events, newest first, for services."""
    if not work.actor.is_service:
        raise NotAllowed("only a service reads usage events", code="unauthorized")
    return [Event(**row) for row in await store.list_of(work, name, since, offset, limit)]


async def sweep(work: Work, _data: Mapping[str, Any]) -> None:
    """The job: forget old events."""
    await store.delete_before(work, work.now - KEPT_FOR)
