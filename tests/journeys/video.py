"""What tests of video visits share: a practice on a running installation, and two browsers with made-up cameras."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
from anyio import fail_after, sleep, to_thread
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.journeys.test_pages import CHROMIUM, FLAGS

CAMERAS = ["--use-fake-device-for-media-stream=fps=10", "--use-fake-ui-for-media-stream", "--disable-dev-shm-usage"]
FAULTS: list[str] = []  # of scripts; raising where they are heard of would end the browser
FORM = {"name": "Today", "questions": [{"name": "Story", "type": "text"}]}


@dataclass(frozen=True)
class Caller:
    """A practice on a running installation, with a key."""

    url: str
    data_dir: Path
    key: str

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return await to_thread.run_sync(self._call, method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        head = {"api-key": self.key, "content-type": "application/json"}
        request = Request(f"{self.url}/qapi/v1{path}", data=sent, headers=head, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    async def visit(self, **more: Any) -> "Visit":
        """A visit of a new patient, to be held now unless said otherwise."""
        patient = f"P-{secrets.token_hex(4)}"
        name = {"use": "usual", "firstName": "Ada", "lastName": "Byron"}
        known = {"id": patient, "name": [name], "birthDate": "1983-08-15"}
        await self("POST", "/patients", known)
        said = {
            "waitingRoom": "GreatRoom",
            "reasons": ["Follow-up on new insulin"],
            "externalId": f"V-{patient}",
        } | more
        made = await self("POST", f"/patients/{patient}/appointments", said)
        links = await self("GET", f"/appointments/V-{patient}/video-call-links")
        assert made["visitUrl"] == links["patientVisitUrl"]
        return Visit(self, made["id"], links["patientVisitUrl"], links["providerVisitUrl"])


@dataclass(frozen=True)
class Visit:
    """A visit and the addresses of its two sides."""

    practice: Caller
    id: int
    patient_url: str
    provider_url: str

    async def stands(self) -> tuple[str | None, str]:
        """The status of the call and of the visit, over the API."""
        read = await self.practice("GET", f"/appointments/{self.id}")
        return (read["videoCall"] or {}).get("status"), read["status"]


@dataclass(frozen=True)
class Practice(Caller):
    """The same with two browsers, one for each side."""

    patients: Browser
    providers: Browser


async def a_page(browser: Browser, url: str, script: str = "", **more: Any) -> Page:
    """The address in a window, whose scripts may not fail; `script` runs before the page's own."""
    context = await browser.new_context(permissions=["camera", "microphone"], **more)
    page = await context.new_page()
    page.on("pageerror", lambda error: FAULTS.append(str(error)))
    await page.add_init_script(script)
    await page.goto(url)
    return page


@contextmanager
def an_installation(data_dir: Path, **settings: str) -> Iterator[str]:
    """A server with these settings, on a folder of its own; its address."""
    data_dir.mkdir(exist_ok=True)
    told = {f"OPENWARD_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "openward", "serve", "--port", "0", "--processes", "1"]
    with (data_dir / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)], stdout=subprocess.PIPE, stderr=log, env=os.environ | told
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (data_dir / "serve.log").read_text("utf-8")[-3000:]
    yield str(json.loads(line)["url"])
    process.terminate()
    process.wait(15)


async def a_caller(url: str, data_dir: Path, folder: Path) -> Caller:
    """What a provisioning file, written into a folder, says, on a server that runs already."""
    file, key = folder / "practice.yaml", secrets.token_urlsafe(24)
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
    return Caller(url, data_dir, key)


@asynccontextmanager
async def a_practice(url: str, data_dir: Path, folder: Path, *flags: str) -> AsyncIterator[Practice]:
    """The same with browsers that are started with these flags, too."""
    made = await a_caller(url, data_dir, folder)
    async with async_playwright() as playwright:
        start = playwright.chromium.launch
        one, other = [await start(executable_path=str(CHROMIUM), args=[*FLAGS, *CAMERAS, *flags]) for _ in range(2)]
        yield Practice(url, data_dir, made.key, one, other)
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


class Line:
    """A page's WebSocket, without the page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    @classmethod
    async def dial(cls, session: aiohttp.ClientSession, practice: Caller, address: str, page: str) -> "Line":
        return cls(await session.ws_connect(f"{address}/socket?page={page}", origin=practice.url, autoclose=False))

    async def hear(self, *kinds: str) -> Any:
        """The next message of one of these kinds, or the code with which the socket ends."""
        while (message := await self.socket.receive(20)).type is aiohttp.WSMsgType.TEXT:
            said = json.loads(message.data)
            if said["is"] in kinds:
                return said
        return message.data if message.type is aiohttp.WSMsgType.CLOSE else self.socket.close_code

    async def until(self, **state: Any) -> None:
        """Hear until this holds of the call."""
        while True:
            said = await self.hear("state", "welcome")
            if {**said, **said.get("state", {})}.items() >= state.items():
                return
