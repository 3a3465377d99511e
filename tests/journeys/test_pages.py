"""A clinic's morning in a real browser: from the sign-up mail to the patient list, a patient's page and its PDF."""

import base64
import json
import math
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from anyio import Path as AsyncPath
from anyio import sleep
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from openward.infra.mail import list_outbox

CHROMIUM = Path(os.environ.get("OPENWARD_TEST_CHROMIUM", "/usr/bin/chromium"))
TOKEN = "x-tidepool-session-token"
EMAIL, PASSWORD = "clinician@openward.test", "walk-the-ward-1"
PATIENTS = ("Ada Marsh", "Ben Okafor", "Cleo Fontaine")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


@dataclass(frozen=True)
class Ward:
    """A running installation with one clinic; `user_ids` by the patient's name."""

    url: str
    browser: Browser
    user_ids: dict[str, str]

    async def page(self, scheme: Any = "light", width: int = 1360, *, signed_in: bool = True) -> Page:
        """A page of a browser that was never here before; it fails the test on any error of a script."""
        context = await self.browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}, base_url=self.url, accept_downloads=True
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
        if signed_in:
            await sign_in(page)
        return page


async def sign_in(page: Page) -> None:
    """Fill the form in."""
    await page.goto("/signin")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/patients")


def call(url: str, path: str, token: str = "", body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """POST over the public API: the decoded answer and its headers."""
    sent = json.dumps(body).encode() if body is not None else b""
    head = {"content-type": "application/json", TOKEN: token, **(headers or {})}
    with urlopen(Request(url + path, data=sent, headers=head, method="POST"), timeout=30) as answer:
        text = answer.read()
        return (json.loads(text) if text else None), answer.headers


def glucose(place: int, mean: float, swing: float) -> float:
    """A smooth day, the same every day."""
    return round(mean + swing * math.sin(2 * math.pi * place / 288), 0)


def upload(url: str, token: str, user_id: str, mean: float, swing: float) -> None:
    """Fourteen days of sensor readings with boluses and meals."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    body = {
        "type": "upload",
        "dataSetType": "continuous",
        "timezone": "Europe/Paris",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
    }
    made, _ = call(url, f"/v1/users/{user_id}/data_sets", token, body)
    items: list[dict[str, Any]] = []
    for place in range(14 * 288):
        moment = (now - timedelta(minutes=5 * place)).strftime("%Y-%m-%dT%H:%M:%SZ")
        common = {"time": moment, "deviceId": "Sensor_1"}
        items.append({"type": "cbg", "units": "mg/dL", "value": glucose(place, mean, swing), **common})
        if place % 96 == 30:
            items.append({"type": "bolus", "subType": "normal", "normal": 4.5, **common})
            items.append({"type": "food", "nutrition": {"carbohydrate": {"net": 45, "units": "grams"}}, **common})
    for first in range(0, len(items), 1000):
        call(url, f"/v1/data_sets/{made['data']['uploadId']}/data", token, items[first : first + 1000])


async def mailed_link(outbox: Path, subject: str) -> str:
    """The link of the mail with this in its subject, once it has arrived."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for mail in list_outbox(outbox)[1]:
            found = re.search(r"https?://\S+(/\S+)", mail.text)
            if subject in mail.subject and found:
                return re.sub(r"^https?://[^/]+", "", found[0])
        await sleep(0.2)
    raise AssertionError(f"no mail about {subject!r} came")


@pytest.fixture(scope="session")
async def ward(live_server: tuple[str, Path]) -> AsyncIterator[Ward]:
    """A clinician signs up by the pages; the clinic and its patients come over the API."""
    url, data_dir = live_server
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        made = Ward(url, browser, {})
        page = await made.page(signed_in=False)
        await page.goto("/signup")
        await page.get_by_label("a clinician").check()
        await page.get_by_label("Your name").fill("Dr Vera Lindqvist")
        await page.get_by_label("E-mail address").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Make the account").click()
        await page.get_by_role("heading", name="Look into your mailbox").wait_for()
        await page.goto(await mailed_link(data_dir / "outbox", "confirm your address"))
        await page.get_by_role("heading", name="Your account is ready").wait_for()
        basic = base64.b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
        token = call(url, "/auth/login", headers={"authorization": f"Basic {basic}"})[1][TOKEN]
        clinic, _ = call(url, "/v1/clinics", token, {"name": "Meadow Clinic", "preferredBgUnits": "mg/dL"})
        for name, mean, swing in zip(PATIENTS, (130, 190, 120), (30, 90, 60), strict=True):
            record = {"fullName": name, "birthDate": "1988-04-09", "mrn": f"MC-{name[:3]}"}
            patient, _ = call(url, f"/v1/clinics/{clinic['id']}/patients", token, record)
            made.user_ids[name] = patient["id"]
            upload(url, token, patient["id"], mean, swing)
        await wait_for_figures(made)
        yield made
        await browser.close()


async def wait_for_figures(made: Ward) -> None:
    """Summaries follow the data within seconds."""
    page = await made.page()
    until = time.monotonic() + 60
    while await page.locator("svg[data-percents]").count() < len(PATIENTS):
        assert time.monotonic() < until, "the list never got its figures"
        await sleep(0.5)
        await page.goto("/patients")
    await page.context.close()


async def listed(page: Page) -> list[str]:
    """The names in the table, in order."""
    return await page.locator("td.name a").all_inner_texts()


async def test_sorting_by_links_works_without_scripts(ward: Ward) -> None:
    context = await ward.browser.new_context(java_script_enabled=False, base_url=ward.url)
    page = await context.new_page()
    await sign_in(page)
    assert await listed(page) == list(PATIENTS)
    await page.get_by_role("link", name="Mean").click()
    assert (await listed(page))[0] == "Ben Okafor"
    await expect(page.locator("th[aria-sort=descending]")).to_contain_text("Mean")
    await page.get_by_label("Search").fill("cleo")
    await page.get_by_role("button", name="Show").click()
    assert await listed(page) == ["Cleo Fontaine"]
    assert "sort=mean" in page.url
    await context.close()


async def test_search_while_typing_keeps_the_address(ward: Ward) -> None:
    page = await ward.page()
    await page.get_by_label("Search").press_sequentially("okaf")
    await expect(page.locator("td.name")).to_have_count(1)
    assert await listed(page) == ["Ben Okafor"]
    await expect(page).to_have_url(f"{ward.url}/patients?q=okaf")
    assert "q=okaf" in (await page.get_by_role("link", name="7 days").get_attribute("href") or "")
    await page.reload()
    assert await listed(page) == ["Ben Okafor"]
    await page.get_by_role("link", name="Clear all").click()
    assert await listed(page) == list(PATIENTS)


async def test_bars_are_read_out(ward: Ward) -> None:
    page = await ward.page()
    await page.locator("svg[data-percents]").first.hover()
    await page.locator(".readout:visible").wait_for()
    shares = [float(one) for one in re.findall(r": ([0-9.]+) %", await page.locator(".readout").inner_text())]
    assert len(shares) == 5
    assert sum(shares) == pytest.approx(100, abs=0.3)


async def test_a_patient_by_pointer_and_by_keys(ward: Ward) -> None:
    page = await ward.page()
    await page.get_by_role("link", name="Ada Marsh").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ada Marsh")
    # A whole day has a mean of 130; the one that is still running moves it a little with the time of day.
    mean = page.locator("dl div", has_text="Mean glucose").first
    await expect(mean).to_contain_text(re.compile(r"1[23]\d mg/dL"))
    chart = page.locator("svg[data-chart=profile]")
    await chart.scroll_into_view_if_needed()
    await chart.hover()
    await page.locator(".readout:visible").wait_for()
    await expect(page.locator(".readout")).to_contain_text("median")
    frame = page.get_by_role("group", name="A usual day")
    await frame.focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#said")).to_contain_text("12:15–12:30")
    day = page.locator("svg[data-chart=day]").nth(1)
    await day.scroll_into_view_if_needed()
    await day.hover(position={"x": 250, "y": 60})
    await expect(page.locator(".readout")).to_contain_text("mg/dL")
    await page.get_by_role("link", name="30 days").click()
    await expect(page.locator(".span")).to_contain_text("(30 days)")


async def test_the_pdf_is_one_page(ward: Ward) -> None:
    page = await ward.page()
    await page.goto(f"/patients/{ward.user_ids['Ada Marsh']}")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="PDF").click()
    content = await AsyncPath(await (await started.value).path()).read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    assert re.fullmatch(r"glucose-profile-\d{4}-\d\d-\d\d\.pdf", (await started.value).suggested_filename)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
async def test_pages_are_accessible_and_fit(ward: Ward, scheme: str, width: int) -> None:
    page = await ward.page(scheme, width)
    patient = f"/patients/{ward.user_ids['Ben Okafor']}"
    for path in ("/patients", "/patients?q=nobody", patient, patient + "?to=2020-01-01", "/me", "/records", "/no-page"):
        await page.goto(path)
        await check(page, f"{path} {scheme} {width}")
    stranger = await ward.page(scheme, width, signed_in=False)
    for path in ("/signin", "/signup", "/forgot", "/password/reset?key=x", "/signup/confirm?key=x"):
        await stranger.goto(path)
        await check(stranger, f"{path} {scheme} {width}")
    await page.context.close()
    await stranger.context.close()


async def check(page: Page, where: str) -> None:
    """Nothing grave by axe, and nothing wider than the window."""
    found = (await Axe().run(page)).response["violations"]
    grave = [
        (one["id"], [node["html"][:200] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not grave, (where, grave)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, where


async def test_signing_out(ward: Ward) -> None:
    page = await ward.page()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signin")
    await page.goto("/patients")
    assert "/signin?next=/patients" in page.url
