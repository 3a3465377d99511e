"""Ids of this system to keys and back; what belongs elsewhere is refused, what nobody has is not found."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import identity
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, Work


async def key_of(work: Work, name: str) -> UUID:
    """What has this id; `NotFound` for an unknown one and one of another form."""
    found = await identity.find(work, Identifier(System.TWINE, name))
    if found is None:
        raise NotFound
    return found


async def keys_of(work: Work, names: Sequence[str]) -> dict[str, UUID]:
    """What has these ids; unknown ones are absent."""
    return await identity.resolve_many(work, System.TWINE, list(names))


async def names_of(work: Work, keys: Sequence[UUID]) -> dict[UUID, str]:
    """The ids of many things; one query."""
    return await identity.names(work, list(keys), System.TWINE)


async def organization_name(work: Work, key: OrganizationKey) -> str:
    """The id of an organization: that of the clinic."""
    return await identity.name(work, key, System.CLINIC)


async def organization_key(work: Work, name: str) -> OrganizationKey | None:
    """The organization with this id, if there is one."""
    found = await identity.find(work, Identifier(System.CLINIC, name))
    return None if found is None else OrganizationKey(found)
