"""What somebody wears: transmitters of ten days each, models, display devices, and what its clock shows."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from openward.simulators.cloud.faults import draw
from openward.simulators.cloud.lives import DAY_S, Person
from openward.simulators.cloud.world import World

WORN_S: Final = 10 * DAY_S
_APPS: Final = {"g6": "G6", "g7": "G7"}
_OTHER: Final = {"g6": "g7", "g7": "g6"}
_HIGHS: Final = (180, 200, 220, 250)


@dataclass(frozen=True, slots=True)
class Device:
    """One transmitter. `since_s`: when it was put on."""

    transmitter: str
    generation: str
    display: str
    app: str
    since_s: int
    high: int


def worn(world: World, person: Person, at_s: float) -> Device:
    """What is worn at a moment; with the fault `device` some transmitters are of the other model."""
    place = int(at_s // WORN_S)
    begin = place * WORN_S
    generation = ("g6", "g7")[person.number % 2]
    display = ("iOS", "android")[person.number // 2 % 2]
    changed = world.faults.befalls("device", person.number, place, begin)
    if changed is not None:
        generation = _OTHER[generation]
        display = "receiver" if changed > 0.5 else display
    name = sha256(f"{person.user_id}/{place}".encode()).hexdigest()
    app = "receiver" if display == "receiver" else _APPS[generation]
    high = _HIGHS[int(draw(person.user_id, place // 3) * len(_HIGHS))]
    return Device(name, generation, display, app, begin, high)


def clock_error(world: World, person: Person, day: int) -> tuple[int, int]:
    """For a UTC day: seconds that the display is wrong, and minutes that its zone is away from home."""
    fault = world.faults.befalls("clock", person.number, day, day * DAY_S)
    if fault is None:
        return 0, 0
    return ((0, 180), (DAY_S, 0), (17 * 60, 0), (-3600, 0))[int(fault * 4)]


def record(person: Person, device: Device, uploaded: str) -> dict[str, object]:
    """The device with its alert schedules."""
    alerts = [
        _alert(uploaded, "urgentLow", 55, 28),
        _alert(uploaded, "low", 70, 30),
        _alert(uploaded, "high", device.high, 60),
        _alert(uploaded, "fall", -3, 0, "mg/dL/min", is_enabled=person.number % 3 == 0),
        _alert(uploaded, "rise", 3, 0, "mg/dL/min", is_enabled=False),
        _alert(uploaded, "outOfRange", 20, 0, "minutes"),
    ]
    schedules = [_schedule("", "00:00", "00:00", alerts, is_default=True)]
    if person.number % 4 == 1:
        night = [_alert(uploaded, "urgentLow", 55, 28), _alert(uploaded, "low", 80, 30)]
        schedules.append(_schedule("Night", "22:00", "06:30", night, is_default=False))
    return {
        "lastUploadDate": uploaded,
        "transmitterId": device.transmitter,
        "transmitterGeneration": device.generation,
        "displayDevice": device.display,
        "displayApp": device.app,
        "alertSchedules": schedules,
    }


def _alert(
    at: str, name: str, value: int, snooze: int, unit: str = "mg/dL", *, is_enabled: bool = True
) -> dict[str, object]:
    return {
        "systemTime": at,
        "displayTime": at,
        "alertName": name,
        "unit": unit,
        "value": value,
        "snooze": snooze,
        "enabled": is_enabled,
    }


def _schedule(
    name: str, start: str, end: str, alerts: list[dict[str, object]], *, is_default: bool
) -> dict[str, object]:
    days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    return {
        "alertScheduleSettings": {
            "alertScheduleName": name,
            "isEnabled": True,
            "isDefaultSchedule": is_default,
            "isActive": is_default,
            "startTime": start,
            "endTime": end,
            "daysOfWeek": days if is_default else days[1:6],
        },
        "alertSettings": alerts,
    }
