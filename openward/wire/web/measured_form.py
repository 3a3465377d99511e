"""Numbers that those who coach enter for a patient: which are offered, what was typed, and who entered what by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from openward.care import coaching, identity, observations
from openward.care.coaching import Action, Metric, Plan, Result
from openward.care.errors import Fault, Invalid
from openward.care.identity import System
from openward.care.observations import BLOOD_PRESSURE, GLUCOSE, TYPES, Observation, Said
from openward.care.work import PersonKey, Work
from openward.wire.web import patient_observed, plan_words
from openward.wire.web.entry_form import Entry, entry_of, said_of
from openward.wire.web.metric_charts import Period

USUAL = ("weight", BLOOD_PRESSURE, GLUCOSE)
"""What is offered for every patient, after what his plan asks for."""
APP = "app"
_LISTED = 60
_EARLIEST = 1900


@dataclass(frozen=True, slots=True)
class Noted:
    """One number that a person entered: `id` is that of the observation, or of the result where there is none."""

    id: str
    name: str
    words: str
    at: datetime
    by: PersonKey


def kinds_of(actions: Sequence[Action]) -> list[str]:
    """What is offered first: the measurements of these actions, then the usual ones."""
    asked = [one.metric_type for action in actions for one in action.content.metrics]
    return list(dict.fromkeys([*asked, *USUAL]))


def others(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The numbers that the record knows besides, by name."""
    return [(kind, name) for kind, name in plan_words.metric_choices() if is_known(kind) and kind not in kinds]


def is_known(kind: str) -> bool:
    """Whether the record has numbers of this kind."""
    return kind in TYPES and TYPES[kind].is_numeric


def entry_for(kind: str, actions: Sequence[Action], period: Period, units: str) -> Entry:
    """The form of a kind: as the plan asks for it, else in the unit in which it came last; `units` of glucose."""
    asked = (one for action in actions for one in action.content.metrics if one.metric_type == kind)
    return entry_of(next(asked, None) or Metric("", kind, _unit(kind, period, units)))


def _unit(kind: str, period: Period, units: str) -> str | None:
    known = plan_words.units_of(kind)
    last = next((one.measured.unit for one in period.observed if one.measured.type == kind), None)
    wanted = (units if kind == GLUCOSE else last or "").lower()
    return next((one for one in known if one.lower() == wanted), None)


def read(fields: Mapping[str, str], kinds: Sequence[str], zone: tzinfo, now: datetime) -> Said:
    """What was typed; `Invalid` with a fault for each wrong field, named by its pointer."""
    kind = fields.get("metric", "")
    if kind not in kinds and not is_known(kind):
        raise Invalid([Fault("unknown", "metric", "choose what was measured")])
    faults: list[Fault] = []
    at = _moment(fields, zone, now, faults)
    said = said_of(fields, at)
    checked = observations.check(said, now) if kind in TYPES else []
    faults += checked if isinstance(checked, list) else []
    if faults:
        raise Invalid(faults)
    return said


def _moment(fields: Mapping[str, str], zone: tzinfo, now: datetime, faults: list[Fault]) -> datetime:
    """When it was measured, on the clocks of the zone; `now` stands in for what cannot be read."""
    day, clock = _day(fields.get("day", ""), faults), _clock(fields.get("time", ""), faults)
    if day is None or clock is None:
        return now
    at = datetime.combine(day, clock, zone)
    if at > now:
        faults.append(Fault("future", "time", "this time is still to come"))
        return now
    return at


def _day(text: str, faults: list[Fault]) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day.year < _EARLIEST or day == date.max:
        faults.append(Fault("day", "day", "choose a day"))
        return None
    return day


def _clock(text: str, faults: list[Fault]) -> time | None:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        faults.append(Fault("time", "time", "write a time like 07:30"))
        return None


def noted(period: Period, zone: tzinfo) -> list[Noted]:
    """What persons entered in a period, latest first; what programs and devices sent is left out."""
    found = [*(_observed(one, zone) for one in period.observed), *(_beside(one, zone) for one in period.beside)]
    by_hand = [one for one in found if one is not None]
    return sorted(by_hand, key=lambda one: (one.at, one.id), reverse=True)[:_LISTED]


async def one_noted(work: Work, plan: Plan, zone: tzinfo, name: str) -> Noted | None:
    """The number with this id that a person entered for the patient of a plan."""
    if not identity.is_valid(System.TWINE, name):
        return None
    for one in await observations.get_many(work, [name]):
        is_own = (one.organization, one.person) == (plan.organization, plan.person)
        observations.note_reads(work, plan.organization, [one] if is_own else [])
        return _observed(one, zone) if is_own else None
    results = [one for one in await coaching.results(work, [name]) if one.plan == plan.key and one.observation is None]
    return _beside(results[0], zone) if results else None


def _observed(one: Observation, zone: tzinfo) -> Noted | None:
    if one.created_by is None:
        return None
    row = patient_observed.row_of(one, zone)
    words = f"{row.value} {plan_words.unit_words(row.unit)}".strip()
    return Noted(one.id, row.name, words, row.at, one.created_by)


def _beside(one: Result, zone: tzinfo) -> Noted | None:
    by, kind = one.written.created_by, one.outcome.metric_type
    if one.channel != APP or by is None or kind is None:
        return None
    at = one.outcome.occurred_at.astimezone(zone)
    return Noted(one.id, plan_words.metric_name(kind), plan_words.result_words(one), at, by)


def start_of(zone: tzinfo, now: datetime) -> dict[str, Any]:
    """What stands in an empty form: today, this minute."""
    here = now.astimezone(zone)
    return {"day": here.date().isoformat(), "time": f"{here:%H:%M}"}
