"""Called: Redox itself. A signed statement buys a token, the token lets messages in. Never in a transaction."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from openward.care.ehr import Answered, Token
from openward.infra.http import CallFailed, call
from openward.infra.signing import sign_rsa

_LONGEST_ANSWER: Final = 256 * 1024  # bytes
_TOTAL_S: Final = 9.0
"""Of one call: the three that an attempt takes at the most end before its lease does."""
_DEFAULT_LIFE_S: Final = 300
_ASSERTED_FOR: Final = timedelta(minutes=5)
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NEEDED: Final = ("base_url", "client_id", "key_id", "private_key_pem")
# It may help to come again with these; any other refusal is about the message itself.
_PASSING: Final = frozenset((401, 403, 408, 425, 429))


class _Granted(msgspec.Struct):
    """What the token address answers."""

    access_token: str
    expires_in: float = _DEFAULT_LIFE_S


async def send(
    http: aiohttp.ClientSession, link: Mapping[str, str], kept: str | None, body: bytes, now: datetime
) -> tuple[Answered, Token | None]:
    """Post one message with the kept token or a new one; a kept one that is refused is replaced once. Never raises."""
    if not all(link.get(name) for name in _NEEDED):
        return Answered(is_taken=False, reason="not-configured"), None
    base = link["base_url"].rstrip("/")
    token: Token | None = None
    try:
        if kept is not None:
            status = await _post(http, base, kept, body)
        if kept is None or status == 401:
            token = await _token(http, base, link, now)
            status = await _post(http, base, token.value, body)
    except CallFailed as failed:
        return Answered(is_taken=False, reason=failed.reason), token
    if 200 <= status < 300:
        return Answered(is_taken=True, status=status), token
    is_final = 400 <= status < 500 and status not in _PASSING
    return Answered(is_taken=False, status=status, reason=f"status-{status}", is_final=is_final), token


async def _post(http: aiohttp.ClientSession, base: str, token: str, body: bytes) -> int:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": "application/json"}
    found = await call(
        http,
        "POST",
        f"{base}/endpoint",
        headers=headers,
        body=body,
        limit_bytes=_LONGEST_ANSWER,
        is_cut=True,
        total_s=_TOTAL_S,
    )
    return found.status


async def _token(http: aiohttp.ClientSession, base: str, link: Mapping[str, str], now: datetime) -> Token:
    """RFC 7523, 2.2: a statement about ourselves, signed with our key, good for five minutes and for one use."""
    address = f"{base}/v2/auth/token"
    try:
        statement = _statement(link, address)
    except ValueError:
        raise CallFailed("key-unusable") from None
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": statement,
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    answer = await call(
        http,
        "POST",
        address,
        headers=headers,
        body=urlencode(form).encode(),
        limit_bytes=_LONGEST_ANSWER,
        total_s=_TOTAL_S,
    )
    if not 200 <= answer.status < 300:
        raise CallFailed("token-refused" if answer.status < 500 else f"token-status-{answer.status}")
    try:
        granted = msgspec.json.decode(answer.body, type=_Granted, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallFailed("broken-answer") from None
    if not granted.access_token or not granted.access_token.isprintable() or not 0 < granted.expires_in < 1e8:
        raise CallFailed("broken-answer")
    return Token(granted.access_token, now + timedelta(seconds=granted.expires_in))


def _statement(link: Mapping[str, str], address: str) -> str:
    # By the world's clock, which the other side has too: ours may be ahead in a rehearsal.
    began = datetime.now(UTC)
    claims = {
        "iss": link["client_id"],
        "sub": link["client_id"],
        "aud": address,
        "iat": int(began.timestamp()),
        "exp": int((began + _ASSERTED_FOR).timestamp()),
        "jti": secrets.token_hex(16),
    }
    return sign_rsa(link["private_key_pem"], link["key_id"], claims)
