"""Partner clouds in a real browser, without scripts: a patient connects and lets go, a clinic asks by mail."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import sleep
from playwright.async_api import Browser, Page, async_playwright, expect

from openward.infra.mail import list_outbox
from tests.cli.running import openward
from tests.journeys.test_clinic_pages import call, said
from tests.journeys.test_pages import CHROMIUM, FLAGS, TOKEN, check

PASSWORD = "walk-the-ward-3"
SECRET = "a-secret-for-tests"
LATER = 90_000  # milliseconds that data may take on a busy machine

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


@contextmanager
def command(log: Path, *words: str, **environ: str) -> Iterator[dict[str, Any]]:
    """A command that runs until it is stopped; its first line, decoded."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "openward", *words],
            stdout=subprocess.PIPE,
            stderr=told,
            env={**os.environ, **environ},
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text("utf-8")[-3000:]
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class House:
    """An installation with a clinic, two people and a partner cloud beside it."""

    url: str
    browser: Browser
    outbox: Path
    service: str
    clinic: str
    cloud: str

    async def visit(self, name: str, **context: Any) -> Page:
        """A signed-in browser of this person."""
        page = await self.stranger(**context)
        await page.goto("/signin")
        await page.get_by_label("E-mail address").fill(f"{name}@openward.test")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(lambda address: "/signin" not in address)
        return page

    async def stranger(self, **context: Any) -> Page:
        """A browser of somebody who was never here."""
        context = {"java_script_enabled": False, **context}
        return await (await self.browser.new_context(base_url=self.url, **context)).new_page()

    def request(self, patient: str, name: str) -> None:
        """What the page's button does, over the API."""
        call(self.url, "POST", f"/v1/clinics/{self.clinic}/patients/{patient}/connect/{name}", self.service)

    def mails(self, name: str, subject: str) -> list[str]:
        """The links of the mails to this person with this in the subject."""
        sent = [
            one for one in list_outbox(self.outbox)[1] if f"{name}@openward.test" in one.to and subject in one.subject
        ]
        found = [re.search(r"https?://[^/]+(/\S+)", one.text) for one in sent]
        return [one[1] for one in found if one]

    async def mailed(self, name: str, subject: str, but: str = "") -> str:
        """The link of the first such mail that does not hold this one, once it is there."""
        until = time.monotonic() + LATER / 1000
        while time.monotonic() < until:
            for link in self.mails(name, subject):
                if link != but:
                    return link
            await sleep(0.2)
        raise AssertionError(f"no mail about {subject!r} came for {name}")


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Everything as an operator sets it up."""
    folder = tmp_path_factory.mktemp("connections")
    data_dir = folder / "data"
    serve = ("serve", "--port", "0", "--data-dir", str(data_dir))
    environ = {
        "OPENWARD_SERVICE_SECRET": SECRET,
        "OPENWARD_WEBHOOKS_ALLOW_PRIVATE": "true",
        "OPENWARD_OPERATORS": "vera@openward.test",
    }
    with command(folder / "serve.log", *serve, **environ) as server:
        url = server["url"]
        back = f"{url}/v1/oauth/dexcom/redirect"
        simulate = ("simulate", "dexcom", "--port", "0", "--people", "3", "--days", "3", "--redirect-uri", back)
        with command(folder / "cloud.log", *simulate) as cloud:
            file = folder / "house.json"
            file.write_text(json.dumps(provision(cloud["url"])), "utf-8")
            openward("provision", str(file), "--data-dir", str(data_dir))
            given = {"x_tidepool_server_name": "test", "x_tidepool_server_secret": SECRET}
            service = call(url, "POST", "/auth/serverlogin", **given)[1][TOKEN]
            [clinic] = call(url, "GET", "/v1/clinics?limit=10", service)[0]
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
                yield House(url, browser, data_dir / "outbox", service, clinic["id"], cloud["url"])
                await browser.close()


def provision(cloud: str) -> dict[str, Any]:
    """The file: no pause, so that the hour does not matter, and a short interval, so that giving up is quick."""
    policy = {"interval_minutes": [0.01, 0.02], "pause": None}
    given = {"base_url": cloud, "client_id": "openward", "client_secret": "secret", "policy": policy}
    vera = {"email": "vera@openward.test", "password": PASSWORD, "name": "Dr Vera Lind", "roles": ["clinic"]}
    nina = {"email": "nina@openward.test", "password": PASSWORD, "name": "Nina Brandt"}
    staff = [{"email": vera["email"], "roles": ["CLINIC_ADMIN"]}]
    return {
        "users": [vera, nina],
        "organizations": [{"key": "brook", "name": "Brook Clinic", "members": staff}],
        "partners": [{"name": "dexcom", **given}],
    }


async def allow(page: Page, login: str) -> None:
    """Log in at the partner and say yes."""
    await page.get_by_label("User name").fill(login)
    await page.get_by_label("Password").fill("secret")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("button", name="Allow").click()


async def reload_until(page: Page, words: str) -> None:
    """Data come by themselves; the page shows them when it is loaded again."""
    until = time.monotonic() + LATER / 1000
    while words not in await page.locator("main").inner_text():
        assert time.monotonic() < until, await page.locator("main").inner_text()
        await sleep(0.5)
        await page.reload()


async def test_a_patient_connects_and_lets_go(house: House) -> None:
    page = await house.visit("nina")
    await page.get_by_role("link", name="Connect or disconnect").click()
    await page.get_by_role("button", name="Connect Dexcom").click()
    await page.get_by_role("heading", name="Log in to Dexcom").wait_for()
    await page.get_by_label("User name").fill("person1")
    await page.get_by_label("Password").fill("secret")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("button", name="Deny").click()
    await page.get_by_role("heading", name="Dexcom is not connected").wait_for()
    await page.get_by_role("link", name="My connections").click()
    await page.get_by_role("button", name="Connect Dexcom").click()
    await page.get_by_role("button", name="Allow").click()
    await page.get_by_role("heading", name="Dexcom is connected").wait_for()
    assert "restricted_token" not in page.url
    assert "code=" not in page.url
    await page.goto("/me/connections")
    await reload_until(page, "Last import just now")
    await reload_until(page, "min ago")
    await page.get_by_role("link", name="My data", exact=True).first.click()
    await reload_until(page, "Time in ranges")
    await page.goto("/me/connections")
    await page.get_by_role("link", name="Disconnect Dexcom").click()
    await page.get_by_role("heading", name="Disconnect Dexcom?").wait_for()
    await page.get_by_role("button", name="Disconnect").click()
    await said(page, "not connected any more")
    await expect(page.get_by_role("button", name="Connect again Dexcom")).to_be_visible()
    await page.context.close()


async def test_a_clinic_asks_and_the_link_in_the_mail_works(house: House) -> None:
    page = await house.visit("vera")
    record = {"fullName": "Ben Okafor", "birthDate": "1988-04-09", "email": "ben@openward.test"}
    patient = call(house.url, "POST", f"/v1/clinics/{house.clinic}/patients", house.service, record)[0]["id"]
    await page.goto(f"/patients/{patient}")
    await page.get_by_text("More", exact=True).click()
    await page.get_by_role("button", name="Ask to connect Dexcom").click()
    await said(page, "The request is noted")
    await expect(page.locator(".about")).to_contain_text("Asked, not connected yet")
    link = await house.mailed("ben", "Dexcom")
    assert link.startswith("/v1/oauth/dexcom/authorize?")
    ben = await house.stranger()
    await ben.goto(link)
    await allow(ben, "person2")
    await ben.get_by_role("heading", name="Dexcom is connected").wait_for()
    await expect(ben.get_by_role("link", name="Set up your account")).to_be_visible()
    await ben.goto(link)
    await expect(ben.get_by_role("heading", level=1)).to_have_text("This link was already used")
    await ben.context.close()
    await reload_until(page, "last data")
    await expect(page.locator(".about")).to_contain_text("Connected")
    await reload_until(page, "Time in ranges")
    await page.goto("/patients")
    await expect(page.get_by_role("row", name="Ben Okafor")).to_contain_text("Dexcom connected")
    await page.goto("/clinic/connections?state=connected")
    await expect(page.get_by_role("row", name="Ben Okafor")).to_contain_text("Connected")
    await page.context.close()


async def test_a_link_that_has_expired_says_so_and_the_clinic_asks_again(house: House) -> None:
    record = {"fullName": "Cleo Fontaine", "birthDate": "1990-01-01", "email": "cleo@openward.test"}
    patient = call(house.url, "POST", f"/v1/clinics/{house.clinic}/patients", house.service, record)[0]["id"]
    house.request(patient, "dexcom")
    link = await house.mailed("cleo", "Dexcom")
    [made] = call(house.url, "GET", f"/v1/users/{patient}/restricted_tokens", house.service)[0]
    # Thirty days go by: for the link, and for what the clinic sees of it.
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    changed = {"paths": made["paths"], "expirationTime": soon}
    call(house.url, "PUT", f"/v1/restricted_tokens/{made['id']}", house.service, changed)
    entry = {"providerName": "dexcom", "state": "pending", "expirationTime": soon}
    call(house.url, "PUT", f"/v1/patients/{patient}/data_sources", house.service, [entry])
    page = await house.stranger()
    end = time.monotonic() + 30
    while True:
        await page.goto(link)
        heading = await page.get_by_role("heading", level=1).inner_text()
        if heading == "This link has expired":
            break
        assert time.monotonic() < end, heading
        await sleep(0.2)
    await expect(page.locator("main")).to_contain_text("ask your clinic for a new link")
    vera = await house.visit("vera")
    await vera.goto("/clinic/connections")
    row = vera.get_by_role("row", name="Cleo Fontaine")
    await expect(row).to_contain_text("Request expired")
    await row.get_by_role("button", name="Ask again").click()
    await said(vera, "The request is noted")
    await expect(vera.get_by_role("row", name="Cleo Fontaine")).to_have_count(0)
    await vera.goto("/clinic/connections?state=pending")
    await expect(vera.get_by_role("row", name="Cleo Fontaine")).to_contain_text("the link is good until")
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link was already used")
    await page.goto(await house.mailed("cleo", "Dexcom", but=link))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Dexcom")
    await page.context.close()
    await vera.context.close()


async def test_who_takes_consent_back_at_the_partner_is_told_once(house: House) -> None:
    record = {"fullName": "Dora Keller", "birthDate": "1990-01-01", "email": "dora@openward.test"}
    patient = call(house.url, "POST", f"/v1/clinics/{house.clinic}/patients", house.service, record)[0]["id"]
    house.request(patient, "dexcom")
    dora = await house.stranger()
    first = await house.mailed("dora", "Dexcom")
    await dora.goto(first)
    await allow(dora, "person3")
    await dora.get_by_role("heading", name="Dexcom is connected").wait_for()
    vera = await house.visit("vera")
    await vera.goto(f"/patients/{patient}")
    await reload_until(vera, "Time in ranges")
    await dora.goto(f"{house.cloud}/apps")
    await dora.get_by_role("button", name="Remove access").click()
    await expect(dora.locator("main")).to_contain_text("No application sees your data.")
    await vera.goto("/clinic/connections?state=error")
    await reload_until(vera, "Dora Keller")
    await expect(vera.get_by_role("row", name="Dora Keller")).to_contain_text("Does not work")
    second = await house.mailed("dora", "Dexcom", but=first)
    await dora.goto(second)
    await dora.get_by_role("button", name="Allow").click()
    await dora.get_by_role("heading", name="Dexcom is connected").wait_for()
    await vera.goto("/clinic/connections?state=connected")
    await reload_until(vera, "Dora Keller")
    assert len(house.mails("dora", "Dexcom")) == 2
    await dora.context.close()
    await vera.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
async def test_the_pages_are_accessible_and_fit(house: House, scheme: Any, width: int) -> None:
    page = await house.visit(
        "vera", color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=True
    )
    record = {"fullName": f"Lin {scheme} {width}", "birthDate": "1990-01-01"}
    patient = call(house.url, "POST", f"/v1/clinics/{house.clinic}/patients", house.service, record)[0]["id"]
    house.request(patient, "dexcom")
    for path in (
        "/me/connections",
        "/me",
        "/clinic/connections",
        "/clinic/connections?state=pending",
        f"/patients/{patient}",
        "/patients",
        "/partners",
        "/oauth/dexcom/authorized",
        "/oauth/dexcom/declined",
    ):
        await page.goto(path)
        await check(page, f"{path} {scheme} {width}")
        shots = os.environ.get("OPENWARD_TEST_SCREENSHOTS")
        if shots:
            name = path.strip("/").replace("/", "-").replace("?", "-").replace(patient, "one")
            await page.screenshot(path=f"{shots}/{name}-{scheme}-{width}.png", full_page=True)
    await page.context.close()
