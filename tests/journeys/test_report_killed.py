"""The worker dies by SIGKILL while it builds an encounter report: another one builds it, and nothing is left over."""

import asyncio
import csv
import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import asyncpg
import pytest
import pyzipper

from openward.infra.postgres import open_cluster
from tests.cli.running import Running, call, openward, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

KEY = "a-key-for-tests-of-reports"
PASSWORD = "IK5adv2N5V-gr£9v6"
PRACTICE = {
    "key": "p",
    "name": "Practice",
    "solo": {
        "api_keys": [{"name": "integration", "key": KEY}],
        "waiting_rooms": [{"name": "GreatRoom"}],
        "report_presets": [{"name": "Default"}],
    },
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running("serve", tmp_path / "installation", "--port", "0", "--processes", "1")
    yield running
    if running.process.poll() is None:
        running.kill_all()


async def _killed_while_building(server: Running, dsn: str, order: Any) -> str:
    """Order a report while nobody can read patients, kill the worker that waits for them; the id of the report."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("lock table patients.enrolment in access exclusive mode")
            report = await asyncio.to_thread(order)
            waiting = "select exists (select from pg_locks l join pg_class c on c.oid = l.relation"
            waiting += " where c.relname = 'enrolment' and not l.granted)"
            while not await connection.fetchval(waiting):  # noqa: ASYNC110 -- of another process
                await asyncio.sleep(0.05)
            (worker,) = server.children("child jobs")
            os.kill(worker, signal.SIGKILL)
        return str(report)
    finally:
        await connection.close()


def test_another_worker_builds_what_a_killed_one_began(server: Running, tmp_path: Path) -> None:
    url, folder = server.ready(), tmp_path / "installation"
    (tmp_path / "setup.json").write_text(json.dumps({"organizations": [PRACTICE]}))
    made = json.loads(openward("provision", str(tmp_path / "setup.json"), "--data-dir", str(folder)).stdout)
    preset = made["organizations"][0]["solo"]["report_presets"][0]["id"]
    assert call(f"{url}/qapi/v1/patients", "POST", {"id": "P-1"}, api_key=KEY)[0] == 201
    booked = {"waitingRoom": "GreatRoom", "date": 1723737121, "externalId": "V-1"}
    assert call(f"{url}/qapi/v1/patients/P-1/appointments", "POST", booked, api_key=KEY)[0] == 201

    def order() -> str:
        body = {"from": "2024-08-15T00:00:00+00:00", "to": "2024-08-16T00:00:00+00:00", "presetId": preset}
        path = f"{url}/qapi/v1/encounter-report/create"
        status, state = call(path, "POST", {**body, "password": PASSWORD}, api_key=KEY)
        assert (status, state["status"]) == (201, "pending")
        return str(state["id"])

    dsn = open_cluster(folder / "postgres").dsn
    report = asyncio.run(_killed_while_building(server, dsn, order))

    def is_done() -> bool:
        return bool(call(f"{url}/qapi/v1/encounter-report/status/{report}", api_key=KEY)[1]["status"] == "completed")

    until(is_done, 60)
    asked = Request(f"{url}/qapi/v1/encounter-report/download/{report}", headers={"api-key": KEY})
    with urlopen(asked, timeout=20) as answer, pyzipper.AESZipFile(io.BytesIO(answer.read())) as archive:
        text = archive.read(f"encounter-report-{report}.csv", pwd=PASSWORD.encode()).decode()
    assert [row["appointment_external_id"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["V-1"]
    assert len([path for path in (folder / "blobs" / "reports").rglob("*") if path.is_file()]) == 1
    assert asyncio.run(_tries(dsn)) == (2, None)


async def _tries(dsn: str) -> tuple[int, bytes | None]:
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow("select tries, sealed_password from reports.encounter_report")
        return row["tries"], row["sealed_password"]
    finally:
        await connection.close()
