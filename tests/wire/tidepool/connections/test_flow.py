"""Connecting a partner cloud in the browser: there and back, once, and everything that may go wrong on the way."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from openward.care import connections
from openward.gateway.tokens import revoke_job
from tests.wire.tidepool.connections.conftest import AUTHORIZE, REDIRECT, SECRET, cookie_of

pytestmark = pytest.mark.anyio


def a_page(answer: Any, status: int, *words: str) -> None:
    """A page with this status and these words, without anything secret that came with the address."""
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, "text/html"), answer.text
    for word in words:
        assert word in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    for value in answer.request.url.params.values():
        assert len(value) < 8 or value not in answer.text


async def test_the_link_leads_to_the_partner(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    answer = await flow.get(AUTHORIZE, {"restricted_token": link})
    assert answer.status_code == 307
    there = urlsplit(answer.headers["location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{flow.cloud.url}/v2/oauth2/login"
    asked = await flow.authorize(link)
    assert asked | {"state": ""} == {
        "client_id": "our id",
        "redirect_uri": "http://openward.test/v1/oauth/dexcom/redirect",
        "response_type": "code",
        "scope": "offline_access",
        "state": "",
    }
    assert link not in answer.headers["location"]
    cookie = cookie_of(answer)
    assert (cookie.value, cookie["path"], cookie["httponly"]) == (link, "/v1/oauth/dexcom", True)
    assert cookie["samesite"].lower() == "lax"
    assert 3500 < int(cookie["max-age"]) <= 3600
    assert (await flow.authorize(link))["state"] != asked["state"]


async def test_a_code_becomes_a_session(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    asked = await flow.authorize(link)
    answer = await flow.get(REDIRECT, {"code": "c0de with space", "state": asked["state"]}, link)
    a_page(answer, 200, 'href="/oauth/dexcom/authorized"', "location.replace")
    assert cookie_of(answer)["max-age"] == "0"
    assert flow.cloud.asked == [
        {
            "client_id": "our id",
            "client_secret": SECRET,
            "grant_type": "authorization_code",
            "code": "c0de with space",
            "redirect_uri": "http://openward.test/v1/oauth/dexcom/redirect",
        }
    ]
    (source,) = await flow.sources(ana)
    (session,) = await flow.sessions(ana)
    assert (source["state"], source["providerSessionId"]) == ("connected", session["id"])
    token = session["oauthToken"]
    assert (token["accessToken"], token["refreshToken"]) == ("secret-access-1", "secret-refresh-1")
    assert token["scope"] == ["offline_access"]
    own = await flow.world.api.get(f"/v1/users/{ana.user_id}/data_sources", headers=ana.headers)
    assert "providerSessionId" not in own.json()[0]
    # The link has done its work.
    assert (await flow.world.api.get(f"/v1/restricted_tokens/{link}", headers=flow.world.service)).status_code == 404
    a_page(await flow.get(AUTHORIZE, {"restricted_token": link}), 401, "already used")
    again = await flow.get(REDIRECT, {"code": "another", "state": asked["state"]}, link)
    a_page(again, 401, "already used")
    assert len(flow.cloud.asked) == 1


async def test_the_same_answer_twice_at_once_makes_one_session(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    state = (await flow.authorize(link))["state"]
    flow.cloud.wait_s = 0.2
    answers = await asyncio.gather(*(flow.get(REDIRECT, {"code": "c", "state": state}, link) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert len(flow.cloud.asked) == len(await flow.sessions(ana)) == 1


async def test_two_windows_of_one_link_make_one_session(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    states = [(await flow.authorize(link))["state"] for _ in range(2)]
    flow.cloud.wait_s = 0.2
    answers = await asyncio.gather(*(flow.get(REDIRECT, {"code": "c", "state": state}, link) for state in states))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    assert len(await flow.sessions(ana)) == 1


async def test_what_is_not_a_good_link(flow: Any) -> None:
    ana = await flow.world.person()
    for params in ({}, {"restricted_token": "x" * 32}, {"restricted_token": ""}):
        a_page(await flow.get(AUTHORIZE, params), 401, "already used")
    for paths in (["/v1/oauth/dex"], ["/v1/users"]):
        link = await flow.link(ana, paths=paths)
        a_page(await flow.get(AUTHORIZE, {"restricted_token": link}), 401)
    good = await flow.link(ana)
    twice = await flow.world.api.get(f"{AUTHORIZE}?restricted_token={good}&restricted_token={good}")
    a_page(twice, 401)
    # A session token is no link.
    a_page(await flow.world.api.get(AUTHORIZE, headers=ana.headers), 401)
    a_page(await flow.get("/v1/oauth/nobody/authorize", {"restricted_token": good}), 404)
    a_page(await flow.get("/v1/oauth/nobody/redirect", {"code": "c"}), 404)


async def test_an_expired_link_says_so(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    state = (await flow.authorize(link))["state"]
    await flow.world.pool.execute(
        "update accounts.restricted_token set expires_at = now() - interval '1 second' where person ="
        " (select entity from identity.name where value = $1 limit 1)",
        ana.user_id,
    )
    a_page(await flow.get(AUTHORIZE, {"restricted_token": link}), 401, "expired")
    a_page(await flow.get(REDIRECT, {"code": "c", "state": state}, link), 401, "expired")
    assert flow.cloud.asked == []


async def test_a_partner_that_is_not_set_up_is_unknown(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    await flow.world.pool.execute("delete from connections.partner")
    a_page(await flow.get(AUTHORIZE, {"restricted_token": link}), 404)


async def test_an_answer_that_is_not_ours_changes_nothing(flow: Any) -> None:
    ana, ben = await flow.world.person(), await flow.world.person("ben")
    mine, his = await flow.link(ana), await flow.link(ben)
    state, foreign = (await flow.authorize(mine))["state"], (await flow.authorize(his))["state"]
    for params in (
        {"code": "c"},
        {"code": "c", "state": ""},
        {"code": "c", "state": foreign},
        {"code": "c", "state": state[:-1] + ("0" if state[-1] != "0" else "1")},
        {"code": "c", "state": mine},
        {"state": state},
        {"state": state, "code": ""},
        {"error": "server_error", "state": state},
        {"error": "server_error"},
        {"error": "access_denied", "state": foreign},
    ):
        answer = await flow.get(REDIRECT, params, mine)
        a_page(answer, 400)
        assert cookie_of(answer)["max-age"] == "0"
    a_page(await flow.get(REDIRECT, {"code": "c", "state": state}), 401)
    assert flow.cloud.asked == []
    assert await flow.sources(ana) == []
    # None of that has used the link up.
    a_page(await flow.get(REDIRECT, {"code": "c", "state": state}, mine), 200)


async def test_whoever_declines_is_taken_to_the_page_that_says_so(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    state = (await flow.authorize(link))["state"]
    a_page(await flow.get(REDIRECT, {"error": "access_denied", "state": state}, link), 200, "/oauth/dexcom/declined")
    a_page(await flow.get(REDIRECT, {"error": "access_denied"}, link), 200, "/oauth/dexcom/declined")
    assert await flow.sources(ana) == []
    # He may think better of it.
    assert "state" in await flow.authorize(link)


async def test_an_unfinished_sign_up_is_remembered_at_the_end(flow: Any) -> None:
    ana = await flow.world.sign_up()
    await flow.world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=flow.world.service)
    answer = await flow.connect(ana)
    assert "/oauth/dexcom/authorized?signupEmail=ana." in answer.text
    assert "&amp;signupKey=" in answer.text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_grant"}),
        (401, {"error": "invalid_client"}),
        (500, {"access_token": "x"}),
        (302, {}),
        (200, {}),
        (200, {"access_token": ""}),
        (200, {"access_token": 7}),
        (200, {"access_token": "x", "expires_in": -5}),
        (200, {"access_token": "x\r\nx-other: y"}),
        (200, {"access_token": "x\0"}),
        (200, {"access_token": "\N{SNOWMAN}"}),
        (200, ["access_token"]),
        (200, "access_token"),
    ],
)
async def test_a_failed_exchange_changes_nothing(flow: Any, status: int, body: object) -> None:
    ana = await flow.world.person()
    assert (await flow.connect(ana)).status_code == 200
    before = (await flow.sessions(ana), await flow.sources(ana))
    link = await flow.link(ana)
    state = (await flow.authorize(link))["state"]
    flow.cloud.status, flow.cloud.body = status, body
    a_page(await flow.get(REDIRECT, {"code": "c", "state": state}, link), 400)
    assert (await flow.sessions(ana), await flow.sources(ana)) == before
    # The link is still good, the answer is not: a code counts once.
    flow.cloud.status, flow.cloud.body = 200, None
    a_page(await flow.get(REDIRECT, {"code": "c", "state": state}, link), 401)
    state = (await flow.authorize(link))["state"]
    a_page(await flow.get(REDIRECT, {"code": "d", "state": state}, link), 200)
    assert len(await flow.sessions(ana)) == 1


async def test_a_partner_that_does_not_answer_changes_nothing(flow: Any) -> None:
    ana = await flow.world.person()
    flow.cloud.url = "http://127.0.0.1:1"
    await flow.set_up()
    a_page(await flow.connect(ana), 400)
    assert await flow.sources(ana) == []


async def test_connecting_again_replaces_the_session_and_keeps_the_source(flow: Any) -> None:
    ana = await flow.world.person()
    await flow.connect(ana)
    (before,), (first,) = await flow.sources(ana), await flow.sessions(ana)
    await flow.connect(ana, "again")
    (after,), (second,) = await flow.sources(ana), await flow.sessions(ana)
    assert (before["id"], before["providerSessionId"]) == (after["id"], first["id"])
    assert (after["state"], after["providerSessionId"]) == ("connected", second["id"])
    assert second["id"] != first["id"]


async def test_an_account_that_went_while_the_partner_was_asked(flow: Any) -> None:
    ana = await flow.world.person()
    link = await flow.link(ana)
    state = (await flow.authorize(link))["state"]
    flow.cloud.wait_s = 0.5
    back = asyncio.create_task(flow.get(REDIRECT, {"code": "c", "state": state}, link))
    while not flow.cloud.asked:  # noqa: ASYNC110 -- the partner runs on another loop
        await asyncio.sleep(0.01)
    gone = await flow.world.api.delete(f"/auth/user/{ana.user_id}", headers=flow.world.service)
    assert gone.status_code in (200, 202), gone.text
    assert (await back).status_code == 404
    assert (
        await flow.world.pool.fetchval(
            "select count(*) from connections.session s where person not in (select person from accounts.account)"
        )
        == 0
    )


async def revocations(flow: Any) -> list[dict[str, Any]]:
    rows = await flow.world.pool.fetch(
        "select payload from jobs.pgqueuer where entrypoint = $1 order by id", connections.REVOKE
    )
    return [json.loads(row["payload"]) for row in rows]


async def test_a_user_disconnects_and_the_partner_is_told(flow: Any) -> None:
    ana = await flow.world.person()
    await flow.set_up(revoke_path="/revoke")
    await flow.connect(ana)
    answer = await flow.world.api.delete(AUTHORIZE, headers=ana.headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await flow.sessions(ana) == []
    (source,) = await flow.sources(ana)
    assert source["state"] == "disconnected"
    assert "providerSessionId" not in source
    assert (await flow.world.api.delete(AUTHORIZE, headers=ana.headers)).status_code == 200
    data = (await revocations(flow))[-1]
    assert "secret-refresh" not in json.dumps(data)
    await revoke_job(flow.world.gate, data)
    assert flow.cloud.revoked == [
        {
            "client_id": "our id",
            "client_secret": SECRET,
            "token": "secret-refresh-1",
            "token_type_hint": "refresh_token",
        }
    ]
    # A partner that cannot revoke is left alone, and no token waits for it.
    await flow.set_up()
    await revoke_job(flow.world.gate, data)
    assert len(flow.cloud.revoked) == 1
    waiting = len(await revocations(flow))
    await flow.connect(ana)
    assert (await flow.world.api.delete(AUTHORIZE, headers=ana.headers)).status_code == 200
    assert len(await revocations(flow)) == waiting


async def test_a_service_disconnects_a_user(flow: Any) -> None:
    ana, ben = await flow.world.person(), await flow.world.person("ben")
    for prefix in ("", "/auth"):
        await flow.connect(ana)
        path = f"{prefix}/v1/users/{ana.user_id}/oauth/dexcom/authorize"
        flow.world.refused(await flow.world.api.delete(path, headers=ben.headers), 401)
        flow.world.refused(await flow.world.api.delete(path, headers=ana.headers), 401)
        flow.world.refused(await flow.world.api.delete(path), 401)
        assert (await flow.world.api.delete(path, headers=flow.world.service)).status_code == 200
        assert await flow.sessions(ana) == []
    for path in (f"/v1/users/{ana.user_id}/oauth/nobody/authorize", "/v1/users/0123456789/oauth/dexcom/authorize"):
        flow.world.refused(await flow.world.api.delete(path, headers=flow.world.service), 404)
    flow.world.refused(await flow.world.api.delete(AUTHORIZE), 401)
    flow.world.refused(await flow.world.api.delete(AUTHORIZE, headers=flow.world.service), 401)
    flow.world.refused(await flow.world.api.delete("/v1/oauth/nobody/authorize", headers=ana.headers), 404)


async def test_no_token_is_readable_in_the_database(flow: Any) -> None:
    ana = await flow.world.person()
    await flow.connect(ana, "a-readable-code")
    await flow.world.api.delete(AUTHORIZE, headers=ana.headers)
    tables = await flow.world.pool.fetch(
        "select table_schema s, table_name t from information_schema.tables where table_type = 'BASE TABLE'"
        " and table_schema in ('connections', 'events', 'audit', 'jobs', 'accounts', 'notices')"
    )
    for table in tables:
        text = await flow.world.pool.fetchval(
            f"select coalesce(string_agg(x::text, ' '), '') from {table['s']}.{table['t']} x"
        )
        for secret in ("secret-access", "secret-refresh", "a-readable-code", SECRET):
            assert secret not in text, (table["t"], secret)


async def test_the_cookie_lives_as_long_as_the_link(flow: Any) -> None:
    ana = await flow.world.person()
    until = flow.world.gate.now() + timedelta(days=30)
    link = await flow.link(ana, expirationTime=until.isoformat())
    answer = await flow.get(AUTHORIZE, {"restricted_token": link})
    assert abs(int(cookie_of(answer)["max-age"]) - 30 * 86400) < 60


async def test_a_page_of_ours_comes_first_where_the_partner_has_one(flow: Any) -> None:
    ana = await flow.world.person()
    await flow.set_up(accept_url="/agree?about=dexcom")
    link = await flow.link(ana)
    answer = await flow.get(AUTHORIZE, {"restricted_token": link})
    assert answer.status_code == 307
    assert cookie_of(answer) is None
    page, back = answer.headers["location"].split("&return_url=")
    assert page == "/agree?about=dexcom"
    assert unquote(back) == f"http://openward.test{AUTHORIZE}?restricted_token={link}&accept=authorize"
    answer = await flow.get(AUTHORIZE, {"restricted_token": link, "accept": "authorize"})
    assert answer.headers["location"].startswith(f"{flow.cloud.url}/v2/oauth2/login?")
    state = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["state"]
    a_page(await flow.get(REDIRECT, {"code": "a-code", "state": state}, link), 200, "/oauth/dexcom/authorized")
    # The same before somebody lets go of the partner.
    for given in ({}, {"accept": "authorize"}):
        answer = await flow.world.api.delete(AUTHORIZE, params=given, headers=ana.headers)
        assert (answer.status_code, unquote(answer.headers["location"])) == (
            303,
            f"/agree?about=dexcom&return_url=http://openward.test{AUTHORIZE}?accept=revoke",
        )
        assert len(await flow.sessions(ana)) == 1
    answer = await flow.world.api.delete(AUTHORIZE, params={"accept": "revoke"}, headers=ana.headers)
    assert (answer.status_code, await flow.sessions(ana)) == (200, [])


async def test_a_partner_without_cookies_carries_the_link_itself(flow: Any) -> None:
    ana, ben = await flow.world.person(), await flow.world.person("ben")
    await flow.set_up(cookie_disabled=True)
    link = await flow.link(ana)
    answer = await flow.get(AUTHORIZE, {"restricted_token": link})
    assert cookie_of(answer) is None
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["state"] == link
    flow.cloud.status = 400
    a_page(await flow.get(REDIRECT, {"code": "bad-code", "state": link}), 400, "did not let us in")
    flow.cloud.status = 200
    a_page(await flow.get(REDIRECT, {"code": "bad-code", "state": link}), 401, "already used")
    # A cookie counts for nothing then, and an answer without a state belongs to nobody.
    other = await flow.link(ben)
    for given in ({"code": "a-code"}, {"error": "access_denied"}):
        a_page(await flow.get(REDIRECT, given, other), 401, "already used")
    a_page(await flow.get(REDIRECT, {"error": "access_denied", "state": link}), 200, "/oauth/dexcom/declined")
    answers = await asyncio.gather(
        *(flow.get(REDIRECT, {"code": code, "state": link}) for code in ("one", "one", "two"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    assert (len(await flow.sessions(ana)), await flow.sessions(ben)) == (1, [])


async def test_some_connections_end_at_the_partner_only(flow: Any) -> None:
    ana = await flow.world.person()
    await flow.set_up(ends_at_partner_only=True)
    await flow.connect(ana)
    flow.world.refused(await flow.world.api.delete(AUTHORIZE, headers=ana.headers), 403)
    assert len(await flow.sessions(ana)) == 1
    path = f"/v1/users/{ana.user_id}/oauth/dexcom/authorize"
    assert (await flow.world.api.delete(path, headers=flow.world.service)).status_code == 200
    assert await flow.sessions(ana) == []
