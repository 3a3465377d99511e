"""Tokens: both forms of body, refresh, and what a token reaches."""

import secrets
from typing import Any
from uuid import UUID

import pytest

from openward.care import accounts
from tests.wire.twine.conftest import JSON_API, Coaching, MakeCoaching

pytestmark = pytest.mark.anyio


async def _client(coaching: Coaching) -> tuple[str, str]:
    client_id = f"c-{secrets.token_hex(6)}"
    async with coaching.work() as work:
        return client_id, str(await accounts.put_client(work, coaching.organization, client_id, "sync"))


def _document(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "token", "attributes": attributes}}


async def test_a_document_gives_a_document(coaching: Coaching) -> None:
    client_id, secret = await _client(coaching)
    asked = _document(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    answer = await coaching("POST", "/oauth/token?include=groups,organization", asked, headers={"authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (201, JSON_API), answer.text
    body = answer.json()
    assert UUID(body["meta"]["req_id"]) == UUID(answer.headers["x-request-id"])
    token = body["data"]
    assert (token["type"], len(token["id"])) == ("token", 24)
    assert (token["attributes"]["token_type"], token["attributes"]["expires_in"]) == ("bearer", 3600)
    assert UUID(token["attributes"]["access_token"])
    assert token["links"] == {"self": f"/pub/oauth/token/{token['id']}"}
    groups = token["relationships"]["groups"]
    assert groups["data"] == [{"type": "group", "id": group["id"]} for group in coaching.provisioned["groups"]]
    assert groups["links"] == {"related": f"/pub/oauth/token/{token['id']}/groups"}
    assert token["relationships"]["organization"]["data"] == {"type": "organization", "id": coaching.id}
    assert [one["type"] for one in body["included"]] == ["group", "group", "organization"]
    headers = {"authorization": f"bearer {token['attributes']['access_token']}"}
    listed = await coaching("GET", f"/oauth/token/{token['id']}/groups", headers=headers)
    assert [one["attributes"]["name"] for one in listed.json()["data"]] == ["Lead", "Other"]
    owner = await coaching("GET", f"/oauth/token/{token['id']}/organization", headers=headers)
    assert owner.json()["data"]["attributes"] == {"name": "Willow"}
    other = await coaching("GET", f"/oauth/token/{token['id']}/groups")
    assert other.status_code == 403


async def test_plain_json_gives_plain_json(coaching: Coaching) -> None:
    client_id, secret = await _client(coaching)
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = await coaching("POST", "/oauth/token", asked, headers={"content-type": "application/json; charset=utf-8"})
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    body = answer.json()
    assert {name: body[name] for name in ("token_type", "expires_in")} == {"token_type": "bearer", "expires_in": 3600}
    assert body["data"]["attributes"]["access_token"] == body["access_token"]
    nested = await coaching("POST", "/oauth/token", _document(**asked), headers={"content-type": "application/json"})
    assert nested.status_code == 409
    assert {one["source"]["pointer"] for one in nested.json()["errors"]} == {"/grant_type", "/client_id"}


async def test_a_refresh_ends_the_old_pair(coaching: Coaching) -> None:
    client_id, secret = await _client(coaching)
    first = await coaching(
        "POST", "/oauth/token", _document(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    )
    old = first.json()["data"]["attributes"]
    asked = _document(grant_type="refresh_token", client_id=client_id, refresh_token=old["refresh_token"])
    wrong = asked["data"]["attributes"] | {"client_secret": "wrong"}
    assert (await coaching("POST", "/oauth/token", _document(**wrong))).status_code == 401
    second = await coaching("POST", "/oauth/token", asked)
    assert second.status_code == 201
    again = await coaching("POST", "/oauth/token", asked)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (401, "InvalidCredentials")
    for token, status in ((old["access_token"], 401), (second.json()["data"]["attributes"]["access_token"], 200)):
        answer = await coaching("GET", "/group", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "pointer"),
    [
        (b"grant_type=client_credentials", "application/x-www-form-urlencoded", 403, "Forbidden", None),
        (b"{}", "", 403, "Forbidden", None),
        (b"{", JSON_API, 409, "InvalidBodyParameter", ""),
        (b"{}", JSON_API, 409, "InvalidBodyParameter", "/data"),
        (b"{}", "application/json", 409, "InvalidBodyParameter", "/grant_type"),
        (b'{"grant_type": "password", "client_id": "x"}', "application/json", 409, "InvalidGrantType", "/grant_type"),
        (
            b'{"grant_type": "client_credentials", "client_id": "x"}',
            "application/json",
            409,
            "InvalidBodyParameter",
            "/client_secret",
        ),
        (
            b'{"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}',
            "application/json",
            401,
            "InvalidCredentials",
            None,
        ),
        (
            b'{"data": {"type": "patient", "attributes": {"grant_type": "refresh_token", "client_id": "x"}}}',
            JSON_API,
            409,
            "InvalidBodyParameter",
            "/data/type",
        ),
    ],
)
async def test_what_is_wrong_is_said(
    coaching: Coaching, body: bytes, content_type: str, status: int, code: str, pointer: str | None
) -> None:
    answer = await coaching("POST", "/oauth/token", content=body, headers={"content-type": content_type})
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["status"], error["code"]) == (status, str(status), code), answer.text
    assert error.get("source", {}).get("pointer") == pointer


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer nobody"])
async def test_a_bad_token_is_refused(coaching: Coaching, header: str) -> None:
    answer = await coaching("GET", "/group", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["detail"] == "A valid bearer token is required"


async def test_nothing_crosses_organizations(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    other = await a_coaching(
        {
            "coaches": [
                {
                    "email": f"c{secrets.token_hex(4)}@example.org",
                    "first_name": "Jo",
                    "last_name": "Lee",
                    "groups": ["Lead"],
                }
            ]
        }
    )
    for path in (
        f"/organization/{other.id}",
        f"/group/{other.group('Lead')}",
        f"/coach/{other.provisioned['coaches'][0]['id']}",
    ):
        assert (await coaching("GET", path)).status_code == 403, path
        assert (await other("GET", path)).status_code == 200, path
    for path in ("/organization/" + "0" * 24, "/group/" + "0" * 24, "/coach/x", "/nothing"):
        answer = await coaching("GET", path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "ResourceNotFound"), path
