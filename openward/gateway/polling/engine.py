"""The engine of one process: sleeps until something is due, claims it, runs it, gives it back.

Each partner has lanes of its own, so that a slow one holds nobody else up; those with a backlog have a lane beside
those who only look for news, so that neither starves. Nothing is asked of the database while nothing is due: sleepers
are woken by a notification when something is due earlier than they thought.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog

from openward.care import connections
from openward.care.connections import Claim, End, Ending, PartnerSetup
from openward.gateway.measure import FETCH_CLAIMS, FETCH_LAG_SECONDS, FETCH_SECONDS, FETCHES
from openward.gateway.polling.fetch import fetch
from openward.gateway.polling.house import COLLISIONS, NO_DATABASE, House
from openward.gateway.polling.line import Line
from openward.gateway.request import Gate
from openward.infra.http import open_session

log = structlog.get_logger("openward.polling")
SLOTS: Final = 64
BACKFILL_SLOTS: Final = 8
_HEARTBEAT_S: Final = connections.LEASE_S / 3
_SHORTEST_S: Final = 0.05
"""From one look to the next: what falls due within it is claimed together."""
_AFTER_ERROR_S: Final = 1.0
_LOOK_AFTER_OTHERS_S: Final = 1.0
"""While other engines fetch somebody looks whether they still live."""
_SETTLED_S: Final = 3.0
"""An engine that has just come to the database gives the others time to come, too, before it counts them as dead."""
_DRAIN_S: Final = 4.0
"""A stopping worker lets calls under way end for so long; the supervisor waits a little longer than that."""


@dataclass(slots=True)
class _Lane:
    """Fetches of one partner with a backlog, or the others. `next_at`: when the first is due, as far as known."""

    setup: PartnerSetup
    is_backfill: bool
    slots: int
    line: Line | None
    next_at: datetime | None
    running: int = 0

    @property
    def is_open(self) -> bool:
        return self.running < self.slots


@dataclass(slots=True)
class _Run:
    claim: Claim
    lane: _Lane
    task: asyncio.Task[None] = field(init=False)


class Polling:
    """Runs until told to stop; any number of them may work on one database."""

    def __init__(
        self, gate: Gate, *, slots: int = SLOTS, backfill_slots: int = BACKFILL_SLOTS, speed: float = 1.0
    ) -> None:
        """slots: fetches at once of one partner; speed: how much faster than ours the gate's clock runs."""
        self._gate = gate
        self._number = secrets.randbits(31)
        self._listens_since = 0.0
        self._slots = {False: slots, True: backfill_slots}
        self._speed = speed
        self._lanes: dict[tuple[str, bool], _Lane] = {}
        self._runs: dict[Any, _Run] = {}
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._has_setups = False
        self._listener: Any = None

    async def run(self) -> None:
        """Work until `stop`, and give back what is not finished by then."""
        settings = self._gate.settings
        async with open_session(allow_private=settings.webhooks_allow_private, limit=0) as http:
            self._house = House(self._gate, http, self._number)
            heartbeat = asyncio.create_task(self._keep_leases())
            try:
                while not self._is_stopping:
                    await self._turn()
            finally:
                heartbeat.cancel()
                await self._end()

    def stop(self) -> None:
        """Begin nothing new; calls under way are finished."""
        self._is_stopping = True
        self._wake.set()

    async def _turn(self) -> None:
        """Look once, and sleep until there is reason to look again."""
        self._wake.clear()
        try:
            await self._listen()
            if not self._has_setups:
                await self._load_setups()
            delay_s = await self._claim_and_look()
        except (*NO_DATABASE, *COLLISIONS) as error:
            log.warning("database_away", error=type(error).__name__)
            delay_s = _AFTER_ERROR_S
        began = time.monotonic()
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(max(0.0, _SHORTEST_S - (time.monotonic() - began)))

    async def _listen(self) -> None:
        if self._listener is not None and not self._listener.is_closed():
            return
        await self._unlisten()
        connection = await self._gate.pool.acquire()
        await connection.add_listener(connections.CHANNEL, self._told)
        connection.add_termination_listener(self._interrupted)
        self._listener = connection
        await connections.mark(connection, self._number)
        self._listens_since = time.monotonic()
        self._has_setups = False  # whatever was told while nobody listened

    def _interrupted(self, _connection: object) -> None:
        self._wake.set()

    async def _unlisten(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        if not listener.is_closed():
            listener.remove_termination_listener(self._interrupted)
            await listener.remove_listener(connections.CHANNEL, self._told)
        await self._gate.pool.release(listener)

    def _told(self, _connection: object, _pid: int, _channel: str, text: str) -> None:
        if text == "partners":
            self._has_setups = False
            self._wake.set()
            return
        due_at = datetime.fromisoformat(text)
        if any(lane.next_at is None or due_at < lane.next_at for lane in self._lanes.values()):
            for lane in self._lanes.values():
                lane.next_at = due_at if lane.next_at is None else min(lane.next_at, due_at)
            self._wake.set()

    async def _load_setups(self) -> None:
        """Read how partners are set up now; what runs goes on as it began."""
        self._has_setups = True
        async with self._house.work("") as work:
            setups = await connections.every_partner(work)
            now = work.now
        lanes = {}
        for setup in setups:
            if setup.faults:
                # Only the places: the words are for the page of partners.
                places = ",".join(fault.partition(":")[0] for fault in setup.faults)
                log.error("partner_held", wire=setup.name, reason_code=f"policy:{places}")
                continue
            line = self._line(setup)
            for is_backfill, slots in self._slots.items():
                before = self._lanes.get((setup.name, is_backfill))
                lane = _Lane(setup, is_backfill, slots, line, now)
                if before is not None:
                    before.setup, before.line, before.next_at = setup, line, now
                    lane = before
                lanes[setup.name, is_backfill] = lane
        self._lanes = lanes

    def _line(self, setup: PartnerSetup) -> Line | None:
        limit = setup.policy.requests_per_minute
        if limit is None:
            return None
        spacing_s = connections.spacing_s(limit) / self._speed

        async def reserve(count: int) -> float:
            async with self._house.work(setup.name) as work:
                return await connections.reserve(work, setup.name, count, spacing_s)

        return Line(reserve, spacing_s)

    async def _claim_and_look(self) -> float | None:
        """Begin what is due as far as there is room; the seconds until the next look, None for as long as it takes."""
        claimed: list[tuple[_Lane, Claim]] = []
        lanes = list(self._lanes.values())
        now = self._gate.now()
        async with self._house.work("") as work:
            for lane in lanes:
                if lane.is_open and lane.next_at is not None and lane.next_at <= now:
                    room = lane.slots - lane.running
                    found = await connections.claim(
                        work, lane.setup.name, room, is_backfill=lane.is_backfill, engine=self._number
                    )
                    claimed += [(lane, one) for one in found]
            for lane in lanes:
                lane.next_at = None  # what is told while we look is not seen by the look
            outlook = await connections.look(
                work,
                [(lane.setup.name, lane.is_backfill) for lane in lanes],
                engine=self._number,
                may_judge=time.monotonic() - self._listens_since > _SETTLED_S,
            )
            for lane, due_at in zip(lanes, outlook.due_at, strict=True):
                lane.next_at = min((at for at in (due_at, lane.next_at) if at is not None), default=None)
        for lane, claim in claimed:
            self._begin(lane, claim)
        waits = [
            (lane.next_at - self._gate.now()).total_seconds() / self._speed
            for lane in lanes
            if lane.is_open and lane.next_at is not None
        ]
        if outlook.lease_left_s is not None:
            waits.append(min(outlook.lease_left_s, _LOOK_AFTER_OTHERS_S if outlook.has_others else connections.LEASE_S))
        return max(0.0, min(waits)) if waits else None

    def _begin(self, lane: _Lane, claim: Claim) -> None:
        name = lane.setup.name
        FETCH_CLAIMS.labels(name).inc()
        FETCH_LAG_SECONDS.labels(name).observe(max(0.0, (self._gate.now() - claim.due_at).total_seconds()))
        run = self._runs[claim.lease] = _Run(claim, lane)
        lane.running += 1
        run.task = asyncio.create_task(self._go(run))

    async def _go(self, run: _Run) -> None:
        lane, claim, setup = run.lane, run.claim, run.lane.setup
        began = time.monotonic()
        try:
            end = await fetch(self._house, setup, claim, lane.line)
            await self._settle(setup, claim, end)
            FETCHES.labels(setup.name, end.ending.value).inc()
            FETCH_SECONDS.labels(setup.name).observe(time.monotonic() - began)
        finally:
            was_full = not lane.is_open
            lane.running -= 1
            self._runs.pop(claim.lease, None)
            if was_full:
                self._wake.set()

    async def _settle(self, setup: PartnerSetup, claim: Claim, end: End) -> None:
        """Where that fails the lease runs out, and somebody goes on with it."""
        if end.ending in (Ending.FAILED, Ending.REFUSED, Ending.INVALID):
            log.warning("fetch_failed", wire=setup.name, reason_code=end.reason or end.ending.value)
        try:
            await self._house.tried(setup.name, lambda work: connections.settle(work, setup.policy, claim, end))
        except (*NO_DATABASE, *COLLISIONS) as error:
            log.warning("database_away", error=type(error).__name__)

    async def _keep_leases(self) -> None:
        """Prolong what we hold; a fetch that is not ours any more ends at once."""
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            held: Mapping[Any, _Run] = dict(self._runs)
            if not held:
                continue
            try:
                async with self._house.work("") as work:
                    kept = await connections.prolong(work, [run.claim for run in held.values()])
            except (*NO_DATABASE, *COLLISIONS):
                continue
            for lease in held.keys() - kept:
                if lease in self._runs:
                    held[lease].task.cancel()

    async def _end(self) -> None:
        """Let calls under way end; give back the rest. A token that is on its way is waited for."""
        self._house.is_stopping = True
        left = {run.task for run in self._runs.values()}
        if left:
            await asyncio.wait(left, timeout=_DRAIN_S)
        unfinished = [run.claim for run in self._runs.values()]
        left = {run.task for run in self._runs.values()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._house.rest()
        try:
            async with self._house.work("") as work:
                await connections.release(work, unfinished)
        except (*NO_DATABASE, *COLLISIONS):
            pass  # the leases run out by themselves
        await self._unlisten()
