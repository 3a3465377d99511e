"""What may become of a visit, and what is told of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openward.care import visits
from openward.care.errors import NotFound, Unprocessable
from openward.care.visits import AppointmentEnded, Change, Outcome, Status, may_move
from openward.care.visits.rules import COURSE, FINAL
from openward.care.work import Work

pytestmark = pytest.mark.anyio
_TABLE = {
    Status.SCHEDULED: {Status.ARRIVED, Status.CANCELLED, Status.NO_SHOW},
    Status.ARRIVED: {*COURSE[1:], Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW},
    Status.INTAKE_READY: {*COURSE[2:], Status.COMPLETED, Status.CANCELLED},
    Status.INTAKE: {*COURSE[3:], Status.COMPLETED, Status.CANCELLED},
    Status.EXAM_READY: {*COURSE[4:], Status.COMPLETED, Status.CANCELLED},
    Status.EXAM: {*COURSE[5:], Status.COMPLETED, Status.CANCELLED},
    Status.DISCHARGE_READY: {Status.DISCHARGE, Status.COMPLETED},
    Status.DISCHARGE: {Status.COMPLETED},
    Status.COMPLETED: {Status.SIGNED},
}


@pytest.mark.parametrize("status", list(Status))
def test_moves_are_those_of_the_table(status: Status) -> None:
    assert {to for to in Status if may_move(status, to)} == _TABLE.get(status, set())


def test_who_left_unseen_did_so_before_the_discharge() -> None:
    leaves = {status for status in Status if may_move(status, Status.NO_SHOW, Outcome.LEFT)}
    assert leaves == {Status.SCHEDULED, *COURSE[:5]}


@given(st.lists(st.sampled_from(list(Status)), max_size=30))
def test_no_walk_goes_back_or_beyond_the_end(steps: list[Status]) -> None:
    walked = [Status.SCHEDULED]
    for to in steps:
        if may_move(walked[-1], to):
            walked.append(to)
    assert len(set(walked)) == len(walked)
    assert not FINAL & set(walked[:-1])


async def test_an_illegal_move_changes_nothing(practice: Any) -> None:
    work, organization = practice.work, practice.organization
    visit = await practice.book()
    with pytest.raises(Unprocessable) as refused:
        await visits.move(work, organization, visit.key, Status.SIGNED)
    assert refused.value.detail == 'Appointment can not be changed in status "scheduled"'
    assert (await visits.get(work, organization, visit.key)).status is Status.SCHEDULED


async def test_calls_say_how_a_visit_ended(practice: Any) -> None:
    work, organization = practice.work, practice.organization
    incomplete, left = await practice.book(), await practice.book()
    await visits.move(work, organization, incomplete.key, Status.ARRIVED)
    await visits.move(work, organization, incomplete.key, Status.COMPLETED, outcome=Outcome.INCOMPLETE)
    await visits.move(work, organization, left.key, Status.ARRIVED)
    await visits.move(work, organization, left.key, Status.NO_SHOW, outcome=Outcome.LEFT)
    ended = [event for event in work.recorded if isinstance(event, AppointmentEnded)]
    assert ended == [
        AppointmentEnded(organization, practice.person, incomplete.key, Outcome.INCOMPLETE),
        AppointmentEnded(organization, practice.person, left.key, Outcome.LEFT),
    ]


async def test_visits_of_others_cannot_be_changed(practice: Any, a_practice: Any) -> None:
    other = await a_practice()
    visit = await other.book()
    for change in (
        visits.update(practice.work, practice.organization, visit.key, Change(cancels=True)),
        visits.move(practice.work, practice.organization, visit.key, Status.ARRIVED),
        visits.assign(practice.work, practice.organization, visit.key, practice.person),
        visits.set_episode(practice.work, practice.organization, visit.key, None),
    ):
        with pytest.raises(NotFound):
            await change


async def sweep(work: Work) -> None:
    """Run the job until it asks for no other round; visits of other tests are swept along."""
    await visits.sweep_job(work, {})
    while work.tasks:
        work.tasks.clear()
        await visits.sweep_job(work, {})


async def test_who_does_not_come_is_given_up_a_day_later(practice: Any) -> None:
    work, organization = practice.work, practice.organization
    edge = work.now - timedelta(hours=24, seconds=900)
    missed = await practice.book(starts_at=edge)
    later = await practice.book(starts_at=edge + timedelta(seconds=1))
    longer = await practice.book(starts_at=edge, duration_s=901)
    arrived = await practice.book(starts_at=edge)
    await visits.move(work, organization, arrived.key, Status.ARRIVED)
    work.recorded.clear()
    await sweep(work)
    await sweep(work)
    keys = (missed.key, later.key, longer.key, arrived.key)
    found = await visits.get_many(work, organization, keys)
    assert [found[key].status for key in keys] == [
        Status.NO_SHOW,
        Status.SCHEDULED,
        Status.SCHEDULED,
        Status.ARRIVED,
    ]
    told = [event for event in work.recorded if getattr(event, "organization", None) == organization]
    assert told == [AppointmentEnded(organization, practice.person, missed.key, Outcome.NO_SHOW)]


async def test_lists_ask_once(practice: Any, a_practice: Any) -> None:
    work, organization = practice.work, practice.organization
    at = work.now.replace(microsecond=0)
    made = [await practice.book(starts_at=at + timedelta(minutes=place)) for place in range(5)]
    foreign = await (await a_practice()).book(starts_at=at)
    end = at + timedelta(hours=1)
    listed = await visits.between(work, organization, at, end, limit=3)
    assert listed == made[:3]
    assert await visits.between(work, organization, at, end, after=(listed[2].starts_at, listed[2].key)) == made[3:]
    assert await visits.between(work, organization, at, end, rooms=[foreign.room]) == []
    assert await visits.of_person(work, organization, practice.person) == made[::-1]
