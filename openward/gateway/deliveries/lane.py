"""One endpoint while this worker holds it: what is due is posted, and what was answered is kept as it comes in."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import Final, TypeAlias
from uuid import UUID

import structlog

from openward.care import identity, subscriptions
from openward.care.identity import System
from openward.care.subscriptions import Batch, Due, Lane, Outcome
from openward.care.work import Work
from openward.gateway.deliveries.house import House
from openward.gateway.measure import DELIVERIES, DELIVERY_SECONDS
from openward.infra.http import CallFailed, call

log = structlog.get_logger("openward.deliveries")
ANSWER_S: Final = 10.0
"""Source: Solo, an endpoint answers within 10 s."""
WIDTH: Final = 16
"""Posts at once to one endpoint."""
BATCH: Final = 256
TURNS: Final = 16
"""Batches in one go; whoever has more waiting goes to the end of the queue of endpoints."""
Names: TypeAlias = Mapping[tuple[System, UUID], str]
_IN_ORDER: Final = 32
"""So few are posted one after another, that they arrive as they happened; a longer backlog goes side by side."""
_PATIENCE_S: Final = 1.0
"""For so long the next one waits for the answer to the one before."""
_KEEP_S: Final = 0.25
_KEEP_MOST: Final = 128
_MOST_ANSWER_BYTES: Final = 64 * 1024


async def serve(house: House, lane: Lane) -> None:
    """Deliver what is due at this endpoint, until nothing is, it is not ours, or it is somebody else's turn."""
    for _ in range(TURNS):
        if house.is_stopping:
            return
        async with house.work() as work:
            batch = await subscriptions.batch(work, lane, BATCH)
            if batch is None:
                return
            post = _Post(house, lane, batch, await _names(work, house, lane, batch))
        if not await post.all():
            return


async def _names(work: Work, house: House, lane: Lane, batch: Batch) -> Names:
    """What the endpoint's wire calls the endpoint itself and all subjects."""
    form = house.form
    wanted = {form.naming: [lane.subscription]}
    for due in batch.due:
        wanted.setdefault(form.system(due.topic), []).append(due.subject)
    found: dict[tuple[System, UUID], str] = {}
    for system, keys in wanted.items():
        found |= {(system, key): name for key, name in (await identity.names(work, keys, system)).items()}
    return found


class _Post:
    """One batch on its way."""

    def __init__(self, house: House, lane: Lane, batch: Batch, names: Names) -> None:
        self._house, self._lane, self._batch, self._names = house, lane, batch, names
        self._running: set[asyncio.Task[Outcome]] = set()
        self._outcomes: list[Outcome] = []
        self._kept_at = time.monotonic()

    async def all(self) -> bool:
        """Post the batch; whether the endpoint still is ours."""
        waiting = deque(self._batch.due)
        is_short = len(waiting) <= _IN_ORDER
        is_ours = True
        try:
            while is_ours and (self._running or (waiting and not self._house.is_stopping)):
                while waiting and len(self._running) < WIDTH and not self._house.is_stopping:
                    task = asyncio.create_task(self._one(waiting.popleft()))
                    self._running.add(task)
                    if is_short:
                        await asyncio.wait({task}, timeout=_PATIENCE_S)
                done, self._running = await asyncio.wait(
                    self._running, timeout=_KEEP_S, return_when=asyncio.FIRST_COMPLETED
                )
                self._outcomes += [task.result() for task in done]
                is_ours = await self._keep(is_last=not self._running)
        finally:
            for task in self._running:
                task.cancel()
        return is_ours

    async def _one(self, due: Due) -> Outcome:
        began = time.monotonic()
        outcome = await self._ask(due)
        word = "delivered" if outcome.is_delivered else outcome.reason or "refused"
        DELIVERIES.labels(word).inc()
        DELIVERY_SECONDS.observe(time.monotonic() - began)
        return outcome

    async def _ask(self, due: Due) -> Outcome:
        now, form = self._house.gate.now, self._house.form
        subject = self._names.get((form.system(due.topic), due.subject))
        own = self._names.get((form.naming, self._lane.subscription))
        if subject is None or own is None:
            return Outcome(due, now(), reason=subscriptions.GONE)
        try:
            letter = form.write(self._batch.secret, due.topic, subject, own, due.key)
            answer = await call(
                self._house.http,
                "POST",
                self._batch.endpoint,
                headers=letter.headers,
                body=letter.body,
                limit_bytes=_MOST_ANSWER_BYTES,
                is_cut=True,
                total_s=ANSWER_S,
            )
        except CallFailed as failed:
            return Outcome(due, now(), reason=failed.reason)
        except Exception as error:
            # What upsets us in a way nobody foresaw must not be tried again at once for ever.
            log.error("unforeseen", error=type(error).__name__)
            return Outcome(due, now(), reason="unforeseen")
        return Outcome(due, now(), status=answer.status)

    async def _keep(self, *, is_last: bool) -> bool:
        """Write down what is known when it is much, or known for a while; a worker that dies repeats only the rest."""
        is_time = len(self._outcomes) >= _KEEP_MOST or time.monotonic() - self._kept_at >= _KEEP_S
        if not self._outcomes or not (is_last or is_time):
            return True
        outcomes, self._outcomes = sorted(self._outcomes, key=lambda one: one.at), []
        is_ours = await self._house.tried(lambda work: subscriptions.settle(work, self._lane, outcomes))
        self._kept_at = time.monotonic()
        return is_ours
