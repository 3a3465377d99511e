"""The video call of a visit: it begins when both are ready, waits for who drops out, and ends as the provider says."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from openward.care import visits
from openward.care.errors import NotAllowed, NotAuthenticated, NotFound, Unprocessable
from openward.care.visits import Appointment, AppointmentEnded, CallStatus, Outcome, Role, Status
from openward.care.work import Work
from tests.care.visits.conftest import Practice

pytestmark = pytest.mark.anyio


class Room:
    """A visit with a page for each side, and a clock that can be moved."""

    def __init__(self, practice: Practice, visit: Appointment) -> None:
        self.practice, self.visit = practice, visit
        self.pages = {role: uuid4() for role in Role}

    @property
    def work(self) -> Work:
        return self.practice.work

    def later(self, **span: float) -> None:
        self.work.now += timedelta(**span)

    async def open(self, role: Role) -> Appointment:
        return await visits.open_call(self.work, self.visit.organization, self.visit.key, role)

    async def come(self, role: Role, *, joins: bool = True) -> None:
        await self.open(role)
        await visits.sit(self.work, self.visit.organization, self.visit.key, role, self.pages[role])
        if joins:
            await visits.join(self.work, self.visit.organization, self.visit.key, role, self.pages[role])

    async def here(self, role: Role, page: UUID | None = None) -> None:
        visit = await self.now()
        assert visit.call
        await visits.here(self.work, visit, visit.call, role, page or self.pages[role])

    async def go(self, role: Role) -> None:
        await visits.go(self.work, self.visit.organization, self.visit.key, role, self.pages[role])

    async def act(self, name: str, role: Role = Role.PROVIDER, **more: bool) -> None:
        await getattr(visits, name)(self.work, self.visit.organization, self.visit.key, role, **more)

    async def now(self) -> Appointment:
        return await visits.get(self.work, self.visit.organization, self.visit.key)

    async def stands(self) -> tuple[CallStatus | None, Status]:
        visit = await self.now()
        return (visit.call.status if visit.call else None), visit.status

    async def pass_jobs(self) -> None:
        """Run what waits for its time, as a worker does then."""
        due = [task for task in self.work.tasks if task.not_before is None or task.not_before <= self.work.now]
        self.work.tasks[:] = [task for task in self.work.tasks if task not in due]
        for task in due:
            await visits.left_job(self.work, task.data)

    def ended(self) -> list[Outcome]:
        return [event.outcome for event in self.work.recorded if isinstance(event, AppointmentEnded)]


@pytest.fixture
async def room(practice: Practice) -> Room:
    """A visit whose time has come."""
    return Room(practice, await practice.book())


P, D = Role.PATIENT, Role.PROVIDER


async def test_opening_the_check_in_is_arriving(room: Room) -> None:
    assert await room.stands() == (None, Status.SCHEDULED)
    await room.open(D)
    assert await room.stands() == (CallStatus.WAITING, Status.SCHEDULED)
    first = await room.open(P)
    assert await room.stands() == (CallStatus.WAITING, Status.ARRIVED)
    again = await room.open(P)
    assert again.call
    assert first.call
    assert again.call.id == first.call.id


async def test_a_call_from_hello_to_the_notes(room: Room) -> None:
    await room.come(P)
    await room.come(D, joins=False)
    assert await room.stands() == (CallStatus.WAITING, Status.ARRIVED)
    room.later(seconds=5)
    await visits.join(room.work, room.visit.organization, room.visit.key, D, room.pages[D])
    assert await room.stands() == (CallStatus.ON_CALL, Status.EXAM)
    visit = await room.now()
    assert visit.call
    assert visit.call.started_at == room.work.now
    await room.act("hold")
    assert (await room.stands())[0] is CallStatus.ON_HOLD
    await room.act("resume")
    assert (await room.stands())[0] is CallStatus.ON_CALL
    room.later(minutes=9)
    await room.act("hang_up")
    assert await room.stands() == (CallStatus.FINALIZING, Status.EXAM)
    room.later(minutes=5)
    await room.act("finish", is_complete=True)
    assert await room.stands() == (CallStatus.COMPLETE, Status.COMPLETED)
    visit = await room.now()
    assert visit.call
    assert visit.call.started_at
    assert visit.call.ended_at == visit.call.started_at + timedelta(minutes=9)
    assert room.ended() == [Outcome.COMPLETED]


async def test_an_incomplete_call_completes_the_visit_by_another_event(room: Room) -> None:
    await room.come(P)
    await room.come(D)
    await room.act("hang_up")
    await room.act("finish", is_complete=False)
    assert await room.stands() == (CallStatus.INCOMPLETE, Status.COMPLETED)
    assert room.ended() == [Outcome.INCOMPLETE]


@pytest.mark.parametrize("who", [P, D], ids=["patient", "provider"])
async def test_who_vanishes_puts_the_call_on_hold_and_comes_back(room: Room, who: Role) -> None:
    other = D if who is P else P
    await room.come(P)
    await room.come(D)
    room.later(seconds=14)
    await room.here(other)
    assert (await room.stands())[0] is CallStatus.ON_CALL
    room.later(seconds=2)
    await room.here(other)
    assert (await room.stands())[0] is CallStatus.ON_HOLD
    await room.here(who)  # the same page is heard of again, but has to join again
    assert (await room.stands())[0] is CallStatus.ON_HOLD
    await visits.join(room.work, room.visit.organization, room.visit.key, who, room.pages[who])
    assert (await room.stands())[0] is CallStatus.ON_CALL


async def test_a_reconnection_within_the_lease_changes_nothing(room: Room) -> None:
    await room.come(P)
    await room.come(D)
    room.later(seconds=5)
    told = await visits.sit(room.work, room.visit.organization, room.visit.key, P, room.pages[P])
    assert told["call"] == "on call"
    assert told["sides"]["patient"]["is_ready"]


async def test_what_the_provider_holds_goes_on_by_the_provider_alone(room: Room) -> None:
    await room.come(P)
    await room.come(D)
    await room.act("hold")
    await room.go(P)
    await room.come(P)
    assert (await room.stands())[0] is CallStatus.ON_HOLD
    await room.go(P)
    await room.act("resume")
    assert (await room.stands())[0] is CallStatus.ON_HOLD
    await room.come(P)
    assert (await room.stands())[0] is CallStatus.ON_CALL


async def test_a_later_page_takes_the_side_over(room: Room) -> None:
    await room.come(P)
    await room.come(D)
    first = room.pages[P]
    room.pages[P] = uuid4()
    await room.come(P)
    assert (await room.stands())[0] is CallStatus.ON_CALL
    with pytest.raises(visits.SeatTaken):
        await room.here(P, first)


async def test_a_patient_who_leaves_before_anybody_came_was_not_seen(room: Room) -> None:
    await room.come(P)
    await room.go(P)
    assert await room.stands() == (CallStatus.LEFT, Status.NO_SHOW)
    assert room.ended() == [Outcome.LEFT]
    assert (await room.open(P)).status is Status.NO_SHOW


async def test_a_patient_who_vanishes_has_a_while_to_come_back(room: Room) -> None:
    await room.come(P)
    room.later(seconds=16)
    await visits.sweep_calls_job(room.work, {})
    room.later(seconds=119)
    await room.pass_jobs()
    assert (await room.stands())[0] is CallStatus.WAITING
    await room.here(P)
    room.later(seconds=10)
    await room.here(P)
    await room.pass_jobs()
    assert (await room.stands())[0] is CallStatus.WAITING
    room.later(seconds=16)
    await visits.sweep_calls_job(room.work, {})
    room.later(seconds=120)
    await room.pass_jobs()
    assert await room.stands() == (CallStatus.LEFT, Status.NO_SHOW)
    assert room.ended() == [Outcome.LEFT]


async def test_who_looks_in_early_and_leaves_has_missed_nothing(practice: Practice) -> None:
    room = Room(practice, await practice.book(starts_at=practice.work.now + timedelta(hours=2)))
    await room.come(P)
    await room.go(P)
    room.later(hours=1)
    await room.pass_jobs()
    assert await room.stands() == (CallStatus.WAITING, Status.ARRIVED)
    room.later(hours=1, minutes=2)
    await room.pass_jobs()
    assert (await room.stands())[0] is CallStatus.LEFT


async def test_a_provider_who_leaves_the_waiting_patient_changes_nothing(room: Room) -> None:
    await room.come(D)
    await room.go(D)
    await room.come(P)
    assert await room.stands() == (CallStatus.WAITING, Status.ARRIVED)


async def test_what_cannot_be(room: Room) -> None:
    with pytest.raises(NotFound):
        await room.act("hang_up")
    await room.come(P)
    for act in ("hold", "resume", "hang_up"):
        with pytest.raises(Unprocessable):
            await room.act(act)
        with pytest.raises(NotAllowed):
            await room.act(act, P)
    with pytest.raises(NotAllowed):
        await room.act("finish", P, is_complete=True)
    await room.come(D)
    with pytest.raises(Unprocessable):
        await room.act("finish", is_complete=True)
    assert await room.stands() == (CallStatus.ON_CALL, Status.EXAM)


async def test_a_visit_that_ended_otherwise_ends_the_call_for_all(room: Room) -> None:
    await room.come(P)
    await visits.move(room.work, room.visit.organization, room.visit.key, Status.CANCELLED)
    with pytest.raises(Unprocessable):
        await room.act("hold")
    visit = await room.now()
    assert visits.is_over(visit, P)
    assert visits.is_over(visit, D)
    room.later(hours=1)
    await visits.sweep_calls_job(room.work, {})
    await room.pass_jobs()
    assert await room.stands() == (CallStatus.WAITING, Status.CANCELLED)
    assert room.ended() == [Outcome.CANCELLED]


async def test_staff_that_is_further_on_is_not_set_back(room: Room) -> None:
    await room.come(P)
    await visits.move(room.work, room.visit.organization, room.visit.key, Status.DISCHARGE_READY)
    await room.come(D)
    assert await room.stands() == (CallStatus.ON_CALL, Status.DISCHARGE_READY)


async def test_passes_open_one_visit_for_a_quarter_of_an_hour(room: Room) -> None:
    token = visits.issue_pass(room.work, room.visit.key, D, room.practice.person)
    found = visits.read_pass(room.work, token)
    assert (found.appointment, found.role, found.person) == (room.visit.key, D, room.practice.person)
    assert visits.read_pass(room.work, visits.issue_pass(room.work, room.visit.key, P)).person is None
    for broken in ("", token[:-2], token[::-1], "ä" * 40):
        with pytest.raises(NotAuthenticated):
            visits.read_pass(room.work, broken)
    late = replace(room.work, now=room.work.now + timedelta(minutes=15))
    with pytest.raises(NotAuthenticated):
        visits.read_pass(late, token)


async def test_the_call_is_found_by_its_public_id(room: Room) -> None:
    visit = await room.open(D)
    assert visit.call
    assert await visits.behind_call(room.work, visit.call.id) == (visit.key, visit.organization)
    with pytest.raises(NotFound):
        await visits.behind_call(room.work, uuid4())


@pytest.mark.parametrize(
    ("is_met", "to", "call"),
    [
        (False, Status.CANCELLED, CallStatus.INCOMPLETE),
        (False, Status.NO_SHOW, CallStatus.INCOMPLETE),
        (True, Status.CANCELLED, CallStatus.INCOMPLETE),
        (True, Status.COMPLETED, CallStatus.COMPLETE),
    ],
    ids=["cancelled-waiting", "missed", "cancelled-on-call", "completed"],
)
async def test_a_call_ends_with_its_visit(room: Room, is_met: bool, to: Status, call: CallStatus) -> None:
    for role in (P, D) if is_met else (P,):
        await room.come(role)
    room.later(minutes=3)
    await visits.move(room.work, room.visit.organization, room.visit.key, to)
    (event,) = [one for one in room.work.recorded if isinstance(one, AppointmentEnded)]
    for _ in range(2):
        await visits.close_call(room.work, event)
        visit = await room.now()
        assert visit.call
        assert (visit.call.status, visit.call.ended_at) == (call, room.work.now)
        room.work.now, kept = room.work.now + timedelta(minutes=1), room.work.now
        await room.here(P)
        assert await room.stands() == (call, to)
        room.work.now = kept
    assert len(room.ended()) == 1
