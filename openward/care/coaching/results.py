"""What patients check off or measure against an action, and what is kept of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from openward.care import audit
from openward.care.coaching import action_store, plans, result_store, rules
from openward.care.coaching.model import Action, Asked, Metric, Outcome, Plan, Result, Written
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import hex24
from openward.care.work import Work

NOT_IN_FORCE = "action-not-in-force"
WINDOW_UNKNOWN = "window-unknown"
METRIC_UNKNOWN = "metric-unknown"
VALUE_REFUSED = "value-refused"
METRIC_NEEDED = "metric-needed"
"""Codes of the faults of an `Invalid` outcome."""

APP = "app"
"""The channel of what people say on our pages."""


async def check_off(work: Work, action: UUID, outcome: Outcome) -> Result:
    """Say that something was done, or skipped: one result a day and window, which a later word replaces.

    `NotFound` for no action; `Invalid` outside the time in which the action is in force, for a window that it does not
    have, or when the action asks for a measurement.
    """
    plan, found = await _held(work, action)
    faults = faults_of(found, outcome)
    if found.content.is_metric_required and not outcome.is_skipped:
        faults.append(Fault(METRIC_NEEDED, detail="this action asks for a measurement"))
    if faults:
        raise Invalid(faults)
    day = rules.local_day(outcome.occurred_at, plan.content.zone)
    before = await result_store.on_day(work, action, day, outcome.window)
    if before and before[0].outcome.is_skipped == outcome.is_skipped:
        return before[0]
    await result_store.delete(work, [one.id for one in before])
    said = replace(outcome, value=None if outcome.is_skipped else 1, metric_type=None, unit=None)
    return await _keep(work, plan, found, said)


async def take_back(work: Work, action: UUID, day: date, window: str | None = None) -> None:
    """Forget what was checked off of an action on a day; nothing happens when there is nothing."""
    plan, _ = await _held(work, action)
    before = await result_store.on_day(work, action, day, window)
    if before:
        await result_store.delete(work, [one.id for one in before])
        audit.note(work, "delete", "result", plan.person, plan.organization)


async def record_result(work: Work, action: UUID, outcome: Outcome) -> Result:
    """Keep a measurement against an action.

    `Invalid` as `check_off`, for a metric that the action does not have, and for a value that it does not accept.
    """
    plan, found = await _held(work, action)
    faults = faults_of(found, outcome)
    metric = metric_of(found, outcome.metric_type)
    if metric is None:
        faults.append(Fault(METRIC_UNKNOWN, detail="this action does not measure that"))
    else:
        why = rules.refused(metric, outcome.value, outcome.unit)
        faults += [] if why is None else [Fault(VALUE_REFUSED, detail=why)]
    if faults:
        raise Invalid(faults)
    return await _keep(work, plan, found, outcome)


def metric_of(action: Action, metric_type: str | None) -> Metric | None:
    """What an action has to say of a type of measurement."""
    return next((one for one in action.content.metrics if one.metric_type == metric_type), None)


def faults_of(action: Action, outcome: Outcome) -> list[Fault]:
    """What is wrong with the time and the window of an outcome."""
    faults = []
    if not rules.in_force(action.content, outcome.occurred_at):
        faults.append(Fault(NOT_IN_FORCE, detail="the action is not in force then"))
    if outcome.window is not None and all(window.id != outcome.window for window in action.content.windows):
        faults.append(Fault(WINDOW_UNKNOWN, detail="the action has no such window"))
    return faults


async def _held(work: Work, key: UUID) -> tuple[Plan, Action]:
    found = (await action_store.actions(work, [key])).get(key)
    if found is None:
        raise NotFound
    plan = await plans.lock(work, found.plan)
    return plan, (await action_store.actions(work, [key]))[key]


async def _keep(work: Work, plan: Plan, action: Action, outcome: Outcome) -> Result:
    made = result_of(work, plan, action, outcome, APP)
    await result_store.insert(work, [(made, rules.local_day(outcome.occurred_at, plan.content.zone))])
    audit.note(work, "write", "result", plan.person, plan.organization)
    return made


def result_of(
    work: Work, plan: Plan, action: Action, outcome: Outcome, channel: str, observation: str | None = None
) -> Result:
    """A new result; where it says no zone, that of the plan."""
    written = Written(work.now, work.now, work.actor.person, work.actor.person)
    said = replace(outcome, time_zone=outcome.time_zone or plan.content.zone.key)
    thread = action.content.thread or ""
    return Result(
        hex24(work.now), plan.key, action.key, action.content.type, thread, said, channel, written, observation
    )


async def results(work: Work, ids: Sequence[str]) -> list[Result]:
    """Results by id, of whatever organization; the caller asks whose they are and notes what it shows."""
    return await result_store.get(work, ids)


async def results_since(work: Work, actions: Sequence[UUID], day: date) -> list[Result]:
    """The results of actions from a day on, in the order in which they came about."""
    return await result_store.since(work, actions, day) if actions else []


async def latest_results(work: Work, actions: Sequence[UUID]) -> list[Result]:
    """The latest result of each action that has one."""
    return await result_store.latest(work, actions) if actions else []


async def latest_by_plan(work: Work, plans: Sequence[UUID]) -> dict[UUID, Result]:
    """The latest result of each of these plans that has one."""
    return {one.plan: one for one in await result_store.latest_of(work, plans)} if plans else {}


async def measured_since(work: Work, plan: UUID, start: datetime, limit: int) -> list[Result]:
    """What was measured for a plan since then that is no observation of the record, such as steps; latest first."""
    return await result_store.measured_since(work, plan, start, limit)


async def count_results(work: Work, asked: Asked) -> int:
    """How many results match."""
    return await result_store.count(work, asked)


async def page_of_results(
    work: Work, asked: Asked, limit: int, *, after: tuple[datetime, str] | None = None, offset: int = 0
) -> list[Result]:
    """Results that match, oldest first: behind the time and id of the last one seen, or from `offset` on."""
    return await result_store.page(work, asked, limit, after, offset)
