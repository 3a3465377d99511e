"""Jobs of summaries, of record systems and of partner clouds."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care import accounts, connections, devicedata, ehr, roster, summaries
from openward.care.connections import Token
from openward.care.connections.revoking import revoke_later
from openward.care.ehr import Provider, Status
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey
from openward.infra.jobs import Deferred
from openward.wire.redox.order import read_order
from tests.journeys.killed.house import CALL, House, Situation, a_linked_place, a_patient, order_of, situation
from tests.wire.redox.stand_in import stats

_NONE = {"name": "org.tidepool.deduplicator.none"}


async def _uploaded(house: House, **ago: float) -> PersonKey:
    """Somebody with readings that no summary knows of, and no job that says so."""
    async with house.work(**ago) as work:
        person = (await accounts.create_custodial(work, email=None)).key
        client = {"name": "test", "version": "1.0.0"}
        body = {"dataSetType": "continuous", "deviceId": "test", "deduplicator": _NONE, "client": client}
        target = await devicedata.lock(work, (await devicedata.create(work, person, body)).name)
        times = [work.now - timedelta(minutes=5 * number) for number in range(300)]
        rest = {"type": "cbg", "deviceId": "test", "units": "mmol/L", "value": 6.1, "sampleInterval": 300_000}
        readings = [{"time": at.isoformat()} | rest for at in times]
        await devicedata.append(
            work, target, devicedata.pack_batch(devicedata.check_batch(readings, mint_id=lambda: ""))
        )
    await house.forget_jobs(summaries.REFRESH, str(person))
    return person


def _summary_of(*people: PersonKey) -> str:
    keys = ", ".join(f"'{person}'" for person in people)
    return (
        f"select person || kind || last_data || updated_reason::text from summaries.summary where person in ({keys})"
        f" union all select person || kind from roster.summary where person in ({keys})"
        f" union all select 'mark' from summaries.mark where person in ({keys}) order by 1"
    )


def _refresh_of(person: PersonKey) -> str:
    return f"new.dedupe_key = 'summary:{person}'"


@situation(summaries.REFRESH)
async def data_came(house: House) -> Situation:
    person = await _uploaded(house)
    async with house.work() as work:
        work.tasks.append(Deferred(summaries.REFRESH, {"person": str(person)}, f"summary:{person}"))
    return Situation(
        "insert on summaries.summary", f"new.person = '{person}' and new.kind = 'con'", _summary_of(person)
    )


@situation(summaries.SPREAD)
async def data_of_many_came(house: House) -> Situation:
    people = [await _uploaded(house) for _ in range(2)]
    async with house.work() as work:
        work.tasks.append(Deferred(summaries.SPREAD, {"people": [str(person) for person in people]}))
    return Situation("insert on jobs.pgqueuer", _refresh_of(people[1]), _summary_of(*people))


@situation(summaries.SWEEP)
async def a_mark_waits_without_its_job(house: House) -> Situation:
    person = await _uploaded(house, minutes=5)
    await house.tick(summaries.SWEEP)
    return Situation("insert on jobs.pgqueuer", _refresh_of(person), _summary_of(person))


async def _ordered(house: House, name: str, **changes: Any) -> UUID:
    """An order, kept with the job that handles it."""
    said = order_of(name, **changes)
    async with house.work() as work:
        content, order = json.dumps(said).encode(), read_order(said)
        kept = await ehr.keep_message(
            work, Provider.REDOX, data_model="Order", event_type="New", content=content, order=order
        )
    return kept.key


async def _subscribed(house: House, name: str) -> tuple[OrganizationKey, PersonKey, UUID]:
    """A patient whom a record system has asked for reports on; and the order that did."""
    place = await a_linked_place(house, name)
    async with house.work() as work:
        person = await a_patient(work, place, name)
        content = json.dumps(order_of(name)).encode()
        said: dict[str, Any] = {"data_model": "Order", "event_type": "New", "content": content, "status": Status.DONE}
        order = (await ehr.keep_message(work, Provider.REDOX, **said)).key
        await ehr.subscribe(work, place, person, Provider.REDOX, order, is_active=True)
        await roster.put_summary(work, person, Kind.CGM, stats(datetime.now(UTC) + timedelta(minutes=1)))
    return place, person, order


def _left(place: OrganizationKey) -> str:
    """What was sent for an organization, and what became of its pushes."""
    return (
        f"select kind || event_type || state from ehr.delivery where organization = '{place}'"
        f" union all select state || coalesce(reason, '') from ehr.sync_task where organization = '{place}'"
        f" union all select status || coalesce(reason, '') from ehr.message where organization = '{place}' order by 1"
    )


@situation(ehr.HANDLE)
async def an_order_came(house: House) -> Situation:
    place = await a_linked_place(house, "Handle")
    async with house.work() as work:
        person = await a_patient(work, place, "Hal", birth_date=date(1990, 2, 3), mrn="A1")
        await roster.put_summary(work, person, Kind.CGM, stats(datetime.now(UTC)))
    await _ordered(house, "Handle")
    return Situation("insert on ehr.delivery", f"new.organization = '{place}' and new.kind = 'results'", _left(place))


@situation(ehr.PUSH)
async def a_push_is_due(house: House) -> Situation:
    place, person, _ = await _subscribed(house, "Push")
    async with house.work() as work:
        await ehr.sync_patient(work, person)
    return Situation("insert on ehr.delivery", f"new.organization = '{place}' and new.kind = 'notes'", _left(place))


@situation(ehr.AFTER_UPLOAD)
async def a_patient_has_uploaded(house: House) -> Situation:
    place, person, _ = await _subscribed(house, "Upload")
    async with house.work() as work:
        work.tasks.append(Deferred(ehr.AFTER_UPLOAD, {"person": str(person)}, f"{ehr.AFTER_UPLOAD}:{person}"))
    return Situation("insert on ehr.sync_task", f"new.organization = '{place}'", _left(place))


async def _refused(house: House, name: str) -> tuple[OrganizationKey, UUID]:
    """An organization, and the answer that waits for a sender whose order could not be carried out."""
    place = await a_linked_place(house, name)
    order = await _ordered(house, name, mrn=None, number=f"order-of-{name}")
    await house.forget_jobs(ehr.HANDLE, str(order))
    await house.run(ehr.HANDLE, message=str(order))
    key: UUID = await house.gate.pool.fetchval("select key from ehr.delivery where organization = $1", place)
    return place, key


@situation(ehr.DELIVER)
async def an_answer_waits(house: House) -> Situation:
    place, _ = await _refused(house, "Deliver")
    stop = f"new.organization = '{place}' and new.state = 'sent'"
    return Situation("update on ehr.delivery", stop, _left(place))


@situation(ehr.TICK)
async def an_answer_was_lost(house: House) -> Situation:
    place, key = await _refused(house, "Lost")
    await house.forget_jobs(ehr.DELIVER, str(key))
    await house.gate.pool.execute("update ehr.delivery set due_at = now() - interval '20 minutes' where key = $1", key)
    await house.tick(ehr.TICK)
    stop = f"new.entrypoint = '{ehr.DELIVER}' and position('{key}' in convert_from(new.payload, 'UTF8')) > 0"
    return Situation("insert on jobs.pgqueuer", stop, _left(place))


@situation(ehr.SWEEP)
async def a_push_is_old(house: House) -> Situation:
    place, person, _ = await _subscribed(house, "Old")
    async with house.work(days=91) as work:
        await ehr.sync_patient(work, person)
        work.tasks.clear()
    await house.tick(ehr.SWEEP)
    return Situation("delete on ehr.sync_task", f"old.organization = '{place}'", _left(place))


@situation(connections.REVOKE)
async def a_token_is_given_back(house: House) -> Situation:
    async with house.work() as work:
        await connections.put_partner(work, "pump", house.cloud_url, "us", "secret", None)
        await revoke_later(work, "pump", Token("access", refresh="refresh-token"))
    return Situation(CALL, "", "select 'nothing is kept of it'")
