"""The authorization code flow, from the client's link over our sign-in page to its tokens."""

import asyncio
import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from litestar.testing import AsyncTestClient

from openward.care import accounts

pytestmark = pytest.mark.anyio

AUTH = "/realms/openward/protocol/openid-connect/auth"
TOKEN = "/realms/openward/protocol/openid-connect/token"
CALLBACK = "https://app.example/callback?kept=1"
LOOPBACK = "http://127.0.0.1:8123/done"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
async def client(house: Any) -> dict[str, str]:
    """A client with a registered address."""
    return await _client(house, [CALLBACK, "https://app.example/other"])


async def _client(house: Any, addresses: list[str]) -> dict[str, str]:
    name = f"app-{secrets.token_hex(4)}"
    async with house.work() as work:
        own = await accounts.create_custodial(work, email=None)
        await accounts.put_oauth_client(work, name, "a secret", "App", own.key)
        await accounts.set_redirects(work, name, addresses)
    return {"client_id": name, "client_secret": "a secret"}


def _asking(client: dict[str, str], **more: str | None) -> dict[str, str]:
    query = {
        "client_id": client["client_id"],
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "st&te",
    } | more
    return {name: value for name, value in query.items() if value is not None}


@pytest.fixture
async def visitor(house: Any, http: AsyncTestClient[Any]) -> Any:
    """A browser on the whole server, signed in; `visitor.account` is whose."""
    account = await house.person()
    made = house.visitor()
    made.client = http
    fields = {"email": account.email, "password": house.password, "next": "/"}
    assert (await made.post("/signin", fields)).status_code == 303
    made.account = account
    return made


async def _code(visitor: Any, client: dict[str, str], **more: str | None) -> str:
    answer = await visitor.get(AUTH, **_asking(client, **more))
    assert answer.status_code == 301, answer.text
    return str(parse_qs(urlsplit(answer.headers["location"]).query)["code"][0])


async def _redeem(http: Any, client: dict[str, str], code: str, **more: str) -> Any:
    form = {**client, "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | more
    return await http.post(TOKEN, data=form)


async def test_a_stranger_signs_in_and_comes_back_with_a_code(
    house: Any, http: AsyncTestClient[Any], client: dict[str, str]
) -> None:
    account = await house.person()
    browser = house.visitor()
    browser.client = http
    here = f"{AUTH}?{urlencode(_asking(client, nonce='n-1', login_hint='ana@example.org'))}"
    to_form = await browser.get(here)
    assert (to_form.status_code, to_form.headers["cache-control"]) == (301, "no-store")
    form = await browser.get(to_form.headers["location"])
    assert 'value="ana@example.org"' in form.text
    assert "form-action *" in form.headers["content-security-policy"]
    target = parse_qs(urlsplit(to_form.headers["location"]).query)["next"][0]
    fields = {"email": account.email, "password": house.password, "next": target}
    onward = await browser.post("/signin", fields, form_at=to_form.headers["location"])
    assert (onward.status_code, onward.headers["location"]) == (303, target)
    back = await browser.get(target)
    assert back.status_code == 301
    given = parse_qs(urlsplit(back.headers["location"]).query)
    assert back.headers["location"].startswith("https://app.example/callback?kept=1&code=")
    assert given["state"] == ["st&te"]
    tokens = await _redeem(http, client, given["code"][0])
    assert tokens.status_code == 200, tokens.text
    body = tokens.json()
    assert (body["scope"], body["token_type"], "refresh_token" in body) == ("openid email", "Bearer", True)
    keys = (await http.get("/realms/openward/protocol/openid-connect/certs")).json()
    claims = jwt.decode(body["id_token"], KeySet.import_key_set(keys), ["ES256"]).claims
    assert (claims["aud"], claims["nonce"], claims["email"]) == (client["client_id"], "n-1", account.email)
    user = await http.get("/auth/user", headers={"x-tidepool-session-token": body["access_token"]})
    assert user.json()["userid"] == claims["sub"]


async def test_a_code_is_good_once_and_a_second_use_ends_what_it_gave(
    visitor: Any, http: AsyncTestClient[Any], client: dict[str, str]
) -> None:
    code = await _code(visitor, client)
    answers = await asyncio.gather(*(_redeem(http, client, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (good,) = [answer.json() for answer in answers if answer.status_code == 200]
    user = await http.get("/auth/user", headers={"x-tidepool-session-token": good["access_token"]})
    assert user.status_code == 401
    refused = await http.post(
        TOKEN, data={**client, "grant_type": "refresh_token", "refresh_token": good["refresh_token"]}
    )
    assert refused.status_code == 400


async def test_a_code_is_for_its_client_its_address_and_its_verifier(
    house: Any, visitor: Any, http: AsyncTestClient[Any], client: dict[str, str]
) -> None:
    other = await _client(house, [CALLBACK])
    code = await _code(visitor, client, code_challenge=CHALLENGE, code_challenge_method="S256")
    good = {"code_verifier": VERIFIER}
    cases: list[tuple[dict[str, str], str, dict[str, str]]] = [
        (other, code, good),
        (client, code, {}),
        (client, code, {"code_verifier": "w" * 50}),
        (client, code, {"code_verifier": "short"}),
        (client, code, good | {"redirect_uri": "https://app.example/other"}),
        (client, "guess", good),
    ]
    for who, shown, more in cases:
        answer = await _redeem(http, who, shown, **more)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await _redeem(http, client | {"client_secret": "guess"}, code, **good)).status_code == 401
    assert (await _redeem(http, client, code, **good)).status_code == 200


async def test_a_verifier_without_a_challenge_is_refused(
    visitor: Any, http: AsyncTestClient[Any], client: dict[str, str]
) -> None:
    code = await _code(visitor, client)
    assert (await _redeem(http, client, code, code_verifier=VERIFIER)).status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://app.example/callback"},
        {"redirect_uri": CALLBACK + "&more=1"},
        {"redirect_uri": CALLBACK + "#part"},
        {"redirect_uri": "https://evil.example/callback?kept=1"},
        {"redirect_uri": LOOPBACK},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    visitor: Any, client: dict[str, str], more: dict[str, str | None]
) -> None:
    answer = await visitor.get(AUTH, **_asking(client, **more))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"prompt": "consent"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"state": "s" * 3000}, "invalid_request"),
    ],
)
async def test_other_mistakes_are_told_to_the_client(
    visitor: Any, client: dict[str, str], more: dict[str, str | None], error: str
) -> None:
    answer = await visitor.get(AUTH, **_asking(client, **more))
    assert answer.status_code == 301
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


async def test_prompt_decides_whether_the_form_is_shown(house: Any, visitor: Any, client: dict[str, str]) -> None:
    stranger = house.visitor()
    stranger.client = visitor.client
    silent = await stranger.get(AUTH, **_asking(client, prompt="none"))
    assert "error=login_required" in silent.headers["location"]
    assert "code=" in (await visitor.get(AUTH, **_asking(client, prompt="none"))).headers["location"]
    again = (await visitor.get(AUTH, **_asking(client, prompt="login"))).headers["location"]
    assert again.startswith("/signin?")
    form = await visitor.get(again)
    assert (form.status_code, "prompt=login" in form.text) == (200, False)


async def test_a_client_without_addresses_may_use_loopback_with_proof(
    house: Any, visitor: Any, http: AsyncTestClient[Any]
) -> None:
    program = await _client(house, [])
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    bare = await visitor.get(AUTH, **_asking(program, redirect_uri=LOOPBACK))
    assert "error=invalid_request" in bare.headers["location"]
    for wrong in ("https://app.example/", "http://127.0.0.1@evil.example/", "http://localhost.evil.example/"):
        assert (await visitor.get(AUTH, **_asking(program, redirect_uri=wrong, **proof))).status_code == 400
    code = await _code(visitor, program, redirect_uri=LOOPBACK, **proof)
    given = {"redirect_uri": LOOPBACK, "code_verifier": VERIFIER}
    assert (await _redeem(http, program, code, **given)).status_code == 200


async def test_another_realm_is_unknown(visitor: Any, client: dict[str, str]) -> None:
    answer = await visitor.get("/realms/other/protocol/openid-connect/auth", **_asking(client))
    assert answer.status_code == 404
