"""A server as an operator starts it, for tests that kill its parts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

OPENWARD = [sys.executable, "-m", "openward"]
SECRET = "a-secret-for-tests"


def openward(*words: str, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*OPENWARD, *words], capture_output=True, text=True, timeout=120, check=check, env={**os.environ, **environ}
    )


class Running:
    """One `openward serve` (or `work`) in a process group of its own."""

    def __init__(self, command: str, data_dir: Path, *words: str) -> None:
        self.log = data_dir.parent / f"{command}-{time.monotonic_ns()}.log"
        environ = {**os.environ, "OPENWARD_SERVICE_SECRET": SECRET}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*OPENWARD, command, "--data-dir", str(data_dir), *words],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environ,
                start_new_session=True,
            )

    def ready(self) -> str:
        """Wait for the ready line; the address in it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text("utf-8")[-3000:]
        said = json.loads(line)
        assert said["ready"] is True
        return str(said["url"])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> float:
        """Send the signal and wait; the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(30)
        return time.monotonic() - began

    def children(self, word: str) -> list[int]:
        """Process ids of the children whose name or command line has this word."""
        return [pid for pid, parent, line in _processes() if parent == self.process.pid and word in line]

    def kill_all(self) -> None:
        """SIGKILL for the whole group, and whatever of the tree has a group of its own."""
        databases = self.children("postgres")
        parts = [*self.children(""), *(pid for pid, parent, _ in _processes() if parent in databases)]
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in parts:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)


def _processes() -> list[tuple[int, int, str]]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "comm").read_text("utf-8", "replace")
            line += (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state[0] != "Z":
            found.append((int(folder.name), int(state[1]), line))
    return found


def is_alive(pid: int) -> bool:
    """Whether the process still runs."""
    return any(found == pid for found, _, _ in _processes())


def until(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Ask again and again until the answer is true; fails when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


def call(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    """One request; the status (0: no answer) and the decoded body."""
    data = None if body is None else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, data=data, method=method, headers=sent), timeout=20) as answer:
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else None
    except HTTPError as error:
        return error.code, None
    except (URLError, OSError):
        return 0, None


def make_account(url: str, email: str) -> int:
    """Sign somebody up; the status."""
    return call(f"{url}/auth/user", "POST", {"username": email, "emails": [email], "password": "Correct-horse-7"})[0]
