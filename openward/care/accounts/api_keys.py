"""API keys: random secrets by which programs of one organization show who they are; only hashes are kept."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from openward.care import audit
from openward.care.accounts import api_key_store as store
from openward.care.accounts.api_key_store import APIKey
from openward.care.errors import Invalid, NotAuthenticated, NotFound
from openward.care.work import Actor, ActorKind, OrganizationKey, Work, new_key
from openward.infra.crypto import new_token, token_hash

_BYTES = 32
_MOST_NAME = 100
_USE_STEP = timedelta(hours=1)  # the time of use is for people who tidy up; to the hour is enough


class GivenKey(NamedTuple):
    """A key and its secret; `secret` is None when only its hash is known any more."""

    key: APIKey
    secret: str | None


async def put_api_key(
    work: Work,
    organization: OrganizationKey,
    name: str,
    *,
    secret: str | None = None,
    is_rotated: bool = False,
    is_read_only: bool | None = None,
) -> GivenKey:
    """The key of this name, made when missing; a given or rotated secret takes the place of the former one.

    `Conflict` when the secret is another key's already. is_read_only: None leaves a present key as it is.
    """
    found = await store.by_name(work, organization, name)
    if found is None:
        secret = secret or new_token(_BYTES)
        made = APIKey(new_key(work), organization, name, bool(is_read_only), work.now, None)
        await store.insert(work, made, token_hash(secret))
        return GivenKey(made, secret)
    if is_rotated and secret is None:
        secret = new_token(_BYTES)
    if secret is not None:
        await store.set_secret(work, found.key, token_hash(secret))
    if is_read_only is not None and is_read_only != found.is_read_only:
        await store.set_read_only(work, found.key, is_read_only)
        found = replace(found, is_read_only=is_read_only)
    return GivenKey(found, secret)


async def create_api_key(work: Work, organization: OrganizationKey, name: str, *, is_read_only: bool) -> GivenKey:
    """A new key of a name that no working key of the organization has (`Conflict`); `Invalid` without a name."""
    if not name.strip() or len(name) > _MOST_NAME:
        raise Invalid(f"a name has 1 to {_MOST_NAME} characters")
    secret = new_token(_BYTES)
    made = APIKey(new_key(work), organization, name, is_read_only, work.now, None)
    await store.insert(work, made, token_hash(secret))
    audit.note(work, "write", "api key", None, organization)
    return GivenKey(made, secret)


async def set_api_key_read_only(work: Work, organization: OrganizationKey, name: str, is_read_only: bool) -> None:
    """Say whether a program may change anything; `NotFound` when no working key has this name."""
    found = await store.by_name(work, organization, name)
    if found is None:
        raise NotFound("no such key")
    await store.set_read_only(work, found.key, is_read_only)
    audit.note(work, "write", "api key", None, organization)


async def api_keys(work: Work, organization: OrganizationKey) -> list[APIKey]:
    """The keys of an organization that still work, by name."""
    return await store.of_organization(work, organization)


async def revoke_api_key(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """From now on nobody is known by it; `NotFound` for another organization's."""
    if not await store.revoke(work, organization, key):
        raise NotFound("no such key")
    audit.note(work, "delete", "api key", None, organization)


async def by_api_key(work: Work, secret: str) -> tuple[Actor, APIKey]:
    """Who shows this secret, a program of one organization; `NotAuthenticated` for an unknown one."""
    found = await store.by_secret(work, token_hash(secret)) if secret else None
    if found is None:
        raise NotAuthenticated("the API key is unknown")
    if found.last_used_at is None or work.now - found.last_used_at > _USE_STEP:
        await store.note_use(work, found.key)
    actor = Actor(ActorKind.CLIENT, organization=found.organization, credential=f"api-key:{found.name}")
    return actor, found
