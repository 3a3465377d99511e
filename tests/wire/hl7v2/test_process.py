"""The listener as a process of the server: started, shown, restarted when it dies, stopped in order."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import OPENWARD, Running, call, openward, until
from tests.wire.hl7v2.sender import Sender, adt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

CLINIC = {
    "organizations": [
        {
            "key": "willow",
            "name": "Willow Clinic",
            "solo": {"waiting_rooms": [{"name": "Hall"}], "api_keys": [{"name": "desk"}]},
            "hl7v2": [
                {
                    "sending_application": "EPIC",
                    "sending_facility": "NORTH",
                    "peers": ["127.0.0.1/32"],
                    "rooms": {"ROOM1": "Hall"},
                }
            ],
        }
    ]
}


class Installation(Running):
    """A server that listens for messages, with one clinic."""

    def __init__(self, folder: Path) -> None:
        super().__init__("serve", folder / "data", "--port", "0", "--mllp-port", "0", "--processes", "1")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text("utf-8")[-3000:]
        said = json.loads(line)
        host, _, port = said["mllp"].partition(":")
        self.url, self.place = said["url"], (host, int(port))
        file = folder / "clinic.json"
        file.write_text(json.dumps(CLINIC))
        self.answer: dict[str, Any] = json.loads(
            openward("provision", str(file), "--data-dir", str(folder / "data")).stdout
        )["organizations"][0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installation]:
    running = Installation(tmp_path)
    yield running
    if running.process.poll() is None:
        running.kill_all()


def _ready(server: Installation) -> str:
    return str((call(f"{server.url}/health/ready")[1] or {}).get("hl7v2"))


def test_messages_reach_the_record_through_restarts(server: Installation, tmp_path: Path) -> None:
    key = server.answer["solo"]["api_keys"][0]["key"]
    until(lambda: _ready(server) == "listening")

    async def feed() -> None:
        async with Sender(*server.place) as sender:
            assert (await sender.send(adt("A04", mrn="H-1"))).code == "AA"
        (listener,) = server.children("child hl7v2")
        os.kill(listener, signal.SIGKILL)
        # What is sent meanwhile waits in the queue of the socket, which the supervisor holds.
        async with Sender(*server.place) as sender:
            assert (await sender.send(adt("A04", mrn="H-2", name="Roe^Jo"))).code == "AA"

    asyncio.run(feed())
    booked = call(f"{server.url}/qapi/v1/patients/HSID/H-2/appointments", "POST", {"waitingRoom": "Hall"}, Api_Key=key)
    assert booked[0] == 201
    until(lambda: _ready(server) == "listening")
    figures = subprocess.run(["curl", "-s", f"{server.url}/metrics"], capture_output=True, text=True, check=True).stdout
    assert "openward_feed_messages_total" in figures
    log = server.log.read_text("utf-8")
    assert not any(word in log for word in ("Roe", "H-2", "H-1"))
    assert server.stop() < 10
    assert server.process.returncode == 0


def test_a_certificate_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    found = subprocess.run(
        [*OPENWARD, "serve", "--data-dir", str(tmp_path / "data"), "--port", "0", "--mllp-port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "OPENWARD_MLLP_TLS_CERT": str(tmp_path / "none.pem")},
    )
    assert found.returncode == 2
    assert "OPENWARD_MLLP_TLS_CERT" in found.stderr
