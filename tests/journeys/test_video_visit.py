"""A visit by video in two real browsers with made-up cameras: check-in, waiting, seeing each other, and its end."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import aiohttp
import pytest
from anyio import fail_after, sleep, to_thread
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.journeys.test_pages import CHROMIUM, FLAGS, check

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
CAMERAS = ["--use-fake-device-for-media-stream=fps=10", "--use-fake-ui-for-media-stream", "--disable-dev-shm-usage"]
FAULTS: list[str] = []  # of scripts; raising where they are heard of would end the browser
FORM = {"name": "Today", "questions": [{"name": "Story", "type": "text"}]}


@dataclass(frozen=True)
class Practice:
    """A practice with a key, on a running installation; two browsers, one for each side."""

    url: str
    data_dir: Path
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


async def a_page(browser: Browser, url: str, script: str = "", **more: Any) -> Page:
    """The address in a window, whose scripts may not fail; `script` runs before the page's own."""
    context = await browser.new_context(permissions=["camera", "microphone"], **more)
    page = await context.new_page()
    page.on("pageerror", lambda error: FAULTS.append(str(error)))
    await page.add_init_script(script)
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
        "templates": [{"name": "Intake", "sections": [FORM]}],
        "waiting_rooms": [{"name": "GreatRoom", "hours": {"mon": [["09:00", "17:00"]]}, "templates": ["Intake"]}],
    }
    said = {"organizations": [{"key": "river", "name": "River Practice", "timezone": "Europe/Berlin", "solo": solo}]}
    file.write_text(json.dumps(said))
    command = [sys.executable, "-m", "openward", "provision", str(file), "--data-dir", str(data_dir)]
    done = await to_thread.run_sync(lambda: subprocess.run(command, capture_output=True, check=False))
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    async with async_playwright() as playwright:
        start = playwright.chromium.launch
        one, other = [await start(executable_path=str(CHROMIUM), args=FLAGS + CAMERAS) for _ in range(2)]
        yield Practice(url, data_dir, key, one, other)
        await one.close()
        await other.close()


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    """No script failed."""
    FAULTS.clear()
    yield
    assert FAULTS == []


async def sees(page: Page) -> None:
    """The other side's picture is there, and moves."""
    video = page.locator("#theirs")
    count = "one => one.videoWidth && !one.hidden ? one.getVideoPlaybackQuality().totalVideoFrames : 0"
    first = await video.evaluate(count)
    with fail_after(30):
        while first == 0 or await video.evaluate(count) < first + 3:
            await sleep(0.05)  # the picture is the browser's, which nothing announces
            first = first or await video.evaluate(count)


def kill_servers(data_dir: Path) -> None:
    """Kill the API processes of this installation; their supervisor starts others."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_text().split("\0")
            if "openward.cli.tree.child" in words and "api" in words:
                parent = words[words.index("api") + 1]
                if str(data_dir) in Path(f"/proc/{parent}/cmdline").read_text():
                    os.kill(int(entry.name), signal.SIGKILL)


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
    kill_servers(practice.data_dir)  # pictures do not pass through them, and the pages dial in again
    await sees(provider)
    for page in (provider, patient):
        await expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=90000)
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
    await provider.get_by_label("Story").fill("Feels well.")
    await expect(provider.get_by_text("Saved", exact=True)).to_be_visible()
    await provider.get_by_role("button", name="Visit is complete").click()
    await expect(provider.get_by_role("heading", name="The visit is complete")).to_be_visible()
    assert await visit.stands() == ("complete", "completed")
    notes = await practice("GET", f"/appointments/{visit.id}/visit-note")
    assert notes[0]["responses"][0]["response"] == ["Feels well."]
    await provider.get_by_role("button", name="Sign off").click()
    await expect(provider.get_by_label("Story")).to_be_disabled()
    assert (await visit.stands())[1] == "sign off"
    for page in (patient, provider):
        await page.context.close()


async def test_a_patient_who_leaves_was_not_seen(practice: Practice) -> None:
    visit = await practice.visit()
    patient = await a_page(practice.patients, visit.patient_url)
    patient.on("dialog", lambda dialog: dialog.accept())
    await check_in(patient)
    await check(patient, "waiting room")
    await patient.get_by_role("button", name="Leave the waiting room").click()
    await expect(patient.get_by_role("heading", name="You left before your clinician came")).to_be_visible()
    assert await visit.stands() == ("LWBS", "not showed up")
    await patient.context.close()


async def test_no_camera_is_explained_and_the_visit_goes_on(practice: Practice) -> None:
    """Without any device a patient still checks in, and hears and sees the clinician."""
    visit = await practice.visit()
    refuse = "navigator.mediaDevices.getUserMedia = () => Promise.reject({ name: 'NotAllowedError' })"
    patient = await a_page(practice.patients, visit.patient_url, script=refuse)
    await expect(patient.get_by_role("alert")).to_contain_text("may not use your camera")
    await patient.get_by_role("button", name="Check in without camera").click()
    provider = await a_page(practice.providers, visit.provider_url)
    await start(provider)
    await sees(patient)
    await expect(provider.get_by_text("Ada Byron: sound only")).to_be_visible()
    second = await a_page(practice.providers, visit.provider_url)
    await expect(provider.get_by_role("heading", name="open in another window")).to_be_visible()
    await sees(patient)
    await second.get_by_role("button", name="Hang up").click()
    await second.get_by_role("button", name="Visit is incomplete").click()
    await expect(second.get_by_role("heading", name="closed as incomplete")).to_be_visible()
    assert await visit.stands() == ("incomplete", "completed")
    for page in (patient, provider, second):
        await page.context.close()


class Line:
    """A page's WebSocket, without the page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def hear(self, *kinds: str) -> Any:
        """The next message of one of these kinds, or the code with which the socket ends."""
        while (message := await self.socket.receive(20)).type is aiohttp.WSMsgType.TEXT:
            said = json.loads(message.data)
            if said["is"] in kinds:
                return said
        return self.socket.close_code


async def test_what_one_side_says_reaches_the_other_alone(practice: Practice) -> None:
    """Whatever process holds the sockets; the patient cannot do what is the provider's."""
    visit = await practice.visit()

    async def dial(session: aiohttp.ClientSession, address: str, page: str) -> Line:
        return Line(await session.ws_connect(f"{address}/socket?page={page}", origin=practice.url))

    pages = [str(uuid4()) for _ in range(3)]
    async with aiohttp.ClientSession() as session:
        patient = await dial(session, visit.patient_url, pages[0])
        await patient.hear("welcome")
        provider = await dial(session, visit.provider_url, pages[1])
        welcome = await provider.hear("welcome")
        assert welcome["state"]["sides"]["patient"]["page"] == pages[0]
        await patient.socket.send_json({"do": "hangup"})
        assert await patient.hear("refused") == 4403
        patient = await dial(session, visit.patient_url, pages[0])
        await patient.hear("welcome")
        long = "v=0 " * 5000
        await provider.socket.send_json({"do": "signal", "content": {"to": pages[0], "description": long}})
        heard = await patient.hear("signal")
        assert (heard["page"], heard["content"]["description"]) == (pages[1], long)
        await provider.socket.send_json({"do": "finish", "complete": True})
        assert "can not go" in (await provider.hear("signal", "refused"))["why"]
        await provider.socket.send_json({"do": "dance"})
        assert (await provider.hear("refused"))["to"] == "dance"
        await dial(session, visit.patient_url, pages[2])
        assert await patient.hear("none") == 4409
