"""What patients measure against an action on our pages: onto the one record, and to the action; and taking it back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care import audit, observations
from openward.care.coaching import action_store, plans, result_store, rules
from openward.care.coaching.model import Action, Outcome, Plan, Result
from openward.care.coaching.results import APP, METRIC_UNKNOWN, VALUE_REFUSED, faults_of, metric_of, result_of
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.observations import BLOOD_PRESSURE, TYPES, Said
from openward.care.work import Work

TOO_LATE = "too-late-to-take-back"
TAKE_BACK_WITHIN = timedelta(days=7)
"""A wrong number is taken back within a week; later it stands, for others have acted on it."""


async def measure(work: Work, action: UUID, said: Said, window: str | None = None) -> Result:
    """Keep what somebody measured for an action, in the part of the day that he means.

    A type of the catalogue becomes an observation of the record, and every action that asks for it hears of it; another
    one, such as steps, is the action's alone. `Invalid` as `record_result`, and with a fault for each field of `said`.
    """
    found = (await action_store.actions(work, [action])).get(action)
    if found is None:
        raise NotFound
    plan = await plans.lock(work, found.plan)
    found = (await action_store.actions(work, [action]))[action]
    if metric_of(found, said.type) is None:
        raise Invalid([Fault(METRIC_UNKNOWN, detail="this action does not measure that")])
    if said.type in TYPES:
        return await _observed(work, plan, found, said, window)
    outcome = Outcome(_moment(said, work), observations.as_number(said.value), said.unit, said.type, window)
    _check(found, outcome)
    return await _keep(work, plan, found, outcome, None)


async def _observed(work: Work, plan: Plan, action: Action, said: Said, window: str | None) -> Result:
    checked = observations.check(said, work.now)
    if isinstance(checked, list):
        raise Invalid(checked)
    value: Any = checked.value if checked.value is not None else checked.other
    if checked.type == BLOOD_PRESSURE:
        value = {"systolic": checked.systolic, "diastolic": checked.diastolic}
    outcome = Outcome(checked.occurred_at, value, checked.unit, checked.type, window)
    _check(action, outcome)
    (kept,) = await observations.record(work, plan.organization, [(plan.person, checked)])
    assert kept is not None  # only repeats that are to be skipped are left out
    return await _keep(work, plan, action, outcome, kept.id)


def _check(action: Action, outcome: Outcome) -> None:
    faults = faults_of(action, outcome)
    metric = metric_of(action, outcome.metric_type)
    why = None if metric is None else rules.refused(metric, outcome.value, outcome.unit)
    faults += [] if why is None else [Fault(VALUE_REFUSED, "value", why)]
    if faults:
        raise Invalid(faults)


async def _keep(work: Work, plan: Plan, action: Action, outcome: Outcome, observation: str | None) -> Result:
    made = result_of(work, plan, action, outcome, APP, observation)
    await result_store.insert(work, [(made, rules.local_day(outcome.occurred_at, plan.content.zone))])
    audit.note(work, "write", "result", plan.person, plan.organization)
    return made


async def take_back_measured(work: Work, action: UUID, result: str) -> None:
    """Forget a number that the one who is at work measured for an action, everywhere: a slip of the finger.

    Nothing happens when it is gone already. `NotFound` for what somebody else has measured; `Invalid` (`TOO_LATE`).
    """
    found = next((one for one in await result_store.get(work, [result]) if one.action == action), None)
    if found is None:
        return
    plan = await plans.lock(work, found.plan)
    if found.channel != APP or found.outcome.metric_type is None or found.written.created_by != work.actor.person:
        raise NotFound
    if work.now - found.written.created_at > TAKE_BACK_WITHIN:
        raise Invalid([Fault(TOO_LATE, detail="this was kept too long ago")])
    gone = [found]
    if found.observation is not None:
        gone = await result_store.of_observation(work, plan.key, found.observation)
        await observations.withdraw(work, plan.organization, plan.person, found.observation)
    await result_store.delete(work, [one.id for one in gone])
    audit.note(work, "delete", "result", plan.person, plan.organization)


def _moment(said: Said, work: Work) -> datetime:
    at = said.occurred_at
    if at is None or at > work.now + timedelta(hours=24):
        raise Invalid([Fault("value-invalid", "occurred_at", "This is missing or lies ahead")])
    return at
