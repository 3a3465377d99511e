"""Basal insulin: delivery over time, and the delivery that it suppressed."""

from typing import Any

from openward.care.devicedata.rules.datum import annotations, datum_shape
from openward.care.devicedata.rules.insulin import formulation
from openward.care.devicedata.rules.kinds import Kind, discriminator
from openward.care.devicedata.rules.reading import Notebook, Reader
from openward.care.devicedata.rules.scalars import literal, number, text, whole
from openward.care.devicedata.rules.shapes import Field, Shape, at_least_field, may, needs

WEEK_MS = 604_800_000

_rate = needs("rate", number(0, 100))
_formulation = may("insulinFormulation", formulation)
_percent = may("percent", number(0, 10))
_any_name = may("scheduleName", text())
_short_name = may("scheduleName", text(1000))


def _suppressed(*kinds: str) -> Reader:
    """Read the delivery that would have run instead: a basal without time and duration, of one of these kinds."""

    def read(value: Any, at: str, notes: Notebook) -> dict[str, Any] | None:
        if type(value) is not dict:
            notes.wrong_type("object", value, at)
            return None
        kind = discriminator(value, "deliveryType", kinds, at, notes)
        if kind is None:
            return None
        kept = _SUPPRESSED[kind](value, at, notes)
        return None if kept is None else {"deliveryType": kind, **kept}

    return read


def _reduced(*fields: Field) -> Shape:
    return Shape((needs("type", literal("basal")), _rate, may("annotations", annotations), _formulation, *fields))


_below_automated = may("suppressed", _suppressed("scheduled"))
_below_temp = may("suppressed", _suppressed("automated", "scheduled"))
_below_suspend = may("suppressed", _suppressed("automated", "scheduled", "temp"))

_SUPPRESSED = {
    "scheduled": _reduced(_any_name),
    "automated": _reduced(_short_name, _below_automated),
    "temp": _reduced(_percent, _below_temp),
}

_durations = (needs("duration", whole(0, WEEK_MS)), may("expectedDuration", whole()))


def _basal(*fields: Field) -> Shape:
    return datum_shape(*_durations, *fields, rules=(at_least_field("expectedDuration", "duration", 0, WEEK_MS),))


BASAL = Kind(
    "basal",
    by="deliveryType",
    shapes={
        "automated": _basal(_rate, _short_name, _formulation, _below_automated),
        "scheduled": _basal(_rate, _any_name, _formulation),
        "suspend": _basal(_below_suspend),
        "temp": _basal(_rate, _percent, _formulation, _below_temp),
    },
)
