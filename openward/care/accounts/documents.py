"""The documents that an account carries for its clients: profile, preferences, settings, private things."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import audit, events
from openward.care.accounts import store
from openward.care.accounts.model import ProfileChanged
from openward.care.accounts.people import get, lock
from openward.care.work import PersonKey, Work
from openward.infra.crypto import new_hex


async def document(work: Work, key: UUID, collection: str) -> dict[str, Any]:
    """One of an account's documents (`profile`, `preferences`, ...); empty when it was never written."""
    return (await documents(work, [key], collection)).get(PersonKey(key), {})


async def documents(work: Work, keys: Sequence[UUID], collection: str) -> dict[PersonKey, dict[str, Any]]:
    """One collection of many accounts at once; those without it are absent."""
    found = await store.documents(work, keys, collection) if keys else {}
    return {PersonKey(key): body for key, body in found.items()}


async def put_document(
    work: Work, key: PersonKey, collection: str, body: Mapping[str, Any], *, is_new: bool = False
) -> dict[str, Any]:
    """Write the given top-level members of a document, leave the others, and return the whole; `NotFound`.

    `is_new`: the account was made just now and need not be looked for.
    """
    if not is_new:
        await get(work, key)
    merged = await store.merge_document(work, key, collection, dict(body))
    audit.note(work, "write", collection, key)
    if collection == "profile":
        events.record(work, ProfileChanged(key))
    return merged


async def private_pair(work: Work, key: PersonKey, name: str) -> Any:
    """An id and a hash that services know an account by elsewhere, made when first asked for and never again."""
    await lock(work, key)
    kept = await document(work, key, "private")
    if name not in kept:
        kept = await put_document(work, key, "private", {name: {"name": "", "id": new_hex(10), "hash": new_hex(24)}})
    return kept[name]
