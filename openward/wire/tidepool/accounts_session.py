"""Session tokens over HTTP: log in, renew, log out, check; services log in with the installation's secret (auth.v1)."""

import base64
import binascii

from openward.care import accounts, identity
from openward.care.accounts import Session
from openward.care.errors import CareError, Invalid, NotAuthenticated
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Handler, Identify, Reply, Route, empty, json_reply
from openward.wire.tidepool.accounts_json import encode_user
from openward.wire.tidepool.auth import (
    SESSION_HEADER,
    identify,
    identify_nobody,
    require_service,
    session_token,
)
from openward.wire.tidepool.errors import account as render

_MISSING = "Missing id and/or password"


def _basic(call: Call) -> tuple[str, str]:
    """Address and password of HTTP Basic; `Invalid` when they are missing or cannot be read."""
    scheme, _, rest = (call.header("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid(_MISSING) from None
        if colon and name and password and "\x00" not in name:
            return name, password
    raise Invalid(_MISSING)


async def login(work: Work, call: Call) -> Reply:
    """The user, and a token in the response header. Tries are counted even though the request is refused."""
    email, password = _basic(call)
    try:
        if "longTermKey" in call.path:
            await accounts.check_installation_secret(
                work, accounts.LONG_TERM_SECRET, call.path["longTermKey"], call.address
            )
        account = await accounts.authenticate(work, email, password, call.address)
    except CareError as error:
        raise KeepAndRaise(error) from None
    life = accounts.LONG_TERM_LIFE if "longTermKey" in call.path else None
    token = await accounts.open_session(work, account.key, life=life)
    return json_reply(encode_user(account), 200, {SESSION_HEADER: token})


async def refresh(work: Work, call: Call) -> Reply:
    """A new token; the old one stays good for a short grace."""
    token, opened = await accounts.renew_session(work, session_token(call) or "")
    return json_reply(await _token_data(work, opened), 200, {SESSION_HEADER: token})


async def logout(work: Work, call: Call) -> Reply:
    """Always a success, also for a token that ended long ago."""
    token = session_token(call)
    if token is not None:
        await accounts.close_session(work, token)
    return empty(200)


async def server_login(work: Work, call: Call) -> Reply:
    """A service proves itself with the installation's secret; the token is good for a day."""
    name, secret = call.header("x-tidepool-server-name"), call.header("x-tidepool-server-secret")
    if not name or not secret:
        raise Invalid(_MISSING)
    try:
        await accounts.check_installation_secret(work, accounts.SERVICE_SECRET, secret, call.address)
    except CareError as error:
        raise KeepAndRaise(error) from None
    token = await accounts.open_session(work, None, name=name[:100])
    return Reply(200, b"", "", {SESSION_HEADER: token})


async def _token_data(work: Work, opened: Session) -> dict[str, object]:
    is_service = opened.person is None
    user_id = opened.name if opened.person is None else await identity.name(work, opened.person, System.USER)
    data: dict[str, object] = {"userid": user_id, "isserver": is_service}
    data["expires_at"] = int(opened.expires_at.timestamp())
    if opened.identity_provider:
        data["identityProvider"] = opened.identity_provider
    return data


async def _described(work: Work, token: str) -> Reply:
    opened = await accounts.describe_session(work, token)
    if opened is None:
        raise NotAuthenticated("session token is invalid or expired")
    return json_reply(await _token_data(work, opened), 200, {SESSION_HEADER: token})


async def check_own_token(work: Work, call: Call) -> Reply:
    """What is behind the caller's own token."""
    return await _described(work, session_token(call) or "")


async def check_token(work: Work, call: Call) -> Reply:
    """What is behind another's token; for services."""
    require_service(work)
    return await _described(work, call.path["token"])


def _both(method: str, path: str, handler: Handler, operation: str, who: Identify = identify) -> tuple[Route, Route]:
    """A route under `/auth`, and the bare path that the service behind it answers, too."""
    return (
        Route(method, f"/auth{path}", handler, operation, identify=who, render=render),
        Route(method, path, handler, operation, identify=who, render=render, is_documented=False),
    )


ROUTES = [
    *_both("POST", "/login", login, "auth.v1:CreateSessionToken", identify_nobody),
    *_both("GET", "/login", refresh, "auth.v1:RefreshSessionToken"),
    *_both("POST", "/login/{longTermKey}", login, "auth.v1:LongTermLogin", identify_nobody),
    *_both("POST", "/logout", logout, "auth.v1:Logout", identify_nobody),
    *_both("POST", "/serverlogin", server_login, "auth.v1:ServerLogin", identify_nobody),
    *_both("GET", "/token", check_own_token, "auth.v1:CheckSessionToken"),
    *_both("GET", "/token/{token}", check_token, "auth.v1:ServerCheckToken"),
]
