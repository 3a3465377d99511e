"""The OAuth of the simulated clouds over real sockets: what is granted, and what never is."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from openward.simulators.cloud import Clock, Cloud, Faults, World
from openward.simulators.dexcom import Dexcom
from openward.simulators.pump import Pump
from tests.simulators.person import CALLBACK, VERIFIER, asked, browser, consented, hidden, page, token

pytestmark = pytest.mark.anyio


def pump_cloud(clock: Clock, **changes: float) -> Cloud:
    return Cloud(Pump(World(clock, days=2)), people=3, redirect_uris=[CALLBACK], **changes)  # type: ignore[arg-type]


async def code_of(url: str, cloud: Cloud) -> str:
    return (await consented(url, cloud))["code"]


async def spent(url: str, cloud: Cloud, code: str, **changes: str) -> tuple[int, dict[str, str]]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return await token(url, cloud, **(form | changes))


@pytest.mark.parametrize("is_basic", [False, True], ids=["body", "basic"])
async def test_consent_gives_a_code_and_the_code_tokens(clock: Clock, is_basic: bool) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url:
        answer = await consented(url, cloud, "person2")
        assert answer["state"] == "st"
        form = {"code": answer["code"], "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        status, tokens = await token(url, cloud, is_basic=is_basic, grant_type="authorization_code", **form)
        assert (status, tokens["token_type"], tokens["expires_in"]) == (200, "Bearer", 7200)
        assert cloud.grants.person_of(tokens["access_token"]) == 2


async def test_denial_goes_back_with_the_state(clock: Clock) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url:
        assert await consented(url, cloud, decision="deny") == {"error": "access_denied", "state": "st"}
        assert not cloud.grants.is_granted(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": ""},
        {"client_id": "another"},
    ],
    ids=["slash", "query", "elsewhere", "none", "client"],
)
async def test_nobody_is_sent_to_an_address_that_is_not_known(clock: Clock, changes: dict[str, str]) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url, browser() as session:
        query = asked(cloud, **changes)
        for method, given in (("GET", {"params": query}), ("POST", {"data": query | {"decision": "allow"}})):
            answer = await session.request(method, url + "/oauth/authorize", allow_redirects=False, **given)  # type: ignore[arg-type]
            assert (answer.status, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
    ids=["type", "plain"],
)
async def test_a_wrong_request_goes_back_with_its_error(clock: Clock, changes: dict[str, str], error: str) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url, browser() as session:
        answer = await session.get(url + "/oauth/authorize", params=asked(cloud, **changes), allow_redirects=False)
        assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"error": [error], "state": ["st"]}


async def test_who_needs_pkce_insists(clock: Clock) -> None:
    pump, dexcom = pump_cloud(clock), Cloud(Dexcom(World(clock)), redirect_uris=[CALLBACK])
    for cloud, status in ((pump, 302), (dexcom, 200)):
        async with cloud.serve() as url, browser() as session:
            query = asked(cloud, has_pkce=False)
            answer = await session.get(url + cloud.setup.login_path, params=query, allow_redirects=False)
            assert answer.status == status


async def test_a_wrong_password_gets_nowhere(clock: Clock) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url, browser() as session:
        address = url + "/oauth/authorize"
        form = hidden(await page(await session.get(address, params=asked(cloud))))
        for login, password in (("person1", "x"), ("person4", "secret"), ("person01", "secret"), ("person0", "secret")):
            shown = await page(await session.post(address, data=form | {"username": login, "password": password}))
            assert "is wrong" in shown
        shown = await page(await session.post(address, data=form | {"decision": "allow"}))
        assert "Log in" in shown


async def test_a_code_is_good_once_for_whom_it_was_made(clock: Clock) -> None:
    cloud = pump_cloud(clock)
    async with cloud.serve() as url:
        for changes in ({"redirect_uri": CALLBACK + "x"}, {"code_verifier": "w" * 43}, {"client_secret": "x"}):
            status, answer = await spent(url, cloud, await code_of(url, cloud), **changes)
            assert status in (400, 401)
            assert answer["error"] in ("invalid_grant", "invalid_client")
        code = await code_of(url, cloud)
        status, tokens = await spent(url, cloud, code)
        assert status == 200
        assert (await spent(url, cloud, code))[0] == 400
        assert cloud.grants.person_of(tokens["access_token"]) is None


async def test_refresh_tokens_rotate_with_a_grace(clock: Clock) -> None:
    cloud = pump_cloud(clock)
    first = cloud.grants.grant(1)
    async with cloud.serve() as url:

        async def renewed(refresh: str) -> tuple[int, dict[str, str]]:
            return await token(url, cloud, grant_type="refresh_token", refresh_token=refresh)

        status, second = await renewed(first.refresh)
        assert status == 200
        assert second["refresh_token"] != first.refresh
        status, again = await renewed(first.refresh)
        assert (status, again["refresh_token"]) == (200, second["refresh_token"])
        assert (await renewed(second["refresh_token"]))[0] == 200
        assert (await renewed(first.refresh))[0] == 400


async def test_without_grace_a_refresh_token_is_good_once(clock: Clock) -> None:
    cloud = pump_cloud(clock, grace_s=0)
    first = cloud.grants.grant(1)
    async with cloud.serve() as url:
        for status in (200, 400):
            assert (await token(url, cloud, grant_type="refresh_token", refresh_token=first.refresh))[0] == status


async def test_access_ends_by_time_by_us_and_by_the_person(clock: Clock) -> None:
    cloud = pump_cloud(clock, life_s=100)
    grants = cloud.grants
    async with cloud.serve() as url, browser() as session:
        tokens = grants.grant(1)
        assert grants.person_of(tokens.access) == 1
        clock.set_to(clock.now() + timedelta(seconds=101))
        assert grants.person_of(tokens.access) is None
        secrets = {"client_id": "openward", "client_secret": "secret"}
        await session.post(url + "/oauth/revoke", data=secrets | {"token": tokens.refresh})
        assert not grants.is_granted(1)
        assert (await session.post(url + "/oauth/revoke", data={"token": "x"})).status == 401

        tokens = grants.grant(1)
        shown = await page(await session.get(url + "/apps"))
        assert "Remove access" not in shown
        shown = await page(await session.post(url + "/apps", data={"username": "person1", "password": "secret"}))
        assert "Remove access" in shown
        shown = await page(await session.post(url + "/apps", data={"decision": "revoke"}))
        assert "Remove access" not in shown
        assert grants.person_of(tokens.access) is None
        assert (await token(url, cloud, grant_type="refresh_token", refresh_token=tokens.refresh))[0] == 400


async def test_consents_side_by_side_end_one_by_one(clock: Clock) -> None:
    grants = pump_cloud(clock).grants
    one, other = grants.grant(1), grants.grant(1)
    grants.revoke(one.refresh)
    assert (grants.person_of(one.access), grants.person_of(other.access)) == (None, 1)
    assert grants.revoke_person(1) == 1
    assert grants.person_of(other.access) is None


async def test_a_lost_answer_has_rotated_the_token(clock: Clock) -> None:
    cloud = Cloud(Pump(World(clock, Faults({"lost-token": 1.0}))), redirect_uris=[CALLBACK])
    first = cloud.grants.grant(1)
    async with cloud.serve() as url:
        with pytest.raises(aiohttp.ClientError):
            await token(url, cloud, grant_type="refresh_token", refresh_token=first.refresh)
        cloud.world.faults.change({}, clock.seconds())
        status, answer = await token(url, cloud, grant_type="refresh_token", refresh_token=first.refresh)
        assert (status, answer["refresh_token"] == first.refresh) == (200, False)
