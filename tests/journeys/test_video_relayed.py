"""A call through a real TURN server, and through nothing else; and whom that server lets in."""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from playwright.async_api import Page

from openward.infra.turn import LIFE, ice_servers
from tests.journeys.test_pages import CHROMIUM
from tests.journeys.video import FAULTS, Practice, a_page, a_practice, an_installation, check_in, sees, start

TURNSERVER = shutil.which("turnserver")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(TURNSERVER is None, reason="no TURN server here: apt-get install coturn"),
    pytest.mark.xdist_group("browser"),
]
SECRET = "a-long-random-text"
# Browsers leave the loopback interface out of what they try.
LOOPBACK = "--allow-loopback-in-peer-connection"


@dataclass(frozen=True)
class Turn:
    """A running server, and what it writes down."""

    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """As the how-to sets it up, on this machine only."""
    folder, port = tmp_path_factory.mktemp("turn"), _free_port()
    (folder / "turn.conf").write_text(
        f"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port={port}\nuse-auth-secret\n"
        f"static-auth-secret={SECRET}\nrealm=care.example.org\nallow-loopback-peers\nno-tls\nno-dtls\nno-cli\n"
        f"userdb={folder}/turn.db\npidfile={folder}/turn.pid\nlog-file=stdout\nverbose\n"
    )
    log = folder / "turn.log"
    assert TURNSERVER
    with log.open("wb") as file:
        process = subprocess.Popen([TURNSERVER, "-c", str(folder / "turn.conf")], stdout=file, stderr=file)
    made = Turn(f"turn:127.0.0.1:{port}", log)
    _await_listening(port, made)
    yield made
    process.terminate()
    process.wait(10)


def _await_listening(port: int, turn: Turn) -> None:
    """A TURN server takes TCP on the same port."""
    ends = time.monotonic() + 15
    while True:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < ends, turn.said()[-2000:]
        time.sleep(0.05)


@pytest.fixture(scope="module")
async def practice(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Practice]:
    folder = tmp_path_factory.mktemp("relayed")
    said = {"video_turn_urls": turn.url, "video_turn_secret": SECRET, "video_relay_only": "1"}
    server = an_installation(folder / "data", **said)
    url = await to_thread.run_sync(server.__enter__)
    async with a_practice(url, folder / "data", folder, LOOPBACK) as made:
        yield made
    await to_thread.run_sync(server.__exit__, None, None, None)


async def test_both_see_each_other_through_the_relay(practice: Practice, turn: Turn) -> None:
    FAULTS.clear()
    visit = await practice.visit()
    patient = await a_page(practice.patients, visit.patient_url)
    await check_in(patient)
    provider = await a_page(practice.providers, visit.provider_url)
    await start(provider)
    await sees(provider)
    await sees(patient)
    assert await visit.stands() == ("on call", "in progress.exam.progress")
    said = turn.said()
    for page in (patient, provider):
        number = await page.evaluate("new URL(visit.dataset.socket, location.href).searchParams.get('page')")
        user = number.replace("-", "")
        assert any(f":{user}>" in line and "ALLOCATE processed, success" in line for line in said.splitlines())
    assert FAULTS == []
    for page in (patient, provider):
        await page.context.close()


_GATHER = """async (servers) => {
    const link = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: "relay" });
    const found = { relays: 0, errors: [] };
    link.onicecandidateerror = ({ errorCode }) => found.errors.push(errorCode);
    link.createDataChannel("x");
    const done = new Promise((end) => (link.onicecandidate = ({ candidate }) => {
        if (!candidate) end();
        else if (candidate.type === "relay") found.relays += 1;
    }));
    await link.setLocalDescription();
    await done;
    link.close();
    return found;
}"""


async def _gathered(page: Page, turn: Turn, secret: str, now: datetime) -> Any:
    """What a browser gets from the server with such a password."""
    return await page.evaluate(_GATHER, ice_servers("", turn.url, secret, "page", now))


async def test_the_server_lets_in_who_has_a_good_password_for_as_long_as_it_lasts(
    practice: Practice, turn: Turn
) -> None:
    page = await (await practice.patients.new_context()).new_page()
    await page.goto(f"{practice.url}/signin")
    now = datetime.now(UTC)
    good = await _gathered(page, turn, SECRET, now)
    assert good["relays"] > 0
    for secret, at in ((SECRET + "x", now), (SECRET, now - LIFE - timedelta(seconds=5))):
        refused = await _gathered(page, turn, secret, at)
        assert refused["relays"] == 0
        assert 401 in refused["errors"]
    await page.context.close()
