"""Finding organizations: by key, by share code, and all of them for services."""

from collections.abc import Sequence
from datetime import datetime

from openward.care import identity
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import store
from openward.care.organizations.model import Organization
from openward.care.work import OrganizationKey, Work


async def get(work: Work, key: OrganizationKey) -> Organization:
    """The organization, or `NotFound`."""
    found = await store.get_many(work, [key])
    if key not in found:
        raise NotFound("clinic not found")
    return found[key]


async def get_many(work: Work, keys: Sequence[OrganizationKey]) -> dict[OrganizationKey, Organization]:
    """The known ones among these keys, in one query."""
    return await store.get_many(work, keys) if keys else {}


async def lock(work: Work, key: OrganizationKey, *, against_new_patients: bool = False) -> Organization:
    """The organization with its row locked until the end of the transaction, or `NotFound`.

    `against_new_patients` keeps out even those who only refer to the row.
    """
    found = await store.lock(work, key, "update" if against_new_patients else "no key update")
    if found is None:
        raise NotFound("clinic not found")
    return found


async def hold_labels(work: Work, key: OrganizationKey) -> None:
    """Let no label of the organization go until the end of the transaction: whoever gives sites to patients says so.

    Any number may do this side by side; those who delete, merge or convert labels wait for them. `NotFound`.
    """
    if await store.lock(work, key, "share") is None:
        raise NotFound("clinic not found")


async def by_share_code(work: Work, code: str) -> Organization:
    """The organization that has or ever had this share code, or `NotFound`."""
    key = await identity.find(work, Identifier(System.SHARE_CODE, code))
    if key is None:
        raise NotFound("clinic not found")
    return await get(work, OrganizationKey(key))


async def by_provisioning_key(work: Work, handle: str) -> OrganizationKey | None:
    """The organization that a provisioning file calls so."""
    return await store.by_provisioning_key(work, handle)


async def search(
    work: Work,
    *,
    share_code: str | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    is_ehr_enabled: bool | None = None,
    offset: int = 0,
    limit: int = 10,
) -> list[Organization]:
    """Organizations that fit all that is given, oldest first; `created_until` is exclusive."""
    keys: tuple[OrganizationKey, ...] | None = None
    if share_code is not None:
        found = await identity.find(work, Identifier(System.SHARE_CODE, share_code))
        if found is None:
            return []
        keys = (OrganizationKey(found),)
    wanted = store.Search(created_from, created_until, is_ehr_enabled, keys)
    return await store.search(work, wanted, offset, limit)


async def with_ehr_cadence(work: Work, provider: str) -> list[tuple[OrganizationKey, int]]:
    """Organizations that push to this record system by themselves, each with the days from one time to the next."""
    return await store.with_ehr_cadence(work, provider)


async def with_ehr_source(work: Work, provider: str, source: str, *, most: int = 2) -> list[Organization]:
    """Organizations that a record system calls `source`, oldest first; only those whose link with it is enabled."""
    return await store.with_ehr_source(work, provider, source, most)
