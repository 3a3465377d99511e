"""Tokens of partner clouds: a code exchanged, a token renewed, one revoked (RFC 6749, 7009). Never in a transaction."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import structlog

from openward.care import connections
from openward.care.connections import PartnerSetup, Token
from openward.care.connections.ports import Failed, Refused
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.request import Gate
from openward.infra.http import Answer, CallFailed, call, open_session

log = structlog.get_logger("openward.tokens")
_LONGEST_ANSWER = 256 * 1024  # bytes
_LONGEST_LIFE_S = 1e9
_LONGEST_WISH_S = 7 * 86400.0  # however long a partner asks us to stay away
# The words of RFC 6749, 5.2; nothing else that a partner says is repeated anywhere.
_WORDS = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}


class _Granted(msgspec.Struct):
    """What a token address answers."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 -- a kind of token
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | None = None
    id_token: str | None = None


class _Error(msgspec.Struct):
    error: str = ""


async def exchange(
    session: aiohttp.ClientSession,
    setup: PartnerSetup,
    code: str,
    redirect_uri: str,
    verifier: str | None,
    now: datetime,
) -> Token:
    """The token for a code that was just given; `Refused` for a code that is not good, `Failed` for all else."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier is not None:
        form["code_verifier"] = verifier
    return _token(setup, await _ask(session, setup, form, now), now, None)


async def renew(session: aiohttp.ClientSession, setup: PartnerSetup, token: Token, now: datetime) -> Token:
    """A fresh token for one with a refresh token; `Refused` when the partner takes that no more, else `Failed`.

    What the partner leaves out of its answer stays as it was.
    """
    if token.refresh is None:
        raise Refused
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh}
    return _token(setup, await _ask(session, setup, form, now), now, token)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the partner asks us to wait (RFC 9110, 10.2.3): seconds, or until a date; a week at most."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_WISH_S)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    wish_s = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(wish_s, 0.0), _LONGEST_WISH_S)


async def _ask(session: aiohttp.ClientSession, setup: PartnerSetup, form: Mapping[str, str], now: datetime) -> _Granted:
    try:
        answer = await _post(session, setup, setup.policy.token_path, form)
    except CallFailed as failed:
        raise Failed(failed.reason) from None
    if answer.status == 200:
        try:
            granted = msgspec.json.decode(answer.body, type=_Granted, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Failed("broken-answer") from None
        if (
            not connections.is_access_token(granted.access_token)
            or not 0 < (granted.expires_in or 1) <= _LONGEST_LIFE_S
        ):
            raise Failed("broken-answer")
        return granted
    word = _word(answer)
    if word == "invalid_grant":
        raise Refused
    raise Failed(word or f"status-{answer.status}", retry_after_s(answer.headers, now))


async def _post(session: aiohttp.ClientSession, setup: PartnerSetup, path: str, form: Mapping[str, str]) -> Answer:
    """Post a form, proving who we are as the partner wants it (RFC 6749, 2.3.1)."""
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if setup.code.oauth.has_secret_in_body:
        form = {"client_id": setup.client_id, "client_secret": setup.client_secret, **form}
    else:
        pair = f"{quote(setup.client_id, safe='')}:{quote(setup.client_secret, safe='')}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    url, body = setup.base_url + path, urlencode(form).encode()
    return await call(session, "POST", url, headers=headers, body=body, limit_bytes=_LONGEST_ANSWER)


def _word(answer: Answer) -> str:
    try:
        word = msgspec.json.decode(answer.body, type=_Error).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return word if word in _WORDS else ""


def _token(setup: PartnerSetup, granted: _Granted, now: datetime, before: Token | None) -> Token:
    life_s = granted.expires_in
    if life_s is None and setup.policy.access_token_minutes is not None:
        life_s = setup.policy.access_token_minutes * 60
    if granted.scope is not None:
        scopes = tuple(sorted(set(granted.scope.split())))
    else:
        scopes = before.scopes if before else tuple(sorted(set(setup.code.oauth.scopes)))
    return Token(
        access=granted.access_token,
        kind=granted.token_type,
        refresh=granted.refresh_token or (before.refresh if before else None),
        expires_at=None if life_s is None else now + timedelta(seconds=life_s),
        scopes=scopes,
        id_token=granted.id_token or (before.id_token if before else None),
    )


async def revoke_job(gate: Gate, data: Mapping[str, Any]) -> None:
    """The job: tell the partner that a token has done its work. Here it is gone already, so an answer is an answer."""
    async with gate.pool.acquire() as connection, connection.transaction(readonly=True):
        actor = Actor(ActorKind.SERVICE, credential=f"job:{connections.REVOKE}")
        origin = Origin("", f"JOB {connections.REVOKE}")
        todo = await connections.revocation(Work(connection, actor, gate.now(), gate.tools, origin=origin), data)
    if todo is None or todo.partner.policy.revoke_path is None:
        return
    kind = "refresh_token" if todo.is_refresh else "access_token"
    form = {"token": todo.token, "token_type_hint": kind}
    async with open_session(allow_private=gate.settings.webhooks_allow_private) as session:
        answer = await _post(session, todo.partner, todo.partner.policy.revoke_path, form)
    if answer.status == 429 or answer.status >= 500:
        raise Failed(f"status-{answer.status}")
    if answer.status != 200:
        log.warning("not_revoked", status=answer.status)
