"""Apps on phones: the token that notifications go to, and proof that a device is a real one (auth.v1)."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import structlog

from openward.care import accounts
from openward.care.errors import CareError, Invalid, NotAllowed, Unavailable
from openward.care.work import Work, new_key
from openward.config import Settings
from openward.gateway.call import Call
from openward.gateway.wiring import Handler, Outside, Reply, Route, empty, json_reply
from openward.infra import http
from openward.infra.signing import sign_with
from openward.wire.tidepool.accounts_json import read_object
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.errors import TokenMissing, status_of
from openward.wire.tidepool.errors import account as render

log = structlog.get_logger("openward.device_check")
_LONGEST = 8192
_ENVIRONMENTS = ("production", "sandbox")


async def put(work: Work, call: Call) -> Reply:
    """`POST /v1/users/{userId}/device_tokens`: for the user himself."""
    found = await accounts.find(work, call.path["userId"])
    if found is None or not work.actor.is_person(found.key):
        raise NotAllowed("Not authorized for requested operation")
    token, environment = _apple(await read_object(call))
    await accounts.put_device_token(work, found.key, "apple", environment, token)
    return empty(200)


def _apple(body: Mapping[str, Any]) -> tuple[str, str]:
    """The token in base64 and where it is good; `Invalid`."""
    given = body.get("apple")
    if not isinstance(given, Mapping):
        raise Invalid("apple is missing or not an object")
    token, environment = given.get("token"), given.get("environment")
    if environment not in _ENVIRONMENTS:
        raise Invalid(f"environment is not one of {', '.join(_ENVIRONMENTS)}")
    try:
        if not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
            raise ValueError
        base64.b64decode(token, validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(f"token is not base64 of at most {_LONGEST} characters") from None
    return token, environment


async def verify(work: Work, call: Call) -> Reply | Outside:
    """`GET /v1/device_check/verify`: asks Apple; without a key from Apple no device can be told from another."""
    token = (await read_object(call)).get("device_token")
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
        raise Invalid("Not all required details were given")
    settings, now, name = work.tools.settings, work.now, str(new_key(work))
    if not settings.apple_key_file:
        return json_reply({"valid": False})

    async def ask() -> bool | None:
        return await _ask_apple(settings, now, name, token)

    async def then(_work: Work, _call: Call, found: bool | None) -> Reply:
        if found is None:
            raise Unavailable("the device check does not answer")
        return json_reply({"valid": found})

    return Outside(ask, then)


async def _ask_apple(settings: Settings, now: datetime, name: str, token: str) -> bool | None:
    """Apple: 200 for a token of a real device, 400 for any other; None when it cannot be known now."""
    with open(settings.apple_key_file, encoding="ascii") as file:  # noqa: ASYNC230 -- a few lines
        key = file.read()
    proof = sign_with(key, settings.apple_key_id, {"iss": settings.apple_team_id, "iat": int(now.timestamp())})
    body = {"device_token": token, "transaction_id": name, "timestamp": int(now.timestamp() * 1000)}
    headers = {"authorization": f"Bearer {proof}", "content-type": "application/json"}
    url = f"{settings.device_check_url.rstrip('/')}/v1/validate_device_token"
    async with http.open_session(allow_private=settings.webhooks_allow_private) as session:
        try:
            answer = await http.call(session, "POST", url, headers=headers, body=msgspec.json.encode(body))
        except http.CallFailed as failed:
            log.warning("device_check_failed", reason_code=failed.reason)
            return None
    if answer.status in (200, 400):
        return answer.status == 200
    log.warning("device_check_failed", status=answer.status)
    return None


def _render_message(error: CareError, _call: Call) -> Reply:
    """`{"code", "message"}`, as this one operation of the account service says it."""
    status = 401 if isinstance(error, TokenMissing) else status_of(error)
    detail = error.detail if status < 500 else ""
    return json_reply({"code": status, "message": detail or "the request failed"}, status)


def _both(method: str, path: str, handler: Handler, operation: str, say: Any) -> tuple[Route, Route]:
    """Every path of the account service answers with and without the prefix `/auth`."""
    return (
        Route(method, path, handler, operation, identify=identify, render=say),
        Route(method, f"/auth{path}", handler, operation, identify=identify, render=say, is_documented=False),
    )


ROUTES = [
    *_both("POST", "/v1/users/{userId}/device_tokens", put, "auth.v1:CreateDeviceTokenForUser", _render_message),
    *_both("GET", "/v1/device_check/verify", verify, "auth.v1:VerifyDeviceToken", render),
]
