"""Dosing decisions: what an algorithm or calculator knew, what it recommended, and what was asked for."""

from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS, datum_shape, name100
from openward.care.devicedata.rules.food import nutrition
from openward.care.devicedata.rules.glucose import glucose_units, settle, units_bg_of
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.reading import Notebook
from openward.care.devicedata.rules.scalars import free_object, instant, number, whole, word
from openward.care.devicedata.rules.schedules import settle_targets, target_schedule
from openward.care.devicedata.rules.shapes import Shape, absent, any_of, array, field_is_there, may, needs, only_if
from openward.care.devicedata.units import to_mmol_l

# One value a minute for a day, the most that a forecast or a look back may carry.
_POINTS = 1440

_units = Shape((needs("bg", glucose_units), needs("carb", word("grams", "exchanges")), needs("insulin", word("Units"))))
_eaten = Shape((may("time", instant), needs("nutrition", nutrition)))
_past_value = Shape((needs("time", instant), needs("value", number())))
_future_value = Shape((may("time", instant), needs("value", number())))


def _on_board(low: float) -> Shape:
    return Shape((may("time", instant), needs("amount", number(low, 1000))))


def _amount_alone(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Refuse the parts beside the plain amount, and ask for a duration exactly when a part is extended."""
    if sent.get("amount") is not None:
        absent("normal", "extended", "duration")(sent, kept, at, notes)
    else:
        only_if("duration", field_is_there("extended"))(sent, kept, at, notes)


_bolus = Shape(
    (
        may("amount", number(0, 100)),
        may("normal", number(0, 100)),
        may("extended", number(0, 100)),
        may("duration", whole(0, DAY_MS)),
    ),
    (any_of("amount", "normal", "extended"), _amount_alone),
)
_basal = Shape((needs("rate", number(0, 100)), may("duration", whole(0, DAY_MS))))
_issues = array(Shape((needs("id", name100), may("metadata", free_object))), 1, 100)


def _settle_glucose(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Check what was measured against the bounds of its units, and turn everything into mmol/L.

    A forecast is a model's output and may leave the bounds.
    """
    units = units_bg_of(sent)
    settle(kept.get("smbg", {}), "value", units, f"{at}/smbg", notes)
    for place, point in enumerate(kept.get("bgHistorical", ())):
        settle(point or {}, "value", units, f"{at}/bgHistorical/{place}", notes)
    for point in kept.get("bgForecast", ()):
        if point and "value" in point and units is not None:
            point["value"] = to_mmol_l(point["value"], units)
    settle_targets(kept.get("bgTargetSchedule", ()), units, f"{at}/bgTargetSchedule", notes)


DOSING_DECISION = Kind(
    "dosingDecision",
    datum_shape(
        needs("reason", name100),
        needs("units", _units),
        may("originalFood", _eaten),
        may("food", _eaten),
        may("smbg", _past_value),
        may("carbsOnBoard", _on_board(0)),
        may("insulinOnBoard", _on_board(-1000)),
        may("bgTargetSchedule", target_schedule),
        may("bgHistorical", array(_past_value, 1, _POINTS)),
        may("bgForecast", array(_future_value, 1, _POINTS)),
        may("recommendedBasal", _basal),
        may("recommendedBolus", _bolus),
        may("requestedBolus", _bolus),
        may("warnings", _issues),
        may("errors", _issues),
        may("scheduleTimeZoneOffset", whole(-10080, 10080)),
        rules=(_settle_glucose,),
    ),
)
