"""A policy that contradicts itself stops its own partner and nobody else; what services do with sources is followed."""

import io
import json
from datetime import timedelta

import pytest

from openward.care import connections
from openward.care.connections import SourceState
from openward.infra.logs import set_up_logs

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


async def test_a_policy_that_cannot_be_holds_its_partner_alone(house: House) -> None:
    told = io.StringIO()
    set_up_logs("info", told)
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.gate.pool.execute("update connections.partner set policy = '{\"interval_minutes\": [5, 1]}'")
    engine = await house.engine()
    person = await house.connected("ana")

    async def is_held() -> bool:
        return "partner_held" in told.getvalue()

    await until(is_held)
    (line,) = {line for line in told.getvalue().splitlines() if "partner_held" in line}
    assert json.loads(line)["reason_code"] == "policy:interval_minutes"
    assert engine._lanes == {}
    async with house.work() as work:
        assert await connections.partners(work) == []
        (health,) = await connections.partner_health(work)
    assert health.faults == ("interval_minutes: two numbers above 0, the smaller first",)
    assert (health.connected, house.cloud.calls) == (1, [])
    await house.set_up()
    await until(lambda: house.has_all("ana", person))


async def test_a_service_connects_a_source_with_a_session_of_its_person(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    source = await house.source(person)
    async with house.work() as work:
        await connections.change(work, source.key, {"state": SourceState.DISCONNECTED})
    assert (await house.task(person))["due_at"] is None
    house.cloud.person("ana").add(house.gate.now() - timedelta(minutes=30), 5)
    async with house.work() as work:
        changes = {"state": SourceState.CONNECTED, "session_id": source.session_id}
        await connections.change(work, source.key, changes)
    await until(lambda: house.has_all("ana", person))
    # Said once more it changes nothing, and a session of somebody else brings nothing.
    await until(lambda: done(house, person))
    due_at = (await house.task(person))["due_at"]
    async with house.work() as work:
        await connections.change(work, source.key, changes)
        assert (await house.task(person))["due_at"] == due_at
    async with house.work() as work:
        await connections.change(work, source.key, {"state": SourceState.ERROR})
    assert (await house.task(person))["due_at"] is None
    async with house.work() as work:
        await connections.change(work, source.key, changes | {"session_id": "x" * 32})
    assert (await house.task(person))["due_at"] is None


async def test_what_cannot_be_unsealed_holds_nobody_else_up(house: House) -> None:
    for name in ("ana", "ben"):
        house.cloud.person(name).add(house.gate.now() - timedelta(days=1), 10)
    ana, ben = await house.connected("ana"), await house.connected("ben")
    await house.gate.pool.execute(
        "update connections.session set token_sealed = set_byte(token_sealed, 40, get_byte(token_sealed, 40) # 1)"
        " where person = $1",
        ana,
    )
    await house.engine()
    await until(lambda: house.has_all("ben", ben))

    async def has_failed() -> bool:
        return (await house.source(ana)).state is SourceState.ERROR

    await until(has_failed)
    await house.gate.pool.execute("update connections.partner set secret_sealed = '\\x01'")
    async with house.work() as work:
        (held,) = await connections.every_partner(work)
    assert held.faults == ("client_secret: sealed with a key that is gone",)
    await house.set_up()
    async with house.work() as work:
        assert len(await connections.partners(work)) == 1
