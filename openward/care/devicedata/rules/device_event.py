"""Device events: alarms, calibrations, primes, overrides, reservoir and clock changes, suspensions."""

from typing import Any

from openward.care.devicedata.rules.basal import WEEK_MS
from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.glucose import CALIBRATION, glucose_units, units_bg_of
from openward.care.devicedata.rules.instants import parse_instant
from openward.care.devicedata.rules.kinds import Kind, embedded
from openward.care.devicedata.rules.reading import Notebook, quoted_list
from openward.care.devicedata.rules.scalars import (
    free_object,
    instant_text,
    local_time,
    number,
    whole,
    word,
    zone_name,
)
from openward.care.devicedata.rules.shapes import (
    Shape,
    absent,
    any_of,
    at_least_field,
    field_is,
    field_is_there,
    may,
    needs,
    only_if,
)
from openward.care.devicedata.rules.target import target, targets

_ALARMS = (
    "auto_off",
    "low_insulin",
    "low_power",
    "no_delivery",
    "no_insulin",
    "no_power",
    "occlusion",
    "other",
    "over_limit",
)
_method = may("method", word("automatic", "manual"))
_scale = number(0.1, 10)

_status = datum_shape(
    needs("status", word("resumed", "suspended")),
    needs("reason", free_object),
    may("duration", whole(0)),
    may("expectedDuration", whole()),
    rules=(at_least_field("expectedDuration", "duration", 0, None),),
)
_embedded_status = may("status", embedded(Kind("deviceEvent", by="subType", shapes={"status": _status})))

_override = datum_shape(
    needs("overrideType", word("custom", "physicalActivity", "preprandial", "preset", "sleep")),
    may("overridePreset", name100),
    _method,
    may("duration", whole(0, WEEK_MS)),
    may("expectedDuration", whole()),
    may("bgTarget", target),
    may("basalRateScaleFactor", _scale),
    may("carbRatioScaleFactor", _scale),
    may("insulinSensitivityScaleFactor", _scale),
    may("units", Shape((needs("bg", glucose_units),))),
    rules=(
        only_if("overridePreset", field_is("overrideType", "preset")),
        at_least_field("expectedDuration", "duration", 0, WEEK_MS),
        only_if("units", field_is_there("bgTarget")),
        targets("bgTarget", units=units_bg_of),
    ),
)


def _clock_reading(value: Any, at: str, notes: Notebook) -> str | None:
    """Read a clock's time, kept as sent: devices write it without a zone, some clients write RFC 3339."""
    if type(value) is str and parse_instant(value) is not None:
        return instant_text(value, at, notes)
    return local_time(value, at, notes)


_clock = Shape(
    (may("time", _clock_reading), may("timeZoneName", zone_name)),
    (any_of("time", "timeZoneName"),),
)
_old_change = Shape((needs("agent", word("automatic", "manual")), needs("from", local_time), needs("to", local_time)))


def _one_form(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Ask for the new form (`to`, with `from` and `method`) or the old one (`change`), never both or neither."""
    if any(sent.get(name) is not None for name in ("from", "to", "method")):
        if sent.get("to") is None:
            notes.broken("value-not-exists", f"{at}/to")
        absent("change")(sent, kept, at, notes)
    elif sent.get("change") is None:
        detail = f"values do not exist for one of {quoted_list(('to', 'change'))}"
        notes.broken("values-not-exist-for-one", at, detail)


DEVICE_EVENT = Kind(
    "deviceEvent",
    by="subType",
    shapes={
        "alarm": datum_shape(needs("alarmType", word(*_ALARMS)), _embedded_status),
        "calibration": CALIBRATION,
        "prime": datum_shape(needs("primeTarget", word("cannula", "tubing")), may("volume", number(0, 1000))),
        "pumpSettingsOverride": _override,
        "reservoirChange": datum_shape(_embedded_status),
        "status": _status,
        "timeChange": datum_shape(
            may("from", _clock), may("to", _clock), _method, may("change", _old_change), rules=(_one_form,)
        ),
    },
)
