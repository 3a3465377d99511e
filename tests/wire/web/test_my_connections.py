"""A person's partner clouds: what the pages say, connecting, letting go, and what nobody else may do."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openward.care import accounts, connections, patients
from openward.care.errors import NotFound
from openward.care.patients import Permission
from tests.wire.web.clouds import connect, fail, partner, waits_since

__all__ = ["partner"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("partner")]

PAGE = "/me/connections"


async def test_a_partner_that_was_never_connected(house: Any) -> None:
    person = await house.signed_in(await house.person())
    page = await person.get(PAGE)
    assert page.status_code == 200
    assert "Not connected" in page.text
    assert "What comes from there: glucose readings" in page.text
    assert f'action="{PAGE}/dexcom/connect"' in page.text
    assert "/disconnect" not in page.text
    assert "You alone." in page.text
    assert 'href="/me/connections"' in (await person.get("/me")).text


async def test_connect_leads_to_the_partner(house: Any) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    answer = await person.post(f"{PAGE}/dexcom/connect", {}, PAGE)
    assert answer.status_code == 303
    way = urlsplit(answer.headers["location"])
    assert way.path == "/v1/oauth/dexcom/authorize"
    token = parse_qs(way.query)["restricted_token"][0]
    async with house.work() as work:
        link = await accounts.link(work, token)
        assert (link.person, link.paths) == (account.key, ("/v1/oauth/dexcom",))
        assert timedelta() < link.expires_at - work.now <= timedelta(hours=1)
    # Browsers hold this against every address that the form leads on to.
    assert "form-action *" in (await person.get(PAGE)).headers["content-security-policy"]


async def test_only_partners_that_are_set_up_are_connected(house: Any) -> None:
    person = await house.signed_in(await house.person())
    for name in ("abbott", "nobody", "pump"):
        assert (await person.post(f"{PAGE}/{name}/connect", {}, PAGE)).status_code == 404
    for name in ("abbott", "nobody"):
        assert (await person.get(f"{PAGE}/{name}/disconnect")).status_code == 404
        assert (await person.post(f"{PAGE}/{name}/disconnect", {}, PAGE)).status_code == 404


async def test_strangers_and_forged_forms(house: Any) -> None:
    nobody = house.visitor()
    assert (await nobody.get(PAGE)).headers["location"].startswith("/signin")
    assert (await nobody.post(f"{PAGE}/dexcom/connect", {}, token="x")).headers["location"] == "/signin"
    account = await house.person()
    person = await house.signed_in(account)
    await connect(house, account.key)
    for act in ("connect", "disconnect"):
        assert (await person.post(f"{PAGE}/dexcom/{act}", {}, token="0" * 64)).status_code == 400
    assert ">Connected<" in (await person.get(PAGE)).text


async def test_a_connection_is_shown_and_ended_after_a_question(house: Any) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    source = await connect(house, account.key)
    page = (await person.get(PAGE)).text
    assert ">Connected<" in page
    assert "none yet" in page
    assert '/connect"' not in page
    async with house.work() as work:
        moment = {"latest_data_at": work.now - timedelta(minutes=12), "last_import_at": work.now}
        await connections.change(work, source.key, moment)
    page = (await person.get(PAGE)).text
    assert "12 min ago" in page
    assert "just now" in page
    assert "last data 12 min ago" in (await person.get("/me")).text
    question = await person.get(f"{PAGE}/dexcom/disconnect")
    assert "Disconnect Dexcom?" in question.text
    answer = await person.post(f"{PAGE}/dexcom/disconnect", {})
    assert answer.headers["location"] == f"{PAGE}?said=disconnected"
    page = (await person.get(answer.headers["location"])).text
    assert "It is not connected any more." in page
    assert ">Disconnected<" in page
    assert "Connect again" in page
    async with house.work() as work:
        assert not await connections.list_sessions(work, account.key, {}, offset=0, limit=10)
    again = await person.post(f"{PAGE}/dexcom/disconnect", {}, PAGE)
    assert again.status_code == 303, "pressed twice"
    assert (await person.get(f"{PAGE}/dexcom/disconnect")).status_code == 303, "there is nothing to ask"


@pytest.mark.parametrize(
    ("code", "words"), [("unauthenticated", "does not let us fetch"), ("invalid-state", "missing"), ("odd", "again")]
)
async def test_an_error_says_what_to_do(house: Any, code: str, words: str) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    await fail(house, await connect(house, account.key), code)
    page = (await person.get(PAGE)).text
    assert "Does not work" in page
    assert words in page
    assert f'action="{PAGE}/dexcom/connect"' in page
    assert f'href="{PAGE}/dexcom/disconnect"' in page
    assert "mend it" in (await person.get("/me")).text
    await connect(house, account.key)
    assert "Does not work" not in (await person.get(PAGE)).text


async def test_a_fetch_that_is_repeated_asks_for_nothing(house: Any) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    source = await connect(house, account.key)
    async with house.work() as work:
        await connections.change(work, source.key, {"error": {"code": "resource-failure"}})
    page = (await person.get(PAGE)).text
    assert ">Connected<" in page
    assert "you need not do anything" in page


async def test_who_asks_and_who_sees(house: Any) -> None:
    clinic = await house.clinic("Asking Clinic")
    account = await house.person()
    async with house.work() as work:
        joining = patients.Joining(full_name="Ana Ruiz", permissions=frozenset({Permission.VIEW}))
        await patients.enrol(work, clinic.key, account.key, joining)
        await patients.request_connection(work, clinic.key, account.key, "dexcom")
    person = await house.signed_in(account)
    page = (await person.get(PAGE)).text
    assert "Asking Clinic asks you to connect it." in page
    assert "You, and Asking Clinic." in page
    assert "You are asked to connect Dexcom" in (await person.get("/me")).text
    await waits_since(house, account.key, days=31)
    page = (await person.get(PAGE)).text
    assert "has expired" in page
    assert "You are asked" not in (await person.get("/me")).text
    await connect(house, account.key)
    page = (await person.get(PAGE)).text
    assert "asks you" not in page
    assert "has expired" not in page
    async with house.work() as work:
        await patients.set_permissions(work, clinic.key, account.key, ())
    assert "You alone." in (await person.get(PAGE)).text


async def test_a_partner_that_was_taken_out_of_the_set_up(house: Any, pool: Any) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    await connect(house, account.key)
    await pool.execute("delete from connections.partner")
    page = (await person.get(PAGE)).text
    assert ">Connected<" in page
    await person.post(f"{PAGE}/dexcom/disconnect", {})
    page = (await person.get(PAGE)).text
    assert "not set up for Dexcom" in page
    assert "/dexcom/connect" not in page
    with pytest.raises(NotFound):
        async with house.work() as work:
            await connections.partner(work, "dexcom")


async def test_some_connections_end_at_the_partner_only(house: Any) -> None:
    account = await house.person()
    person = await house.signed_in(account)
    await connect(house, account.key)
    async with house.work() as work:
        policy = {"ends_at_partner_only": True}
        await connections.put_partner(work, "dexcom", "http://127.0.0.1:9", "our id", "a secret", policy)
    page = (await person.get(PAGE)).text
    assert "take back your consent at Dexcom" in page
    assert f"{PAGE}/dexcom/disconnect" not in page
    assert (await person.get(f"{PAGE}/dexcom/disconnect")).status_code == 403
    assert (await person.post(f"{PAGE}/dexcom/disconnect", {}, PAGE)).status_code == 403
    assert ">Connected<" in (await person.get(PAGE)).text
