"""Numbers that a coach writes down for a patient: on the record, with every action that asks, and struck out again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from openward.care import coaching, observations, organizations, patients, reactions
from openward.care.coaching import Action, ActionContent, Metric, Outcome, PartOfDay, Plan, Window
from openward.care.errors import Invalid, NotFound
from openward.care.observations import GLUCOSE, Measured, Said
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, PersonKey, Work

pytestmark = pytest.mark.anyio

BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MORNING = Window("a" * 24, PartOfDay.MORNING)
EVENING = Window("b" * 24, PartOfDay.EVENING)


@pytest.fixture
async def plan(work: Work) -> AsyncIterator[Plan]:
    """The plan of a patient, ten days after it began, with somebody else at work."""
    work.now = BEGUN + 10 * DAY + timedelta(hours=20)
    place = (await organizations.create(work, Profile(name="Place"), admin=None)).key
    person, coach = [
        (await patients.create_custodial(work, place, Details(name, None))).person for name in ("Ada Byron", "Coach")
    ]
    before, work.actor = work.actor, Actor(ActorKind.PERSON, coach)
    yield await coaching.of_patient(work, place, person)
    work.actor = before


async def an_action(work: Work, plan: Plan, metric: str, unit: str | None, **more: object) -> Action:
    content = ActionContent(metric, metric, BEGUN, metrics=(Metric("m", metric, unit),), days=tuple(range(7)))
    return await coaching.create_action(work, plan.key, replace(content, **more))  # type: ignore[arg-type]


async def test_every_action_that_asks_then_hears_of_it_once(work: Work, plan: Plan) -> None:
    untracked = await an_action(work, plan, "weight", "kg", windows=(MORNING, EVENING), is_tracked=False)
    tracked = await an_action(work, plan, "weight", "lb")
    elsewhere = await an_action(work, plan, "weight", "lb", windows=(MORNING,))
    ended = await an_action(work, plan, "weight", "lb", effective_to=BEGUN + DAY)
    keys = [one.key for one in (untracked, tracked, elsewhere, ended)]
    for _ in range(2):
        await coaching.write_down(work, plan.key, Said("weight", value="81.5", unit="kg", occurred_at=work.now))
        await reactions.react(work)
    results = await coaching.results_since(work, keys, work.now.date())
    assert {(one.action, one.outcome.window, one.outcome.value) for one in results} == {
        (untracked.key, EVENING.id, 81.5),
        (tracked.key, None, 81.5),
    }
    assert len(results) == 2
    (seen,) = await observations.latest(work, plan.person, plan.organization, ["weight"])
    assert {one.observation for one in results} == {seen.id}
    with pytest.raises(Invalid) as refused:
        await coaching.write_down(work, plan.key, Said("weight", value="90", unit="kg", occurred_at=work.now))
    assert [(one.code, one.pointer) for one in refused.value.faults] == [(coaching.OTHER_THERE, "occurred_at")]
    work.now += 300 * DAY
    for _ in range(2):
        await coaching.strike_out(work, plan.key, seen.id)
    assert await coaching.results_since(work, keys, BEGUN.date()) == []
    assert await observations.latest(work, plan.person, plan.organization, ["weight"]) == []


async def test_what_the_record_has_no_code_for_belongs_to_an_action(work: Work, plan: Plan) -> None:
    said = Said("steps", value="6400", unit="steps", occurred_at=work.now)
    with pytest.raises(Invalid) as refused:
        await coaching.write_down(work, plan.key, said)
    assert refused.value.faults[0].code == coaching.METRIC_UNKNOWN
    action = await an_action(work, plan, "steps", "steps", windows=(EVENING,))
    for _ in range(2):
        await coaching.write_down(work, plan.key, said)
    (kept,) = await coaching.results_since(work, [action.key], work.now.date())
    assert (kept.outcome.value, kept.outcome.window, kept.observation) == (6400.0, EVENING.id, None)
    for wrong in (replace_said(said, value="9"), replace_said(said, value="x"), replace_said(said, ahead=True)):
        with pytest.raises(Invalid):
            await coaching.write_down(work, plan.key, wrong)
    for _ in range(2):
        await coaching.strike_out(work, plan.key, kept.id)
    assert await coaching.results_since(work, [action.key], work.now.date()) == []


def replace_said(said: Said, *, value: str | None = None, ahead: bool = False) -> Said:
    at = said.occurred_at
    assert at is not None
    return Said(said.type, value=value or said.value, unit=said.unit, occurred_at=at + DAY if ahead else at)


async def test_glucose_is_a_reading_and_none_any_more(work: Work, plan: Plan) -> None:
    await coaching.write_down(work, plan.key, Said(GLUCOSE, value="120", unit="mg/dl", occurred_at=work.now))
    assert [type(one).__name__ for one in work.recorded][-1] == "GlucoseMeasured"
    (seen,) = await observations.latest(work, plan.person, plan.organization, [GLUCOSE])
    await coaching.strike_out(work, plan.key, seen.id)
    assert [type(one).__name__ for one in work.recorded][-1] == "GlucoseWithdrawn"


async def test_what_programs_sent_and_what_was_ticked_stays(work: Work, plan: Plan) -> None:
    action = await an_action(work, plan, "weight", "kg", windows=(EVENING,))
    ticked = await coaching.check_off(work, action.key, Outcome(work.now, window=EVENING.id))
    person, work.actor = work.actor, Actor(ActorKind.SERVICE, credential="test")
    sent = Measured("weight", work.now - DAY, value=180.0, unit="lb", canonical=180.0)
    (by_program,) = await observations.record(work, plan.organization, [(plan.person, sent)])
    work.actor = person
    assert by_program is not None
    other = await coaching.of_patient(work, plan.organization, PersonKey(person.person or uuid4()))
    await coaching.write_down(work, plan.key, Said("weight", value="81.5", unit="kg", occurred_at=work.now))
    (seen,) = await observations.latest(work, plan.person, plan.organization, ["weight"])
    for place, name in (
        (plan.key, by_program.id),
        (plan.key, ticked.id),
        (plan.key, "x"),
        (other.key, seen.id),
        (uuid4(), seen.id),
    ):
        with pytest.raises(NotFound):
            await coaching.strike_out(work, place, name)
    assert await observations.count(work, observations.Selection(plan.organization)) == 2
