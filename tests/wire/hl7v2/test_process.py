"""The listener as a process of the server: started, shown, restarted when it dies, stopped in order."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg
import pytest

from openward.cli.tree.database import opened
from openward.config import Settings
from openward.simulators.hl7v2 import Feed, Line, Names, Told, send_all, with_faults
from tests.cli.running import OPENWARD, Running, call, openward, until
from tests.wire.hl7v2.sender import Sender, adt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]

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
        self.folder = folder / "data"
        super().__init__("serve", self.folder, "--port", "0", "--mllp-port", "0", "--processes", "1")
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
        (listener,) = server.children("openward-hl7v2")
        os.kill(listener, signal.SIGKILL)
        # What is sent meanwhile waits in the queue of the socket, which the supervisor holds.
        async with Sender(*server.place) as sender:
            assert (await sender.send(adt("A04", mrn="H-2", name="Roe^Jo"))).code == "AA"

    asyncio.run(feed())
    booked = call(f"{server.url}/qapi/v1/patients/HSID/H-2/appointments", "POST", {"waitingRoom": "Hall"}, Api_Key=key)
    assert booked[0] == 201
    until(lambda: _ready(server) == "listening")
    with urlopen(f"{server.url}/metrics", timeout=30) as figures:
        assert b"openward_feed_messages_total" in figures.read()
    command = ["simulate", "hl7v2", ":".join(map(str, server.place)), "--count", "15", "--faults"]
    *answers, last = openward(*command, "replay=0.3,garbage=0.2,late=0.3").stdout.splitlines()
    assert {json.loads(line)["answer"] for line in answers} <= {"AA", "AR"}
    assert json.loads(last)["sent"]["AA"] >= 15
    assert openward(*command, "sunshine=1", check=False).returncode == 2
    log = server.log.read_text("utf-8")
    assert not any(word in log for word in ("Roe", "H-2", "H-1", "Springfield"))
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


def test_a_feed_survives_the_death_of_every_part(server: Installation) -> None:
    """A sender that sends again until it is answered, faults and all: nothing is lost, nothing done twice."""
    until(lambda: _ready(server) == "listening")
    feed = Feed(Names(), seed=7, prefix="K")
    items = list(with_faults(feed.messages(160), {"replay": 0.1, "cut": 0.05, "garbage": 0.02}, seed=7))

    async def go() -> list[Told]:
        told: list[Told] = []
        kills = {40: "openward-hl7v2", 80: "pgdata", 120: "openward-hl7v2"}
        async for one in send_all(Line(*server.place, patience_s=120), iter(items), 0):
            told.append(one)
            if len(told) in kills:
                for pid in server.children(kills[len(told)]):
                    os.kill(pid, signal.SIGKILL)
        return told

    answers = asyncio.run(go())
    taken = {one.item.control_id for one in answers if one.code == "AA"}
    real = {item.control_id: item for item in items if item.fault != "garbage"}
    assert taken == set(real)
    kinds = [item.kind for item in real.values()]

    async def count() -> tuple[int, int, int, int]:
        with opened(Settings(data_dir=server.folder)) as dsn:
            connection = await asyncpg.connect(dsn)
            try:
                counts = (
                    "select count(*) from ehr.feed_message where state = 'done'",
                    "select count(*) from patients.enrolment",
                    "select count(*) from visits.appointment",
                    "select count(*) from visits.appointment where status = 'cancelled'",
                )
                return tuple([await connection.fetchval(one) for one in counts])
            finally:
                await connection.close()

    people = kinds.count("ADT^A04") - kinds.count("ADT^A40")
    assert asyncio.run(count()) == (len(real), people, kinds.count("SIU^S12"), kinds.count("SIU^S15"))
