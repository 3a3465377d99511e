"""Tokens that expire, rotate and get lost on their way."""

import asyncio
from datetime import timedelta

import pytest

from openward.care import connections
from openward.care.connections import SourceState
from openward.care.connections.renewal import LONGEST_S

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


async def kept_refresh(house: House, person: object) -> str | None:
    async with house.work() as work:
        (found,) = await connections.list_sessions(work, person, {}, offset=0, limit=2)  # type: ignore[arg-type]
    return found.token.refresh if found.token else None


async def test_an_expired_token_is_renewed_before_it_is_used(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    house.move(minutes=100)
    await until(lambda: done(house, person))
    await until(lambda: renewed(house, 2))
    await until(lambda: done(house, person))
    assert await kept_refresh(house, person) == house.cloud.person("ana").refresh
    assert [path for _, path, _ in house.cloud.calls] == ["token", "/range", "/readings"] * 2


async def renewed(house: House, count: int) -> bool:
    return len(house.cloud.renewals) >= count


async def test_a_token_that_ends_early_is_renewed_once_and_the_call_repeated(house: House) -> None:
    ana = house.cloud.person("ana")
    ana.add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.access_minutes = 600
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    ana.access = "ana-somethingelse"
    ana.add(house.gate.now(), 5)
    house.move(minutes=100)
    await until(lambda: house.has_all("ana", person))
    await until(lambda: done(house, person))
    source = await house.source(person)
    assert (source.state, source.error, len(house.cloud.renewals)) == (SourceState.CONNECTED, None, 2)


@pytest.mark.parametrize("faults", [["cut"], ["500"], ["cut", "500", "cut"]], ids="-".join)
async def test_an_answer_lost_on_its_way_is_asked_for_again(house: House, faults: list[str]) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.token_faults.extend(faults)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: house.has_all("ana", person))
    assert await kept_refresh(house, person) == house.cloud.person("ana").refresh


async def test_a_worker_that_stops_while_it_renews_keeps_the_new_token(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.token_faults.append("slow")
    engine = await house.engine()
    person = await house.connected("ana")
    await until(lambda: renewed(house, 1))
    for run in engine._runs.values():
        run.task.cancel()
    engine.stop()
    refresh = house.cloud.person("ana").refresh

    async def is_kept() -> bool:
        return await kept_refresh(house, person) == refresh

    await until(is_kept)
    assert house.cloud.renewals == ["ana"]


async def test_two_workers_never_renew_at_once(house: House) -> None:
    """The second takes the fetch over while the first, thought to be dead, still waits for the partner."""
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.token_faults.append("slow")
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: renewed(house, 1))
    await house.gate.pool.execute("update connections.task set lease = null, leased_until = null")
    await house.engine()
    await until(lambda: house.has_all("ana", person))
    await asyncio.sleep(0.1)
    assert house.cloud.renewals == ["ana"]
    assert await kept_refresh(house, person) == house.cloud.person("ana").refresh


async def test_a_late_token_of_a_closed_session_is_not_kept(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.token_faults.append("slow")
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: renewed(house, 1))
    await house.disconnect(person)
    await asyncio.sleep(0.8)
    assert not await house.stored(person)
    assert (await house.source(person)).state is SourceState.DISCONNECTED
    assert await house.gate.pool.fetchval("select count(*) from connections.session") == 0


async def noted(house: House, person: object, engine: int) -> None:
    """Somebody has begun to renew the token, eleven seconds ago."""
    await house.gate.pool.execute(
        "insert into connections.renewal (session, holder, until)"
        " select key, overlay(gen_random_uuid()::text placing $2 from 1)::uuid, now() + $3"
        " from connections.session where person = $1",
        person,
        f"{engine:08x}",
        timedelta(seconds=LONGEST_S - 11),
    )


async def test_a_renewal_that_died_with_its_worker_is_tried_again_within_a_partners_grace(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    person = await house.connected("ana")
    await noted(house, person, 0x0DEAD)
    await house.engine()
    await until(lambda: house.has_all("ana", person))


async def test_a_renewal_of_a_worker_that_lives_is_waited_for(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    person = await house.connected("ana")
    await noted(house, person, 0x0A11FE)
    async with house.gate.pool.acquire() as living:
        await connections.mark(living, 0x0A11FE)
        await house.engine()
        await asyncio.sleep(2.5)
        assert house.cloud.renewals == []
    await until(lambda: house.has_all("ana", person))
