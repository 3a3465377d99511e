"""Insulin: basal rates, boluses and the calculator (tables of the partner guide)."""

from typing import Any, Final

from openward.wire.pump.record import Record, datum, number, part, span, text, whole, word

_BASALS: Final = {"automated": "automated", "manual": "scheduled", "temporary": "temp", "suspend": "suspend"}
# What may stand below what: a suspension may hold back a temporary rate, which holds back the schedule.
_BELOW: Final = {
    "automated": ("scheduled",),
    "scheduled": (),
    "temp": ("automated", "scheduled"),
    "suspend": ("automated", "scheduled", "temp"),
}
_GLUCOSE_UNITS: Final = {"mg/dL": "mg/dL", "mmol/L": "mmol/L"}
_CARB_UNITS: Final = {"grams": "grams", "exchanges": "exchanges"}


def basal(record: Record) -> dict[str, Any] | None:
    """A rate that has run -> `basal`."""
    kind, rate, times = word(record, "deliveryType", _BASALS), number(record, "rate"), span(record)
    if kind is None or times["duration"] is None or (rate is None and kind != "suspend"):
        return None
    return datum(
        record,
        "basal",
        deliveryType=kind,
        **times,
        rate=None if kind == "suspend" else rate,
        scheduleName=text(record, "scheduleName") if kind in ("scheduled", "automated") else None,
        percent=number(record, "percent") if kind == "temp" else None,
        suppressed=_suppressed(record, kind),
    )


def _suppressed(record: Record, above: str) -> dict[str, Any] | None:
    """The rate that would have run in place of this one."""
    below = part(record, "suppressed")
    if below is None:
        return None
    kind, rate = word(below, "deliveryType", _BASALS), number(below, "rate")
    if kind not in _BELOW[above] or rate is None:
        return None
    made: dict[str, Any] = {"type": "basal", "deliveryType": kind, "rate": rate}
    name = text(below, "scheduleName")
    if name is not None and kind != "temp":
        made["scheduleName"] = name
    lower = _suppressed(below, kind)
    return made | ({"suppressed": lower} if lower else {})


def bolus(record: Record) -> dict[str, Any] | None:
    """A bolus given at once, spread out or both -> `bolus`; more expected than given: it was interrupted."""
    normal, extended = number(record, "normal"), number(record, "extended")
    kind = record.get("deliveryType")
    if kind == "automated" and normal is not None:
        expected = _more(record, "expectedNormal", normal)
        if expected is None and normal == 0:
            return None
        return datum(
            record, "bolus", subType="automated", normal=normal, expectedNormal=expected, deliveryContext="algorithm"
        )
    if kind != "manual":
        return None
    if extended is None:
        if normal is None:
            return None
        return datum(
            record, "bolus", subType="normal", normal=normal, expectedNormal=_more(record, "expectedNormal", normal)
        )
    spread = _spread(record, extended)
    if spread is None:
        return None
    if normal is None:
        return datum(record, "bolus", subType="square", **spread)
    expected = _more(record, "expectedNormal", normal)
    return datum(record, "bolus", subType="dual/square", normal=normal, expectedNormal=expected, **spread)


def _spread(record: Record, extended: float) -> dict[str, Any] | None:
    duration = whole(record, "duration")
    if duration is None:
        return None
    made: dict[str, Any] = {"extended": extended, "duration": duration}
    expected = _more(record, "expectedExtended", extended)
    if expected is not None:
        # The platform asks for both expected values or none.
        planned = whole(record, "expectedDuration")
        made |= {"expectedExtended": expected, "expectedDuration": max(duration, planned or 0)}
    return made


def _more(record: Record, name: str, given: float) -> float | None:
    expected = number(record, name)
    return expected if expected is not None and expected > given else None


def calculator(record: Record) -> dict[str, Any] | None:
    """What the calculator was given and recommended, with the bolus that followed -> `wizard`."""
    units = word(record, "units", _GLUCOSE_UNITS)
    if units is None:
        return None
    given = part(record, "bolus")
    recommended = part(record, "recommended")
    return datum(
        record,
        "wizard",
        units=units,
        **{
            name: number(record, name)
            for name in ("bgInput", "carbInput", "insulinCarbRatio", "insulinOnBoard", "insulinSensitivity")
        },
        carbUnits=word(record, "carbUnits", _CARB_UNITS),
        bgTarget=target(record),
        recommended=None if recommended is None else numbers(recommended, "carb", "correction", "net"),
        bolus=None if given is None else bolus({**record, **given}),
    )


def target(record: Record) -> dict[str, float] | None:
    """A glucose target as one number or as a range."""
    found = part(record, "bgTarget")
    return None if found is None else numbers(found, "target", "range", "low", "high")


def numbers(record: Record, *names: str) -> dict[str, float] | None:
    """Those of the numbers that are there; None for none."""
    found = {name: value for name in names if (value := number(record, name)) is not None}
    return found or None
