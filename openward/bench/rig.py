"""A whole installation started for measuring, with its settings as an operator has them, and clients for it."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import asyncpg

from openward.infra.postgres import open_cluster

TOKEN = "x-tidepool-session-token"  # noqa: S105 -- the name of a header


Counting: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""A bar with this description and total; what it yields is told how much more is done."""


@contextmanager
def silent(_description: str, _total: int) -> Iterator[Callable[[int], None]]:
    """No bar at all."""
    yield lambda _count: None


@dataclass(slots=True)
class Rig:
    """A running server: its address, a service token, its database, its process id, its folder, and a bar to show."""

    url: str
    service: str
    dsn: str
    pid: int
    folder: str
    http: aiohttp.ClientSession
    counting: Counting = silent

    async def call(self, method: str, path: str, *, token: str | None = None, body: Any = None, **kept: Any) -> Any:
        """One JSON call; raises when it is refused."""
        headers = {TOKEN: token or self.service, **kept.pop("headers", {})}
        async with self.http.request(method, self.url + path, json=body, headers=headers, **kept) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
            return json.loads(text) if text else None

    async def person(self) -> tuple[str, str]:
        """A new confirmed account; gives its user id and a session token of its own."""
        email, password = f"bench-{secrets.token_hex(6)}@example.org", "Bench-pass-1"
        made = await self.call("POST", "/auth/user", body={"username": email, "emails": [email], "password": password})
        await self.call("PUT", f"/auth/user/{made['userid']}", body={"updates": {"emailVerified": True}})
        basic = "Basic " + b64encode(f"{email}:{password}".encode()).decode()
        async with self.http.post(self.url + "/auth/login", headers={"authorization": basic}) as answer:
            return made["userid"], answer.headers[TOKEN]

    async def idle(self, limit_s: float = 120) -> float:
        """Wait until the job queue is empty; gives the seconds waited."""
        began = time.perf_counter()
        connection = await asyncpg.connect(self.dsn)
        try:
            while time.perf_counter() - began < limit_s:
                busy = await connection.fetchval(
                    "select count(*) from jobs.pgqueuer where status = 'picked' or (status = 'queued'"
                    " and execute_after <= now())"
                )
                if not busy:
                    return time.perf_counter() - began
                await asyncio.sleep(0.05)
            raise RuntimeError("the job queue did not become empty")
        finally:
            await connection.close()

    def memory_mb(self) -> float:
        """Resident memory of the largest of our own processes (not PostgreSQL's), in MiB."""
        largest = 0.0
        for line in subprocess.run(
            ["ps", "-eo", "pid,ppid,rss,comm"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[1:]:
            pid, parent, rss, name = line.split(None, 3)
            if self.pid in (int(pid), int(parent)) and not name.startswith("postgres"):
                largest = max(largest, int(rss) / 1024)
        return largest


@asynccontextmanager
async def started(*flags: str) -> AsyncIterator[Rig]:
    """Start `openward serve` on a new folder, and stop it at the end."""
    secret = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="openward-bench-") as folder:
        environ = {**os.environ, "OPENWARD_SERVICE_SECRET": secret, "OPENWARD_LOG_LEVEL": "warning"}
        environ["OPENWARD_WEBHOOKS_ALLOW_PRIVATE"] = "1"  # partners stand on this machine, too
        command = [sys.executable, "-m", "openward", "serve", "--port", "0", "--data-dir", folder, *flags]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ)  # noqa: ASYNC220 -- once, at the start
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            cluster = open_cluster(Path(folder) / "postgres")
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as http:
                headers = {"x-tidepool-server-name": "bench", "x-tidepool-server-secret": secret}
                async with http.post(url + "/auth/serverlogin", headers=headers) as answer:
                    service = answer.headers[TOKEN]
                yield Rig(url, service, cluster.dsn, process.pid, folder, http)
        finally:
            process.terminate()
            process.wait(20)
