"""What those who coach write down that a patient measured: onto the one record and to his plan; and taking it back."""

from typing import Any
from uuid import UUID

from openward.care import audit, observations
from openward.care.coaching import action_store, plans, result_store, rules
from openward.care.coaching.measured import outcome_of
from openward.care.coaching.model import Action, Outcome, Plan
from openward.care.coaching.results import APP, METRIC_UNKNOWN, VALUE_REFUSED, metric_of, result_of
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import System, is_valid
from openward.care.observations import BLOOD_PRESSURE, TYPES, Measured, Observation, Said
from openward.care.work import Work

OTHER_THERE = "other-value-there"
"""The code of the fault of a number where another one of the very time is kept."""


async def write_down(work: Work, plan: UUID, said: Said) -> None:
    """Keep what a patient measured; every action that asks for it then, and accepts it, hears of it.

    What no code of the record stands for, such as steps, belongs to an action that asks for it at that time. The same
    once more changes nothing. `Invalid` with a fault for each field of `said`: `METRIC_UNKNOWN` where no action asks,
    `VALUE_REFUSED` where one does not accept the number, `OTHER_THERE`. `NotFound` for no plan.
    """
    held = await plans.lock(work, plan)
    if said.type not in TYPES:
        await _beside(work, held, said)
        return
    checked = observations.check(said, work.now)
    if isinstance(checked, list):
        raise Invalid(checked)
    asking = await _asking(work, held, checked.type, checked.occurred_at)
    _require_accepted(asking, checked.type, _value(checked), checked.unit)
    (kept,) = await observations.record(work, held.organization, [(held.person, checked)], skips_repeats=True)
    if kept is None:
        await _require_same(work, held, checked)
        return
    results = [(action, outcome_of(held, action, kept)) for action in asking]
    await _keep(work, held, [(action, outcome) for action, outcome in results if outcome is not None], kept)


async def _asking(work: Work, plan: Plan, kind: str | None, at: Any) -> list[Action]:
    """The actions of a plan that ask for a type and are in force at a time."""
    found = await action_store.actions_of(work, [plan.key])
    return [one for one in found if metric_of(one, kind) is not None and rules.in_force(one.content, at)]


def _value(measured: Measured) -> Any:
    if measured.type == BLOOD_PRESSURE:
        return {"systolic": measured.systolic, "diastolic": measured.diastolic}
    return measured.value if measured.value is not None else measured.other


def _require_accepted(asking: list[Action], kind: str, value: Any, unit: str | None) -> None:
    for action in asking:
        metric = metric_of(action, kind)
        why = None if metric is None else rules.refused(metric, value, unit)
        if why is not None:
            raise Invalid([Fault(VALUE_REFUSED, "value", f"{why} of “{action.content.title}”")])


async def _require_same(work: Work, plan: Plan, checked: Measured) -> None:
    """What was kept of that time is the same; `Invalid` where it is not."""
    there = await observations.at(work, plan.organization, plan.person, checked.type, checked.occurred_at)
    if all((_value(one.measured), one.measured.unit) != (_value(checked), checked.unit) for one in there):
        raise _other_there()


def _other_there() -> Invalid:
    return Invalid([Fault(OTHER_THERE, "occurred_at", "another value of that very time is kept already")])


async def _beside(work: Work, plan: Plan, said: Said) -> None:
    at = said.occurred_at
    if at is None or at > work.now:
        raise Invalid([Fault("value-invalid", "occurred_at", "This is missing or lies ahead")])
    value = observations.as_number(said.value)
    asking = await _asking(work, plan, said.type, at)
    if not asking or said.type is None:
        raise Invalid([Fault(METRIC_UNKNOWN, "occurred_at", "nothing of the plan asks for this at that time")])
    _require_accepted(asking, said.type, value, said.unit)
    day = rules.local_day(at, plan.content.zone)
    action = next((one for one in asking if rules.is_due_on(one.content, day)), asking[0])
    outcomes = [one.outcome for one in await result_store.since(work, [action.key], day)]
    there = [one for one in outcomes if (one.metric_type, one.occurred_at) == (said.type, at)]
    if any((one.value, one.unit) == (value, said.unit) for one in there):
        return
    if there:
        raise _other_there()
    part = rules.part_of_day(at, plan.content)
    window = next((one.id for one in action.content.windows if one.type is part), None)
    await _keep(work, plan, [(action, Outcome(at, value, said.unit, said.type, window))], None)


async def _keep(
    work: Work, plan: Plan, outcomes: list[tuple[Action, Outcome]], observation: Observation | None
) -> None:
    if not outcomes:
        return
    name = None if observation is None else observation.id
    made = [result_of(work, plan, action, outcome, APP, name) for action, outcome in outcomes]
    await result_store.insert(
        work, [(one, rules.local_day(one.outcome.occurred_at, plan.content.zone)) for one in made]
    )
    audit.note(work, "write", "result", plan.person, plan.organization)


async def strike_out(work: Work, plan: UUID, name: str) -> None:
    """Forget a number that a person wrote down, the patient or somebody of the staff, everywhere and at any time.

    `name` is the id of the observation, or of the result where there is none. Nothing happens when it is gone already;
    `NotFound` for one of somebody else, and for what a program or a device has sent.
    """
    held = await plans.lock(work, plan)
    if not is_valid(System.TWINE, name):
        raise NotFound
    for one in await observations.get_many(work, [name]):
        if (one.organization, one.person) != (held.organization, held.person) or one.created_by is None:
            raise NotFound
        results = await result_store.of_observation(work, held.key, name)
        await observations.withdraw(work, held.organization, held.person, name)
        await _forget(work, held, [result.id for result in results])
        return
    for found in await result_store.get(work, [name]):
        is_number = found.outcome.metric_type is not None and found.observation is None
        if found.plan != held.key or found.channel != APP or not is_number:
            raise NotFound
        await _forget(work, held, [name])


async def _forget(work: Work, plan: Plan, results: list[str]) -> None:
    if results:
        await result_store.delete(work, results)
        audit.note(work, "delete", "result", plan.person, plan.organization)
