"""A day with a pump: rates, boluses, alarms and all else, on the wall clock of whoever carries it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from openward.simulators.cloud.lives import DAY_S, STEP_S, Person
from openward.simulators.pump.device import is_loop

HOUR_S: Final = 3600
LONGEST_S: Final = 9 * HOUR_S
"""Nothing that is told only when it has ended takes longer."""
_HOURS: Final = ((0, 0.9), (6, 1.25), (11, 1.0), (17, 1.1), (22, 0.85))
_ALARMS: Final = ("lowInsulin", "lowPower", "occlusion", "noDelivery", "autoOff", "overLimit", "siteReminder")


@dataclass(frozen=True, slots=True)
class Happening:
    """start_s: seconds since the day's midnight; lasts_s: until it is over and the cloud hears of it."""

    kind: str
    start_s: int
    lasts_s: int
    fields: dict[str, Any]


def day_of(person: Person, day: int) -> list[Happening]:
    """All that happens on one day since 1970, in order; the same for the same day."""
    dice = random.Random(f"{person.user_id}/pump/{day}")
    made = [*_basals(person, day, dice), *_boluses(person, day, dice), *_events(person, dice)]
    if day % 3 == person.number % 3:
        made += _reservoir(dice)
    if day % 10 == person.number % 10:
        made.append(Happening("settings", 8 * HOUR_S + dice.randrange(600), 0, settings(person, day)))
    return sorted(made, key=lambda one: (one.start_s, one.kind))


def settings(person: Person, day: int) -> dict[str, Any]:
    """Schedules by name, limits and the rest."""
    rate = person.life.basal_rate
    scale = 1 + (day // 10) % 3 * 0.05
    basal = [{"start": hour * HOUR_S * 1000, "rate": round(rate * share * scale, 2)} for hour, share in _HOURS]
    active = {
        "name": "Weekday",
        "basal": basal,
        "carbRatio": [{"start": 0, "amount": 10}, {"start": 11 * HOUR_S * 1000, "amount": 12}],
        "insulinSensitivity": [{"start": 0, "amount": 50}],
        "bgTarget": [{"start": 0, "low": 100, "high": 120}, {"start": 22 * HOUR_S * 1000, "target": 120}],
    }
    weekend = {**active, "name": "Weekend", "basal": [{"start": 0, "rate": round(rate, 2)}]}
    return {
        "type": "settings",
        "activeSchedule": "Weekday",
        "schedules": [active, weekend],
        "bgUnits": "mg/dL",
        "carbUnits": "grams",
        "automatedDelivery": is_loop(person),
        "maximumBasalRate": 3,
        "maximumBolus": 25,
        "insulinDurationMinutes": 300,
        "extendedBolusEnabled": True,
        "temporaryBasalType": "percent",
        "firmwareVersion": f"4.{day // 10 % 10}",
    }


def _basals(person: Person, day: int, dice: random.Random) -> Iterator[Happening]:
    """The whole day without a gap: what the pump gave, cut where something came between."""
    edges = [int(hour * HOUR_S) for hour, _ in _HOURS]
    between = _interruption(person, dice)
    if is_loop(person):
        edges = sorted({*edges, *range(0, DAY_S, 1800)})
    cuts = sorted({*edges, between[0], between[1], DAY_S})
    for start, end in pairwise(cuts):
        planned = next(one for one in sorted({*edges, DAY_S}) if one > start)
        scheduled = round(person.life.basal_rate * _share(start), 3)
        fields: dict[str, Any] = {"type": "basal", "duration": (end - start) * 1000}
        below = {"deliveryType": "manual", "rate": scheduled, "scheduleName": "Weekday"}
        if between[0] <= start < between[1]:
            fields |= {**between[2], "suppressed": below}
            if fields["deliveryType"] == "temporary":
                fields["rate"] = round(scheduled * fields["percent"], 3)
        elif is_loop(person):
            fields |= {"deliveryType": "automated", "rate": round(scheduled * (0.4 + 1.4 * dice.random()), 3)}
            fields |= {"expectedDuration": (planned - start) * 1000}
        else:
            fields |= below | {"expectedDuration": (planned - start) * 1000}
        yield Happening("deliveries", start, end - start, fields)


def _interruption(person: Person, dice: random.Random) -> tuple[int, int, dict[str, Any]]:
    """When a temporary rate or a suspension ran, and what of it every part says."""
    start = 13 * HOUR_S + dice.randrange(3 * HOUR_S)
    if dice.random() < 0.5:
        end = start + dice.randrange(30, 120) * 60
        fields = {"deliveryType": "temporary", "percent": dice.choice((0.5, 0.7, 1.3))}
    else:
        end = start + dice.randrange(10, 45) * 60
        fields = {"deliveryType": "suspend"}
    return start, end, fields


def _share(second: int) -> float:
    return next(share for hour, share in reversed(_HOURS) if second >= hour * HOUR_S)


def _boluses(person: Person, day: int, dice: random.Random) -> Iterator[Happening]:
    for place, meal in enumerate(person.life.meals[person.lived(day)]):
        units = max(round(meal.bolus, 2), 0.1)
        lasts = 60
        bolus: dict[str, Any] = {"type": "bolus", "deliveryType": "manual"}
        chance = dice.random()
        if chance < 0.6:
            bolus |= {"normal": units}
        elif chance < 0.7:
            given = round(units * dice.random() * 0.8, 2)
            bolus |= {"normal": given, "expectedNormal": units}
        else:
            minutes = dice.randrange(30, 150)
            lasts = minutes * 60
            bolus |= {"extended": round(units * 0.6, 2), "duration": lasts * 1000, "expectedDuration": lasts * 1000}
            if chance < 0.85:
                bolus |= {"normal": round(units * 0.4, 2)}
            if chance > 0.95:
                bolus |= {"expectedExtended": units, "expectedDuration": lasts * 2000}
        if place % 3 == 2:
            yield Happening("deliveries", meal.second, lasts, bolus)
        else:
            yield Happening("deliveries", meal.second, lasts, _calculated(meal.carbs, bolus, dice))
    if is_loop(person):
        for _ in range(3):
            at = dice.randrange(DAY_S - HOUR_S)
            units = round(0.1 + dice.random(), 2)
            fields = {"type": "bolus", "deliveryType": "automated", "normal": units}
            yield Happening("deliveries", at, 30, fields)


def _calculated(carbs: float, bolus: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    glucose = dice.randrange(70, 260)
    food = round(carbs / 10, 2)
    correction = round((glucose - 110) / 50, 2)
    return {
        "type": "calculator",
        "units": "mg/dL",
        "bgInput": glucose,
        "bgTarget": {"low": 100, "high": 120},
        "carbInput": carbs,
        "carbUnits": "grams",
        "insulinCarbRatio": 10,
        "insulinOnBoard": round(dice.random(), 2),
        "insulinSensitivity": 50,
        "recommended": {"carb": food, "correction": correction, "net": round(max(food + correction, 0), 2)},
        "bolus": bolus,
    }


def _events(person: Person, dice: random.Random) -> Iterator[Happening]:
    for hour in (0, 8, 16):
        fields = {"type": "pumpStatus", "reservoir": dice.randrange(20, 290), "battery": dice.randrange(10, 101)}
        yield Happening("events", hour * HOUR_S + 61, 0, fields)
    if dice.random() < 0.4:
        name = dice.choice(_ALARMS)
        stops = name in ("occlusion", "noDelivery", "autoOff")
        yield Happening(
            "events", dice.randrange(DAY_S), 0, {"type": "alarm", "alarmType": name, "isDeliveryStopped": stops}
        )
    if dice.random() < 0.4:
        lasts = dice.randrange(10, 60) * 60
        fields = {"type": "status", "status": "suspended", "reason": "manual", "duration": lasts * 1000}
        yield Happening("events", 18 * HOUR_S + dice.randrange(HOUR_S), lasts, fields)
    if is_loop(person):
        lasts = 8 * HOUR_S
        yield Happening("events", STEP_S, lasts, _mode("sleep", "automatic", lasts, lasts))
        if dice.random() < 0.5:
            lasts = dice.randrange(20, 90) * 60
            aim = {"units": "mg/dL", "bgTarget": {"low": 140, "high": 160}}
            yield Happening("events", 17 * HOUR_S, lasts, _mode("exercise", "manual", lasts, 2 * HOUR_S) | aim)
        if dice.random() < 0.1:
            yield Happening("events", 11 * HOUR_S, HOUR_S, _mode("Long drive", "manual", HOUR_S, HOUR_S))


def _mode(name: str, method: str, lasts_s: int, planned_s: int) -> dict[str, Any]:
    times = {"duration": lasts_s * 1000, "expectedDuration": planned_s * 1000}
    return {"type": "activityMode", "mode": name, "method": method, **times}


def _reservoir(dice: random.Random) -> Iterator[Happening]:
    at = 9 * HOUR_S + dice.randrange(HOUR_S)
    yield Happening("events", at, 0, {"type": "reservoirChange"})
    yield Happening("events", at + 60, 0, {"type": "prime", "primeTarget": "tubing", "volume": 12.5})
    yield Happening("events", at + 120, 0, {"type": "prime", "primeTarget": "cannula", "volume": 0.3})
