"""Settings of a pump: schedules by name, limits, and the device itself -> `pumpSettings`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from openward.wire.pump.record import Record, datum, number, text, whole, word

# Their name of a schedule's part, ours, and the numbers of each item.
_PARTS: Final = (
    ("basal", "basalSchedules", ("rate",)),
    ("carbRatio", "carbRatios", ("amount",)),
    ("insulinSensitivity", "insulinSensitivities", ("amount",)),
    ("bgTarget", "bgTargets", ("target", "range", "low", "high")),
)
_GLUCOSE_UNITS: Final = {"mg/dL": "mg/dL", "mmol/L": "mmol/L"}
_CARB_UNITS: Final = {"grams": "grams", "exchanges": "exchanges"}
_TEMPORARY: Final = {"off": "off", "percent": "percent", "Units/hour": "Units/hour"}


def settings(record: Record) -> dict[str, Any] | None:
    """All settings as they are from this moment on."""
    active, bg_units = text(record, "activeSchedule"), word(record, "bgUnits", _GLUCOSE_UNITS)
    if active is None or bg_units is None:
        return None
    maker = text(record, "deviceManufacturer")
    model = text(record, "deviceModel")
    is_automated = record.get("automatedDelivery")
    return datum(
        record,
        "pumpSettings",
        activeSchedule=active,
        automatedDelivery=is_automated if isinstance(is_automated, bool) else None,
        **_schedules(record),
        units={
            "bg": bg_units,
            "carb": word(record, "carbUnits", _CARB_UNITS) or "grams",
            "insulin": "Units",
        },
        display={"bloodGlucose": {"units": bg_units}},
        basal=_basal(record),
        bolus=_bolus(record),
        manufacturers=[maker] if maker else None,
        model=model,
        # Source: the partner guide; without a name of its own a device is called by maker and model.
        name=text(record, "deviceName") or (f"{maker} {model}"[:100] if maker and model else None),
        serialNumber=text(record, "deviceSerialNumber"),
        firmwareVersion=text(record, "firmwareVersion"),
    )


def _schedules(record: Record) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {}
    for schedule in _objects(record.get("schedules")):
        name = text(schedule, "name")
        if name is None:
            continue
        for theirs, ours, numbers in _PARTS:
            items = [_item(one, numbers) for one in _objects(schedule.get(theirs))]
            if items:
                made.setdefault(ours, {})[name] = items
    return made


def _item(given: Record, numbers: Sequence[str]) -> dict[str, Any]:
    found = {"start": whole(given, "start"), **{name: number(given, name) for name in numbers}}
    return {name: value for name, value in found.items() if value is not None}


def _basal(record: Record) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    most, kind = number(record, "maximumBasalRate"), word(record, "temporaryBasalType", _TEMPORARY)
    if most is not None:
        made["rateMaximum"] = {"units": "Units/hour", "value": most}
    if kind is not None:
        made["temporary"] = {"type": kind}
    return made or None


def _bolus(record: Record) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    most, acting = number(record, "maximumBolus"), number(record, "insulinDurationMinutes")
    if most is not None:
        made["amountMaximum"] = {"units": "Units", "value": most}
    if acting is not None:
        made["calculator"] = {"enabled": True, "insulin": {"duration": acting, "units": "minutes"}}
    if isinstance(record.get("extendedBolusEnabled"), bool):
        made["extended"] = {"enabled": record["extendedBolusEnabled"]}
    return made or None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
