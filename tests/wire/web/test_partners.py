"""The operator's page of partner clouds."""

from typing import Any

import pytest

from openward.care import connections
from tests.wire.web.clouds import connect, fail, partner

__all__ = ["partner"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("partner")]


@pytest.fixture
async def operator(house: Any) -> Any:
    """The visitor whom the settings name."""
    from openward.care import accounts

    async with house.work() as work:
        account = await accounts.by_email(work, "operator@openward.test")
    return await house.signed_in(account or await house.person("Op", "operator@openward.test"))


async def test_the_page_is_for_operators(house: Any) -> None:
    clinic = await house.clinic()
    for account in (clinic.admin, await house.person()):
        visitor = await house.signed_in(account)
        assert (await visitor.get("/partners")).status_code == 403
        assert 'href="/partners"' not in (await visitor.get("/me")).text
    assert (await house.visitor().get("/partners")).headers["location"].startswith("/signin")


async def test_what_was_agreed_in_words(house: Any, operator: Any) -> None:
    page = (await operator.get("/partners")).text
    assert "http://127.0.0.1:9" in page
    assert "a secret" not in page
    assert "every 45 to 75 minutes" in page
    assert "from 02:45 to 03:45 (America/Los_Angeles)" in page
    assert "No limit of requests a minute." in page
    assert "looks back over 1 day " in page
    policy = {"interval_minutes": [0.5, 0.5], "pause": None, "requests_per_minute": 90, "overlap_minutes": 90}
    async with house.work() as work:
        await connections.put_partner(work, "dexcom", "http://127.0.0.1:9", "our id", "a secret", policy)
    page = (await operator.get("/partners")).text
    assert "every 0.5 minutes." in page
    assert "Nothing is asked" not in page
    assert "At most 90 requests a minute" in page
    assert "looks back over 1.5 hours" in page
    assert 'aria-current="page">Partners' in page


async def test_how_they_are_doing(house: Any, operator: Any) -> None:
    def fact(page: str, name: str) -> str:
        return page.partition(f"<dt>{name}</dt><dd")[2].partition(">")[2].partition("<")[0]

    before = (await operator.get("/partners")).text
    broken = await connect(house, (await house.person()).key)
    await connect(house, (await house.person()).key)
    await fail(house, broken)
    async with house.work() as work:
        await connections.task_store.count_trouble(work, "dexcom", "page-test")
    after = (await operator.get("/partners")).text
    for name, more in (("Connected", 1), ("In error", 1), ("Due and waiting", 1), ("First fetch not done", 1)):
        assert int(fact(after, name)) == int(fact(before, name)) + more, name
    assert "time" in fact(after, "Went wrong in the last hour")
    assert "<code>page-test</code> 1" in after


async def test_no_partner_at_all(house: Any, operator: Any) -> None:
    await house.pool.execute("delete from connections.partner")
    assert "No partner is set up." in (await operator.get("/partners")).text
