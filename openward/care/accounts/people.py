"""Making, finding, changing and deleting accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from openward.care import audit, events, identity
from openward.care.accounts import rules, session_store, store
from openward.care.accounts.model import Account, EmailChanged, Role
from openward.care.errors import Conflict, Invalid, NotAllowed, NotAuthenticated, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.work import PersonKey, Work, new_key
from openward.infra.crypto import hash_password, token_hash
from openward.infra.db import Record

NOT_FOUND = "Requested account was not found"


@dataclass(frozen=True, slots=True)
class Change:
    """What to change; None leaves a thing as it is, `should_drop_email` takes the address away."""

    email: str | None = None
    should_drop_email: bool = False
    password: str | None = None
    roles: tuple[str, ...] | None = None
    terms_accepted: str | None = None
    is_email_verified: bool | None = None


async def _accounts(work: Work, rows: Sequence[Record]) -> list[Account]:
    names = await identity.names(work, [row["person"] for row in rows], System.USER)
    return [
        Account(
            key=PersonKey(row["person"]),
            user_id=names[row["person"]],
            email=row["email"],
            roles=tuple(row["roles"]),
            is_email_verified=row["is_email_verified"],
            has_password=row["has_password"],
            terms_accepted=row["terms_accepted"],
            created_at=row["created_at"],
            modified_at=row["modified_at"],
        )
        for row in rows
    ]


async def get_many(work: Work, keys: Sequence[UUID]) -> dict[PersonKey, Account]:
    """The live accounts among these keys; the others are simply absent."""
    found = await _accounts(work, await store.by_keys(work, keys)) if keys else []
    return {account.key: account for account in found}


async def get(work: Work, key: UUID) -> Account:
    """One live account, or `NotFound`."""
    found = await get_many(work, [key])
    if not found:
        raise NotFound(NOT_FOUND, code="user-id-not-found")
    return found[PersonKey(key)]


async def lock(work: Work, key: UUID) -> Account:
    """One live account that nobody else changes until this work ends, or `NotFound`."""
    row = await store.lock(work, key)
    if row is None:
        raise NotFound(NOT_FOUND, code="user-id-not-found")
    return (await _accounts(work, [row]))[0]


async def by_email(work: Work, email: str) -> Account | None:
    """The live account with this login address, in any case; None if there is none."""
    row = await store.by_email(work, rules.fold_email(email))
    return (await _accounts(work, [row]))[0] if row else None


async def find(work: Work, id_or_email: str) -> Account | None:
    """The live account that a user id or a login address names."""
    if "@" in id_or_email:
        return await by_email(work, id_or_email)
    key = await identity.find(work, Identifier(System.USER, id_or_email))
    return (await get_many(work, [key])).get(PersonKey(key)) if key else None


async def with_ids(work: Work, user_ids: Sequence[str]) -> list[Account]:
    """The live accounts among these user ids, in their order."""
    keys = await identity.resolve_many(work, System.USER, user_ids)
    found = await get_many(work, list(keys.values()))
    wanted = [PersonKey(keys[user_id]) for user_id in dict.fromkeys(user_ids) if user_id in keys]
    return [found[key] for key in wanted if key in found]


async def with_role(work: Work, role: str, since: date | None, until: date | None) -> list[Account]:
    """The live accounts with a role, made from `since` to the end of the day `until` (UTC), oldest first."""
    rules.require_roles([role])
    rows = await store.by_role(
        work, role, _start(since) if since else None, _start(until) + timedelta(days=1) if until else None
    )
    return await _accounts(work, rows)


def _start(day: date) -> datetime:
    # The last days of the calendar have no day after them.
    return datetime.combine(min(day, date(9999, 1, 1)), time(), tzinfo=UTC)


async def create(
    work: Work,
    *,
    email: str,
    password: str | None = None,
    roles: Sequence[str] = (),
    is_verified: bool = False,
    full_name: str | None = None,
) -> Account:
    """An account with a login address; `Invalid` for bad details, `Conflict` when the address is taken."""
    address = rules.clean_email(email)
    hashed = None
    if password is not None:
        rules.require_password(password)
        if await store.by_email(work, address) is not None:
            raise Conflict("User already exists", code="email-taken")
        hashed = await hash_password(password)
    return await _make(work, address, rules.require_roles(roles), hashed, is_verified, full_name)


async def create_custodial(work: Work, *, email: str | None) -> Account:
    """An account that somebody else keeps: no password, hence no login until its owner claims it."""
    address = rules.clean_email(email) if email is not None else None
    return await _make(work, address, (Role.CUSTODIAL, Role.PATIENT), None, False, None)


async def _make(
    work: Work, email: str | None, roles: Sequence[str], hashed: str | None, is_verified: bool, full_name: str | None
) -> Account:
    person = PersonKey(new_key(work))
    await store.insert(work, person, email=email, roles=roles, password=hashed, is_verified=is_verified)
    names = await identity.mint(work, person, Kind.PERSON)
    if full_name is not None:
        await store.merge_document(work, person, "profile", {"fullName": full_name})
    audit.note(work, "write", "account", person)
    return Account(
        key=person,
        user_id=names[System.USER],
        email=email,
        roles=tuple(roles),
        is_email_verified=is_verified,
        has_password=hashed is not None,
        terms_accepted=None,
        created_at=work.now,
        modified_at=work.now,
    )


async def revive(work: Work, key: PersonKey) -> bool:
    """Make a deleted account live again as one that somebody else keeps, under its old names; whether it was deleted.

    For the organization that looked after it, and whose patient comes back.
    """
    revived = await store.revive(work, key, [Role.CUSTODIAL, Role.PATIENT])
    if revived:
        audit.note(work, "write", "account", key)
    return revived


async def update(work: Work, key: PersonKey, change: Change, *, keep_token: str | None = None) -> Account:
    """Change an account as the caller may: services everything, the owner no roles, custodians no password or terms.

    Another address has to be confirmed again. Another password ends all sessions but the one of `keep_token`.
    Raises `Invalid`, `NotAllowed`, `Conflict`, `NotFound`.
    """
    before = await lock(work, key)
    _check_may_change(work, before, change)
    values: dict[str, Any] = {}
    email = rules.clean_email(change.email) if change.email is not None else before.email
    if change.should_drop_email:
        email = None
    if email != before.email:
        values |= {"email": email, "is_email_verified": False}
        events.record(work, EmailChanged(key))
    if change.password is not None:
        values["password"] = await hash_password(rules.require_password(change.password))
        await session_store.end_all(work, key, token_hash(keep_token) if keep_token else None)
    if change.roles is not None:
        values["roles"] = list(rules.require_roles(change.roles))
    if change.terms_accepted is not None:
        values["terms_accepted"] = change.terms_accepted
    if change.is_email_verified is not None:
        values["is_email_verified"] = change.is_email_verified
    if values:
        await store.change(work, key, values)
    audit.note(work, "write", "account", key)
    return await get(work, key)


def _check_may_change(work: Work, account: Account, change: Change) -> None:
    if Role.BROKERED in account.roles:
        raise NotAllowed("a brokered account cannot be updated", code="unauthorized")
    if change.should_drop_email and not account.is_custodial:
        raise Invalid(rules.INVALID_DETAILS, code="email-required")
    if work.actor.is_service:
        return
    if change.roles is not None or change.is_email_verified is not None:
        raise NotAuthenticated("Not authorized for requested operation", code="unauthorized")
    if not work.actor.is_person(account.key) and (change.password is not None or change.terms_accepted is not None):
        raise NotAuthenticated("Not authorized for requested operation", code="unauthorized")


async def set_email(work: Work, key: PersonKey, email: str | None) -> None:
    """Give an account that is looked after another address, or none; `Conflict` when somebody else logs in with it."""
    account = await lock(work, key)
    address = rules.clean_email(email) if email is not None else None
    if address == account.email:
        return
    await store.change(work, key, {"email": address, "is_email_verified": False})
    events.record(work, EmailChanged(key))
    audit.note(work, "write", "account", key)
