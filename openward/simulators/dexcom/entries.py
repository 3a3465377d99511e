"""What else Dexcom knows of a day: what was eaten and injected, calibrations, and alerts that sounded."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from openward.simulators.cloud.lives import A_DAY, DAY_S, STEP_S, Life, Person
from openward.simulators.cloud.world import World
from openward.simulators.dexcom.device import Device, worn
from openward.simulators.dexcom.readings import display_s

Entry = tuple[int, dict[str, Any]]
Draft = tuple[int, int, dict[str, Any]]
"""Moment, place within the day, and the fields that are its own."""
_HEALTH: Final = ("illness", "stress", "highSymptoms", "lowSymptoms", "cycle", "alcohol")
_NOTES: Final = ("Long walk", "New sensor", "Pizza", "Slept badly", "Test at school")
_LIMITS: Final = ((55, "urgentLow", True), (70, "low", True), (250, "high", False))


def of_day(person: Person, kind: str, day: int) -> list[Draft]:
    """Entries of one kind (`alert`, `calibration`, `event`) on a wall-clock day, in order, as yet without device."""
    made = sorted(_KINDS[kind](person, day), key=lambda one: one[0])
    return [(at_s, place, fields) for place, (at_s, fields) in enumerate(made)]


def stamp(at_s: int) -> str:
    """A moment as Dexcom writes it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def complete(world: World, person: Person, kind: str, draft: Draft) -> Entry:
    """The entry as it is sent."""
    at_s, place, fields = draft
    device = worn(world, person, at_s)
    away_s, zone = display_s(world, person, at_s // DAY_S)
    record = {
        "recordId": f"{person.user_id[:8]}-{kind}-{at_s:x}-{place}",
        "systemTime": stamp(at_s),
        "displayTime": stamp(at_s + away_s)[:-1] + zone,
        **fields,
        "transmitterId": device.transmitter,
        "transmitterGeneration": device.generation,
        "displayDevice": device.display,
    }
    return at_s, record | _OWN[kind](device, at_s)


def _alert_fields(device: Device, _: int) -> dict[str, Any]:
    return {"displayApp": device.app}


def _calibration_fields(device: Device, at_s: int) -> dict[str, Any]:
    return {"transmitterTicks": at_s - device.since_s}


def _event_fields(_: Device, __: int) -> dict[str, Any]:
    return {"eventStatus": "created"}


_OWN: Final = {"alert": _alert_fields, "calibration": _calibration_fields, "event": _event_fields}


def _events(person: Person, day: int) -> Iterator[Entry]:
    begin = person.begin_of(day)
    dice = random.Random(f"{person.user_id}/{day}")
    for meal in person.life.meals[person.lived(day)]:
        at_s = begin + meal.second + dice.randrange(60)
        yield at_s, _event("carbs", None, f"{meal.carbs:g}", "grams")
        if meal.bolus:
            yield at_s + 120, _event("insulin", "fastActing", f"{meal.bolus:g}", "units")
    if person.number % 3 == 0:
        yield begin + 79_200 + dice.randrange(600), _event("insulin", "longActing", "14", "units")
    if dice.random() < 0.3:
        how = dice.choice(("light", "medium", "heavy"))
        yield begin + 61_200 + dice.randrange(3600), _event("exercise", how, str(dice.randrange(10, 90)), "minutes")
    if dice.random() < 0.1:
        yield begin + 43_200 + dice.randrange(9000), _event("health", dice.choice(_HEALTH), "", None)
    if dice.random() < 0.2:
        yield begin + 30_000 + dice.randrange(9000), _event("bloodGlucose", None, str(dice.randrange(60, 260)), "mg/dL")
    if dice.random() < 0.1:
        yield begin + 50_000 + dice.randrange(9000), _event("notes", None, dice.choice(_NOTES), None)


def _event(kind: str, sub: str | None, value: str, unit: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {"eventType": kind, "value": value}
    return made | {name: word for name, word in (("eventSubType", sub), ("unit", unit)) if word is not None}


def _calibrations(person: Person, day: int) -> Iterator[Entry]:
    dice = random.Random(f"{person.user_id}/calibration/{day}")
    if dice.random() < 0.5:
        value = dice.randrange(70, 220)
        yield person.begin_of(day) + 25_200 + dice.randrange(1800), {"value": value, "unit": "mg/dL"}


def _alerts(person: Person, day: int) -> Iterator[Entry]:
    begin = person.begin_of(day)
    shift_s = (person.phase_s - begin) % STEP_S
    for place, name in _crossings(person.life)[person.lived(day)]:
        yield begin + place * STEP_S + shift_s, {"alertName": name, "alertState": "activeAlarming"}


_CROSSINGS: Final[dict[int, list[list[tuple[int, str]]]]] = {}


def _crossings(life: Life) -> list[list[tuple[int, str]]]:
    """For each day of a life the readings at which an alert sounds; found once, and lives are never freed."""
    known = _CROSSINGS.get(id(life))
    if known is None:
        days = life.glucose.reshape(-1, A_DAY).tolist()
        known = _CROSSINGS[id(life)] = [list(_crossed(values)) for values in days]
    return known


def _crossed(values: list[int]) -> Iterator[tuple[int, str]]:
    for place, (before, value) in enumerate(pairwise(values), 1):
        for limit, name, is_low in _LIMITS:
            if before and value and (before >= limit > value if is_low else before <= limit < value):
                yield place, name


_KINDS: Final = {"alert": _alerts, "calibration": _calibrations, "event": _events}
