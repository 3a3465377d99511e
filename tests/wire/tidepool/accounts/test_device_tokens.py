"""Tokens of phones, kept sealed for whoever is signed in there; and what Apple says of a device."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.wire import tidepool

pytestmark = pytest.mark.anyio


def body(token: object = "YS10b2tlbg==", environment: object = "production") -> dict[str, Any]:
    return {"apple": {"token": token, "environment": environment}}


async def kept(world: Any, person: Any) -> list[Any]:
    return list(
        await world.pool.fetch(
            "select t.* from accounts.device_token t join identity.name i on i.entity = t.person"
            " where i.system = 'tidepool-user' and i.value = $1",
            person.user_id,
        )
    )


async def test_a_token_is_kept_once_and_sealed(world: Any) -> None:
    ana, ben = await world.person(), await world.person("ben")
    for prefix in ("", "/auth"):
        path = f"{prefix}/v1/users/{ana.user_id}/device_tokens"
        answer = await world.api.post(path, json=body(), headers=ana.headers)
        assert (answer.status_code, answer.content) == (200, b"")
    (row,) = await kept(world, ana)
    assert (row["platform"], row["environment"]) == ("apple", "production")
    assert b"YS10b2tlbg" not in row["token_sealed"]
    # Somebody else signs in on the same phone.
    path = f"/v1/users/{ben.user_id}/device_tokens"
    assert (await world.api.post(path, json=body(), headers=ben.headers)).status_code == 200
    assert (len(await kept(world, ana)), len(await kept(world, ben))) == (0, 1)
    await world.api.delete(f"/auth/user/{ben.user_id}", headers=world.service)
    assert await kept(world, ben) == []


async def test_of_many_devices_the_newest_are_kept(world: Any) -> None:
    ana = await world.person()
    for number in range(52):
        path = f"/v1/users/{ana.user_id}/device_tokens"
        assert (await world.api.post(path, json=body(f"{number:04}"), headers=ana.headers)).status_code == 200
    assert len(await kept(world, ana)) == 50


async def test_nobody_else_may(world: Any) -> None:
    ana, ben = await world.person(), await world.person("ben")
    path = f"/v1/users/{ana.user_id}/device_tokens"
    for headers, status in (
        (ben.headers, 403),
        (world.service, 403),
        ({}, 401),
        ({"x-tidepool-session-token": "x"}, 401),
    ):
        answer = await world.api.post(path, json=body(), headers=headers)
        assert answer.status_code == status
        assert answer.json()["code"] == status
        assert answer.json()["message"]
    assert await kept(world, ana) == []


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"apple": "x"},
        {"apple": {"token": "YQ=="}},
        {"apple": {"environment": "sandbox"}},
        body(environment="test"),
        body(token=""),
        body(token="not base64!"),
        body(token=7),
        body(token="A" * 8196),
    ],
)
async def test_bad_bodies_are_refused(world: Any, bad: dict[str, Any]) -> None:
    ana = await world.person()
    answer = await world.api.post(f"/v1/users/{ana.user_id}/device_tokens", json=bad, headers=ana.headers)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_without_a_key_no_device_is_verified(world: Any) -> None:
    ana = await world.person()
    path = "/v1/device_check/verify"
    answer = await world.api.request("GET", path, json={"device_token": "abc"}, headers=ana.headers)
    assert (answer.status_code, answer.json()) == (200, {"valid": False})
    world.refused(await world.api.request("GET", path, json={"device_token": ""}, headers=ana.headers), 400)
    world.refused(await world.api.request("GET", path, headers=ana.headers), 400)
    world.refused(await world.api.request("GET", path, json={"device_token": "abc"}), 401)


async def test_apple_is_asked_with_our_signature(world: Any, dsn: str, settings: Any, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.p8").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    asked: list[tuple[dict[str, Any], str]] = []

    async def answer(request: web.Request) -> web.Response:
        said = await request.json()
        asked.append((said, request.headers["authorization"]))
        return web.Response(status={"real": 200, "false": 400}.get(said["device_token"], 500))

    loop, ready, url = asyncio.new_event_loop(), threading.Event(), []

    async def start() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/v1/validate_device_token", answer)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    changed = replace(
        settings,
        apple_team_id="TEAM",
        apple_key_id="KEY",
        apple_key_file=str(tmp_path / "key.p8"),
        device_check_url=url[0],
    )
    ana = await world.person()
    try:
        async with AsyncTestClient(build(changed, dsn, [tidepool.WIRING])) as api:
            found = [
                await api.request("GET", "/v1/device_check/verify", json={"device_token": token}, headers=ana.headers)
                for token in ("real", "false", "other")
            ]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    assert [(one.status_code, one.json().get("valid")) for one in found] == [(200, True), (200, False), (503, None)]
    public = ECKey.import_key(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    proof = jwt.decode(asked[0][1].removeprefix("Bearer "), public)
    assert (proof.header["kid"], proof.claims["iss"]) == ("KEY", "TEAM")
    assert set(asked[0][0]) == {"device_token", "transaction_id", "timestamp"}
