"""The four ends of a visit, as people bring them about, told to a program that only knows the page for developers."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from anyio import to_thread

from openward.care import visits
from openward.infra import jobs
from openward.infra.jobs import Deferred
from openward.infra.postgres import open_cluster
from tests.gateway.deliveries.test_recipe import a_port, shown
from tests.journeys.video import Caller, Line, Visit, a_caller, an_installation

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ENDS = [f"appointment:{word}" for word in ("completed", "incompleted", "no-show", "lwbs", "cancelled")]


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Caller]:
    server = an_installation(tmp_path / "data", webhooks_allow_private="1")
    url = await to_thread.run_sync(server.__enter__)
    yield await a_caller(url, tmp_path / "data", tmp_path)
    await to_thread.run_sync(server.__exit__, None, None, None)


class Receiver:
    """The program of the how-to, and what it prints."""

    def __init__(self, folder: Path) -> None:
        self.port, self.script = a_port(), folder / "receiver.py"
        self.script.write_text(shown("python", "Receiver"), "utf-8")
        self.told: Queue[Any] = Queue()

    def run(self, key: str) -> Iterator[None]:
        environ = {"PATH": os.environ["PATH"], "WEBHOOK_KEY": key}
        command = [sys.executable, str(self.script), str(self.port)]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        output = process.stdout
        assert output is not None
        reader = Thread(target=lambda: [self.told.put(json.loads(line)) for line in output], daemon=True)
        reader.start()
        yield
        process.terminate()
        process.wait(10)
        reader.join(10)


async def _met(session: aiohttp.ClientSession, visit: Visit) -> Line:
    """Patient and provider have met, and the provider has hung up; the provider's line."""
    lines = []
    for address in (visit.patient_url, visit.provider_url):
        line = await Line.dial(session, visit.practice, address, str(uuid4()))
        await line.hear("welcome")
        await line.socket.send_json({"do": "join"})
        lines.append(line)
    await lines[1].until(call="on call")
    await lines[1].socket.send_json({"do": "hangup"})
    await lines[1].until(call="finalizing")
    return lines[1]


async def _sweep(data_dir: Path) -> None:
    """What the server does by itself each minute, now."""
    connection = await asyncpg.connect(open_cluster(data_dir / "postgres").dsn)
    await jobs.defer(connection, [Deferred(visits.SWEEP, key=f"tick:{visits.SWEEP}")], datetime.now(UTC))
    await connection.close()


async def test_each_end_is_told_once_and_by_its_own_name(practice: Caller, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    hook = await practice("POST", "/webhooks", {"endpoint": f"http://127.0.0.1:{receiver.port}/hook", "events": ENDS})
    running = receiver.run(hook["encryptionKey"])
    next(running)
    completed, incompleted, left = [await practice.visit() for _ in range(3)]
    missed = await practice.visit(date=int(datetime.now(UTC).timestamp()) - 3 * 86400)
    async with aiohttp.ClientSession() as session:
        for visit, is_complete in ((completed, True), (incompleted, False)):
            line = await _met(session, visit)
            await line.socket.send_json({"do": "finish", "complete": is_complete})
            await line.until(visit="completed")
        patient = await Line.dial(session, practice, left.patient_url, str(uuid4()))
        await patient.hear("welcome")
        await patient.socket.send_json({"do": "join"})
        await patient.socket.send_json({"do": "leave"})
        await patient.until(call="LWBS")
    await _sweep(practice.data_dir)
    wanted = [
        {"event": f"appointment:{word}", "data": {"appointmentId": visit.id}}
        for word, visit in (("completed", completed), ("incompleted", incompleted), ("lwbs", left), ("no-show", missed))
    ]
    told = [await to_thread.run_sync(lambda: receiver.told.get(timeout=30)) for _ in wanted]
    assert told == wanted
    assert [await visit.stands() for visit in (completed, incompleted, left, missed)] == [
        ("complete", "completed"),
        ("incomplete", "completed"),
        ("LWBS", "not showed up"),
        (None, "not showed up"),
    ]
    await practice("PUT", f"/appointments/{(await practice.visit()).id}", {"status": "cancelled"})
    last = await to_thread.run_sync(lambda: receiver.told.get(timeout=30))
    assert last["event"] == "appointment:cancelled"  # and nothing came in between
    next(running, None)
