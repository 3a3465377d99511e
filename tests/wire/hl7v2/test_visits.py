"""Appointments of a feed: booked, moved, cancelled; each once, in the order of what happened."""

from datetime import UTC, datetime

import pytest

from openward.care import identity, visits
from openward.care.identity import Identifier, System
from openward.care.visits import Appointment, Status
from openward.care.work import Work
from tests.wire.hl7v2.conftest import Hospital, make_hospital

pytestmark = pytest.mark.anyio


async def visit(hospital: Hospital, name: str = "V-1") -> Appointment:
    """The visit of this name."""
    return await hospital.do(lambda work: visits.by_external_id(work, hospital.key, name))


async def test_an_appointment_is_booked_for_a_patient_who_is_made(hospital: Hospital) -> None:
    assert (await hospital.tell(hospital.siu())).code == "AA"
    booked = await visit(hospital)
    # Wall time of the clinic, which is in New York.
    assert booked.starts_at == datetime(2026, 4, 1, 13, 30, tzinfo=UTC)
    assert (booked.duration_s, booked.reasons, booked.status) == (1800, ("Check-up",), Status.SCHEDULED)

    async def rooms(work: Work) -> str:
        room = await visits.room(work, hospital.key, booked.room)
        assert await identity.resolve(work, Identifier(System.HSID, "M-1", hospital.key)) == booked.person
        return room.name

    assert await hospital.do(rooms) == "Hall"


async def test_it_is_moved_and_cancelled(hospital: Hospital) -> None:
    await hospital.tell(hospital.siu(at="20260310120000"))
    moved = hospital.siu("S13", at="20260310130000", start="20260402100000-0500", more=("AIL|1||LAB",))
    assert (await hospital.tell(moved)).code == "AA"
    after = await visit(hospital)
    assert after.starts_at == datetime(2026, 4, 2, 15, 0, tzinfo=UTC)
    room = await hospital.do(lambda work: visits.room(work, hospital.key, after.room))
    assert room.name == "Lab"
    assert (await hospital.tell(hospital.siu("S15", at="20260310140000", sch="SCH||V-1"))).code == "AA"
    assert (await visit(hospital)).status is Status.CANCELLED
    assert (await hospital.tell(hospital.siu("S15", at="20260310140000", sch="SCH||V-1"))).code == "AA"
    again = await hospital.tell(hospital.siu("S13", at="20260310150000", start="20260403100000"))
    assert (again.code, again.problem) == ("AE", "207")


async def test_what_comes_late_changes_nothing(hospital: Hospital) -> None:
    assert (await hospital.tell(hospital.siu("S15", at="20260310150000", sch="SCH|P-9^X|V-9"))).code == "AA"
    assert (await hospital.tell(hospital.siu("S12", at="20260310120000", visit="V-9"))).code == "AA"
    with pytest.raises(Exception, match="not found"):
        await visit(hospital, "V-9")
    await hospital.tell(hospital.siu("S13", visit="V-2", at="20260310150000", start="20260405090000"))
    await hospital.tell(hospital.siu("S12", visit="V-2", at="20260310120000", start="20260401090000"))
    assert (await visit(hospital, "V-2")).starts_at == datetime(2026, 4, 5, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sch", "more", "start", "duration_s"),
    [
        ("SCH|P-1|F-1|||||||45|m|^^^20260401090000", (), 13, 2700),
        ("SCH|P-1|F-1|||||R|||", ("TQ1|1||||||20260401090000|20260401100000", "AIL|1||ROOM1"), 13, 3600),
        ("SCH|P-1|F-1|||||R", ("AIS|1||X|20260401090000||||2|HR", "AIL|1||ROOM1"), 13, 1200),
        ("SCH|P-1|F-1|||||R|||", ("AIL|1||A^B^ROOM1|||20260401090000|||M15",), 13, 900),
    ],
    ids=["sch", "tq1", "ais", "ail"],
)
async def test_times_stand_in_many_places(
    hospital: Hospital, sch: str, more: tuple[str, ...], start: int, duration_s: int
) -> None:
    ack = await hospital.tell(hospital.siu(sch=sch, more=more))
    assert ack.code == "AA", ack.raw
    found = await visit(hospital, "F-1")
    assert (found.starts_at.hour, found.duration_s) == (start, duration_s)


@pytest.mark.parametrize(
    ("sch", "more", "problem"),
    [
        ("SCH||", (), "101"),
        ("SCH||V-1", ("AIL|1||ROOM1",), "101"),
        ("SCH||V-1|||||||||^^30^yesterday", ("AIL|1||ROOM1",), "102"),
        ("SCH||V-1|||||||soon||^^^20260401", ("AIL|1||ROOM1",), "102"),
        ("SCH||V-1|||||||||^^30^20260401", ("AIL|1||NOWHERE",), "103"),
    ],
    ids=["no-name", "no-time", "bad-time", "bad-length", "bad-room"],
)
async def test_what_cannot_be_booked_is_said(hospital: Hospital, sch: str, more: tuple[str, ...], problem: str) -> None:
    ack = await hospital.tell(hospital.siu(sch=sch, more=more))
    assert (ack.code, ack.problem) == ("AE", problem)


async def test_clinics_do_not_mix(hospital: Hospital) -> None:
    other = await make_hospital(hospital.gate, hospital.place)
    await hospital.tell(hospital.siu())
    assert (await other.tell(other.siu(start="20260501120000"))).code == "AA"
    ours, theirs = await visit(hospital), await visit(other)
    assert ours.key != theirs.key
    assert ours.person != theirs.person
    taken = await hospital.tell(hospital.siu("S13", at="20260311120000", mrn="M-2"))
    assert (taken.code, taken.problem) == ("AE", "205")
