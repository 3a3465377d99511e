"""Coaching in the demo: groups with coaches, plans with weeks of results, measurements, and a calendar.

What patients tick off has no door for programs, so this is done as the operator, not over the public API.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import calendar, coaching, identity, observations, organizations, patients
from openward.care.calendar import Completion, Details, EventType, Moment, Participant, Response
from openward.care.coaching import Action, Outcome, PartOfDay, Plan
from openward.care.identity import Identifier, System
from openward.care.observations import BLOOD_PRESSURE, GLUCOSE, Measured, Said
from openward.care.organizations import Profile
from openward.care.patients import CoachedBy, Revision
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work
from openward.cli.demo.cast import CLINICS, Clinic, Patient
from openward.cli.demo.coaching_client import GROUPS
from openward.wire.web.plan_starts import contents
from openward.wire.web.words import MGDL_PER_MMOL

_BEGAN_DAYS_AGO: Final = 60
_TICKED_DAYS: Final = 31
_DAY: Final = timedelta(days=1)
_HOURS: Final = {PartOfDay.MORNING: 8, PartOfDay.AFTERNOON: 13, PartOfDay.EVENING: 19, PartOfDay.NIGHT: 22}


@dataclass(frozen=True, slots=True)
class _Habit:
    """How somebody keeps to a plan. `kept`: the share of days; silent_days: how long ago he stopped."""

    starts: tuple[str, ...]
    kept: float
    weight_kg: float
    loses_kg: float
    systolic: float
    falls: float
    silent_days: int = 0
    in_group: int = 0


_HABITS: Final = (
    _Habit(("blood-pressure", "weight"), 0.92, 91, 4.2, 142, 14),
    _Habit(("diabetes",), 0.8, 83, 1.5, 134, 4, in_group=1),
    _Habit(("blood-pressure", "weight"), 0.55, 104, 0.4, 151, 2, silent_days=4),
    _Habit(("diabetes", "activity-and-sleep"), 0.9, 77, 2.4, 128, 6, in_group=1),
    _Habit(("weight", "activity-and-sleep"), 0.4, 96, -1.2, 146, -3, silent_days=1),
    _Habit(("blood-pressure",), 0.97, 69, 0.8, 126, 3),
)


def coached(cast: Sequence[Patient], clinic: Clinic) -> list[Patient]:
    """Who of a clinic has a plan: those who can sign in, and some others."""
    theirs = [one for one in cast if one.clinic == clinic.key]
    signing_in = [one for one in theirs if one.email]
    return [*signing_in, *(one for one in theirs if not one.email and one.born.year < 1995)][:8]


async def give_plans(work: Work, cast: Sequence[Patient]) -> None:
    """Plans, results, measurements and events for some patients of each clinic; whoever has a plan keeps it."""
    for clinic in CLINICS:
        organization = await organizations.by_provisioning_key(work, clinic.key)
        if organization is None:
            continue
        profile = (await organizations.get(work, organization)).profile
        groups = {one.name: one.key for one in await organizations.groups(work, organization)}
        coaches = await organizations.coaches(work, organization)
        coach = next(one.member for one in coaches if len(one.groups) == len(GROUPS))
        for place, person in enumerate(coached(cast, clinic)):
            key = await identity.find(work, Identifier(System.MRN, person.mrn, organization))
            if key is None:
                continue
            plan = await coaching.of_patient(work, organization, PersonKey(key))
            if not await coaching.actions_of(work, [plan.key]):
                life = _Life(work, profile, person, coach, _HABITS[place % len(_HABITS)])
                await life.begin(plan, groups[GROUPS[life.habit.in_group][0]], place)


class _Life:
    """What one patient has done and measured since his plan began."""

    def __init__(self, work: Work, place: Profile, person: Patient, coach: MemberKey, habit: _Habit) -> None:
        self._work = work
        self._place = place
        self._person = person
        self._coach = coach
        self._zone = ZoneInfo(person.zone)
        self._today = work.now.astimezone(self._zone).date()
        self._dice = random.Random(person.seed)
        self.habit = habit

    async def begin(self, plan: Plan, group: UUID, place: int) -> None:
        """Everything, in the order in which it would have come."""
        work, organization, person = self._work, plan.organization, plan.person
        await patients.put_groups(work, organization, {person: [group]})
        await patients.revise(work, organization, person, Revision(coaches=(CoachedBy(self._coach, True),)))
        limits = {BLOOD_PRESSURE: {"data": {"maximum": {"value": 160, "unit": "mmHg"}}}}
        plan = await coaching.update(
            work, plan.key, lambda said: replace(said, time_zone=self._person.zone, critical=limits)
        )
        begins = self._at(_BEGAN_DAYS_AGO, 0)
        for name in self.habit.starts:
            bundle, actions = contents(name, begins, self._place, lambda: identity.hex24(work.now))
            await coaching.add_ready_made(work, plan.key, bundle, actions)
        await observations.record(work, organization, [(person, one) for one in self._measured()])
        for action in await coaching.actions_of(work, [plan.key]):
            await self._keep_to(action)
        await self._events(organization, person, place)

    def _at(self, days_ago: int, hour: float) -> datetime:
        midnight = datetime.combine(self._today - days_ago * _DAY, time(), self._zone)
        return (midnight + timedelta(hours=hour)).astimezone(UTC)

    def _does(self, days_ago: int) -> bool:
        return days_ago >= self.habit.silent_days and self._dice.random() < self.habit.kept

    def _measured(self) -> list[Measured]:
        """Weight on Mondays, blood pressure in the morning and evening, HbA1c every two months."""
        said = []
        for ago in range(_BEGAN_DAYS_AGO, -1, -1):
            gone = 1 - ago / _BEGAN_DAYS_AGO
            if (self._today - ago * _DAY).weekday() == 0 or ago == _BEGAN_DAYS_AGO:
                weight = self.habit.weight_kg - self.habit.loses_kg * gone + self._dice.uniform(-0.5, 0.5)
                unit, factor = ("lb", 2.2046) if self._place.country == "US" else ("kg", 1.0)
                said.append(self._said("weight", ago, 7.2, value=round(weight * factor, 1), unit=unit))
            for hour in (7.5, 19.2):
                if "blood-pressure" in self.habit.starts and self._does(ago):
                    upper = self.habit.systolic - self.habit.falls * gone + self._dice.gauss(0, 5)
                    both = {"systolic": round(upper), "diastolic": round(upper * 0.62 + self._dice.gauss(0, 3))}
                    said.append(self._said(BLOOD_PRESSURE, ago, hour, unit="mmHg", **both))
            if "diabetes" in self.habit.starts and self._does(ago):
                said.append(self._said(GLUCOSE, ago, 7.4, **self._fasting(gone)))
        for ago, value in ((58, 8.1), (3, 7.4)):
            if "diabetes" in self.habit.starts:
                said.append(self._said("hemoglobin_a1c", ago, 10.5, value=value, unit="%"))
        checked = [observations.check(one, self._work.now) for one in said if _is_past(one, self._work.now)]
        return [one for one in checked if isinstance(one, Measured)]

    def _fasting(self, gone: float) -> dict[str, Any]:
        mgdl = self._dice.gauss(158 - 30 * gone, 12)
        if self._place.preferred_units == "mmol/L":
            return {"value": round(mgdl / MGDL_PER_MMOL, 1), "unit": "mmol/l"}
        return {"value": round(mgdl), "unit": "mg/dl"}

    def _said(self, kind: str, ago: int, hour: float, **more: Any) -> Said:
        return Said(kind, occurred_at=self._at(ago, hour + self._dice.uniform(-0.4, 0.4)), **more)

    async def _keep_to(self, action: Action) -> None:
        """Days on which something was ticked off, or measured that no observation stands for."""
        metric = next((one.metric_type for one in action.content.metrics), None)
        if metric in ("weight", BLOOD_PRESSURE, "hemoglobin_a1c", GLUCOSE):
            return
        windows: list[tuple[str | None, int]] = [(one.id, _HOURS[one.type]) for one in action.content.windows]
        for ago in range(_TICKED_DAYS, -1, -1):
            due = coaching.is_due_on(action.content, self._today - ago * _DAY)
            for window, hour in windows or [(None, 17)]:
                at = self._at(ago, hour + self._dice.uniform(-0.5, 0.5))
                if due and at < self._work.now and self._does(ago):
                    await self._note(action, Outcome(at, window=window), metric)

    async def _note(self, action: Action, outcome: Outcome, metric: str | None) -> None:
        usual = {"steps": (7200, 1500), "sleep": (7.1, 0.7), "active_minutes": (32, 9)}
        if metric in usual:
            middle, spread = usual[metric]
            value = max(self._dice.gauss(middle, spread), 0.5)
            shown = round(value, 1) if metric == "sleep" else round(value)
            unit = action.content.metrics[0].unit
            outcome = replace(outcome, value=shown, unit=unit, metric_type=metric)
            await coaching.record_result(self._work, action.key, outcome)
        else:
            is_skipped = self._dice.random() < 0.04
            note = "Was ill" if is_skipped else None
            await coaching.check_off(self._work, action.key, replace(outcome, is_skipped=is_skipped, note=note))

    async def _events(self, organization: OrganizationKey, person: PersonKey, place: int) -> None:
        """A call that was made, and what comes next; not everybody was called lately."""
        called = 3 + place * 5
        done = self._moment(called, 10.5)
        await self._event(organization, person, EventType.TELEPHONE_CALL, "How it goes", called, 10, done=done)
        kinds = ((EventType.VIDEO_CALL, "Look at the month"), (EventType.OFFICE_VISIT, "Weigh and adjust"))
        kind, title = kinds[place % 2]
        await self._event(organization, person, kind, title, -(place % 5), 15.5)
        if place % 2:
            await self._event(organization, person, EventType.PLAN_CHECK_IN, "Check in on the plan", -1, 0)

    async def _event(
        self,
        organization: OrganizationKey,
        person: PersonKey,
        kind: EventType,
        title: str,
        ago: int,
        hour: float,
        done: Moment | None = None,
    ) -> None:
        is_all_day = kind is EventType.PLAN_CHECK_IN
        details = Details(
            type=kind,
            title=title,
            starts=self._moment(ago, hour),
            ends=None if is_all_day else self._moment(ago, hour + 0.5),
            timezone=self._person.zone,
            is_all_day=is_all_day,
            completion=Completion(done, self._coach) if done else None,
        )
        coming = [Participant(person, is_coach=False), Participant(self._coach, is_coach=True)]
        made = await calendar.create(self._work, organization, person, details, coming)
        if done is None and self._dice.random() < 0.6:
            await calendar.respond(self._work, made, made.attendees[0].key, Response.ACCEPTED)

    def _moment(self, ago: int, hour: float) -> Moment:
        at = self._at(ago, hour)
        return Moment(at, at.isoformat().replace("+00:00", "Z"))


def _is_past(said: Said, now: datetime) -> bool:
    return said.occurred_at is not None and said.occurred_at < now
