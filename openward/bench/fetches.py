"""Fetching from a partner cloud for 100,000 connections: what the schedule costs, and how late anybody is.

The cloud is a few lines in this process that answer as Dexcom does: six calls a fetch, a day of readings in each,
because every fetch looks back for late ones.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiohttp import web

from openward.bench.figures import Figure, at_least, at_most, percentile
from openward.bench.inside import Inside, opened
from openward.bench.rig import Rig
from openward.care import connections
from openward.care.connections import End, Ending, Token
from openward.care.work import Work
from openward.partners import PARTNERS

_PARTNER = "dexcom"
_HOUR_S = 3600.0
_STEP = timedelta(minutes=5)
_AT_ONCE = 4000
_BURST_S = 10.0


class _Cloud:
    """Notes when each person is asked for first; `now` is cut so that all answers of a minute can be the same bytes."""

    def __init__(self) -> None:
        self.asked: dict[int, float] = {}
        self.finished = 0
        self._egvs: dict[tuple[str, str], bytes] = {}

    async def start(self) -> str:
        app = web.Application()
        app.router.add_get("/v3/users/self/{resource}", self._answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return "http://{}:{}".format(*self.runner.addresses[0][:2])

    async def _answer(self, request: web.Request) -> web.Response:
        resource = request.match_info["resource"]
        if resource == "dataRange":
            self.asked.setdefault(int(request.headers["authorization"].rpartition("-")[2]), time.time())
            last = {"systemTime": _plain(datetime.now(UTC).replace(second=0, microsecond=0))}
            first = {"systemTime": _plain(datetime.now(UTC) - timedelta(days=90))}
            body = msgspec.json.encode(_envelope("dataRange", egvs={"start": first, "end": last}))
        elif resource == "egvs":
            span = request.query["startDate"][:16], request.query["endDate"][:16]
            if span not in self._egvs:
                self._egvs[span] = msgspec.json.encode(_envelope("egv", records=_readings(*span)))
            body = self._egvs[span]
        else:
            self.finished += resource == "events"
            body = msgspec.json.encode(_envelope(resource.removesuffix("s"), records=[]))
        return web.Response(body=body, content_type="application/json")


def _envelope(kind: str, **more: Any) -> dict[str, Any]:
    return {"recordType": kind, "recordVersion": "3.0", "userId": "bench", **more}


def _plain(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _readings(first: str, last: str) -> list[dict[str, Any]]:
    at, end = (datetime.fromisoformat(text + ":00+00:00") for text in (first, last))
    at += (datetime.min.replace(tzinfo=UTC) - at) % _STEP
    found = []
    while at <= end:
        found.append(
            {
                "recordId": f"r-{at:%Y%m%d%H%M}",
                "systemTime": _plain(at),
                "displayTime": _plain(at)[:-1],
                "value": 100 + at.minute,
                "unit": "mg/dL",
                "trend": "flat",
                "transmitterGeneration": "g7",
                "displayDevice": "iOS",
            }
        )
        at += _STEP
    return found


async def for_ever(rig: Rig, people: int, seconds: float) -> list[Figure]:
    """Everybody is due once an hour; the workers of a plain installation fetch for `seconds`."""
    cloud = _Cloud()
    url = await cloud.start()
    try:
        async with opened(rig) as inside:
            began = time.time() + 15 + people / 4000  # until then everything is in its place
            await _connect(inside, people, began)
            claims, settlements = await _claims(inside)
            idle_ms = await _look_ms(inside)
            await inside.do(lambda work: connections.put_partner(work, _PARTNER, url, "b", "s", {"pause": None}))
            await asyncio.sleep(began - time.time() + seconds)
            asked = dict(cloud.asked)
            most = await _most(inside, cloud, people)
    finally:
        await cloud.runner.cleanup()
    step = _HOUR_S / people
    # The last two seconds may still be on their way.
    due = range(int((seconds - 2) / step))
    lags = [asked[place] - (began + place * step) if place in asked else _HOUR_S for place in due]
    what = f"of {people:,} connections, each hourly"
    return [
        at_least("fetches", f"claims {what}", claims, "a second", 1000),
        Figure("fetches", "settlements, each a commit of its own, 16 at once", settlements, "a second"),
        at_most("fetches", f"one look at the schedule {what}", idle_ms, "ms", 5),
        Figure("fetches", "fetches with six calls and a day of readings each", len(due) / seconds, "a second"),
        Figure("fetches", "the same while thousands are due at once", most, "a second"),
        at_least("fetches", "that over the pace of everybody once an hour", most / (people / _HOUR_S), "ratio", 1.5),
        at_most("fetches", "from due to the partner's first call, 99 %", percentile(lags, 0.99), "s", 1),
        at_most("fetches", "the same, the worst", max(lags), "s", 60),
    ]


async def _most(inside: Inside, cloud: _Cloud, people: int) -> float:
    """Fetches a second that are finished while the workers do not run out of them."""
    await inside.pool.execute(
        "update connections.task set due_at = now() where source in (select source from connections.task"
        " where lease is null order by due_at desc limit $1)",
        min(people, _AT_ONCE),
    )
    await inside.pool.execute("select pg_notify($1, $2)", connections.CHANNEL, datetime.now(UTC).isoformat())
    await asyncio.sleep(2)
    before, began = cloud.finished, time.perf_counter()
    await asyncio.sleep(_BURST_S)
    return (cloud.finished - before) / (time.perf_counter() - began)


async def _connect(inside: Inside, people: int, began: float) -> None:
    """Sessions, sources and tasks straight into their tables; the engine sees no difference."""
    now = datetime.now(UTC)
    sessions, sources, tasks = [], [], []
    for place in range(people):
        session, source, person = uuid4(), uuid4(), uuid4()
        token = Token(f"access-{place}", "Bearer", f"refresh-{place}", now + timedelta(days=1))
        sealed = inside.tools.keyring.seal(msgspec.json.encode(token), "connections.session.token_sealed", session)
        sessions.append((session, session.hex, person, "oauth", _PARTNER, sealed, now))
        sources.append((source, person, "oauth", _PARTNER, session.hex, "connected", now))
        due_at = datetime.fromtimestamp(began + place * _HOUR_S / people, UTC)
        tasks.append((source, person, _PARTNER, session, due_at, False, now - timedelta(hours=1)))
    async with inside.pool.acquire() as connection:
        for table, columns, rows in (
            ("session", "key id person provider_type provider_name token_sealed created_at", sessions),
            ("source", "key person provider_type provider_name session_id state created_at", sources),
            ("task", "source person provider session due_at is_backfill since", tasks),
        ):
            await connection.copy_records_to_table(
                table, schema_name="connections", columns=columns.split(), records=rows
            )
        await connection.execute("analyze connections.task, connections.source, connections.session")


async def _claims(inside: Inside, rounds: int = 20) -> tuple[float, float]:
    """Claim and settle over and over, as a worker does with fetches that take no time; either rate."""
    policy = PARTNERS[0].policy
    kept: list[tuple[UUID, datetime]] = []
    claiming_s = settling_s = 0.0
    for _ in range(rounds):
        at = datetime.now(UTC) + timedelta(hours=2)

        async def claim(work: Work, at: datetime = at) -> Any:
            work.now = at
            return await connections.claim(work, _PARTNER, 64, is_backfill=False)

        began = time.perf_counter()
        claimed = await inside.do(claim)
        claiming_s += time.perf_counter() - began
        kept += [(one.source, one.due_at) for one in claimed]
        end = End(Ending.DONE, at)

        async def settle(one: Any, end: End = end) -> Any:
            return await inside.do(lambda work: connections.settle(work, policy, one, end))

        began = time.perf_counter()
        await asyncio.gather(*(settle(one) for one in claimed))
        settling_s += time.perf_counter() - began
    async with inside.pool.acquire() as connection:
        await connection.executemany("update connections.task set due_at = $2 where source = $1", kept)
    return len(kept) / claiming_s, len(kept) / settling_s


async def _look_ms(inside: Inside, times: int = 50) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await inside.do(lambda work: connections.look(work, [(_PARTNER, False), (_PARTNER, True)]))
    return (time.perf_counter() - began) / times * 1000
