"""Glucose of whole data turned into mg/dL for exports: levels to whole numbers, rates to one decimal."""

from collections.abc import Mapping
from typing import Any

from openward.care import devicedata

# By kind: the fields that hold glucose, alone or in objects and arrays below them.
_GLUCOSE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "cbg": ("value",),
    "smbg": ("value",),
    "wizard": ("bgInput", "bgTarget", "insulinSensitivity"),
    "deviceEvent": ("bgTarget",),
    "cgmSettings": ("highAlerts", "lowAlerts"),
    "pumpSettings": (
        "bgTarget",
        "bgTargets",
        "bgTargetPhysicalActivity",
        "bgTargetPreprandial",
        "bgSafetyLimit",
        "insulinSensitivity",
        "insulinSensitivities",
        "overridePresets",
    ),
    "dosingDecision": ("smbg", "bgHistorical", "bgForecast", "bgTargetSchedule"),
}
_PER_MINUTE = "mg/dL/minute"
_NOT_GLUCOSE = frozenset({"start", "duration", "time", "snooze"})


def to_mg_dl(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of one datum's fields with its glucose in mg/dL and its units renamed."""
    changed = dict(fields)
    names = _GLUCOSE_FIELDS.get(kind, ())
    if kind == "deviceEvent" and fields.get("subType") == "calibration":
        names = ("value",)
    for name in names:
        if name in changed:
            changed[name] = _converted(changed[name], inside=name == "overridePresets")
    if changed.get("units") == "mmol/L" and names:
        changed["units"] = "mg/dL"
    elif isinstance(changed.get("units"), dict) and changed["units"].get("bg") == "mmol/L":
        changed["units"] = {**changed["units"], "bg": "mg/dL"}
    if kind == "cbg" and "trendRate" in changed:
        changed["trendRate"] = round(devicedata.to_mg_dl(changed["trendRate"]), 1)
        if "trendRateUnits" in changed:
            changed["trendRateUnits"] = _PER_MINUTE
    return changed


def _converted(value: Any, *, inside: bool = False) -> Any:
    """Numbers that stand for a level, wherever they are below; `inside` an override preset only its target counts."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return devicedata.whole_mg_dl(value)
    if isinstance(value, list):
        return [_converted(one) for one in value]
    if inside:
        return {
            name: {**preset, "bgTarget": _converted(preset["bgTarget"])} if "bgTarget" in preset else preset
            for name, preset in value.items()
        }
    return {name: part if name in _NOT_GLUCOSE else _converted(part) for name, part in value.items()}
