"""A clinic's record system in a browser: orders settled by hand, a message sent again, and why nothing was sent."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from openward.simulators.redox import Redox
from tests.cli.running import openward, until
from tests.journeys.test_pages import CHROMIUM, FLAGS, TOKEN, check, upload
from tests.journeys.test_record_systems_killed import BORN, call, insist, order, setup
from tests.wire.redox.stand_in import PRIVATE, standing_in

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
EMAIL, PASSWORD = "vera@openward.test", "walk-the-ward-5"
VERIFICATION = "redox-token-of-the-pages"


@dataclass
class Linked:
    """A clinic of a running installation, and what stands for Redox."""

    url: str
    redox: Redox
    clinic: str
    service: str

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return insist(method, f"{self.url}/v1/clinics/{self.clinic}{path}", body, **{TOKEN: self.service})

    def order(self, one: dict[str, Any]) -> None:
        insist("POST", f"{self.url}/v1/redox", one, verification_token=VERIFICATION)

    def await_messages(self, count: int) -> None:
        until(lambda: len(self.redox.messages) == count, 60)


@pytest.fixture
def linked(live_server: tuple[str, Path], tmp_path: Path) -> Iterator[Linked]:
    """An admin; a patient whose report was refused, one whose order has another date of birth, one without data."""
    url, folder = live_server
    with standing_in() as (redox, redox_url):
        file = setup(redox_url, PRIVATE, redox_url)
        file["redox"] |= {"client_id": "client", "verification_token": VERIFICATION}
        clinic = file["organizations"][0] | {"key": "pages-redox", "name": "Willow Clinic"}
        clinic["members"] = [{"email": EMAIL, "roles": ["CLINIC_ADMIN"]}]
        staff = {"email": EMAIL, "password": PASSWORD, "name": "Dr Vera Lindqvist", "roles": ["clinic"]}
        (tmp_path / "setup.json").write_text(
            json.dumps({"users": [staff], "organizations": [clinic], "redox": file["redox"]})
        )
        made = json.loads(openward("provision", str(tmp_path / "setup.json"), "--data-dir", str(folder)).stdout)
        headers = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": "test-service-secret"}
        token = call("POST", f"{url}/auth/serverlogin", **headers)[2][TOKEN]
        found = Linked(url, redox, made["organizations"][0]["id"], token)
        prepare(found)
        yield found


def prepare(linked: Linked) -> None:
    """Orders of which each comes out otherwise."""
    users = [
        linked.api("POST", "/patients", {"fullName": f"Pat Number{number}", "birthDate": born, "mrn": f"M-{number}"})[
            "id"
        ]
        for number, born in ((0, BORN), (1, "1990-03-02"))
    ]
    upload(linked.url, linked.service, users[0], 130, 30)
    # Before the order, so that nothing else is due when its report is refused.
    until(lambda: (linked.api("GET", f"/patients/{users[0]}").get("summary") or {}).get("cgmStats"), 60)
    linked.redox.faults.waiting[:] = [None, None, 422]
    linked.order(order("CREATE", 0))
    linked.await_messages(2)
    until(lambda: not linked.redox.faults.waiting, 60)
    for one in (order("CREATE", 5), order("STOP", 1)):
        linked.order(one)
    linked.await_messages(4)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield found
        await found.close()


async def signed_in(browser: Browser, linked: Linked, **context: Any) -> Page:
    page = await (await browser.new_context(base_url=linked.url, **context)).new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto("/signin")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/patients")
    return page


async def test_what_waits_is_settled_and_what_was_refused_goes_out(linked: Linked, browser: Browser) -> None:
    page = await signed_in(browser, linked)
    await page.goto("/clinic/ehr")
    await check(page, "sent")
    await expect(page.locator("tbody tr").filter(has_text="Given up")).to_contain_text("refused with 422")
    view = await page.get_by_role("link", name="View report on Pat Number0").first.get_attribute("href")
    pdf = await page.request.get(str(view))
    assert (await pdf.body()).startswith(b"%PDF-")
    assert pdf.headers["content-disposition"].startswith("inline")
    await page.get_by_role("button", name="Send again Report").click()
    await expect(page.get_by_role("status")).to_contain_text("on its way again")
    linked.await_messages(5)
    await page.goto("/clinic/ehr?state=given-up")
    await expect(page.get_by_text("Nothing here.")).to_be_visible()

    await page.get_by_role("link", name="1 order", exact=True).click()
    await page.get_by_role("link", name="To settle").click()
    await check(page, "open orders")
    await page.get_by_role("link", name="Settle the order").click()
    await check(page, "an order")
    candidate = page.locator("tbody tr")
    await expect(candidate).to_have_count(1)
    await expect(candidate.locator(".off")).to_have_count(1)  # only the date of birth differs
    await page.get_by_role("button", name="Carry the order out").click()
    await expect(page.get_by_role("status")).to_contain_text("carried out")
    await expect(page.locator("tbody tr").first).to_contain_text("Pat Number1")
    linked.await_messages(6)  # the sender is told anew

    await page.get_by_role("link", name="Reports", exact=True).nth(1).click()
    await check(page, "reports")
    await expect(page.locator("tbody tr").filter(has_text="Nothing to send")).to_contain_text("no glucose figures yet")
    await page.get_by_role("link", name="Settings", exact=True).nth(1).click()
    await check(page, "settings")
    await expect(page.get_by_text("source-1")).to_be_visible()
    for scheme in ("light", "dark"):
        page = await signed_in(browser, linked, color_scheme=scheme, viewport={"width": 380, "height": 800})
        for path in ("", "/reports", "/orders", "/settings"):
            await page.goto(f"/clinic/ehr{path}")
            await check(page, f"{path} {scheme}")
