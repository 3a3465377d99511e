"""The authorization code flow (RFC 6749, 4.1): a person lets a client act for him, without telling it the password."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from openward.care.accounts import oauth_store
from openward.care.accounts.model import Tokens
from openward.care.accounts.people import lock
from openward.care.accounts.sessions import tokens_in
from openward.care.errors import NotAuthenticated, NotFound
from openward.care.work import PersonKey, Work, new_key
from openward.infra.crypto import equal, new_token, token_hash

CODE_LIFE = timedelta(seconds=60)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a person agreed to; `challenge` is that of PKCE (RFC 7636, S256), None when the client sent none."""

    client_id: str
    person: PersonKey
    redirect_uri: str
    scope: str
    nonce: str | None = None
    challenge: str | None = None


def is_loopback(address: str) -> bool:
    """Whether an address is on the person's own machine, as programs without a server have it (RFC 8252, 7.3)."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


async def may_redirect(work: Work, client_id: str, address: str) -> bool:
    """Whether a client may have people sent back there: exactly as registered, or loopback when nothing is.

    `NotFound` for an unknown client.
    """
    registered = await oauth_store.redirects(work, client_id)
    if registered is None:
        raise NotFound("client not found")
    if "#" in address or not address.isascii() or not address.isprintable():
        return False
    return address in registered if registered else is_loopback(address)


async def set_redirects(work: Work, client_id: str, redirect_uris: Sequence[str]) -> None:
    """Register where a client may have people sent back to."""
    await oauth_store.set_redirects(work, client_id, redirect_uris)


async def grant_code(work: Work, authorization: Authorization) -> str:
    """A code that the client exchanges for tokens, once and within a minute."""
    code = new_token(32)
    await oauth_store.insert(
        work,
        token_hash(code),
        client_id=authorization.client_id,
        person=authorization.person,
        redirect_uri=authorization.redirect_uri,
        scope=authorization.scope,
        nonce=authorization.nonce,
        challenge=authorization.challenge,
        family=new_key(work),
        expires_at=work.now + CODE_LIFE,
    )
    return code


async def redeem_code(
    work: Work, client_id: str, code: str, redirect_uri: str, verifier: str | None
) -> tuple[Authorization, Tokens]:
    """What was agreed to, and tokens for it; `NotAuthenticated` otherwise.

    A code that is shown a second time may have been stolen: the tokens that it gave end, which the caller keeps.
    """
    hashed = token_hash(code)
    row = await oauth_store.lock(work, hashed)
    if row is None or not equal(row["client_id"], client_id):
        raise _refusal()
    if row["is_used"]:
        await oauth_store.end_family(work, row["family"])
        raise _refusal()
    if not equal(row["redirect_uri"], redirect_uri) or not _is_verified(row["challenge"], verifier):
        raise _refusal()
    try:
        await lock(work, row["person"])
    except NotFound:
        raise _refusal() from None
    await oauth_store.mark_used(work, hashed)
    agreed = Authorization(
        client_id, PersonKey(row["person"]), row["redirect_uri"], row["scope"], row["nonce"], row["challenge"]
    )
    return agreed, await tokens_in(work, agreed.person, client_id, row["family"])


def _is_verified(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if _VERIFIER.match(verifier) is None:
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return equal(made, challenge)


def _refusal() -> NotAuthenticated:
    return NotAuthenticated("Code not valid", code="invalid_grant")
