"""Proving who one is, by password or by the installation's secret, and slowing down whoever guesses."""

import math

from openward.care.accounts import rules, session_store, store
from openward.care.accounts.model import Account
from openward.care.accounts.people import lock
from openward.care.errors import NotAllowed, NotAuthenticated, TooMany
from openward.care.work import PersonKey, Work
from openward.infra.crypto import equal, hash_password, is_weak_hash, new_token, token_hash, verify_password

NO_MATCH = "No user matched the given details"

# Each bucket holds so many tries and forgets one every so many seconds: a person who mistypes never notices, a
# program that guesses gets one try a minute, and nobody can lock an owner out for longer than that.
ACCOUNT_TRIES = 10
ACCOUNT_SECONDS_A_TRY = 60
ADDRESS_TRIES = 100
ADDRESS_SECONDS_A_TRY = 6
MAILS = 10
MAIL_SECONDS_A_MAIL = 360

SERVICE_SECRET = "service"  # noqa: S105 -- the name of a secret
LONG_TERM_SECRET = "long-term"  # noqa: S105


def _level(kept: float, seconds: float, drain: int) -> float:
    return max(0.0, kept - max(0.0, seconds) / drain)


async def _fill(work: Work, subject: str, tries: int, drain: int) -> None:
    """Count one try, or `TooMany` when the bucket is full. Holds the bucket, so that no two tries count as one."""
    kept, at = await session_store.lock_bucket(work, subject)
    level = _level(kept, (work.now - at).total_seconds(), drain)
    if level + 1 > tries:
        raise TooMany("Too many tries", retry_after_s=max(1, math.ceil((level + 1 - tries) * drain)))
    await session_store.fill_bucket(work, subject, level + 1)


async def _check_address(work: Work, address: str) -> None:
    kept, at = await session_store.peek_bucket(work, f"address:{address}")
    level = _level(kept, (work.now - at).total_seconds(), ADDRESS_SECONDS_A_TRY)
    if level + 1 > ADDRESS_TRIES:
        wait = math.ceil((level + 1 - ADDRESS_TRIES) * ADDRESS_SECONDS_A_TRY)
        raise TooMany("Too many tries", retry_after_s=max(1, wait))


async def _refuse(work: Work, address: str, detail: str) -> None:
    await _fill(work, f"address:{address}", ADDRESS_TRIES, ADDRESS_SECONDS_A_TRY)
    raise NotAuthenticated(detail)


def _subject(kind: str, email: str) -> str:
    # Hashed: the table of tries need not list addresses, some of which may not even be accounts.
    return f"{kind}:{token_hash(email).hex()}"


async def authenticate(work: Work, email: str, password: str, address: str) -> Account:
    """The account of a login address and its password, given from a network `address`.

    `NotAuthenticated` (no match), `NotAllowed` (not confirmed yet), `TooMany`. The try was counted in this work even
    when it raises: whoever calls keeps what was written. An unknown account takes as long as a wrong password.
    """
    known = rules.fold_email(email)
    await _check_address(work, address)
    subject = _subject("account", known)
    await _fill(work, subject, ACCOUNT_TRIES, ACCOUNT_SECONDS_A_TRY)
    row = await store.password_by_email(work, known)
    kept = row["password"] if row else None
    if not await verify_password(kept, password) or row is None or kept is None:
        await _refuse(work, address, NO_MATCH)
        raise AssertionError("unreachable")
    account = await lock(work, row["person"])
    if await store.password(work, account.key) != kept:
        # The password was changed while this one was being checked.
        raise NotAuthenticated(NO_MATCH)
    await session_store.fill_bucket(work, subject, 0.0)
    if not account.is_email_verified:
        raise NotAllowed("The user hasn't verified this account yet", code="email-not-verified")
    if is_weak_hash(kept):
        await store.change(work, account.key, {"password": await hash_password(password)})
    return account


async def check_password(work: Work, key: PersonKey, password: str) -> bool:
    """Whether this is the account's password, counted like a login; `TooMany` after too many tries."""
    subject = f"person:{key}"
    await _fill(work, subject, ACCOUNT_TRIES, ACCOUNT_SECONDS_A_TRY)
    if not await verify_password(await store.password(work, key), password):
        return False
    await session_store.fill_bucket(work, subject, 0.0)
    return True


async def count_guess(work: Work, key: PersonKey) -> None:
    """Count one try of a signed-in person at a code that he was given; `TooMany` after too many."""
    await _fill(work, f"guess:{key}", ACCOUNT_TRIES, ACCOUNT_SECONDS_A_TRY)


async def may_mail(work: Work, email: str, kind: str = "mail") -> bool:
    """Whether one more mail that others may ask for should go to this address now; counts it if so.

    Each kind is counted by itself, so that too many of one do not keep the others, a password reset say, from coming.
    """
    try:
        await _fill(work, _subject(kind, email), MAILS, MAIL_SECONDS_A_MAIL)
    except TooMany:
        return False
    return True


async def check_installation_secret(work: Work, name: str, given: str, address: str) -> None:
    """`NotAuthenticated` unless this is the installation's secret of that name; no secret set matches nothing."""
    await _check_address(work, address)
    kept = await store.secret_hash(work, name)
    configured = work.tools.settings.service_secret if name == SERVICE_SECRET else ""
    is_kept = kept is not None and equal(kept, token_hash(given))
    is_configured = bool(configured) and equal(configured, given)
    if not (is_kept or is_configured):
        await _refuse(work, address, "Wrong password")


async def put_installation_secret(work: Work, name: str, secret: str | None = None) -> str | None:
    """Set one of the installation's secrets (`service`, `long-term`); without one given, make it if it is missing.

    Returns the secret when it was made or given now, None when an earlier one is kept (only its hash is known).
    """
    if secret is None:
        if await store.secret_hash(work, name) is not None:
            return None
        secret = new_token(32)
    await store.put_secret_hash(work, name, token_hash(secret))
    return secret
