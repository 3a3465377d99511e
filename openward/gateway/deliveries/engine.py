"""The engine of one process: sleeps until something is due, claims endpoints, delivers, gives them back.

Endpoints that fail have places of their own, so that however many of them hang, the others go on. Nothing is asked of
the database while nothing is due: sleepers are woken by a notification, which is sent only to sleepers.
"""

import asyncio
import time
from typing import Any, Final

import structlog

from openward.care import subscriptions
from openward.care.subscriptions import Bell, Form, Lane
from openward.gateway.deliveries.house import PASSING, House
from openward.gateway.deliveries.lane import serve
from openward.gateway.request import Gate
from openward.infra.http import open_session

log = structlog.get_logger("openward.deliveries")
PLACES: Final = 32
"""Endpoints at once, and as many failing ones."""
_HEARTBEAT_S: Final = subscriptions.LEASE_S / 3
_SHORTEST_S: Final = 0.05
"""From one look to the next: what comes within it is claimed together."""
_LONGEST_S: Final = 20.0
"""Somebody may have died with a retry that nobody else knows of, or instead of whom nobody was woken."""
_POLL_S: Final = 0.1
_QUIET_S: Final = 1.0
"""Having found something, an engine stays awake for so long and looks by itself every `_POLL_S`."""
_AFTER_ERROR_S: Final = 1.0
_DRAIN_S: Final = 4.0
"""A stopping worker lets calls under way end for so long; the supervisor waits a little longer than that."""


class Deliveries:
    """Runs until told to stop; any number of them may work on one database."""

    def __init__(self, gate: Gate, form: Form, *, places: int = PLACES) -> None:
        self._gate, self._form, self._places = gate, form, places
        self._held: dict[Lane, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._listener: Any = None
        self._has_bell = False
        self._busy_at = 0.0

    async def run(self) -> None:
        """Work until `stop`, and give back what is held then."""
        settings = self._gate.settings
        async with open_session(allow_private=settings.webhooks_allow_private, limit=0) as http:
            self._house = House(self._gate, self._form, http)
            self._house.is_stopping = self._is_stopping
            heartbeat = asyncio.create_task(self._keep_leases())
            try:
                while not self._is_stopping:
                    await self._turn()
            finally:
                heartbeat.cancel()
                await self._end()

    def stop(self) -> None:
        """Send nothing new; calls under way are finished."""
        self._is_stopping = True
        self._wake.set()

    async def _turn(self) -> None:
        """Look once, and sleep until there is reason to look again."""
        self._wake.clear()
        try:
            await self._listen()
            delay_s = await self._look()
        except PASSING as error:
            log.warning("database_away", error=type(error).__name__)
            delay_s = _AFTER_ERROR_S
        began = time.monotonic()
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(max(0.0, _SHORTEST_S - (time.monotonic() - began)))

    async def _look(self) -> float:
        """Begin with what is due; the seconds until the next look, for which a quiet engine may sleep."""
        if self._has_bell:
            await subscriptions.unset_bell(self._listener)
            self._has_bell = False
        delay_s = await self._claim_and_look()
        if time.monotonic() - self._busy_at < _QUIET_S:
            return min(delay_s, _POLL_S)
        bell = await subscriptions.set_bell(self._listener)
        if bell is Bell.BUSY:
            return min(delay_s, _POLL_S)
        if bell is Bell.SET:
            self._has_bell = True
            delay_s = await self._claim_and_look()  # what was queued while nobody had to tell us
        return delay_s

    async def _listen(self) -> None:
        if self._listener is not None and not self._listener.is_closed():
            return
        await self._unlisten()
        connection = await self._gate.pool.acquire()
        await connection.add_listener(subscriptions.CHANNEL, self._told)
        connection.add_termination_listener(self._interrupted)
        self._listener, self._has_bell = connection, False

    async def _unlisten(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        if not listener.is_closed():
            listener.remove_termination_listener(self._interrupted)
            await listener.remove_listener(subscriptions.CHANNEL, self._told)
        await self._gate.pool.release(listener)

    def _interrupted(self, _connection: object) -> None:
        self._wake.set()

    def _told(self, _connection: object, _pid: int, _channel: str, _text: str) -> None:
        self._wake.set()

    async def _claim_and_look(self) -> float:
        """Begin with what is due as far as there is room; the seconds until the next look."""
        room = {failing: self._places - self._count(failing) for failing in (False, True)}
        async with self._house.work() as work:
            claimed = [
                lane
                for failing, places in room.items()
                for lane in await subscriptions.claim(work, places, is_failing=failing)
            ]
            outlook = await subscriptions.outlook(work)
        if claimed:
            self._busy_at = time.monotonic()
        for lane in claimed:
            self._held[lane] = asyncio.create_task(self._go(lane))
        waits = [_LONGEST_S]
        for failing, due_at in ((False, outlook.due_at), (True, outlook.failing_due_at)):
            if due_at is not None and self._count(failing) < self._places:
                waits.append((due_at - self._gate.now()).total_seconds())
        if outlook.lease_left_s is not None:
            waits.append(outlook.lease_left_s)
        return max(0.0, min(waits))

    def _count(self, is_failing: bool) -> int:
        return sum(lane.is_failing is is_failing for lane in self._held)

    async def _go(self, lane: Lane) -> None:
        try:
            await serve(self._house, lane)
            await self._house.tried(lambda work: subscriptions.release(work, [lane]))
        except PASSING as error:
            log.warning("database_away", error=type(error).__name__)  # the lease runs out by itself
        except Exception as error:
            log.error("unforeseen", error=type(error).__name__)  # the same; its text may hold what is secret
        finally:
            self._held.pop(lane, None)
            self._wake.set()  # what came while we gave it back was told to nobody

    async def _keep_leases(self) -> None:
        """Prolong what we hold; an endpoint that is not ours any more is left at once."""
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            held = list(self._held)
            if not held:
                continue
            try:
                async with self._house.work() as work:
                    kept = await subscriptions.prolong(work, held)
            except PASSING:
                continue
            for lane in held:
                if lane.lease not in kept and lane in self._held:
                    self._held[lane].cancel()

    async def _end(self) -> None:
        """Let calls under way end; give back the rest."""
        self._house.is_stopping = True
        if self._held:
            await asyncio.wait(list(self._held.values()), timeout=_DRAIN_S)
        left = dict(self._held)
        for task in left.values():
            task.cancel()
        await asyncio.gather(*left.values(), return_exceptions=True)
        try:
            if left:
                await self._house.tried(lambda work: subscriptions.release(work, list(left)))
        except PASSING:
            pass  # the leases run out by themselves
        await self._unlisten()
