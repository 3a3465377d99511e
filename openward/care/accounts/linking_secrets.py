"""The secrets with which record systems encrypt their links into an organization; sealed, for they must be used."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from openward.care.accounts import linking_secret_store as store
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra.crypto import equal, hmac_sha256

_COLUMN = "accounts.linking_secret.secret_sealed"
_FEW = 200  # so many are tried without leaving the event loop
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """What a secret opened, whose it is, and how far from now its organization lets the date of a link be."""

    organization: OrganizationKey
    content: T
    most_apart: timedelta | None


@dataclass(frozen=True, slots=True)
class Linking:
    """What may be shown of an organization's secret; `most_apart_s` None: links of any date are taken."""

    created_at: datetime
    most_apart_s: int | None


async def put_linking_secret(work: Work, organization: OrganizationKey, secret: str) -> None:
    """The organization's secret from now on, in place of an earlier one; `Conflict` when another has the same."""
    fingerprint = hmac_sha256(work.tools.keyring.derive("linking-secret", 32), secret.encode())
    found = await store.own(work, organization)
    if found is not None and equal(found["fingerprint"], fingerprint):
        return
    most_apart_s = None
    if found is not None:
        most_apart_s = found["most_apart_s"]
        await store.delete(work, found["key"])
    key = new_key(work)
    sealed = work.tools.keyring.seal(secret.encode(), _COLUMN, key)
    await store.insert(work, key, organization, sealed, fingerprint, most_apart_s)


async def set_linking_distance(work: Work, organization: OrganizationKey, most_apart_s: int | None) -> None:
    """How far from now the date of a link may be, in seconds; None: as far as it likes."""
    await store.set_most_apart(work, organization, most_apart_s)


async def linking(work: Work, organization: OrganizationKey) -> Linking | None:
    """Since when the organization has its secret, and how far from now a link's date may be; None without a secret."""
    row = await store.about(work, organization)
    return None if row is None else Linking(**dict(row))


async def open_with_secrets(work: Work, attempt: Callable[[str], T | None]) -> Opened[T] | None:
    """What `attempt` makes of the first secret that is right; None when none is.

    Every secret is tried whether or not one was right before, so that the time tells nothing about whose it is.
    """
    rows = await store.everyone(work)
    keyring = work.tools.keyring

    def tried() -> Opened[T] | None:
        found = None
        for row in rows:
            content = attempt(keyring.unseal(row["secret_sealed"], _COLUMN, row["key"]).decode())
            if content is not None and found is None:
                apart = None if row["most_apart_s"] is None else timedelta(seconds=row["most_apart_s"])
                found = Opened(row["organization"], content, apart)
        return found

    return tried() if len(rows) <= _FEW else await asyncio.to_thread(tried)
