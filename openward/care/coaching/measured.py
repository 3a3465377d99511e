"""Measurements become results of the actions that ask for them."""

from collections import defaultdict

from openward.care import audit, observations
from openward.care.coaching import action_store, result_store, rules, store
from openward.care.coaching.model import Action, Outcome, Plan
from openward.care.coaching.results import metric_of, result_of
from openward.care.observations import BLOOD_PRESSURE, Observation, ObservationsRecorded
from openward.care.work import PersonKey, Work

METRIC = "metric"
"""The channel of results that were made of measurements."""


async def take_up(work: Work, event: ObservationsRecorded) -> None:
    """Make results of new measurements where an action tracks what was measured; the number of statements is constant.

    A measurement counts for an action that is in force, on a day on which it is due (any day where it has no goal), in
    a part of the day that it has a window for (any where it has none), with a value that it accepts.
    """
    tracking = await action_store.tracking(work, event.organization, event.people, event.types)
    if not tracking:
        return
    kept = {one.id: one for one in await observations.get_many(work, event.observations)}
    plans = {plan.person: plan for plan in (await store.plans(work, [action.plan for _, action in tracking])).values()}
    asking: dict[PersonKey, list[Action]] = defaultdict(list)
    for person, action in tracking:
        asking[person].append(action)
    made = []
    whose: dict[PersonKey, None] = {}
    for one in (kept[name] for name in event.observations):
        for action in asking.get(one.person, ()):
            plan = plans[one.person]
            outcome = outcome_of(plan, action, one)
            if outcome is not None:
                result = result_of(work, plan, action, outcome, METRIC, one.id)
                made.append((result, rules.local_day(outcome.occurred_at, plan.content.zone)))
                whose[one.person] = None
    if made:
        await result_store.insert(work, made)
        audit.note_all(work, "write", "result", list(whose), event.organization)


def outcome_of(plan: Plan, action: Action, observation: Observation) -> Outcome | None:
    """What a measurement says about an action, or None when it does not count for it."""
    measured, content = observation.measured, action.content
    metric = metric_of(action, measured.type)
    at = measured.occurred_at
    day = rules.local_day(at, plan.content.zone)
    if metric is None or not rules.in_force(content, at):
        return None
    if content.days is not None and not rules.is_due_on(content, day):
        return None
    part = rules.part_of_day(at, plan.content)
    window = next((one.id for one in content.windows if one.type is part), None)
    value = _value(observation)
    if (content.windows and window is None) or rules.refused(metric, value, measured.unit) is not None:
        return None
    return Outcome(at, value, measured.unit, measured.type, window)


def _value(observation: Observation) -> object:
    measured = observation.measured
    if measured.type == BLOOD_PRESSURE:
        return {"systolic": measured.systolic, "diastolic": measured.diastolic}
    return measured.value if measured.value is not None else measured.other
