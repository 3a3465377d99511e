"""Dexcom's records -> data of the platform. A record that says nothing we keep, or cannot be read, gives None."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from openward.wire.dexcom.times import clock_fields

Record = Mapping[str, Any]

_DEVICES: Final = {
    "unknown": "Dexcom",
    "g4": "DexcomG4",
    "g5": "DexcomG5",
    "g6": "DexcomG6",
    "g6 pro": "DexcomG6Pro",
    "g6+": "DexcomG6Plus",
    "dexcomPro": "DexcomPro",
    "g7": "DexcomG7",
    "g715day": "DexcomG7-15Day",
}
# Below the first value the second is stored.
LOWEST: Final = {"mg/dL": (40, 39), "mmol/L": (2.2203, 2.1203)}
_INTENSITIES: Final = {"light": "low", "medium": "medium", "heavy": "high"}
_STATES: Final = {
    "illness": "illness",
    "stress": "stress",
    "highSymptoms": "hyperglycemiaSymptoms",
    "lowSymptoms": "hypoglycemiaSymptoms",
    "cycle": "cycle",
    "alcohol": "alcohol",
}
_ACTING: Final = {"fastActing": "rapid", "longActing": "long"}
_LONGEST_NOTE: Final = 1000


def device_id(record: Record) -> str | None:
    """Generation and transmitter, or nothing when the transmitter is not known."""
    return device_name(record.get("transmitterGeneration"), record.get("transmitterId"))


def device_name(generation: object, transmitter: object) -> str | None:
    """The same of these two."""
    prefix = _DEVICES.get(generation, "Dexcom") if isinstance(generation, str) else "Dexcom"
    return f"{prefix}_{transmitter}" if transmitter else None


def datum(record: Record, kind: str, payload: tuple[str, ...]) -> dict[str, Any] | None:
    """What every datum has: type, times, device, origin, and these fields of the record in its payload."""
    system, display, name = record.get("systemTime"), record.get("displayTime"), record.get("recordId")
    if not isinstance(system, str) or not isinstance(name, str) or not name:
        return None
    times = clock_fields(system, display)
    if times is None:
        return None
    kept = {field: record[field] for field in payload if record.get(field) not in (None, "")}
    kept["systemTime"] = system
    if display is not None:
        kept["displayTime"] = display
    made = {"type": kind, **times, "origin": {"id": name}, "payload": kept}
    device = device_id(record)
    if device is not None:
        made["deviceId"] = device
    return made


def calibration(record: Record) -> dict[str, Any] | None:
    """A fingerstick entered to calibrate -> `deviceEvent/calibration`."""
    unit, value = record.get("unit"), number(record.get("value"))
    if unit not in LOWEST or value is None:
        return None
    made = datum(record, "deviceEvent", ("transmitterId", "transmitterTicks", "transmitterGeneration", "displayDevice"))
    return None if made is None else made | {"subType": "calibration", "units": unit, "value": value}


def alert(record: Record) -> dict[str, Any] | None:
    """An alert that sounded -> `alert`."""
    name, shown = record.get("alertName"), record.get("displayTime") or record.get("systemTime")
    fields = ("alertState", "displayDevice", "displayApp", "transmitterId", "transmitterGeneration")
    made = datum(record, "alert", fields)
    times = clock_fields(str(shown), None)
    if made is None or times is None or not isinstance(name, str) or not name:
        return None
    made["payload"]["version"] = "3.0"
    return made | {"name": name, "issuedTime": times["time"]}


def event(record: Record) -> dict[str, Any] | None:
    """What a person entered; only what was created, for changes and removals say nothing new to us."""
    translate = _EVENTS.get(str(record.get("eventType")))
    if record.get("eventStatus") != "created" or translate is None:
        return None
    special = translate(record)
    if special is None:
        return None
    fields = ("eventSubType", "transmitterId", "transmitterGeneration", "displayDevice")
    made = datum(record, special["type"], fields)
    return None if made is None else made | special


def _carbs(record: Record) -> dict[str, Any] | None:
    grams = _amount(record, "grams")
    if grams is None:
        return None
    return {"type": "food", "nutrition": {"carbohydrate": {"units": "grams", "net": grams}}}


def _exercise(record: Record) -> dict[str, Any] | None:
    minutes = _amount(record, "minutes")
    if minutes is None:
        return None
    made: dict[str, Any] = {
        "type": "physicalActivity",
        # Dexcom writes -1 for a duration that was not entered.
        "duration": {"units": "minutes", "value": 0 if minutes == -1 else minutes},
    }
    intensity = _INTENSITIES.get(record.get("eventSubType") or "")
    return made | ({"reportedIntensity": intensity} if intensity else {})


def _health(record: Record) -> dict[str, Any] | None:
    state = _STATES.get(record.get("eventSubType") or "")
    return None if state is None else {"type": "reportedState", "states": [{"state": state}]}


def _insulin(record: Record) -> dict[str, Any] | None:
    units = _amount(record, "units")
    if units is None:
        return None
    made: dict[str, Any] = {"type": "insulin", "dose": {"units": "Units", "total": units}}
    acting = _ACTING.get(record.get("eventSubType") or "")
    return made | ({"formulation": {"simple": {"actingType": acting}}} if acting else {})


def _fingerstick(record: Record) -> dict[str, Any] | None:
    unit, value = record.get("unit"), number(record.get("value"))
    if unit not in LOWEST or value is None:
        return None
    return {"type": "smbg", "units": unit, "value": value}


def _notes(record: Record) -> dict[str, Any] | None:
    text = record.get("value")
    if not isinstance(text, str) or not text.strip():
        return None
    return {"type": "reportedState", "notes": [text[:_LONGEST_NOTE]]}


_EVENTS: Final[dict[str, Callable[[Record], dict[str, Any] | None]]] = {
    "carbs": _carbs,
    "exercise": _exercise,
    "health": _health,
    "insulin": _insulin,
    "bloodGlucose": _fingerstick,
    "notes": _notes,
    "note": _notes,
}


def _amount(record: Record, unit: str) -> float | None:
    """The value of an event in this unit; what was left out is zero of it."""
    if record.get("unit") in (None, "") or record.get("value") in (None, ""):
        return 0
    return number(record["value"]) if record["unit"] == unit else None


def number(value: object) -> float | None:
    """A number, also one written as text; whole ones stay whole."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if found.is_integer() else found
