"""Booking: what a new visit is, whom it is refused, and what is told of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from openward.care import identity, visits
from openward.care.errors import NotFound
from openward.care.identity import System
from openward.care.visits import AppointmentBooked, Booking, ExternalIdTaken, Role, RoomFull, Status
from openward.care.work import PersonKey
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)


async def test_a_visit_is_scheduled_with_all_its_names(practice: Any) -> None:
    work = practice.work
    made = await practice.book(starts_at=AT, duration_s=600, reasons=["headache"], external_id="V-1")
    assert made.status is Status.SCHEDULED
    assert (made.starts_at, made.duration_s, made.reasons, made.external_id) == (AT, 600, ("headache",), "V-1")
    assert int(await identity.name(work, made.key, System.SAID)) > 0
    assert await identity.name(work, made.key, System.SOLO)
    assert await visits.get(work, practice.organization, made.key) == made
    assert await visits.by_external_id(work, practice.organization, "V-1") == made
    assert AppointmentBooked(practice.organization, practice.person, made.key, practice.room.key) in work.recorded
    assert any(entry.what == "appointment" and entry.action == "write" for entry in work.audited)


async def test_absent_words_mean_now_and_the_slot_of_the_room(practice: Any) -> None:
    made = await practice.book()
    assert made.starts_at == practice.work.now.replace(microsecond=0)
    assert made.duration_s == 900


async def test_an_external_id_belongs_to_one_visit_of_the_practice(practice: Any, a_practice: Any) -> None:
    await practice.book(external_id="V-2")
    with pytest.raises(ExternalIdTaken):
        await practice.book(external_id="V-2")
    other = await a_practice()
    assert (await other.book(external_id="V-2")).external_id == "V-2"


async def test_strangers_get_no_visit(practice: Any, a_practice: Any) -> None:
    other = await a_practice()
    with pytest.raises(NotFound):
        await visits.book(practice.work, practice.organization, other.person, Booking(practice.room))
    with pytest.raises(NotFound):
        await visits.book(practice.work, practice.organization, PersonKey(uuid4()), Booking(practice.room))
    made = await other.book()
    with pytest.raises(NotFound):
        await visits.get(practice.work, practice.organization, made.key)


async def test_a_room_that_enforces_its_capacity_fills_up(a_practice: Any) -> None:
    practice = await a_practice(enforces_capacity=True, capacity=2)
    first = await practice.book(starts_at=AT)
    await practice.book(starts_at=AT)
    with pytest.raises(RoomFull):
        await practice.book(starts_at=AT, asks_for_place=True)
    await practice.book(starts_at=datetime(2026, 3, 11, 14, 15, tzinfo=UTC), asks_for_place=True)
    await visits.move(practice.work, practice.organization, first.key, Status.CANCELLED)
    await practice.book(starts_at=AT, asks_for_place=True)


async def test_links_are_the_same_each_time_and_cannot_be_guessed(practice: Any) -> None:
    work, key = practice.work, (await practice.book()).key
    patient, provider = (visits.link_token(work, key, role) for role in (Role.PATIENT, Role.PROVIDER))
    assert patient == visits.link_token(work, key, Role.PATIENT) != provider
    assert visits.read_link(work, patient) == (key, Role.PATIENT)
    assert visits.read_link(work, provider) == (key, Role.PROVIDER)
    changed = ("A" if patient[0] != "A" else "B") + patient[1:]
    for wrong in (changed, patient[:-4], "", "x", patient + "====", "ä" * 44):
        with pytest.raises(NotFound):
            visits.read_link(work, wrong)


async def test_a_booking_takes_few_statements(practice: Any) -> None:
    work = practice.work
    await practice.book()
    await finish(work)
    work.recorded, work.audited, work.tasks = [], [], []
    asked: list[str] = []
    with work.tx.query_logger(lambda record: asked.append(record.query)):
        await practice.book(starts_at=AT, external_id="V-3")
        await finish(work)
    # The patient, the visit, its number, its names, webhooks, the event, the audit; a few more may be needed one day.
    assert 5 <= len(asked) <= 9, asked
