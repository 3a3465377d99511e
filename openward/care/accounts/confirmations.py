"""Confirmations: something that waits until somebody shows the key from a mail. The key is kept hashed and sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openward.care.accounts import confirmation_store
from openward.care.accounts.model import LIFETIMES, Confirmation, ConfirmationStatus, ConfirmationType
from openward.care.errors import NotFound
from openward.care.work import OrganizationKey, PersonKey, Work, new_key
from openward.infra.crypto import new_token, token_hash

NOT_FOUND = "No matching confirmation was found"
_COLUMN = "accounts.confirmation.key_sealed"
_KEY_BYTES = 24  # 32 characters as URL-safe base64


def _new_key() -> str:
    """A random key that ends in a letter or digit: mail programs cut a link before a hyphen at its end."""
    key = new_token(_KEY_BYTES)
    while not (key[0].isalnum() and key[-1].isalnum()):
        key = new_token(_KEY_BYTES)
    return key


async def issue(
    work: Work,
    type_: ConfirmationType,
    *,
    email: str,
    person: PersonKey | None = None,
    creator: PersonKey | None = None,
    organization: OrganizationKey | None = None,
    context: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Confirmation:
    """A new confirmation that waits for its key; `Conflict` when one of its kind waits already."""
    key, made_id = _new_key(), new_key(work)
    life = LIFETIMES[type_]
    made = Confirmation(
        id=made_id,
        handle=_new_key(),
        type=type_,
        status=ConfirmationStatus.PENDING,
        email=email,
        person=person,
        creator=creator,
        organization=organization,
        context=dict(context or {}),
        extra=dict(extra or {}),
        created_at=work.now,
        modified_at=work.now,
        expires_at=work.now + life if life is not None else None,
        key_sealed=work.tools.keyring.seal(key.encode(), _COLUMN, made_id),
    )
    await confirmation_store.insert(work, made, token_hash(key))
    return made


def key_of(work: Work, confirmation: Confirmation) -> str:
    """The secret key, for the mail that carries it and for services."""
    return work.tools.keyring.unseal(confirmation.key_sealed, _COLUMN, confirmation.id).decode()


async def by_key(work: Work, key: str, type_: ConfirmationType) -> Confirmation:
    """The open confirmation of this type with this key, held until the work ends; `NotFound` otherwise."""
    found = await confirmation_store.lock_by_key(work, token_hash(key))
    if found is None or found.type is not type_ or not found.is_open(work.now):
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    return found


async def by_key_or_handle(work: Work, text: str, type_: ConfirmationType) -> Confirmation:
    """The same for what needs no secret, such as withdrawing: the public handle does as well."""
    found = await confirmation_store.lock_by_handle(work, text)
    if found is not None and found.type is type_ and found.is_open(work.now):
        return found
    return await by_key(work, text, type_)


async def status_of_key(work: Work, key: str) -> Confirmation | None:
    """Whatever confirmation this key belongs to, answered or expired too; for pages that explain what happened."""
    return await confirmation_store.lock_by_key(work, token_hash(key))


async def search(
    work: Work,
    type_: ConfirmationType,
    *,
    statuses: Sequence[ConfirmationStatus] = (ConfirmationStatus.PENDING,),
    email: str | None = None,
    person: PersonKey | None = None,
    creator: PersonKey | None = None,
    organization: OrganizationKey | None = None,
    should_lock: bool = False,
) -> list[Confirmation]:
    """Those of one type that fit what is given, newest first; pending ones that expired are left out."""
    found = await confirmation_store.search(
        work,
        type_,
        statuses=statuses,
        email=email,
        person=person,
        creator=creator,
        organization=organization,
        should_lock=should_lock,
    )
    return [one for one in found if one.status is not ConfirmationStatus.PENDING or one.is_open(work.now)]


async def close(work: Work, confirmation: Confirmation, status: ConfirmationStatus) -> Confirmation:
    """Answer, withdraw or decline it."""
    await confirmation_store.set_status(work, confirmation.id, status)
    return replace(confirmation, status=status, modified_at=work.now)


async def cancel_all(work: Work, organization: OrganizationKey) -> None:
    """An organization ends: nobody can join it or share with it any more. Sign-ups of its patients go on."""
    await confirmation_store.cancel_all(work, organization, [ConfirmationType.CLINICIAN, ConfirmationType.CARETEAM])


async def renew(work: Work, confirmation: Confirmation) -> Confirmation:
    """Give it a new key and its full time again: the key of an earlier mail is dead from now on."""
    key = _new_key()
    sealed = work.tools.keyring.seal(key.encode(), _COLUMN, confirmation.id)
    life = LIFETIMES[confirmation.type]
    until = work.now + life if life is not None else None
    await confirmation_store.renew(work, confirmation.id, token_hash(key), sealed, until)
    return replace(confirmation, key_sealed=sealed, expires_at=until, modified_at=work.now)


async def prolong(work: Work, confirmation: Confirmation) -> Confirmation:
    """Its full time again, with the same key: clients know an invitation by its key."""
    life = LIFETIMES[confirmation.type]
    until = work.now + life if life is not None else None
    hashed = token_hash(key_of(work, confirmation))
    await confirmation_store.renew(work, confirmation.id, hashed, confirmation.key_sealed, until)
    return replace(confirmation, expires_at=until, modified_at=work.now)


async def drop_expired(work: Work, found: Sequence[Confirmation]) -> None:
    """Cancel pending ones whose time is over, so that a new one can take their place."""
    for one in found:
        if one.status is ConfirmationStatus.PENDING and not one.is_open(work.now):
            await confirmation_store.set_status(work, one.id, ConfirmationStatus.CANCELED)
