"""Logging in, renewing, logging out, checking tokens; services; slowing down whoever guesses."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from openward.care import accounts
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.request import finish
from openward.infra.crypto import token_hash

pytestmark = pytest.mark.anyio


async def _expire(world: Any, token: str) -> None:
    await world.pool.execute(
        "update accounts.session set expires_at = now() - interval '1 second' where token_hash = $1", token_hash(token)
    )


async def test_login_gives_user_and_token(world: Any) -> None:
    ana = await world.person()
    answer = await world.login(ana.email.upper())
    assert answer.status_code == 200
    assert answer.json()["userid"] == ana.user_id
    token = answer.headers["x-tidepool-session-token"]
    for headers in ({"X-Tidepool-Session-Token": token}, {"authorization": f"Bearer {token}"}):
        assert (await world.api.get("/auth/user", headers=headers)).json()["userid"] == ana.user_id
    assert (await world.api.post("/login", headers=world.basic(ana.email))).status_code == 200


async def test_no_token_is_stored_open(world: Any) -> None:
    ana = await world.person()
    rows = await world.pool.fetch("select token_hash from accounts.session")
    assert token_hash(ana.token) in {row["token_hash"] for row in rows}
    assert ana.token.encode() not in {row["token_hash"] for row in rows}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic Zm9v",
        "Basic /w==",
        "Bearer x",
        "Basic OnNlY3JldA==",
        "Basic YUBiLmNvOg==",
    ],
)
async def test_unreadable_credentials_are_a_bad_request(world: Any, value: str | None) -> None:
    headers = {} if value is None else {"authorization": value}
    world.refused(await world.api.post("/auth/login", headers=headers), 400)


async def test_wrong_password_and_unknown_account_are_told_apart_by_nothing(world: Any) -> None:
    ana = await world.person()
    wrong = await world.login(ana.email, "wrong-password")
    unknown = await world.login(world.fresh_email(), "wrong-password")
    world.refused(wrong, 401)
    world.refused(unknown, 401)
    assert wrong.json() == unknown.json()
    assert "retry-after" not in wrong.headers
    seconds = []
    for email in (ana.email, world.fresh_email("nobody")):
        times = []
        for _ in range(4):
            began = time.perf_counter()
            await world.login(email, "wrong-password")
            times.append(time.perf_counter() - began)
        seconds.append(min(times))
    # Both verify a hash; without that an unknown account would answer several times faster.
    assert 0.3 < seconds[0] / seconds[1] < 3.5


async def test_an_address_that_is_not_confirmed_cannot_log_in(world: Any) -> None:
    ana = await world.sign_up()
    world.refused(await world.login(ana.email), 403)
    world.refused(await world.login(ana.email, "wrong-password"), 401)


async def test_guessing_is_slowed_down_and_the_count_survives_refusals(world: Any) -> None:
    ana = await world.person()
    statuses = [(await world.login(ana.email, "wrong-password")).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    answer = await world.login(ana.email)
    world.refused(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    await world.pool.execute("update accounts.throttle set at = at - interval '2 minutes'")
    assert (await world.login(ana.email)).status_code == 200
    assert (await world.login(ana.email)).status_code == 200


async def test_guesses_side_by_side_are_all_counted(world: Any) -> None:
    ana = await world.person()
    answers = await asyncio.gather(*(world.login(ana.email, "wrong-password") for _ in range(14)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 4


async def test_one_network_address_cannot_try_many_accounts(world: Any) -> None:
    await world.pool.execute("delete from accounts.throttle where subject like 'address:%'")
    ana = await world.person()
    await world.login(world.fresh_email(), "wrong-password")
    await world.pool.execute("update accounts.throttle set level = 100, at = now() where subject like 'address:%'")
    answer = await world.login(ana.email)
    world.refused(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 6
    await world.pool.execute("delete from accounts.throttle where subject like 'address:%'")


async def test_renewing_gives_a_new_token_and_a_short_grace_to_the_old(world: Any) -> None:
    ana = await world.person()
    answer = await world.api.get("/auth/login", headers=ana.headers)
    assert answer.status_code == 200
    assert (answer.json()["userid"], answer.json()["isserver"]) == (ana.user_id, False)
    fresh = answer.headers["x-tidepool-session-token"]
    assert fresh != ana.token
    assert (await world.api.get("/auth/user", headers=ana.headers)).status_code == 200
    left = await world.pool.fetchval(
        "select expires_at - now() from accounts.session where token_hash = $1", token_hash(ana.token)
    )
    assert left <= timedelta(minutes=5)
    await _expire(world, ana.token)
    world.refused(await world.api.get("/auth/login", headers=ana.headers), 401)
    assert (await world.api.get("/auth/user", headers={"x-tidepool-session-token": fresh})).status_code == 200
    world.refused(await world.api.get("/auth/login"), 401)


async def test_logging_out_ends_the_token_and_what_it_was_renewed_from(world: Any) -> None:
    ana = await world.person()
    fresh = (await world.api.get("/auth/login", headers=ana.headers)).headers["x-tidepool-session-token"]
    done = await world.api.post("/auth/logout", headers={"x-tidepool-session-token": fresh})
    assert (done.status_code, done.content) == (200, b"")
    for token in (ana.token, fresh):
        world.refused(await world.api.get("/auth/user", headers={"x-tidepool-session-token": token}), 401)
    for headers in ({}, ana.headers, {"x-tidepool-session-token": "nonsense"}):
        assert (await world.api.post("/auth/logout", headers=headers)).status_code == 200


async def test_expired_and_invented_tokens_are_refused(world: Any) -> None:
    ana = await world.person()
    await _expire(world, ana.token)
    for token in (ana.token, "nonsense", "x" * 5000, "kc:a:b", b"\xe4\xf6"):
        world.refused(await world.api.get("/auth/user", headers={"x-tidepool-session-token": token}), 401)
        world.refused(await world.api.get("/auth/token", headers={"x-tidepool-session-token": token}), 401)


async def test_services_log_in_with_the_secret(world: Any) -> None:
    answer = await world.api.get("/auth/token", headers=world.service)
    assert answer.json()["isserver"] is True
    assert answer.json()["userid"] == "tests"
    assert 0 < answer.json()["expires_at"] - time.time() <= 24 * 3600
    name, secret = {"x-tidepool-server-name": "x"}, {"x-tidepool-server-secret": "test-service-secret"}
    done = await world.api.post("/auth/serverlogin", headers=name | secret)
    assert (done.status_code, done.content) == (200, b"")
    assert done.headers["x-tidepool-session-token"]
    for headers in (name, secret, {}):
        world.refused(await world.api.post("/auth/serverlogin", headers=headers), 400)
    wrong = await world.api.post("/auth/serverlogin", headers=name | {"x-tidepool-server-secret": "guess"})
    world.refused(wrong, 401)


async def test_services_check_tokens_of_others(world: Any) -> None:
    ana = await world.person()
    answer = await world.api.get(f"/auth/token/{ana.token}", headers=world.service)
    assert (answer.json()["userid"], answer.json()["isserver"]) == (ana.user_id, False)
    world.refused(await world.api.get("/auth/token/nonsense", headers=world.service), 401)
    world.refused(await world.api.get(f"/auth/token/{ana.token}", headers=ana.headers), 401)
    own = await world.api.get("/auth/token", headers=ana.headers)
    assert own.json()["userid"] == ana.user_id
    world.refused(await world.api.get("/auth/token"), 401)


async def test_long_term_login_takes_the_installations_key(world: Any) -> None:
    ana = await world.person()
    path = "/auth/login/long-secret-key"
    world.refused(await world.api.post(path, headers=world.basic(ana.email)), 401)
    async with world.pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE), world.gate.now(), world.gate.tools, origin=Origin())
        await accounts.put_installation_secret(work, accounts.LONG_TERM_SECRET, "long-secret-key")
        await finish(work)
    answer = await world.api.post(path, headers=world.basic(ana.email))
    assert answer.status_code == 200
    token = answer.headers["x-tidepool-session-token"]
    life = await world.pool.fetchval(
        "select expires_at - created_at from accounts.session where token_hash = $1", token_hash(token)
    )
    assert life == timedelta(days=30)
    world.refused(await world.api.post("/auth/login/other", headers=world.basic(ana.email)), 401)


async def test_unknown_paths_answer_in_the_services_manner(world: Any) -> None:
    ana = await world.person()
    world.refused(await world.api.get("/auth/nothing", headers=ana.headers), 404)
    world.refused(await world.api.patch("/auth/user", headers=ana.headers), 405)
    world.refused(await world.api.get("/auth/nothing"), 401)


async def test_a_401_says_one_of_the_published_words(world: Any) -> None:
    missing = await world.api.get("/auth/token")
    assert missing.json() == {"code": 401, "reason": "No X-Tidepool-Session-Token was found"}
    unknown = await world.api.get("/auth/token", headers={"x-tidepool-session-token": "junk"})
    assert unknown.json() == {"code": 401, "reason": "Not authorized for requested operation"}
