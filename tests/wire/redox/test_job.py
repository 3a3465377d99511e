"""The job behind orders: run by real workers, side by side, in batches, and past an order that breaks it."""

import asyncio
from datetime import date
from typing import Any

import pytest

from openward.care import ehr, identity, patients, reactions
from openward.care.ehr import handle
from openward.care.identity import Identifier, System
from openward.care.patients import Details
from openward.care.work import PersonKey
from openward.gateway.job import handlers
from openward.gateway.request import Gate
from openward.infra.jobs import Runner

pytestmark = pytest.mark.anyio


async def until_answered(link: Any, names: list[str]) -> None:
    """Run a worker until none of these messages waits."""
    gate = Gate(link.pool, link.tools.settings, link.tools)
    runner = Runner(link.pool, handlers(gate, {ehr.HANDLE: reactions.JOBS[ehr.HANDLE]}), {})
    running = asyncio.create_task(runner.run())
    try:
        for _ in range(3000):
            if "waiting" not in [(await link.outcome(name))[0] for name in names]:
                break
            await asyncio.sleep(0.02)
    finally:
        runner.stop()
        await running


async def test_workers_make_one_account_of_sixteen_deliveries(link: Any) -> None:
    order = link.an_order("CREATE_ENABLE", number="R16", message=1600)
    names = await asyncio.gather(*(link.deliver(order) for _ in range(16)))
    await until_answered(link, names)
    outcomes = [await link.outcome(name) for name in names]
    assert sorted(outcomes) == [("done", None)] + [("repeated", None)] * 15
    (made,) = await link.patients()
    assert await link.is_active(made["id"]) is True


async def test_different_orders_for_one_person_make_one_account(link: Any) -> None:
    names = await asyncio.gather(*(link.deliver(link.an_order("CREATE")) for _ in range(8)))
    await until_answered(link, names)
    outcomes = [await link.outcome(name) for name in names]
    assert sorted(outcomes) == [("done", None)] + [("failed", "patient-exists")] * 7
    assert len(await link.patients()) == 1


async def test_an_order_that_breaks_does_not_hold_up_the_others(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(work: Any, place: Any, kept: Any) -> None:
        work.recorded.append("never kept")
        await work.tx.execute("select 1 / 0")

    user = (await link.patient())["id"]
    first = await link.deliver(link.an_order("CREATE", mrn="B9", FirstName="Zoe"))
    second = await link.deliver(link.an_order("ENABLE"))
    with monkeypatch.context() as patch:
        patch.setitem(handle._ACTIONS, "create", broken)
        await link.handle(second)
        assert await link.outcome(first) == ("waiting", None)
        assert await link.outcome(second) == ("done", None)
        with pytest.raises(Exception, match="DivisionByZeroError"):
            await link.handle(first)
    assert await link.is_active(user) is True
    await link.handle(first)
    assert await link.outcome(first) == ("done", None)


async def test_a_long_queue_is_worked_off_in_batches(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "_BATCH", 2)
    user = (await link.patient())["id"]
    names = [await link.deliver(link.an_order(code)) for code in ("ENABLE", "DISABLE", "ENABLE")]
    before = await link.queued(names[2])
    await link.handle(names[2])
    assert [(await link.outcome(name))[0] for name in names] == ["done", "done", "waiting"]
    assert await link.queued(names[2]) == before + 1
    await link.handle(names[2])
    assert await link.outcome(names[2]) == ("done", None)
    assert await link.is_active(user) is True


async def test_an_mrn_that_changes_meanwhile_is_waited_for(link: Any) -> None:
    user = (await link.patient())["id"]
    name = await link.deliver(link.an_order("ENABLE"))
    waiting = (
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"
    )
    async with link.work() as work:
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, user)))
        await patients.update(work, link.key, person, Details("Pat Smith", date(1990, 2, 3), mrn="A9"))
        handling = asyncio.create_task(link.handle(name))
        for _ in range(2000):
            if handling.done() or await link.pool.fetchval(waiting):
                break
            await asyncio.sleep(0.005)
        assert not handling.done()
    await handling
    assert await link.outcome(name) == ("failed", "unmatched")
    assert await link.is_active(user) is None
