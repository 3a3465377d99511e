"""Ready-made bundles: what coaches often agree with patients, as a start that is fitted to each of them afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openward.care.coaching import ActionContent, BundleContent, Metric, PartOfDay, Window
from openward.care.observations import GLUCOSE
from openward.care.organizations import DEFAULT_UNITS, Profile
from openward.wire.web.plan_words import BEYOND, units_of

_EVERY = tuple(range(7))
_WEEKLY = (1,)
_WORKING = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class StartAction:
    """One action of a ready-made bundle; `metric`: what it measures, `goal`: the quantities that it aims at."""

    title: str
    type: str = "other_lifestyle"
    days: Sequence[int] | None = _EVERY
    parts: Sequence[PartOfDay] = ()
    metric: str | None = None
    goal: Mapping[str, Any] | None = None
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """A ready-made bundle with what it is for."""

    title: str
    type: str
    about: str
    actions: tuple[StartAction, ...]


_MORNING, _EVENING = PartOfDay.MORNING, PartOfDay.EVENING
STARTS: Mapping[str, Start] = {
    "blood-pressure": Start(
        "Blood pressure at home",
        "hypertension",
        "Measured morning and evening, with tablets and less salt.",
        (
            StartAction(
                "Measure blood pressure",
                "blood_pressure",
                parts=(_MORNING, _EVENING),
                metric="blood_pressure",
                goal={"systolic": {"value": 130}, "diastolic": {"value": 80}},
                instructions="Sit quietly for five minutes first, with the cuff at the height of the heart.",
            ),
            StartAction("Take the tablets", "medication", parts=(_MORNING,)),
            StartAction("Eat without added salt"),
        ),
    ),
    "diabetes": Start(
        "Diabetes, day by day",
        "diabetes",
        "Glucose before breakfast, tablets, a walk, and a look at the feet.",
        (
            StartAction("Measure glucose before breakfast", "blood_glucose", parts=(_MORNING,), metric="blood_glucose"),
            StartAction("Take the tablets", "medication", parts=(_MORNING, _EVENING)),
            StartAction("Walk for 20 minutes after a meal"),
            StartAction("Look at the feet", parts=(_EVENING,)),
            StartAction("HbA1c in the laboratory", "lab", days=None, metric="hemoglobin_a1c"),
        ),
    ),
    "weight": Start(
        "Weight",
        "weight",
        "On the scales once a week, more steps, vegetables at lunch.",
        (
            StartAction("Weigh before breakfast", "weight", _WEEKLY, (_MORNING,), "weight"),
            StartAction("Walk 7,000 steps", "steps", metric="steps", goal={"value": 7000, "unit": "steps"}),
            StartAction("Half the plate vegetables at lunch", parts=(PartOfDay.AFTERNOON,)),
        ),
    ),
    "activity-and-sleep": Start(
        "Activity and sleep",
        "lifestyle",
        "Half an hour of movement on weekdays, and hours of sleep.",
        (
            StartAction(
                "Move for 30 minutes",
                "active_minutes",
                _WORKING,
                metric="active_minutes",
                goal={"value": 30, "unit": "min"},
            ),
            StartAction("Note the hours of sleep", "sleep", parts=(_MORNING,), metric="sleep"),
            StartAction("No screen in the last half hour", parts=(PartOfDay.NIGHT,)),
        ),
    ),
}


def contents(
    name: str, begins: datetime, place: Profile, mint: Callable[[], str]
) -> tuple[BundleContent, list[ActionContent]]:
    """A bundle and its actions, in force from then on, in the units that the clinic reads; `mint` makes ids."""
    start = STARTS[name]
    bundle = BundleContent(start.type, start.title, begins, thread=f"ready-made:{name}")
    return bundle, [_action(one, begins, place, mint) for one in start.actions]


def _action(one: StartAction, begins: datetime, place: Profile, mint: Callable[[], str]) -> ActionContent:
    metrics: tuple[Metric, ...] = ()
    if one.metric is not None:
        metrics = (Metric(mint(), one.metric, _unit(one.metric, place), {"data": one.goal} if one.goal else None),)
    return ActionContent(
        type=one.type,
        title=one.title,
        effective_from=begins,
        days=None if one.days is None else tuple(one.days),
        metrics=metrics,
        windows=tuple(Window(mint(), part) for part in one.parts),
        is_metric_required=one.metric is not None and (one.metric in BEYOND or one.type == one.metric),
        details={"instructions": one.instructions} if one.instructions else None,
    )


def _unit(metric: str, place: Profile) -> str | None:
    """The unit that people of the clinic's country use."""
    if metric == GLUCOSE:
        return (place.preferred_units or DEFAULT_UNITS).lower()
    if metric == "weight" and place.country not in (None, "", "US"):
        return "kg"
    return next(iter(units_of(metric)), None)
