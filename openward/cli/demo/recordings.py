"""What was measured, in the wall-clock time of whoever wore the sensor: sample files and drawn people alike."""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import openward.simulators
from openward.cli.demo.cast import Patient
from openward.simulators.people import HABITS, STEP_MINUTES, live

SAMPLES = Path(openward.simulators.__file__).parent / "samples"
_DRAWN_EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001 - wall-clock time; any Monday does


@dataclass(frozen=True, slots=True)
class Reading:
    """One glucose value in its own unit, by a sensor or a meter."""

    time: datetime
    value: float
    units: str
    is_meter: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something beside glucose: kind as in the sample files (`pump_bolus`, `meal`, ...), value in the kind's unit."""

    time: datetime
    kind: str
    value: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything of one person, in time order; interval: minutes between sensor readings."""

    readings: list[Reading]
    events: list[Event]
    interval: int
    maker: str
    model: str


def recording(person: Patient) -> Recording:
    """The recording that this person's story tells of."""
    story = person.story
    if story.source == "hall":
        rows = _rows("hall2018_readings")[story.id]
        return Recording([_mg(row) for row in rows], [], 5, "Dexcom", "G4 Platinum")
    if story.source == "shanghai":
        readings = [
            Reading(_time(row), float(row["glucose_mmol_l"]), "mmol/L") for row in _rows("shanghai_readings")[story.id]
        ]
        return Recording(readings, _events("shanghai_events", story.id), 15, "Abbott", "FreeStyle Libre H")
    if story.source == "simulated":
        readings = [_mg(row) for row in _rows("simulated_readings")[story.id]]
        return Recording(readings, _events("simulated_events", story.id), 5, "Medtronic", "Guardian RT")
    return _drawn(person)


@cache
def _rows(name: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a sample file by the code in their first column."""
    found: dict[str, list[dict[str, str]]] = {}
    with gzip.open(SAMPLES / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        first = (reader.fieldnames or [""])[0]
        for row in reader:
            found.setdefault(row[first], []).append(row)
    return found


def _time(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["time"])


def _mg(row: dict[str, str]) -> Reading:
    return Reading(_time(row), float(row["glucose_mg_dl"]), "mg/dL")


def _events(name: str, code: str) -> list[Event]:
    rows = _rows(name).get(code, [])
    return [Event(_time(row), row["kind"], _number(row["value"]), row.get("text", "")) for row in rows]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        # A pump that was stopped delivers nothing; other words are not numbers.
        return 0.0 if "suspend" in text else None


def _drawn(person: Patient) -> Recording:
    story = person.story
    if story.days == 0:
        return Recording([], [], 5, "Dexcom", "G7")
    life = live(HABITS[story.id], story.days, person.seed)
    dice = random.Random(person.seed)
    worn = [dice.random() < story.kept for _ in range(story.days)]
    times = [_DRAWN_EPOCH + timedelta(minutes=STEP_MINUTES * place) for place in range(len(life.glucose))]
    pairs = [(time, value) for time, value in zip(times, life.glucose, strict=True) if worn[(time - _DRAWN_EPOCH).days]]
    if story.is_meter_only:
        readings = [Reading(time, value, "mg/dL", is_meter=True) for time, value in _sticks(dice, pairs)]
    else:
        readings = [Reading(time, value, "mg/dL") for time, value in pairs]
    events = sorted(_insulin(person, life.basal_units_a_day, dice), key=lambda event: event.time)
    for meal in life.meals:
        time = _DRAWN_EPOCH + timedelta(minutes=meal.minute)
        events.append(Event(time, "carbs", meal.carbs))
        if story.therapy == "pump":
            events.append(Event(time, "bolus", meal.bolus))
        elif story.therapy == "pen":
            events.append(Event(time, "insulin_injection", round(meal.bolus), "insulin lispro"))
    return Recording(readings, sorted(events, key=lambda event: event.time), 5, "Dexcom", "G7")


def _sticks(dice: random.Random, pairs: list[tuple[datetime, int]]) -> Iterator[tuple[datetime, int]]:
    """Before meals, at bedtime, and now and then one more."""
    for time, value in pairs:
        if (time.hour, time.minute) in {(7, 10), (12, 20), (18, 30), (22, 15)} and dice.random() < 0.85:
            yield time + timedelta(minutes=dice.randint(0, 4), seconds=dice.randint(0, 59)), value
        elif dice.random() < 0.002:
            yield time, value


def _insulin(person: Patient, units_a_day: float, dice: random.Random) -> Iterator[Event]:
    for day in range(person.story.days):
        midnight = _DRAWN_EPOCH + timedelta(days=day)
        if person.story.therapy == "pump":
            for hour, share in ((0, 0.85), (4, 1.2), (9, 0.95), (16, 1.05)):
                yield Event(midnight + timedelta(hours=hour), "basal_rate", round(units_a_day / 24 * share, 2))
        elif person.story.therapy == "pen":
            time = midnight + timedelta(hours=21, minutes=dice.randint(0, 75))
            yield Event(time, "insulin_injection", round(units_a_day), "insulin glargine")
