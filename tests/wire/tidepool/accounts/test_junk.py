"""Whatever is sent to an operation of the account wires, it is refused clearly or done; it never fails."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from openward.gateway.wiring import Route
from openward.wire.tidepool import (
    access,
    accounts,
    accounts_session,
    confirm,
    confirm_invites,
    metadata,
    oauth2,
    restricted_tokens,
)

pytestmark = pytest.mark.anyio

FILES = (access, accounts, accounts_session, confirm, confirm_invites, metadata, oauth2, restricted_tokens)
ROUTES = [route for file in FILES for route in file.ROUTES]
BODIES = [
    b"",
    b"null",
    b"5",
    b'"x"',
    b"[[]]",
    b"{}",
    b'{"updates": null}',
    b'{"updates": []}',
    b'{"key": {}, "email": [], "password": {}}',
    b'{"key": "\xff"}',
    b'{"emails": [[]], "username": {}, "roles": {}}',
    b'{"email": "a@b.co", "permissions": {"view": null}}',
    b'{"paths": [null], "expirationTime": {}}',
    b'{"expirationTime": "0001-01-01T00:00:00+14:00"}',
    b'{"clinicId": "\\ud83d\\ude00", "invitedBy": "x"}',
    b'{"fullName": "\\ud83d"}',
    b"{" * 3000,
    b"grant_type=password&username=%ff&password=%00",
]
PLACES = ["0123456789", "x", "%", "\u0000", "😀", "a@b.co", "a" * 3000, "...", "users", "private"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_junk_is_refused_in_order(world: Any, route: Route) -> None:
    ana = await world.person()
    await world.pool.execute("delete from accounts.throttle")
    cases = [(ana.user_id, body) for body in BODIES] + [(place, b"{}") for place in PLACES]
    for place, body in cases:
        path = re.sub(r"\{\w+\}", quote(place, safe=""), route.path)
        for headers in (ana.headers, world.service):
            if route.path.endswith("/logout") or (route.method == "DELETE" and place == ana.user_id):
                headers = {}
            answer = await world.api.request(
                route.method, path, content=body, headers=headers | {"content-type": "application/json"}
            )
            assert answer.status_code < 500, (path, body, answer.text)
            if answer.status_code >= 400 and answer.content:
                assert {"code", "reason"} <= set(answer.json()) or "error" in answer.json(), (path, answer.text)
