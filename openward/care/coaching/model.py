"""What the room speaks of: plans, their actions and bundles, and results; values only, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care.work import OrganizationKey, PersonKey


class PartOfDay(StrEnum):
    """When in a day something is due, in the order of the day."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


USUAL_TIMES: Mapping[PartOfDay, int] = {
    PartOfDay.MORNING: 25200,
    PartOfDay.AFTERNOON: 43200,
    PartOfDay.EVENING: 64800,
    PartOfDay.NIGHT: 75600,
}
"""When the parts of a day begin, in seconds after midnight, where a plan says nothing else."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """In which order the actions of one part of the day are shown."""

    type: str
    actions: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanContent:
    """What is decided of a whole plan. `time_zone` None is UTC; `critical` holds limits by type of measurement."""

    time_zone: str | None = None
    critical: Mapping[str, Any] = field(default_factory=dict)
    window_order: tuple[Ordered, ...] = ()
    window_times: Mapping[PartOfDay, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin and end."""
        return ZoneInfo(self.time_zone or "UTC")

    @property
    def times(self) -> dict[PartOfDay, int]:
        """When each part of the day begins, in seconds after midnight."""
        return {**USUAL_TIMES, **self.window_times}


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one patient of one organization; `created_at` is when the patient came."""

    key: UUID
    organization: OrganizationKey
    person: PersonKey
    created_at: datetime
    updated_at: datetime
    content: PlanContent = PlanContent()


@dataclass(frozen=True, slots=True)
class Metric:
    """What an action measures: its goal, the bounds and values that are accepted. `id` is 24 hex digits."""

    id: str
    metric_type: str
    unit: str | None = None
    goal: Mapping[str, Any] | None = None
    validations: Mapping[str, Any] | None = None
    accepted_values: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the day in which an action is due. `id` is 24 hex digits."""

    id: str
    type: PartOfDay
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ActionContent:
    """What is decided of an action. In force from `effective_from` until before `effective_to` (None: open).

    days: the weekdays on which it is due, 0 is Sunday; None for an action without a goal, which is never due.
    """

    type: str
    title: str
    effective_from: datetime
    effective_to: datetime | None = None
    thread: str | None = None
    is_tracked: bool = True
    is_metric_required: bool = False
    days: tuple[int, ...] | None = None
    metrics: tuple[Metric, ...] = ()
    windows: tuple[Window, ...] = ()
    identifiers: Sequence[Mapping[str, Any]] = ()
    options: Sequence[Any] = ()
    details: Mapping[str, Any] | None = None
    intake: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BundleContent:
    """What is decided of a bundle of actions; in force as an action is."""

    type: str
    title: str
    effective_from: datetime
    effective_to: datetime | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """When and by which person something was made and last changed; None for a program."""

    created_at: datetime
    updated_at: datetime
    created_by: PersonKey | None = None
    updated_by: PersonKey | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, with the bundles that it is in; `static_title` is the title that it was made with."""

    key: UUID
    plan: UUID
    static_title: str
    content: ActionContent
    written: Written
    bundles: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """Actions that belong together."""

    key: UUID
    plan: UUID
    content: BundleContent
    written: Written
    actions: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Adherence:
    """How many scheduled days there were, how many have a result, and how many in an unbroken run up to now."""

    due: int = 0
    complete: int = 0
    streak: int = 0
    streak_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is computed of a plan: adherence of all and of each action, and scheduled days so far this week."""

    adherence: Adherence
    actions: Mapping[UUID, Adherence]
    this_week: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said about an action. `value`: number, truth value, text or object; `window`: the id of a window."""

    occurred_at: datetime
    value: Any = None
    unit: str | None = None
    metric_type: str | None = None
    window: str | None = None
    time_zone: str | None = None
    is_skipped: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A kept outcome of an action. `id` is 24 hex digits; `observation`: the measurement that it was made of."""

    id: str
    plan: UUID
    action: UUID
    type: str
    thread: str
    outcome: Outcome
    channel: str
    written: Written
    observation: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which results of a plan; times are half-open spans, None is open."""

    plan: UUID
    actions: Sequence[UUID] | None = None
    threads: Sequence[str] | None = None
    occurred: tuple[datetime | None, datetime | None] = (None, None)
    created: tuple[datetime | None, datetime | None] = (None, None)
    updated: tuple[datetime | None, datetime | None] = (None, None)
