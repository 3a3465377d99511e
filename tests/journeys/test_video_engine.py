"""A call in a Jitsi or LiveKit of the operator's own: both sides land in one room with a pass each, and no one else."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from anyio import to_thread
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.async_api import Page, expect

from tests.journeys.test_pages import CHROMIUM
from tests.journeys.video import FAULTS, Practice, a_page, a_practice, an_installation, check_in, start

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
KEY, SECRET = "openward-app", "a-secret-that-engine-and-openward-share"


@dataclass
class Engine:
    """Stands in for the web server of an engine: shows a page for every address and remembers who came."""

    url: str = ""
    came: list[str] = field(default_factory=list)

    def pass_of(self, place: int) -> dict[str, Any]:
        """The claims of the token with which somebody came, checked as the engine checks them."""
        query = parse_qs(urlsplit(self.came[place]).query)
        (token,) = query.get("jwt") or query["token"]
        read = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"])
        jwt.JWTClaimsRegistry(nbf={"essential": True}, exp={"essential": True}).validate(read.claims)
        return dict(read.claims)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.came.append(self.path)
            body = b"<!doctype html><title>Room</title><h1>In the room</h1>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@asynccontextmanager
async def a_practice_with(folder: Path, kind: str, url: str) -> AsyncIterator[Practice]:
    """A practice whose calls are at this engine."""
    said = {"video_engine_url": url, "video_engine_token": kind}
    key = {"video_engine_key": KEY, "video_engine_secret": SECRET}
    server = an_installation(folder / kind, **said, **key)
    address = await to_thread.run_sync(server.__enter__)
    async with a_practice(address, folder / kind, folder) as made:
        yield made
    await to_thread.run_sync(server.__exit__, None, None, None)


async def is_in_the_room(page: Page) -> None:
    await expect(page.frame_locator("#engine").get_by_role("heading", name="In the room")).to_be_visible()


async def test_jitsi_from_check_in_to_the_end(folder: Path, engine: Engine) -> None:
    FAULTS.clear()
    async with a_practice_with(folder, "jitsi", f"{engine.url}/{{room}}?jwt={{token}}") as practice:
        visit = await practice.visit()
        patient = await a_page(practice.patients, visit.patient_url)
        await check_in(patient)
        assert await visit.stands() == ("waiting", "arrived")
        assert "openward-" not in await patient.content()  # nobody is in the room before the call
        provider = await a_page(practice.providers, visit.provider_url)
        await start(provider)
        for page in (provider, patient):
            await is_in_the_room(page)
        assert await visit.stands() == ("on call", "in progress.exam.progress")
        assert len(engine.came) == 2
        claims = [engine.pass_of(place) for place in range(2)]
        rooms = {urlsplit(path).path[1:] for path in engine.came} | {one["room"] for one in claims}
        assert len(rooms) == 1
        assert len(rooms.pop()) == len("openward-") + 32
        for one in claims:
            assert (one["aud"], one["iss"], one["sub"]) == ("jitsi", KEY, "127.0.0.1")
            assert time() < one["exp"] <= time() + 300
            user = one["context"]["user"]
            assert all(isinstance(value, str) for value in user.values())
            assert {"Ada", "Byron"}.isdisjoint(user["name"].split())
        users = {one["context"]["user"]["name"]: one for one in claims}
        for name, is_moderator in (("Clinician", True), ("Patient", False)):
            user = users[name]["context"]["user"]
            assert users[name]["moderator"] is is_moderator
            assert user["moderator"] == str(is_moderator).lower()
            assert user["affiliation"] == ("owner" if is_moderator else "member")
        await provider.get_by_role("button", name="Hold").click()
        await expect(patient.get_by_text("put the call on hold")).to_be_visible()
        await expect(patient.locator("#engine")).to_be_hidden()
        await provider.get_by_role("button", name="Resume").click()
        for page in (provider, patient):
            await is_in_the_room(page)
        assert len(engine.came) == 4  # with a new pass each
        await provider.get_by_role("button", name="Hang up").click()
        await expect(patient.get_by_role("heading", name="Thank you for your visit")).to_be_visible()
        await provider.get_by_role("button", name="Visit is complete").click()
        await expect(provider.get_by_role("heading", name="The visit is complete")).to_be_visible()
        assert await visit.stands() == ("complete", "completed")
        other = await practice.visit()
        page = await a_page(practice.providers, other.provider_url)
        await start(page)
        assert len(engine.came) == 4
    assert FAULTS == []


async def test_livekit_with_a_grant_for_one_room(folder: Path, engine: Engine) -> None:
    FAULTS.clear()
    url = f"{engine.url}/custom?liveKitUrl=wss://livekit.example.org&token={{token}}"
    async with a_practice_with(folder, "livekit", url) as practice:
        visit = await practice.visit()
        patient = await a_page(practice.patients, visit.patient_url)
        await check_in(patient)
        provider = await a_page(practice.providers, visit.provider_url)
        await start(provider)
        for page in (provider, patient):
            await is_in_the_room(page)
        claims = {one["sub"]: one for one in map(engine.pass_of, range(2))}
        assert set(claims) == {"provider", "patient"}
        for role, one in claims.items():
            assert one["iss"] == KEY
            assert time() < one["exp"] <= time() + 300
            grant = one["video"]
            assert grant["roomJoin"] is grant["canPublish"] is grant["canSubscribe"] is True
            assert grant["roomAdmin"] is (role == "provider")
            assert not {"roomCreate", "roomList", "roomRecord"} & set(grant)
        assert len({one["video"]["room"] for one in claims.values()}) == 1
    assert FAULTS == []
