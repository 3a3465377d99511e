"""Called: Xealth's own interface, for the whole of an order. Runs between two Works, without a transaction."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from openward.care.ehr.xealth import KeptToken
from openward.infra.http import Answer, CallFailed, call, open_session

_TOTAL_S = 30.0  # Xealth: its own answers take up to 29 seconds
_LONGEST_ORDER = 4 << 20  # bytes
_DEFAULT_LIFE_S = 300


class _Granted(msgspec.Struct):
    """What the token address answers."""

    access_token: str
    expires_in: float = _DEFAULT_LIFE_S


@dataclass(frozen=True, slots=True)
class OrderRead:
    """The order as it came, None when it could not be read; `token` when a new one was given."""

    content: bytes | None
    reason: str = ""
    token: KeptToken | None = None


async def read_order(
    link: Mapping[str, str], kept: str | None, deployment: str, order: str, now: datetime, *, allow_private: bool
) -> OrderRead:
    """Read one order with the kept token or a new one; a kept one that is refused is replaced once. Never raises."""
    base = link.get("base_url", "").rstrip("/")
    if not base:
        return OrderRead(None, "not-configured")
    url = f"{base}/partner/read/order/{quote(deployment, safe='')}/{quote(order, safe='')}"
    token: KeptToken | None = None
    async with open_session(allow_private=allow_private, total_s=_TOTAL_S) as session:
        try:
            if kept is not None:
                status, content = await _get(session, url, kept)
            if kept is None or status == 401:
                token = await _token(session, base, link, now)
                status, content = await _get(session, url, token.value)
        except CallFailed as failed:
            return OrderRead(None, failed.reason, token)
    return OrderRead(content, token=token) if status == 200 else OrderRead(None, f"status-{status}", token)


async def _get(session: aiohttp.ClientSession, url: str, token: str) -> tuple[int, bytes]:
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    found = await call(session, "GET", url, headers=headers, limit_bytes=_LONGEST_ORDER)
    return found.status, found.body


async def _token(session: aiohttp.ClientSession, base: str, link: Mapping[str, str], now: datetime) -> KeptToken:
    """Client credentials: in the header, as every server has to take them, else in the body (RFC 6749, 2.3.1)."""
    client, secret = link.get("client_id", ""), link.get("client_secret", "")
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
    found = await _ask_token(session, base, {}, {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
    if found.status in (400, 401):
        found = await _ask_token(session, base, {"client_id": client, "client_secret": secret}, {})
    if found.status != 200:
        raise CallFailed("token-refused")
    try:
        granted = msgspec.json.decode(found.body, type=_Granted, strict=False)
    except msgspec.DecodeError:
        raise CallFailed("broken-answer") from None
    if not granted.access_token or not 0 < granted.expires_in < 1e8:
        raise CallFailed("broken-answer")
    return KeptToken(granted.access_token, now + timedelta(seconds=granted.expires_in))


async def _ask_token(
    session: aiohttp.ClientSession, base: str, proof: Mapping[str, str], header: Mapping[str, str]
) -> Answer:
    return await call(
        session,
        "POST",
        f"{base}/oauth2/token",
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json", **header},
        body=urlencode({"grant_type": "client_credentials", **proof}).encode(),
    )
