"""A visit by video in two real browsers with made-up cameras: check-in, waiting, seeing each other, and its end."""

import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from anyio import fail_after, sleep, to_thread
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.journeys.test_pages import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
CAMERAS = ["--use-fake-device-for-media-stream=fps=10", "--use-fake-ui-for-media-stream", "--disable-dev-shm-usage"]


@dataclass(frozen=True)
class Practice:
    """A practice with a key, on a running installation; two browsers, one for each side."""

    url: str
    key: str
    patients: Browser
    providers: Browser

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return await to_thread.run_sync(self._call, method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        head = {"api-key": self.key, "content-type": "application/json"}
        request = Request(f"{self.url}/qapi/v1{path}", data=sent, headers=head, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    async def visit(self) -> "Visit":
        """A visit of a new patient, to be held now."""
        patient = f"P-{secrets.token_hex(4)}"
        name = {"use": "usual", "firstName": "Ada", "lastName": "Byron"}
        known = {"id": patient, "name": [name], "birthDate": "1983-08-15"}
        await self("POST", "/patients", known)
        said = {"waitingRoom": "GreatRoom", "reasons": ["Follow-up on new insulin"], "externalId": f"V-{patient}"}
        made = await self("POST", f"/patients/{patient}/appointments", said)
        links = await self("GET", f"/appointments/V-{patient}/video-call-links")
        assert made["visitUrl"] == links["patientVisitUrl"]
        return Visit(self, made["id"], links["patientVisitUrl"], links["providerVisitUrl"])


@dataclass(frozen=True)
class Visit:
    """A visit and the addresses of its two sides."""

    practice: Practice
    id: int
    patient_url: str
    provider_url: str

    async def stands(self) -> tuple[str | None, str]:
        """The status of the call and of the visit, over the API."""
        read = await self.practice("GET", f"/appointments/{self.id}")
        return (read["videoCall"] or {}).get("status"), read["status"]


async def a_page(browser: Browser, url: str, **more: Any) -> Page:
    """The address in a window that fails the test on any error of a script."""
    context = await browser.new_context(permissions=["camera", "microphone"], **more)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(url)
    return page


@pytest.fixture(scope="module")
async def practice(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Practice]:
    """What a provisioning file says, on the server that runs already."""
    url, data_dir = live_server
    file = tmp_path_factory.mktemp("practice") / "practice.yaml"
    key = secrets.token_urlsafe(24)
    solo = {
        "api_keys": [{"name": "ehr", "key": key}],
        "waiting_rooms": [{"name": "GreatRoom", "hours": {"mon": [["09:00", "17:00"]]}}],
    }
    said = {"organizations": [{"key": "river", "name": "River Practice", "timezone": "Europe/Berlin", "solo": solo}]}
    file.write_text(json.dumps(said))
    command = [sys.executable, "-m", "openward", "provision", str(file), "--data-dir", str(data_dir)]
    done = await to_thread.run_sync(lambda: subprocess.run(command, capture_output=True, check=False))
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    async with async_playwright() as playwright:
        start = playwright.chromium.launch
        one, other = [await start(executable_path=str(CHROMIUM), args=FLAGS + CAMERAS) for _ in range(2)]
        yield Practice(url, key, one, other)
        await one.close()
        await other.close()


async def sees(page: Page) -> None:
    """The other side's picture is there, and moves."""
    video = page.locator("#theirs")
    count = "one => one.videoWidth && !one.hidden ? one.getVideoPlaybackQuality().totalVideoFrames : 0"
    first = await video.evaluate(count)
    with fail_after(30):
        while first == 0 or await video.evaluate(count) < first + 3:
            await sleep(0.05)  # the picture is the browser's, which nothing announces
            first = first or await video.evaluate(count)


async def check_in(page: Page) -> None:
    button = page.get_by_role("button", name="check in")
    await expect(button).to_be_enabled()
    await button.click()
    await expect(page.get_by_role("heading", name="You are checked in")).to_be_visible()


async def start(page: Page) -> None:
    await page.get_by_role("button", name="Start the call").click()


async def test_both_see_each_other_and_one_comes_back(practice: Practice) -> None:
    visit = await practice.visit()
    assert await visit.stands() == (None, "scheduled")
    patient = await a_page(practice.patients, visit.patient_url, viewport={"width": 390, "height": 844})
    assert await visit.stands() == ("waiting", "arrived")
    await check_in(patient)
    await expect(patient.get_by_text("You are next.")).to_be_visible()
    provider = await a_page(practice.providers, visit.provider_url)
    await expect(provider.get_by_text("In the waiting room")).to_be_visible()
    await expect(provider.get_by_role("heading", name="Ada Byron")).to_be_visible()
    await start(provider)
    await sees(provider)
    await sees(patient)
    assert await visit.stands() == ("on call", "in progress.exam.progress")
    await provider.get_by_role("button", name="Hold").click()
    await expect(patient.get_by_text("put the call on hold")).to_be_visible()
    assert (await visit.stands())[0] == "on hold"
    await provider.get_by_role("button", name="Resume").click()
    await sees(patient)
    await patient.context.close()  # gone without a word
    patient = await a_page(practice.patients, visit.patient_url)
    await sees(patient)
    await sees(provider)
    assert (await visit.stands())[0] == "on call"
    await provider.get_by_role("button", name="Hang up").click()
    await expect(patient.get_by_role("heading", name="Thank you for your visit")).to_be_visible()
    assert (await visit.stands())[0] == "finalizing"
    await provider.get_by_role("button", name="Visit is complete").click()
    await expect(provider.get_by_role("heading", name="The visit is complete")).to_be_visible()
    assert await visit.stands() == ("complete", "completed")
    for page in (patient, provider):
        await page.context.close()
