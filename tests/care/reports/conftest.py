"""Sample recordings as readings and events."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest

from openward.care.reports import Basal, Bolus, Carbs, Events, GlucoseReport, Person, Readings, build

MGDL_PER_MMOL = 18.01559
DAY_MS = 86_400_000


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one sample file."""
    with gzip.open(str(files("openward.simulators") / "samples" / name), "rt", encoding="utf-8-sig") as lines:
        yield from csv.DictReader(lines)


def clock(text: str) -> int:
    """A wall-clock time as milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def simulated(person: str) -> tuple[Readings, Events]:
    """14 complete days with insulin and carbohydrate."""
    found = [row for row in rows("simulated_readings.csv.gz") if row["id"] == person]
    values = [round(float(row["glucose_mg_dl"]) / MGDL_PER_MMOL, 5) for row in found]
    boluses, carbs, basals = [], [], []
    for row in rows("simulated_events.csv.gz"):
        if row["id"] != person:
            continue
        time, amount = clock(row["time"]), float(row["value"])
        if row["kind"] == "bolus":
            boluses.append(Bolus(time, amount))
        elif row["kind"] == "carbs":
            carbs.append(Carbs(time, amount))
        else:
            basals.append(Basal(time, time + 14 * DAY_MS, amount))
    return Readings.of([clock(row["time"]) for row in found], values, 5), Events(boluses, basals, carbs)


def hall(person: str) -> Readings:
    """Real 5-minute readings with gaps."""
    found = [row for row in rows("hall2018_readings.csv.gz") if row["id"] == person]
    values = [round(float(row["glucose_mg_dl"]) / MGDL_PER_MMOL, 5) for row in found]
    return Readings.of([clock(row["time"]) for row in found], values, 5)


def shanghai(recording: str) -> Readings:
    """Real 15-minute readings in mmol/L."""
    found = [row for row in rows("shanghai_readings.csv.gz") if row["recording"] == recording]
    return Readings.of([clock(row["time"]) for row in found], [float(row["glucose_mmol_l"]) for row in found], 15)


@pytest.fixture(scope="session")
def full_report() -> GlucoseReport:
    """A complete report of a simulated person."""
    readings, events = simulated("adult001")
    person = Person("Alex <Example> & Co", "1988-04-12", "204118")
    return build(person, readings, last_day=date(2024, 3, 17), events=events)
