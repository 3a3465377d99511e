"""Numbers that patients enter for an action: on the record, with the action, and taken back from everywhere."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from openward.care import coaching, observations, organizations, patients, reactions
from openward.care.audit import Entry
from openward.care.coaching import Action, ActionContent, Asked, Metric, PartOfDay, Plan, Window
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.observations import BLOOD_PRESSURE, GLUCOSE, Said
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, Work

pytestmark = pytest.mark.anyio

BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MORNING = Window("a" * 24, PartOfDay.MORNING)


@pytest.fixture
async def plan(work: Work) -> AsyncIterator[Plan]:
    """The plan of a patient who is at work himself, ten days after it began."""
    work.now = BEGUN + 10 * DAY + timedelta(hours=20)
    place = (await organizations.create(work, Profile(name="Place"), admin=None)).key
    person = (await patients.create_custodial(work, place, Details("Ada Byron", None))).person
    before, work.actor = work.actor, Actor(ActorKind.PERSON, person)
    yield await coaching.of_patient(work, place, person)
    work.actor = before


async def an_action(work: Work, plan: Plan, metric: str, unit: str | None, **more: object) -> Action:
    content = ActionContent(metric, metric, BEGUN, metrics=(Metric("m", metric, unit),), days=tuple(range(7)))
    return await coaching.create_action(work, plan.key, replace(content, **more))  # type: ignore[arg-type]


async def test_a_number_is_an_observation_and_a_result_of_each_action_that_asks(work: Work, plan: Plan) -> None:
    own = await an_action(work, plan, "weight", "kg", windows=(MORNING,))
    other = await an_action(work, plan, "weight", "lb")
    at = work.now  # in the evening, for the morning
    said = Said("weight", value="81.5", unit="kg", occurred_at=at)
    kept = await coaching.measure(work, own.key, said, MORNING.id)
    await reactions.react(work)
    results = await coaching.results_since(work, [own.key, other.key], at.date())
    assert [(one.action, one.outcome.window, one.outcome.value, one.channel) for one in results] == [
        (own.key, MORNING.id, 81.5, "app"),
        (other.key, None, 81.5, "metric"),
    ]
    (seen,) = await observations.latest(work, plan.person, plan.organization, ["weight"])
    assert (seen.id, seen.measured.value, seen.measured.unit) == (kept.observation, 81.5, "kg")
    assert round(seen.measured.canonical or 0, 1) == 179.7
    for _ in range(2):
        await coaching.take_back_measured(work, own.key, kept.id)
    assert await coaching.results_since(work, [own.key, other.key], at.date()) == []
    assert await observations.latest(work, plan.person, plan.organization, ["weight"]) == []
    assert await observations.count(work, observations.Selection(plan.organization)) == 0
    assert Entry("delete", "observations", plan.person, plan.organization) in work.audited


async def test_both_values_of_a_pressure_and_types_that_no_catalogue_has(work: Work, plan: Plan) -> None:
    pressure = await an_action(work, plan, BLOOD_PRESSURE, "mmHg")
    steps = await an_action(work, plan, "steps", "steps")
    said = Said(BLOOD_PRESSURE, systolic=128.0, diastolic=82.0, unit="mmHg", occurred_at=work.now)
    kept = await coaching.measure(work, pressure.key, said)
    assert kept.outcome.value == {"systolic": 128, "diastolic": 82}
    walked = await coaching.measure(work, steps.key, Said("steps", value="6400", unit="steps", occurred_at=work.now))
    assert (walked.outcome.value, walked.observation) == (6400, None)
    assert [one.id for one in await coaching.measured_since(work, plan.key, BEGUN, 10)] == [walked.id]
    await coaching.take_back_measured(work, steps.key, walked.id)
    assert [one.id for one in await coaching.page_of_results(work, Asked(plan.key), 10)] == [kept.id]


async def test_glucose_goes_among_the_readings_and_leaves_them(work: Work, plan: Plan) -> None:
    action = await an_action(work, plan, GLUCOSE, "mmol/l")
    said = Said(GLUCOSE, value=6.1, unit="mmol/l", occurred_at=work.now - timedelta(hours=1))
    kept = await coaching.measure(work, action.key, said)
    await reactions.react(work)
    count = "select count(*) from devicedata.datum d join devicedata.subject s on s.key = d.subject where s.person = $1"
    assert await work.tx.fetchval(count, plan.person) == 1
    work.recorded.clear()  # what follows is the next request
    await coaching.take_back_measured(work, action.key, kept.id)
    await reactions.react(work)
    assert await work.tx.fetchval(count, plan.person) == 0


async def test_what_is_refused(work: Work, plan: Plan) -> None:
    bound = Metric("m", "weight", "kg", validations={"maximum": {"value": 200, "unit": "kg"}})
    action = await an_action(work, plan, "weight", "kg", metrics=(bound,), effective_to=work.now + DAY)
    good = Said("weight", value=80, unit="kg", occurred_at=work.now)
    for said, code in (
        (Said("weight", value="heavy", unit="kg", occurred_at=work.now), "value-invalid"),
        (Said("weight", value=80, unit="stone", occurred_at=work.now), "value-invalid"),
        (Said("weight", value=80, unit="kg", occurred_at=work.now + 2 * DAY), "value-invalid"),
        (Said("weight", value=80, unit="kg", occurred_at=BEGUN - DAY), coaching.NOT_IN_FORCE),
        (Said("weight", value=500, unit="lb", occurred_at=work.now), coaching.VALUE_REFUSED),
        (Said("heart_rate", value=80, occurred_at=work.now), coaching.METRIC_UNKNOWN),
    ):
        with pytest.raises(Invalid) as caught:
            await coaching.measure(work, action.key, said)
        assert caught.value.faults[0].code == code
    with pytest.raises(Invalid):
        await coaching.measure(work, action.key, good, "f" * 24)
    assert await coaching.page_of_results(work, Asked(plan.key), 10) == []
    kept = await coaching.measure(work, action.key, good)
    me, work.actor = work.actor, Actor(ActorKind.PERSON, None)
    with pytest.raises(NotFound):
        await coaching.take_back_measured(work, action.key, kept.id)
    work.actor = me
    work.now += 8 * DAY
    with pytest.raises(Invalid):
        await coaching.take_back_measured(work, action.key, kept.id)
    assert len(await coaching.page_of_results(work, Asked(plan.key), 10)) == 1


async def test_two_who_change_one_thing(work: Work, plan: Plan) -> None:
    action = await an_action(work, plan, "weight", "kg")
    bundle = await coaching.create_bundle(work, plan.key, coaching.BundleContent("x", "Together", BEGUN))
    seen = work.now
    work.now += timedelta(minutes=1)
    await coaching.update_action(work, action.key, lambda one: replace(one, title="Weigh"), seen=seen)
    await coaching.update_bundle(work, bundle.key, lambda one: one, [action.key], seen=seen)
    fresh = (await coaching.of_patient(work, plan.organization, plan.person)).updated_at
    await coaching.update(work, plan.key, lambda one: one, seen=fresh)
    for again in (
        lambda: coaching.update_action(work, action.key, lambda one: one, seen=seen),
        lambda: coaching.update_bundle(work, bundle.key, lambda one: one, seen=seen),
        lambda: coaching.update(work, plan.key, lambda one: one, seen=fresh),
    ):
        with pytest.raises(Conflict):
            await again()
