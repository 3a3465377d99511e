"""A partner cloud of a few lines over real sockets, with faults at will, and the code of the house that calls it."""

import asyncio
import hashlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from openward.care.connections.policy import Policy
from openward.care.connections.ports import API, Failed, OAuth, Progress, Stretch

NAME = "twiist"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@dataclass
class Person:
    """One user of the cloud. `readings`: id to time; `late`: id to the moment from which it can be seen."""

    refresh: str
    readings: dict[str, datetime] = field(default_factory=dict)
    late: dict[str, datetime] = field(default_factory=dict)
    access: str = ""
    access_ends: datetime = BEGIN
    graced: str | None = None  # the refresh token before, good until the new access token is used
    is_revoked: bool = False

    def add(self, first: datetime, count: int) -> None:
        first = first.replace(microsecond=0)
        for number in range(count):
            at = first + number * STEP
            self.readings[hashlib.md5(f"{self.refresh[:4]}{at}".encode()).hexdigest()] = at


class Cloud:
    """`faults`: what happens to the next data calls, one each (None: nothing); `calls`: (moment, path, person)."""

    def __init__(self, now: Any) -> None:
        self.now = now
        self.people: dict[str, Person] = {}
        self.faults: deque[Any] = deque()
        self.token_faults: deque[Any] = deque()
        self.calls: list[tuple[float, str, str]] = []
        self.access_minutes = 60.0
        self.renewals: list[str] = []
        self.running: dict[str, int] = {}
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._numbers = itertools.count()

    def person(self, name: str) -> Person:
        return self.people.setdefault(name, Person(f"{name}-r0"))

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/token", self.token)
        app.router.add_get("/range", self.range)
        app.router.add_get("/readings", self.stretch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert (form["client_id"], form["client_secret"]) == ("openward", "secret")
        given = str(form["refresh_token"])
        found = [(name, one) for name, one in self.people.items() if given in (one.refresh, one.graced)]
        self.calls.append((asyncio.get_running_loop().time(), "token", found[0][0] if found else ""))
        fault = self.token_faults.popleft() if self.token_faults else None
        if fault == "500":
            return web.Response(status=500)
        if not found or found[0][1].is_revoked:
            return web.json_response({"error": "invalid_grant"}, status=400)
        name, person = found[0]
        number = next(self._numbers)
        if given == person.refresh:
            person.graced = person.refresh
        person.refresh, person.access = f"{name}-r{number}", f"{name}-a{number}"
        person.access_ends = self.now() + timedelta(minutes=self.access_minutes)
        self.renewals.append(name)
        if fault == "cut":
            request.transport.close()  # type: ignore[union-attr]
            return web.Response()
        if fault == "slow":
            await asyncio.sleep(0.5)
        answer = {"access_token": person.access, "refresh_token": person.refresh, "token_type": "Bearer"}
        return web.json_response(answer | {"expires_in": self.access_minutes * 60})

    async def _who(self, request: web.Request) -> tuple[Person, web.StreamResponse | None]:
        token = request.headers["authorization"].removeprefix("Bearer ")
        name = token.rpartition("-")[0]
        person = self.person(name)
        self.calls.append((asyncio.get_running_loop().time(), request.path, name))
        if person.is_revoked or token != person.access or person.access_ends <= self.now():
            return person, web.json_response({"fault": "unauthorized"}, status=401)
        person.graced = None
        await self.gate.wait()
        self.running[name] = self.running.get(name, 0) + 1
        self.most_at_once = max(self.most_at_once, self.running[name])
        await asyncio.sleep(0.002)
        self.running[name] -= 1
        fault = self.faults.popleft() if self.faults else None
        if fault == "cut":
            request.transport.close()  # type: ignore[union-attr]
            return person, web.Response()
        if fault == "truncated":
            return person, web.Response(body=b'{"readings": [{"id": "x', content_type="application/json")
        if isinstance(fault, int):
            return person, web.Response(status=fault)
        if isinstance(fault, tuple):
            return person, web.Response(status=fault[0], headers={"Retry-After": str(fault[1])})
        return person, None

    def _seen(self, person: Person) -> list[tuple[datetime, str]]:
        now, late = self.now(), person.late
        return sorted((at, name) for name, at in person.readings.items() if max(at, late.get(name, at)) <= now)

    async def range(self, request: web.Request) -> web.StreamResponse:
        person, refusal = await self._who(request)
        seen = self._seen(person)
        edges = [written(seen[0][0]), written(seen[-1][0])] if seen else None
        return refusal or web.json_response({"range": edges})

    async def stretch(self, request: web.Request) -> web.StreamResponse:
        person, refusal = await self._who(request)
        first, last = read(request.query["from"]), read(request.query["to"])
        found = [{"id": name, "at": written(at)} for at, name in self._seen(person) if first <= at <= last]
        return refusal or web.json_response({"readings": found + found[:2]})


class Client:
    """The code of this partner, as a folder below `wire` has it."""

    name = NAME
    title = "Fake"
    brings = "glucose readings"
    policy = Policy(
        interval_minutes=(45, 75), login_path="/login", token_path="/token", batch_days=10, overlap_minutes=1440
    )
    oauth = OAuth(scopes=(), uses_pkce=True)
    data_set: Mapping[str, Any] = {
        "client": {"name": "test.fetch", "version": "1.0.0"},
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
        "timeProcessing": "none",
    }

    async def fetch(self, api: API, policy: Policy, progress: Progress) -> AsyncIterator[Stretch]:
        edges = (await api.get("/range"))["range"]
        if edges is None:
            return
        start, end = read(edges[0]), read(edges[1])
        if progress.since is not None:
            start = max(start, progress.since - timedelta(minutes=policy.overlap_minutes))
            end = max(end, progress.since)
        start = start.replace(microsecond=0)
        memory = {"turns": progress.memory.get("turns", 0) + 1}
        while start <= end:
            until = min(start + timedelta(days=policy.batch_days), end)
            answer = await api.get("/readings", {"from": written(start), "to": written(until)})
            if not isinstance(answer, Mapping) or "readings" not in answer:
                raise Failed("wrong-envelope")
            data = [
                {
                    "type": "cbg",
                    "time": one["at"],
                    "units": "mg/dL",
                    "value": 100,
                    "deviceId": "Fake",
                    "origin": {"id": one["id"]},
                }
                for one in answer["readings"]
            ]
            yield Stretch(data, until, memory, -480)
            if until == end:
                return
            start = until
