"""The documents that an account carries for its clients: profile, preferences, settings, private things."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import audit, events
from openward.care.accounts import store
from openward.care.accounts.model import ProfileChanged
from openward.care.accounts.people import get
from openward.care.work import PersonKey, Work


async def document(work: Work, key: UUID, collection: str) -> dict[str, Any]:
    """One of an account's documents (`profile`, `preferences`, ...); empty when it was never written."""
    return (await documents(work, [key], collection)).get(PersonKey(key), {})


async def documents(work: Work, keys: Sequence[UUID], collection: str) -> dict[PersonKey, dict[str, Any]]:
    """One collection of many accounts at once; those without it are absent."""
    found = await store.documents(work, keys, collection) if keys else {}
    return {PersonKey(key): body for key, body in found.items()}


async def put_document(work: Work, key: PersonKey, collection: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write the given top-level members of a document, leave the others, and return the whole."""
    await get(work, key)
    merged = await store.merge_document(work, key, collection, dict(body))
    audit.note(work, "write", collection, key)
    if collection == "profile":
        events.record(work, ProfileChanged(key))
    return merged
