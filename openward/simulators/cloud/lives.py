"""The people of a partner cloud and their days: the sample sets, repeated without end on the true calendar."""

import csv
import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

import openward.simulators
from openward.simulators.people import HABITS, live

DAY_S: Final = 86_400
STEP_S: Final = 300
A_DAY: Final = DAY_S // STEP_S
_DAYS: Final = 14
_HALL_DAYS: Final = 7
_SAMPLES: Final = Path(openward.simulators.__file__).parent / "samples"
_ZONES: Final = ("America/Los_Angeles", "America/New_York", "Europe/Berlin", "America/Chicago", "Asia/Kolkata")
_FIRST: Final = ("Ana", "Ben", "Chloe", "David", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam")
_LAST: Final = ("Moreno", "Novak", "Okafor", "Park", "Quinn", "Rossi", "Silva", "Tanaka", "Usman", "Vogel", "Weber")


@dataclass(frozen=True, slots=True)
class Meal:
    """second: of the day, on the wall clock; carbs in grams, bolus in units."""

    second: int
    carbs: float
    bolus: float


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """Whole days, to be repeated. glucose: mg/dL for each five minutes from midnight on, 0 where there is none."""

    glucose: NDArray[np.int32]
    meals: Sequence[Sequence[Meal]]
    basal_rate: float

    @property
    def days(self) -> int:
        """How many there are."""
        return len(self.meals)


@dataclass(frozen=True, slots=True)
class Person:
    """number: from 1 on; phase_s: when within five minutes the sensor measures; offset_s: from UTC in winter.

    shift_days: how far the days of the life are turned, so that those who share one do not live it on the same days.
    """

    number: int
    login: str
    name: str
    user_id: str
    zone: ZoneInfo
    offset_s: int
    phase_s: int
    shift_days: int
    life: Life

    def day_of(self, at_s: float) -> int:
        """Days since 1970 on the wall clock (without summer time)."""
        return int(at_s + self.offset_s) // DAY_S

    def begin_of(self, day: int) -> int:
        """When such a day begins, in seconds since 1970."""
        return day * DAY_S - self.offset_s

    def lived(self, day: int) -> int:
        """Which day of the life this is."""
        return (day + self.shift_days) % self.life.days

    def zone_offset_min(self, at_s: float) -> int:
        """Minutes from UTC, with summer time, at noon UTC of the moment's day."""
        return _zone_offset_min(self.zone, int(at_s // DAY_S))


def person(number: int, seed: int = 1) -> Person:
    """One person, the same for the same seed."""
    dice = random.Random(f"{seed}/{number}")
    zone = ZoneInfo(dice.choice(_ZONES))
    winter = datetime(2026, 1, 1, tzinfo=zone).utcoffset() or timedelta()
    return Person(
        number=number,
        login=f"person{number}",
        name=f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]}",
        user_id=f"{dice.getrandbits(128):032x}",
        zone=zone,
        offset_s=int(winter.total_seconds()),
        phase_s=dice.randrange(STEP_S),
        shift_days=dice.randrange(10_000),
        life=_life(number - 1),
    )


@lru_cache(maxsize=4096)
def _zone_offset_min(zone: ZoneInfo, day: int) -> int:
    noon = datetime.fromtimestamp(day * DAY_S + DAY_S // 2, UTC)
    return int((noon.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)


def _life(place: int) -> Life:
    simulated, hall = _ids("simulated_readings"), _ids("hall2018_readings")
    makers = [(_simulated, one) for one in simulated] + [(_drawn, one) for one in sorted(HABITS)]
    makers += [(_hall, one) for one in hall]
    maker, name = makers[place % len(makers)]
    return maker(name)


@cache
def _simulated(name: str) -> Life:
    """A virtual person with carbohydrates, boluses and a basal rate."""
    rows = [(datetime.fromisoformat(row["time"]), row) for row in _rows("simulated_events") if row["id"] == name]
    glucose = _grid("simulated_readings", name, _DAYS)
    first = datetime.fromisoformat(next(row["time"] for row in _rows("simulated_readings") if row["id"] == name)).date()
    boluses = [(at, float(row["value"])) for at, row in rows if row["kind"] == "bolus"]
    meals: list[list[Meal]] = [[] for _ in range(_DAYS)]
    for at, row in rows:
        day = (at.date() - first).days
        if row["kind"] == "carbs" and 0 <= day < _DAYS:
            bolus = next((units for when, units in boluses if timedelta() <= when - at <= timedelta(minutes=15)), 0.0)
            meals[day].append(Meal(at.hour * 3600 + at.minute * 60, float(row["value"]), round(bolus, 2)))
    rate = next(float(row["value"]) for _, row in rows if row["kind"] == "basal_rate")
    return Life(glucose, meals, round(rate, 3))


@cache
def _drawn(habit: str) -> Life:
    drawn = live(HABITS[habit], _DAYS, 17)
    meals: list[list[Meal]] = [[] for _ in range(_DAYS)]
    for one in drawn.meals:
        if 0 <= one.minute < _DAYS * 1440:
            meals[one.minute // 1440].append(Meal(one.minute % 1440 * 60, float(one.carbs), one.bolus))
    return Life(np.array(drawn.glucose, np.int32), meals, round(drawn.basal_units_a_day / 24, 3))


@cache
def _hall(name: str) -> Life:
    """A recording with its breaks. Nobody noted meals in it; those of a drawn life stand in."""
    other = _drawn("average")
    return Life(_grid("hall2018_readings", name, _HALL_DAYS), other.meals[:_HALL_DAYS], other.basal_rate)


def _grid(file: str, name: str, days: int) -> NDArray[np.int32]:
    rows = [row for row in _rows(file) if row["id"] == name]
    first = datetime.fromisoformat(rows[0]["time"]).replace(hour=0, minute=0, second=0)
    grid = np.zeros(days * A_DAY, np.int32)
    for row in rows:
        place = int((datetime.fromisoformat(row["time"]) - first).total_seconds()) // STEP_S
        if place < len(grid):
            grid[place] = int(row["glucose_mg_dl"])
    return grid


@cache
def _ids(file: str) -> list[str]:
    return sorted({row["id"] for row in _rows(file)})


@cache
def _rows(file: str) -> list[dict[str, str]]:
    with gzip.open(_SAMPLES / f"{file}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
