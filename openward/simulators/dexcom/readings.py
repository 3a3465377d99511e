"""The sensor's readings of one person, every five minutes without end."""

from typing import Final

import numpy as np

from openward.simulators.cloud.faults import LATE_BLOCK_S
from openward.simulators.cloud.lives import A_DAY, DAY_S, STEP_S, Life, Person
from openward.simulators.cloud.world import World
from openward.simulators.dexcom.device import WORN_S, clock_error, worn
from openward.simulators.dexcom.rows import Bytes, Ints, Rows, hexes, numbers, table, times

_FORM: Final = (
    b'{"recordId":"',
    ("user", 8),
    b"-0000-4000-8000-0000",
    ("place", 8),
    b'","systemTime":"',
    ("system", 19),
    b'Z","displayTime":"',
    ("display", 19),
    ("zone", 6),
    b'","transmitterId":"',
    ("transmitter", 64),
    b'","transmitterTicks":',
    ("ticks", 6),
    ("reading", 86),
    b',"unit":"mg/dL","rateUnit":"mg/dL/min","displayDevice":',
    ("device", 10),
    b',"transmitterGeneration":',
    ("generation", 4),
    b"}",
    ("comma", 1),
)
_TRENDS: Final = (
    *((3, "doubleUp"), (2, "singleUp"), (1, "fortyFiveUp"), (-1, "flat")),
    *((-2, "fortyFiveDown"), (-3, "singleDown"), (-1000, "doubleDown")),
)


def places(world: World, person: Person, start_s: float, end_s: float, received_after_s: float | None = None) -> Ints:
    """The readings between two moments, both included, that the cloud has by now, as places in time.

    received_after_s: only what the cloud got after this moment.
    """
    now_s = world.clock.seconds()
    first = max(start_s, world.begin_s)
    last = min(end_s, now_s)
    begin = int(-(-(first - person.phase_s) // STEP_S))
    end = int((last - person.phase_s) // STEP_S)
    found = np.arange(begin, max(end + 1, begin), dtype=np.int64)
    found = found[_glucose(person, found) > 0]
    if not len(found) or not world.faults.may_befall("late"):
        return found if received_after_s is None else found[moments(person, found) > received_after_s]
    at = moments(person, found)
    blocks, which = np.unique(at // LATE_BLOCK_S, return_inverse=True)
    delays = np.array([_arrival(world, person, int(block)) for block in blocks])[which]
    arrived = np.maximum(at, delays)
    has_come = arrived <= now_s
    if received_after_s is not None:
        has_come &= arrived > received_after_s
    come: Ints = found[has_come]
    return come


def _arrival(world: World, person: Person, block: int) -> float:
    """When all of a block is there; of one that is not late its beginning: then readings count by their own time."""
    return world.faults.arrival_s(person.number, block * LATE_BLOCK_S)


def moments(person: Person, places: Ints) -> Ints:
    """When they were measured, in seconds since 1970."""
    measured: Ints = places * STEP_S + person.phase_s
    return measured


def page(world: World, person: Person, places: Ints) -> bytes:
    """The readings as a JSON array, newest first; with the fault `duplicate` some come twice."""
    rows = Rows(_FORM, len(places))
    if not len(places):
        return rows.array()
    at = moments(person, places)
    rows.fill("user", np.frombuffer(person.user_id[:8].encode(), np.uint8))
    rows.fill("place", hexes(places, 8))
    rows.fill("system", times(at))
    _fill_display(world, person, at, rows)
    _fill_device(world, person, at, rows)
    rows.fill("reading", _readings(person.life)[_lived(person, places)])
    order: Ints = np.arange(len(places) - 1, -1, -1, dtype=np.int64)
    if world.faults.happens("duplicate"):
        begin = int(world.faults.share() * len(order))
        order = np.concatenate([order, order[begin : begin + 20]])
    return rows.array(order)


def display_s(world: World, person: Person, day: int) -> tuple[int, str]:
    """For a UTC day: seconds from system to display time, and the zone as the display writes it."""
    error_s, away_min = clock_error(world, person, day)
    offset_min = person.zone_offset_min(day * DAY_S) + away_min
    return (
        offset_min * 60 + error_s,
        f"{'-' if offset_min < 0 else '+'}{abs(offset_min) // 60:02}:{abs(offset_min) % 60:02}",
    )


def _fill_display(world: World, person: Person, at: Ints, rows: Rows) -> None:
    days, which = np.unique(at // DAY_S, return_inverse=True)
    shown = [display_s(world, person, int(day)) for day in days]
    rows.fill("display", times(at + np.array([seconds for seconds, _ in shown], np.int64)[which]))
    rows.fill("zone", table([zone for _, zone in shown])[which])


def _fill_device(world: World, person: Person, at: Ints, rows: Rows) -> None:
    known, which = np.unique(at // WORN_S, return_inverse=True)
    devices = [worn(world, person, int(place) * WORN_S) for place in known]
    rows.fill("transmitter", table([device.transmitter for device in devices])[which])
    rows.fill("ticks", numbers(at % WORN_S, 6))
    rows.fill("device", table([f'"{device.display}"'.ljust(10) for device in devices])[which])
    rows.fill("generation", table([f'"{device.generation}"' for device in devices])[which])


def _lived(person: Person, places: Ints) -> Ints:
    lived: Ints = (moments(person, places) + person.offset_s) // STEP_S + person.shift_days * A_DAY
    return lived % len(person.life.glucose)


def _glucose(person: Person, places: Ints) -> Ints:
    return person.life.glucose[_lived(person, places)].astype(np.int64)


def level(person: Person, at_s: int) -> int:
    """Glucose in mg/dL at a moment, 0 for none."""
    return int(_glucose(person, np.array([(at_s - person.phase_s) // STEP_S]))[0])


_READINGS: Final[dict[int, Bytes]] = {}


def _readings(life: Life) -> Bytes:
    """Value, state and trend of every reading of a life, written once for all who share it; lives are never freed."""
    known = _READINGS.get(id(life))
    if known is None:
        known = _READINGS[id(life)] = _written(life)
    return known


def _written(life: Life) -> Bytes:
    texts = []
    values = life.glucose.tolist()
    for place, value in enumerate(values):
        before = values[place - 3] or value
        rate = round((value - before) / 15, 1)
        trend = next(word for least, word in _TRENDS if rate > least or (rate == least and least > 0))
        status = "low" if value < 40 else "high" if value > 400 else "ok"
        texts.append(f',"value":{value},"status":"{status}","trend":"{trend}","trendRate":{rate}'.ljust(86))
    return table(texts)
