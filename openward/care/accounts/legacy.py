"""What a migration asks of accounts: an old clinic account becomes a clinician's, and its sharing relations end."""

from uuid import UUID

from openward.care import audit
from openward.care.accounts import confirmation_store, legacy_store, session_store, store
from openward.care.accounts.model import Grant, Role
from openward.care.accounts.people import lock
from openward.care.work import PersonKey, Work


async def become_clinician(work: Work, key: PersonKey) -> None:
    """The account has the one role of a clinician, and whoever is signed in has to sign in again; `NotFound`."""
    await lock(work, key)
    await store.change(work, key, {"roles": [Role.CLINICIAN]})
    await session_store.end_all(work, key, None)
    audit.note(work, "write", "account", key)


async def shared_with(work: Work, grantee: PersonKey, *, after: UUID, limit: int) -> list[Grant]:
    """Who shares with this account and what, in the order of their keys, beginning after one."""
    return await legacy_store.shared_with(work, grantee, after, limit)


async def count_shared_with(work: Work, grantees: list[PersonKey]) -> dict[PersonKey, int]:
    """How many people share with each of these accounts; those with whom nobody does are absent."""
    return await legacy_store.count_shared_with(work, grantees)


async def all_shared_with(work: Work, grantee: PersonKey) -> list[Grant]:
    """Everything that is shared with this account, and nobody else begins to share until the end of this work.

    Whoever is about to share has read-locked the account's row already, so this waits for him and then counts him in.
    """
    await legacy_store.lock_against_grants(work, grantee)
    return await legacy_store.shared_with(work, grantee, UUID(int=0), None)


async def end_grant(work: Work, owner: PersonKey, grantee: PersonKey) -> None:
    """What `owner` shares with `grantee` ends, because something else takes its place."""
    await confirmation_store.put_grant(work, owner, grantee, [])
    audit.note(work, "write", "grants", owner)
