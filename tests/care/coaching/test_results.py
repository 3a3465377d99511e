"""What is checked off and measured, and what becomes of plans when organizations merge."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from openward.care import coaching, observations, organizations, patients, reactions
from openward.care.audit import Entry
from openward.care.coaching import ActionContent, Metric, Outcome, PartOfDay, PlanContent, Window
from openward.care.errors import Invalid, NotFound
from openward.care.observations import Measured
from openward.care.organizations import Profile
from openward.care.patients import Details, Joining
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

pytestmark = pytest.mark.anyio

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
_HOURS = (8, 20, 32)


async def a_place(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Place"), admin=None)).key


async def a_patient(work: Work, place: OrganizationKey) -> PersonKey:
    return (await patients.create_custodial(work, place, Details("Ada Byron", None))).person


async def an_action(work: Work, plan: UUID, **more: object) -> UUID:
    content = ActionContent("other_lifestyle", "Walk", BEGUN, BEGUN + 9 * DAY, **more)  # type: ignore[arg-type]
    return (await coaching.create_action(work, plan, content)).key


async def faults(work: Work, action: UUID, outcome: Outcome, *, measures: bool = False) -> list[str]:
    with pytest.raises(Invalid) as caught:
        await (coaching.record_result if measures else coaching.check_off)(work, action, outcome)
    return [fault.code for fault in caught.value.faults]


async def test_checking_off(work: Work) -> None:
    place = await a_place(work)
    person = await a_patient(work, place)
    plan = await coaching.of_patient(work, place, person)
    action = await an_action(work, plan.key, windows=(Window("a" * 24, PartOfDay.MORNING),))
    first = await coaching.check_off(work, action, Outcome(BEGUN, window="a" * 24))
    assert await coaching.check_off(work, action, Outcome(BEGUN + timedelta(hours=3), window="a" * 24)) == first
    skipped = await coaching.check_off(work, action, Outcome(BEGUN, window="a" * 24, is_skipped=True))
    assert [one.id for one in await coaching.results_since(work, [action], BEGUN.date())] == [skipped.id]
    await coaching.check_off(work, action, Outcome(BEGUN))
    assert len(await coaching.results_since(work, [action], BEGUN.date())) == 2
    for _ in range(2):
        await coaching.take_back(work, action, BEGUN.date(), "a" * 24)
    assert len(await coaching.results_since(work, [action], BEGUN.date())) == 1
    assert Entry("write", "result", person, place) in work.audited
    assert await faults(work, action, Outcome(BEGUN - DAY, window="b" * 24)) == [
        coaching.NOT_IN_FORCE,
        coaching.WINDOW_UNKNOWN,
    ]
    assert await faults(work, action, Outcome(BEGUN + 9 * DAY)) == [coaching.NOT_IN_FORCE]
    with pytest.raises(NotFound):
        await coaching.check_off(work, new_key(work), Outcome(BEGUN))
    strict = await an_action(work, plan.key, is_metric_required=True)
    assert await faults(work, strict, Outcome(BEGUN)) == [coaching.METRIC_NEEDED]
    await coaching.check_off(work, strict, Outcome(BEGUN, is_skipped=True))


async def test_measuring(work: Work) -> None:
    place = await a_place(work)
    plan = await coaching.of_patient(work, place, await a_patient(work, place))
    bounds = {"maximum": {"value": 10, "unit": "h"}}
    action = await an_action(work, plan.key, metrics=(Metric("m", "sleep", "h", validations=bounds),))
    kept = await coaching.record_result(work, action, Outcome(BEGUN, 8, "h", "sleep"))
    assert (kept.outcome.value, kept.outcome.time_zone, kept.type) == (8, "UTC", "other_lifestyle")
    assert await faults(work, action, Outcome(BEGUN, 11, "h", "sleep"), measures=True) == [coaching.VALUE_REFUSED]
    assert await faults(work, action, Outcome(BEGUN, 8, "h", "weight"), measures=True) == [coaching.METRIC_UNKNOWN]


async def test_measurements_count_in_their_window_on_their_day(work: Work) -> None:
    place = await a_place(work)
    person = await a_patient(work, place)
    plan = await coaching.of_patient(work, place, person)
    heart = (Metric("m", "heart_rate", "bpm"),)
    thursdays = await an_action(work, plan.key, metrics=heart, days=(4,))
    mornings = await an_action(work, plan.key, metrics=heart, windows=(Window("w" * 24, PartOfDay.MORNING),))
    untracked = await an_action(work, plan.key, metrics=heart, is_tracked=False)
    measured = [
        (person, Measured("heart_rate", BEGUN + timedelta(hours=hours), value=60.0, unit="bpm")) for hours in _HOURS
    ]
    measured.append((await a_patient(work, place), measured[0][1]))
    await observations.record(work, place, measured)
    await reactions.react(work)

    async def hours(action: UUID) -> list[float]:
        found = await coaching.results_since(work, [action], BEGUN.date())
        return [(one.outcome.occurred_at - BEGUN) / timedelta(hours=1) for one in found]

    assert await hours(thursdays) == [8, 20]
    assert await hours(mornings) == [8, 32]
    assert await hours(untracked) == []
    assert {one.outcome.window for one in await coaching.results_since(work, [mornings], BEGUN.date())} == {"w" * 24}


async def test_the_zone_of_a_plan_says_which_day_it_was(work: Work) -> None:
    place = await a_place(work)
    plan = await coaching.of_patient(work, place, await a_patient(work, place))
    action = await an_action(work, plan.key)
    await coaching.check_off(work, action, Outcome(BEGUN + timedelta(hours=3)))
    assert await coaching.results_since(work, [action], BEGUN.date() + DAY) == []
    await coaching.update(work, plan.key, lambda _: PlanContent("Pacific/Kiritimati"))
    await coaching.check_off(work, action, Outcome(BEGUN + timedelta(hours=12)))
    assert len(await coaching.results_since(work, [action], BEGUN.date() + DAY)) == 1


async def test_a_long_run_is_counted_to_its_beginning(work: Work) -> None:
    place = await a_place(work)
    plan = await coaching.of_patient(work, place, await a_patient(work, place))
    begun = work.now - 45 * DAY
    content = ActionContent("other_lifestyle", "Walk", begun, days=tuple(range(7)))
    action = await coaching.create_action(work, plan.key, content)
    for back in range(45):
        await coaching.check_off(work, action.key, Outcome(work.now - back * DAY))
    found = (await coaching.figures(work, [plan], [action]))[plan.key]
    assert (found.adherence.due, found.adherence.complete, found.adherence.streak) == (31, 31, 45)
    assert found.actions[action.key] == found.adherence


async def test_plans_go_with_their_patients(work: Work) -> None:
    source, target = await a_place(work), await a_place(work)
    person = await a_patient(work, source)
    await patients.enrol(work, target, person, Joining())
    theirs, ours = [await coaching.of_patient(work, place, person) for place in (source, target)]
    alone = await coaching.of_patient(work, source, await a_patient(work, source))
    action = await an_action(work, theirs.key)
    await coaching.check_off(work, action, Outcome(BEGUN))
    await coaching.move(work, source, target)
    assert (await coaching.actions(work, [action]))[action].plan == ours.key
    assert {plan.organization for plan in (await coaching.plans(work, [ours.key, alone.key])).values()} == {target}
    assert await coaching.plans(work, [theirs.key]) == {}
    assert len(await coaching.page_of_results(work, coaching.Asked(ours.key), 10)) == 1
