"""A display device and its alert schedules -> `cgmSettings`, once for each time that something changes."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from openward.wire.dexcom.times import clock_fields
from openward.wire.dexcom.translate import Record, device_id, number

_LEVELS: Final = {"urgentLow": "urgentLow", "urgentLowSoon": "urgentLowPredicted", "low": "low", "high": "high"}
_RATES: Final = {"fall": "fall", "rise": "rise"}
_SILENCES: Final = {"noReadings": "noData", "outOfRange": "outOfRange"}
_RATE_UNITS: Final = {"mg/dL/min": "mg/dL/minute", "mmol/L/min": "mmol/L/minute"}
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")
_DAY_MS: Final = 86_400_000
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# The older form of settings knows only these pauses, in minutes.
_OLD_SNOOZES: Final = frozenset({0, *range(15, 245, 5), *range(255, 315, 15)})


def key_of(record: Record) -> str:
    """Which device this is about."""
    return "/".join(
        str(record.get(name) or "")
        for name in ("transmitterGeneration", "transmitterId", "displayDevice", "displayApp")
    )


def digest(record: Record) -> str:
    """What changes when a setting does, and not when the device merely reports again."""
    schedules = [
        {**schedule, "alertSettings": [_undated(one) for one in _objects(schedule.get("alertSettings"))]}
        for schedule in _objects(record.get("alertSchedules"))
    ]
    kept = {name: value for name, value in record.items() if name != "lastUploadDate"} | {"alertSchedules": schedules}
    return hashlib.blake2b(msgspec.json.encode(kept, order="deterministic"), digest_size=16).hexdigest()


def _undated(setting: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in setting.items() if name not in ("systemTime", "displayTime")}


def device(record: Record) -> dict[str, Any] | None:
    """The settings of a device; None before its first upload."""
    uploaded = record.get("lastUploadDate")
    times = clock_fields(uploaded, None) if isinstance(uploaded, str) else None
    if times is None:
        return None
    payload = {
        name: record[name] for name in ("displayDevice", "displayApp", "transmitterGeneration") if record.get(name)
    }
    made: dict[str, Any] = {
        "type": "cgmSettings",
        **times,
        "manufacturers": ["Dexcom"],
        "units": "mg/dL",
        "origin": {"id": f"{digest(record)}/{uploaded}"},
        "payload": payload | {"systemTime": uploaded},
    }
    if record.get("transmitterId"):
        made["transmitterId"] = record["transmitterId"]
    name = device_id(record)
    if name is not None:
        made["deviceId"] = name
    return made | _schedules(_objects(record.get("alertSchedules")))


def _schedules(schedules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    others = []
    for schedule in schedules:
        about = schedule.get("alertScheduleSettings")
        if not isinstance(about, Mapping):
            continue
        settings = _newest(_objects(schedule.get("alertSettings")))
        alerts = {"enabled": bool(about.get("isEnabled")), **_alerts(settings)}
        if about.get("isDefaultSchedule"):
            made |= {"defaultAlerts": alerts, **_old_form(settings)}
            continue
        placed = _placed(about)
        if placed is not None:
            others.append({**placed, "alerts": alerts})
    return made | ({"scheduledAlerts": others} if others else {})


def _placed(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """Name, days and hours of a schedule; one that ends before it begins ends on the next day."""
    start, end = _clock(about.get("startTime")), _clock(about.get("endTime"))
    if start is None or end is None:
        return None
    given = about.get("daysOfWeek")
    days = [day.lower() for day in given if isinstance(day, str)] if isinstance(given, Sequence) else list(_DAYS)
    placed: dict[str, Any] = {
        "days": [day for day in _DAYS if day in days],
        "start": start,
        "end": end if end > start else end + _DAY_MS,
    }
    if about.get("alertScheduleName"):
        placed["name"] = about["alertScheduleName"]
    return placed


def _clock(text: object) -> int | None:
    found = _CLOCK.match(text) if isinstance(text, str) else None
    return None if found is None else (int(found[1]) * 60 + int(found[2])) * 60_000


def _newest(settings: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """One setting a name: of several the newest counts."""
    newest: dict[str, Mapping[str, Any]] = {}
    for one in settings:
        name = str(one.get("alertName"))
        if name not in newest or str(one.get("systemTime") or "") > str(newest[name].get("systemTime") or ""):
            newest[name] = one
    return newest


def _alerts(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    made = {}
    for name, one in settings.items():
        value, unit = number(one.get("value")), one.get("unit")
        alert: dict[str, Any] = {"enabled": bool(one.get("enabled"))}
        snooze = _snooze(name, one)
        if snooze:
            alert["snooze"] = {"duration": snooze, "units": "minutes"}
        if name in _LEVELS and value is not None:
            made[_LEVELS[name]] = alert | {"level": value, "units": unit}
        elif name in _RATES and value is not None:
            # Dexcom writes a fall now as -3, now as 3.
            made[_RATES[name]] = alert | {"rate": abs(value), "units": _RATE_UNITS.get(str(unit), unit)}
        elif name in _SILENCES and value is not None:
            made[_SILENCES[name]] = alert | {"duration": value, "units": unit}
    return made


def _snooze(name: str, setting: Mapping[str, Any]) -> float | None:
    minutes = number(setting.get("snooze"))
    return 30 if name == "urgentLow" and minutes == 28 else minutes


def _old_form(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The default schedule once more as older readers know it, as far as their form can say it."""
    made: dict[str, Any] = {}
    for name, field, lowest, highest in (("low", "lowAlerts", 59, 150), ("high", "highAlerts", 100, 400)):
        one = settings.get(name)
        level = None if one is None else number(one.get("value"))
        snooze = None if one is None else _old_snooze(name, one)
        if one is None or level is None or snooze is None or one.get("unit") != "mg/dL":
            continue
        if lowest <= level <= highest:
            made[field] = {"enabled": bool(one.get("enabled")), "level": level, "snooze": snooze}
    away = settings.get("outOfRange")
    pause = None if away is None else _old_snooze("outOfRange", away)
    if away is not None and pause is not None:
        made["outOfRangeAlerts"] = {"enabled": bool(away.get("enabled")), "snooze": pause}
    fall, rise = (settings.get(name) for name in _RATES)
    rates = [None if one is None else number(one.get("value")) for one in (fall, rise)]
    if fall and rise and all(rate is not None and abs(rate) in (2, 3) for rate in rates):
        made["rateOfChangeAlerts"] = {
            "fallRate": {"enabled": bool(fall.get("enabled")), "rate": -abs(rates[0] or 0)},
            "riseRate": {"enabled": bool(rise.get("enabled")), "rate": abs(rates[1] or 0)},
        }
    return made


def _old_snooze(name: str, setting: Mapping[str, Any]) -> int | None:
    minutes = _snooze(name, setting) or 0
    return int(minutes) * 60_000 if minutes in _OLD_SNOOZES else None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []
