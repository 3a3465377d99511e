"""The first fetch of many people at once: ninety days of each, from the simulated cloud in a process of its own."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from openward.bench import upload
from openward.bench.figures import Figure, at_least, at_most
from openward.bench.inside import Inside, opened
from openward.bench.rig import Rig
from openward.care import accounts, connections
from openward.care.connections import Token
from openward.care.work import Work

_PARTNER = "dexcom"
_DAYS = 90
_PLAIN_BATCHES = 100
_LONGEST_S = 3600.0
_STEP_S = 0.5


async def everybody(rig: Rig, people: int) -> list[Figure]:
    """`people` connect at one moment; one more in ten was connected before, and comes due meanwhile."""
    before_all = await upload.plain_rate(rig, _PLAIN_BATCHES)
    others = max(1, people // 10)
    async with _cloud(people + others) as url, opened(rig) as inside:
        await _connect(rig, inside, url, people, others)
        watch = _Watch(rig, inside)
        before = await watch.count()
        await inside.do(
            lambda work: connections.put_partner(work, _PARTNER, url, "openward", "secret", {"pause": None})
        )
        began = time.perf_counter()
        await watch.until_done()
        seconds = time.perf_counter() - began
        count = await watch.count() - before
        summaries_s = await rig.idle(600)
    # Into the table as it was and as it has become, for it grew meanwhile.
    plain = (before_all + await upload.plain_rate(rig, _PLAIN_BATCHES)) / 2
    rate = count / seconds
    middle = len(watch.memory) // 2
    early = max(watch.memory[: middle + 1])
    return [
        Figure("backfill", f"readings of {_DAYS} days of {people:,} people", count, "readings"),
        Figure("backfill", "from the partner to the disk, all connected at one moment", rate, "readings/s"),
        Figure(
            "backfill", "the same until the last summary is refreshed", count / (seconds + summaries_s), "readings/s"
        ),
        Figure("backfill", "plain upload, the mean of before and after", plain, "readings/s"),
        at_least("backfill", "over plain upload in the same run", rate / plain, "ratio", 0.5),
        at_most("backfill", "longest that others who were due have waited meanwhile", max(watch.waits), "s", 60),
        at_most("backfill", "memory of the largest process", max(watch.memory), "MiB", 512),
        at_most("backfill", "the same, second half over first", max(watch.memory[middle:]) / early, "ratio", 1.1),
    ]


@asynccontextmanager
async def _cloud(people: int) -> AsyncIterator[str]:
    command = [sys.executable, "-m", "openward", "simulate", _PARTNER, "--port", "0", "--days", str(_DAYS - 1)]
    command += ["--people", str(people), "--token-life-s", "86400"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: ASYNC220 -- once, at the start
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(20)


async def _connect(rig: Rig, inside: Inside, url: str, people: int, others: int) -> None:
    """Accounts and sessions with tokens of the cloud; the others are up to date and due in the next ten minutes."""
    for number in range(1, people + others + 1):
        async with rig.http.post(f"{url}/simulator/people/{number}/grant") as answer:
            given = await answer.json()

        async def connect(work: Work, number: int = number, given: dict[str, str] = given) -> None:
            made = await accounts.create(work, email=f"b{uuid4().hex}@example.org", full_name=f"Bench {number}")
            ends_at = work.now + timedelta(days=1)
            token = Token(given["access_token"], "Bearer", given["refresh_token"], ends_at)
            await connections.open_session(work, made.key, _PARTNER, token)

        await inside.do(connect)
    await inside.pool.execute(
        "update connections.task set is_backfill = false, since = now() - interval '1 hour',"
        " due_at = now() + interval '10 minutes' * random() where source in (select source from connections.task"
        " order by random() limit $1)",
        others,
    )


@dataclass(slots=True)
class _Watch:
    """Looks twice a second at memory, and at how long somebody waits who has no backlog."""

    rig: Rig
    inside: Inside
    memory: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def count(self) -> int:
        """Rows of device data that were ever written."""
        return int(await self.inside.pool.fetchval("select sum(next_ordinal) from devicedata.data_set") or 0)

    async def until_done(self) -> None:
        """Return when nobody has a backlog any more."""
        ends = time.monotonic() + _LONGEST_S
        while time.monotonic() < ends:
            row = await self.inside.pool.fetchrow(
                "select count(*) filter (where is_backfill) as left, extract(epoch from now() - min(due_at)"
                " filter (where not is_backfill and lease is null))::float8 as wait from connections.task"
            )
            self.memory.append(self.rig.memory_mb())
            self.waits.append(max(row["wait"] or 0.0, 0.0))
            if not row["left"]:
                return
            await asyncio.sleep(_STEP_S)
        raise RuntimeError("the backfill did not come to its end")
