"""A worker that is killed between any two of its steps, and one storm of everything: nothing missing, nothing twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from openward.care.connections import SourceState
from openward.care.work import Work
from openward.gateway import tokens
from openward.gateway.polling import Polling, person_api
from openward.gateway.polling import house as house_module
from openward.infra.http import call

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process is gone: nothing of it runs on."""


class Hangman:
    """Counts the steps of one engine and kills it at the chosen one; whatever it would do afterwards fails, too."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0
        self.is_dead = asyncio.Event()
        self.fetches: set[asyncio.Task[Any]] = set()

    def step(self) -> None:
        self.count += 1
        if self.count >= self.at:
            self.is_dead.set()
            raise Killed

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        work = house_module.House.work

        @asynccontextmanager
        async def mortal_work(house: Any, provider: str) -> AsyncIterator[Work]:
            self.step()
            async with work(house, provider) as opened:
                yield opened
                self.step()  # before the commit
            self.step()

        async def mortal_call(*given: Any, **named: Any) -> Any:
            self.step()
            answer = await call(*given, **named)
            self.step()
            return answer

        monkeypatch.setattr(house_module.House, "work", mortal_work)
        monkeypatch.setattr(person_api, "call", mortal_call)
        monkeypatch.setattr(tokens, "call", mortal_call)


async def test_a_worker_may_be_killed_at_any_step(house: House) -> None:
    """The partner repeats a lost answer with a new token until that is used: then not even that step loses anything."""
    await house.set_up(batch_days=1.5)
    at, is_through = 1, False
    while not is_through:
        name = f"ana{at}"
        house.cloud.person(name).add(house.gate.now() - timedelta(days=4), 600)
        hangman = Hangman(at)
        with pytest.MonkeyPatch.context() as monkeypatch:
            hangman.watch(monkeypatch)
            mortal = Polling(house.gate)
            running = asyncio.create_task(_run(mortal))
            person = await house.connected(name)
            ends = asyncio.create_task(hangman.is_dead.wait())
            finished = asyncio.create_task(until(partial(done, house, person)))
            await asyncio.wait({ends, finished}, return_when=asyncio.FIRST_COMPLETED)
            is_through = finished.done() and not hangman.is_dead.is_set()
            finished.cancel()
            ends.cancel()
            hangman.at = 0
            running.cancel()
            for run in list(mortal._runs.values()):
                run.task.cancel()
            await asyncio.gather(
                running, finished, ends, *(run.task for run in mortal._runs.values()), return_exceptions=True
            )
            await asyncio.gather(*(step for step in mortal._house._steps), return_exceptions=True)
            await mortal._unlisten()  # as the database does when a process is gone
        await house.gate.pool.execute("update connections.task set leased_until = now() where lease is not null")
        await house.gate.pool.execute("update connections.renewal set until = now()")
        heir = Polling(house.gate)
        working = asyncio.create_task(heir.run())
        await until(partial(done, house, person))
        assert await house.has_all(name, person), f"killed at step {at}"
        source = await house.source(person)
        assert (source.state, source.error, len(source.data_sets)) == (SourceState.CONNECTED, None, 1), at
        heir.stop()
        await working
        at += 1
    assert at > 20


async def _run(polling: Polling) -> None:
    with suppress(Killed):
        await polling.run()


@pytest.mark.slow
async def test_a_storm_of_everything_loses_and_doubles_nothing(house: House) -> None:
    """Two days of twelve people within seconds, with every fault, late readings, and workers that come and go."""
    dice = random.Random(7)
    house.gate.speed = 7200.0
    try:
        cloud, begin = house.cloud, house.gate.now()
        names = [f"ana{number}" for number in range(12)]
        for name in names:
            person = cloud.person(name)
            person.add(begin - timedelta(days=3), 288 * 5)
            for reading in dice.sample(sorted(person.readings), 200):
                person.late[reading] = person.readings[reading] + timedelta(hours=dice.uniform(0, 20))
        await house.set_up(batch_days=1.5)
        people = [await house.connected(name) for name in names]
        for _ in range(2):
            await house.engine()
        faults: list[Any] = [None] * 12 + ["cut", "truncated", 500, 404, (429, 60), (503, 30)]
        while house.gate.now() < begin + timedelta(days=2):
            cloud.faults.extend(dice.choices(faults, k=20))
            cloud.token_faults.extend(dice.choices([None, None, None, "500", "cut"], k=3))
            await asyncio.sleep(1.5)
            house.engines[-2].stop()
            await house.engine()
            cloud.faults.clear()
        cloud.faults.clear()
        cloud.token_faults.clear()
        for name, one in zip(names, people, strict=True):
            await until(partial(house.has_all, name, one), 20)
        assert cloud.most_at_once == 1
    finally:
        house.gate.speed = 1.0
