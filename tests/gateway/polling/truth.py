"""What a simulated cloud has said of somebody, and what the server says of the same person, in the same few words.

Written without the house's own translation: glucose in mmol/L, times in UTC, the device's clock beside them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Record = Mapping[str, Any]
Said = tuple[Any, ...]
_DEVICES = {"g6": "DexcomG6_", "g7": "DexcomG7_"}
_DELIVERIES = {"manual": "scheduled", "temporary": "temp"}
_NAMES = {
    "carbs": "food",
    "exercise": "physicalActivity",
    "health": "reportedState",
    "notes": "reportedState",
    "insulin": "insulin",
    "bloodGlucose": "smbg",
}


def told_by_dexcom(records: Mapping[str, Sequence[Record]]) -> dict[str, Said]:
    """By the id of each record: what it is, when, on which device, and its value."""
    told = {one["recordId"]: ("cbg", *_place(one), *_reading(one)) for one in records["egvs"]}
    for one in records["calibrations"]:
        told[one["recordId"]] = ("deviceEvent", *_place(one), _mmol(one["value"]))
    for one in records["alerts"]:
        told[one["recordId"]] = ("alert", *_place(one), one["alertName"])
    for one in records["events"]:
        told[one["recordId"]] = (_NAMES[one["eventType"]], *_place(one), _event(one))
    return told


def _place(record: Record) -> Said:
    shown = record["displayTime"]
    device = _DEVICES[record["transmitterGeneration"]] + record["transmitterId"]
    sign = -1 if shown[-6] == "-" else 1
    return record["systemTime"][:19], device, shown[:19], sign * (int(shown[-5:-3]) * 60 + int(shown[-2:]))


def _reading(record: Record) -> Said:
    value = record["value"]
    return (
        _mmol(39 if value < 40 else 401 if value > 400 else value),
        record["trendRate"],
        record["transmitterTicks"],
        record["systemTime"],
    )


def _mmol(value: float) -> float:
    return round(value / 18.01559, 5)


def _event(record: Record) -> Any:
    match record["eventType"]:
        case "bloodGlucose":
            return _mmol(float(record["value"]))
        case "notes":
            return record["value"]
        case "health":
            return None
    return float(record["value"])


def told_by_pump(records: Mapping[str, Sequence[Record]]) -> dict[str, Said]:
    """Insulin with its amounts, all else with its time and device."""
    told: dict[str, Said] = {}
    for one in [record for kind in records.values() for record in kind]:
        told[one["id"]] = (_utc(one), one["deviceId"], *_insulin(one))
        if "bolus" in one:
            told[one["bolus"]["id"]] = (_utc(one), one["deviceId"], *_insulin(one["bolus"]))
    return told


def _utc(record: Record) -> str:
    return datetime.fromisoformat(record["deviceTime"]).astimezone(UTC).isoformat()[:19]


def _insulin(record: Record) -> Said:
    match record["type"]:
        case "basal":
            kind = record["deliveryType"]
            return _DELIVERIES.get(kind, kind), record["duration"], record.get("rate") if kind != "suspend" else None
        case "bolus":
            return record.get("normal"), record.get("extended")
        case "calculator":
            return record["carbInput"], _mmol(record["bgInput"])
    return ()


def kept_of_dexcom(data: Sequence[Record]) -> dict[str, Said]:
    """The same of what the server keeps, but for the settings of devices."""
    kept = {}
    for one in data:
        if one["type"] == "cgmSettings":
            continue
        place = one["time"][:19], one["deviceId"], one["deviceTime"], one["timezoneOffset"]
        kept[one["origin"]["id"]] = (one["type"], *place, *_said_of_dexcom(one))
    return kept


def _said_of_dexcom(datum: Record) -> Said:
    payload = datum["payload"]
    match datum["type"]:
        case "cbg":
            return datum["value"], payload["trendRate"], payload["transmitterTicks"], payload["systemTime"]
        case "deviceEvent" | "smbg":
            return (datum["value"],)
        case "alert":
            return (datum["name"],)
        case "food":
            return (datum["nutrition"]["carbohydrate"]["net"],)
        case "physicalActivity":
            return (datum["duration"]["value"],)
        case "insulin":
            return (datum["dose"]["total"],)
        case "reportedState":
            return (datum["notes"][0] if "notes" in datum else None,)
    raise AssertionError(datum["type"])


def kept_of_pump(data: Sequence[Record]) -> dict[str, Said]:
    """The same of what the server keeps; the state that comes with an alarm has no record of its own."""
    kept = {}
    for one in data:
        if not one["origin"]["id"].endswith("/status"):
            kept[one["origin"]["id"]] = (one["time"][:19], one["deviceId"], *_said_of_pump(one))
    return kept


def _said_of_pump(datum: Record) -> Said:
    match datum["type"]:
        case "basal":
            return datum["deliveryType"], datum["duration"], datum.get("rate")
        case "bolus":
            return datum.get("normal"), datum.get("extended")
        case "wizard":
            return datum["carbInput"], datum["bgInput"]
    return ()
