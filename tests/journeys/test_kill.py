"""The whole process group dies by SIGKILL amid uploads, again and again: every acknowledged batch is there once."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.scale import scaled

KILLS = scaled(4, 10)
BATCH = 200
TOKEN = "x-tidepool-session-token"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Installation:
    """A server in a process group of its own, so that all of it can be killed at one stroke."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.secret = "kill-secret"

    def start(self) -> None:
        environ = {**os.environ, "OPENWARD_SERVICE_SECRET": self.secret}
        command = [sys.executable, "-m", "openward", "serve", "--port", "0", "--data-dir", str(self.data_dir)]
        command += ["--processes", "1"]
        with (self.data_dir / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environ, start_new_session=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.data_dir / "serve.log").read_text("utf-8")[-3000:]
        self.url = json.loads(line)["url"]

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def call(
        self, method: str, path: str, token: str = "", body: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = Request(self.url + path, data=data, method=method, headers={TOKEN: token, **(headers or {})})
        with urlopen(asked, timeout=20) as answer:
            text = answer.read()
            return (json.loads(text) if text else None), dict(answer.headers)

    def service_token(self) -> str:
        headers = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": self.secret}
        _, answered = self.call("POST", "/auth/serverlogin", headers=headers)
        return next(value for name, value in answered.items() if name.lower() == TOKEN)


def _batch(number: int) -> list[dict[str, Any]]:
    """Readings of which each carries its batch in its time, so that the reader knows whose they are."""
    first = START + timedelta(seconds=number * BATCH)
    times = [(first + timedelta(seconds=step)).strftime("%Y-%m-%dT%H:%M:%SZ") for step in range(BATCH)]
    return [{"type": "cbg", "time": at, "units": "mmol/L", "value": 6.1, "deviceId": "kill"} for at in times]


def _upload_until_it_dies(
    server: Installation, token: str, data_set: str, numbers: "Numbers", acknowledged: set[int], tried: set[int]
) -> None:
    with contextlib.suppress(URLError, OSError, ValueError, EOFError):
        while True:
            number = numbers.next()
            tried.add(number)
            server.call("POST", f"/v1/data_sets/{data_set}/data", token, _batch(number))
            acknowledged.add(number)


class Numbers:
    """Running numbers for several threads; a batch is never sent twice."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), -1

    def next(self) -> int:
        with self._lock:
            self._last += 1
            return self._last


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    server = Installation(tmp_path)
    server.start()
    token = server.service_token()
    email = f"kill-{secrets.token_hex(4)}@example.org"
    user, _ = server.call(
        "POST", "/auth/user", token, {"username": email, "emails": [email], "password": "Correct-horse-7"}
    )
    asked = {
        "client": {"name": "kill", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
    }
    made, _ = server.call("POST", f"/v1/users/{user['userid']}/data_sets", token, asked)
    data_set = made["data"]["uploadId"]
    acknowledged: set[int] = set()
    tried: set[int] = set()
    numbers = Numbers()
    for _ in range(KILLS):
        threads = [
            threading.Thread(
                target=_upload_until_it_dies, args=(server, token, data_set, numbers, acknowledged, tried), daemon=True
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.4 + secrets.randbelow(400) / 1000)
        server.kill()
        for thread in threads:
            thread.join(30)
        server.start()
    data, _ = server.call("GET", f"/data/{user['userid']}?type=cbg", token)
    seconds = [(datetime.fromisoformat(row["time"]) - START).total_seconds() for row in data]
    found = Counter(int(second) // BATCH for second in seconds)
    server.process.terminate()
    server.process.wait(15)
    assert len(acknowledged) > KILLS
    assert [number for number in acknowledged if found[number] != BATCH] == []
    assert len(set(seconds)) == len(seconds), "a reading is there twice"
    assert {found[number] for number in tried - acknowledged} <= {0, BATCH}, "half of a batch was kept"
