"""What happens to a pump: alarms, suspensions, its state, changes of reservoir and clock, modes of activity."""

from typing import Any, Final

from openward.wire.pump.insulin import target
from openward.wire.pump.record import Record, datum, number, part, span, text, whole, word

_ALARMS: Final = {
    "autoOff": "auto_off",
    "lowInsulin": "low_insulin",
    "lowPower": "low_power",
    "noDelivery": "no_delivery",
    "noInsulin": "no_insulin",
    "noPower": "no_power",
    "occlusion": "occlusion",
    "overLimit": "over_limit",
}
_STATES: Final = {"suspended": "suspended", "resumed": "resumed"}
_WAYS: Final = {"automatic": "automatic", "manual": "manual"}
_PRIMES: Final = {"cannula": "cannula", "tubing": "tubing"}
_MODES: Final = {
    "exercise": "physicalActivity",
    "physicalActivity": "physicalActivity",
    "sleep": "sleep",
    "preMeal": "preprandial",
    "custom": "custom",
}
_GLUCOSE_UNITS: Final = {"mg/dL": "mg/dL", "mmol/L": "mmol/L"}


def alarm(record: Record) -> dict[str, Any] | None:
    """An alarm -> `deviceEvent/alarm`; one that we do not know is `other`, with the pump's word in the payload."""
    name = text(record, "alarmType")
    if name is None:
        return None
    stopped = None
    if record.get("isDeliveryStopped") is True:
        stopped = datum(
            {**record, "id": f"{record.get('id')}/status"},
            "deviceEvent",
            subType="status",
            status="suspended",
            reason={"suspended": "automatic"},
        )
    known = _ALARMS.get(name)
    payload = None if known else {"alarmType": name}
    return datum(record, "deviceEvent", subType="alarm", alarmType=known or "other", status=stopped, payload=payload)


def status(record: Record) -> dict[str, Any] | None:
    """Delivery was suspended or resumed -> `deviceEvent/status`."""
    state = word(record, "status", _STATES)
    if state is None:
        return None
    reason = {state: word(record, "reason", _WAYS) or "manual"}
    return datum(record, "deviceEvent", subType="status", status=state, reason=reason, **span(record))


def pump_status(record: Record) -> dict[str, Any] | None:
    """How full reservoir (U) and battery (%) are -> `pumpStatus`."""
    made = datum(record, "pumpStatus")
    reservoir, battery = number(record, "reservoir"), number(record, "battery")
    if made is None or (reservoir is None and battery is None):
        return None
    if reservoir is not None:
        made["reservoir"] = {"time": made["time"], "remaining": reservoir, "units": "Units"}
    if battery is not None:
        made["battery"] = {"time": made["time"], "remaining": round(battery / 100, 4), "units": "percent"}
    return made


def reservoir_change(record: Record) -> dict[str, Any] | None:
    """A new reservoir -> `deviceEvent/reservoirChange`."""
    return datum(record, "deviceEvent", subType="reservoirChange")


def prime(record: Record) -> dict[str, Any] | None:
    """Tubing or cannula was filled -> `deviceEvent/prime`."""
    place = word(record, "primeTarget", _PRIMES)
    if place is None:
        return None
    return datum(record, "deviceEvent", subType="prime", primeTarget=place, volume=number(record, "volume"))


def time_change(record: Record) -> dict[str, Any] | None:
    """The clock was set, or the zone changed -> `deviceEvent/timeChange`."""
    to, before = (_clock(part(record, name)) for name in ("to", "from"))
    if to is None:
        return None
    changed = {"from": before, "to": to, "method": word(record, "method", _WAYS)}
    return datum(record, "deviceEvent", subType="timeChange", **changed)


def _clock(found: Record | None) -> dict[str, str] | None:
    if found is None:
        return None
    shown, zone = text(found, "deviceTime"), text(found, "timezone")
    made = {"time": shown[:19] if shown else None, "timeZoneName": zone}
    return {name: value for name, value in made.items() if value is not None} or None


def activity_mode(record: Record) -> dict[str, Any] | None:
    """A mode such as exercise or sleep -> `deviceEvent/pumpSettingsOverride`; one of the person's own is a preset."""
    mode = text(record, "mode")
    if mode is None:
        return None
    kind = _MODES.get(mode, "preset")
    aim = target(record)
    units = word(record, "units", _GLUCOSE_UNITS)
    if units is None:
        aim = None
    return datum(
        record,
        "deviceEvent",
        subType="pumpSettingsOverride",
        overrideType=kind,
        overridePreset=mode if kind == "preset" else None,
        method=word(record, "method", _WAYS),
        bgTarget=aim,
        units={"bg": units} if aim else None,
        **span(record),
    )


def sample(record: Record) -> dict[str, Any] | None:
    """A sensor's value that the pump has -> `cbg` (partner guide, CGM sample)."""
    units, value = word(record, "units", _GLUCOSE_UNITS), number(record, "value")
    if units is None or value is None:
        return None
    trend, rate = text(record, "trend"), number(record, "trendRate")
    rate_units = word(record, "trendRateUnits", {f"{one}/minute": f"{one}/minute" for one in _GLUCOSE_UNITS})
    has_rate = rate is not None and rate_units is not None
    backfilled = record.get("backfilled")
    return datum(
        record,
        "cbg",
        units=units,
        value=value,
        trend=trend if trend in _TRENDS else None,
        trendRate=rate if has_rate else None,
        trendRateUnits=rate_units if has_rate else None,
        sampleInterval=whole(record, "sampleInterval"),
        backfilled=backfilled if isinstance(backfilled, bool) else None,
        payload={"trend": trend} if trend and trend not in _TRENDS else None,
    )


_TRENDS: Final = frozenset(
    ("constant", "slowFall", "slowRise", "moderateFall", "moderateRise", "rapidFall", "rapidRise")
)
