"""OAuth tokens at the token endpoint of the realm `openward`: client credentials, code, password, refresh."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from openward.care import accounts
from openward.care.accounts import Authorization, Tokens
from openward.care.errors import CareError, Invalid, NotAllowed, NotAuthenticated, NotFound
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.auth import identify_nobody
from openward.wire.tidepool.errors import account, status_of
from openward.wire.tidepool.openid import REALM, SCOPES, id_token


def _render(error: CareError, call: Call) -> Reply:
    """`{"error", "error_description"}` for what OAuth knows; the account service's manner for the rest."""
    if isinstance(error, (Invalid, NotAuthenticated, NotAllowed)):
        known = error.code if error.code in _CODES else "invalid_request"
        status = _CODES[known]
        return json_reply({"error": known, "error_description": error.detail}, status)
    if status_of(error) in (404, 413, 429):
        reply = account(error, call)
        body = {"error": "invalid_request", "error_description": error.detail}
        return json_reply(body, reply.status, reply.headers)
    return account(error, call)


_CODES = {
    "invalid_request": 400,
    "invalid_grant": 400,
    "unsupported_grant_type": 400,
    "invalid_client": 401,
}


async def _form(call: Call) -> dict[str, str]:
    media_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise Invalid("the body is not application/x-www-form-urlencoded", code="invalid_request")
    try:
        text = (await call.body()).decode("ascii")
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50, errors="strict"))
    except (UnicodeDecodeError, ValueError):
        raise Invalid("the form cannot be read", code="invalid_request") from None
    if any("\x00" in part for pair in fields.items() for part in pair):
        raise Invalid("a field holds a NUL character", code="invalid_request")
    return fields


def _client(call: Call, form: dict[str, str]) -> tuple[str, str]:
    """Id and secret of the client, from the form or from HTTP Basic."""
    scheme, _, rest = (call.header("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid("the client's credentials cannot be read", code="invalid_request") from None
        # RFC 6749, 2.3.1: both are form-encoded before they are put into the header.
        return unquote_plus(name), unquote_plus(secret)
    if not form.get("client_id"):
        raise Invalid("client_id is missing", code="invalid_request")
    return form["client_id"], form.get("client_secret", "")


async def obtain_token(work: Work, call: Call) -> Reply:
    """Tokens for a client, or for a person who gave the client his password."""
    if call.path["realm"] != REALM:
        raise NotFound("Realm does not exist")
    form = await _form(call)
    grant = form.get("grant_type")
    if not grant:
        raise Invalid("grant_type is missing", code="invalid_request")
    client_id, secret = _client(call, form)
    own = await accounts.check_oauth_client(work, client_id, secret)
    person, scope, nonce = own, form.get("scope", ""), None
    match grant:
        case "client_credentials":
            tokens = await accounts.oauth_tokens(work, own, client_id, is_program=True)
        case "password":
            person, tokens = await _by_password(work, call, form, client_id)
        case "authorization_code":
            agreed, tokens = await _by_code(work, form, client_id)
            person, scope, nonce = agreed.person, agreed.scope, agreed.nonce
        case "refresh_token":
            person, tokens = await _by_refresh(work, form, client_id)
        case _:
            raise Invalid(f"grant type {grant[:64]!r} is not supported", code="unsupported_grant_type")
    body = await encode_tokens(work, tokens, person, client_id, scope, nonce)
    return json_reply(body, 200, {"pragma": "no-cache"})


async def _by_password(work: Work, call: Call, form: dict[str, str], client_id: str) -> tuple[PersonKey, Tokens]:
    if not form.get("username") or not form.get("password"):
        raise Invalid("username or password is missing", code="invalid_request")
    try:
        person = await accounts.authenticate(work, form["username"], form["password"], call.address)
    except (NotAuthenticated, NotAllowed) as error:
        said = "Account is not fully set up" if isinstance(error, NotAllowed) else "Invalid user credentials"
        raise KeepAndRaise(NotAuthenticated(said, code="invalid_grant")) from None
    except CareError as error:
        raise KeepAndRaise(error) from None
    return person.key, await accounts.oauth_tokens(work, person.key, client_id)


async def _by_code(work: Work, form: dict[str, str], client_id: str) -> tuple[Authorization, Tokens]:
    if not form.get("code") or not form.get("redirect_uri"):
        raise Invalid("code or redirect_uri is missing", code="invalid_request")
    try:
        return await accounts.redeem_code(
            work, client_id, form["code"], form["redirect_uri"], form.get("code_verifier")
        )
    except NotAuthenticated as error:
        # A code that came a second time has ended the tokens of the first, which has to stay so.
        raise KeepAndRaise(error) from None


async def _by_refresh(work: Work, form: dict[str, str], client_id: str) -> tuple[PersonKey, Tokens]:
    if not form.get("refresh_token"):
        raise Invalid("refresh_token is missing", code="invalid_request")
    try:
        return await accounts.redeem_refresh_token(work, form["refresh_token"], client_id)
    except NotAuthenticated:
        raise NotAuthenticated("Invalid refresh token", code="invalid_grant") from None


async def encode_tokens(
    work: Work, tokens: Tokens, person: PersonKey, client_id: str, scope: str, nonce: str | None = None
) -> dict[str, Any]:
    """The answer of the token endpoint; `openid` in the scope asks for an ID token about the person."""
    granted = [word for word in SCOPES if word in scope.split()]
    body: dict[str, Any] = {"access_token": tokens.access, "expires_in": tokens.access_seconds, "token_type": "Bearer"}
    body["scope"] = " ".join(granted)
    if "openid" in granted:
        body["id_token"] = await id_token(work, person, client_id, has_email="email" in granted, nonce=nonce)
    if tokens.refresh is not None:
        body |= {"refresh_token": tokens.refresh, "refresh_expires_in": tokens.refresh_seconds}
    return body


ROUTES = [
    Route(
        "POST",
        "/realms/{realm}/protocol/openid-connect/token",
        obtain_token,
        "auth.v2:ObtainToken",
        identify=identify_nobody,
        render=_render,
        max_body=1 << 16,
    ),
]
