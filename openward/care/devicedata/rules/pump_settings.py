"""Settings of an insulin pump: schedules of basal rates, ratios and targets, limits, presets and the device."""

from collections.abc import Callable, Sequence
from typing import Any

from openward.care.devicedata.rules.basal import WEEK_MS
from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.device_names import DEVICE_FIELDS
from openward.care.devicedata.rules.glucose import glucose, glucose_units, units_bg_of
from openward.care.devicedata.rules.insulin import formulation
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.measures import span_of
from openward.care.devicedata.rules.reading import Notebook, Rule, pointer_token
from openward.care.devicedata.rules.scalars import flag, number, text, whole, word
from openward.care.devicedata.rules.schedules import (
    basal_schedule,
    carb_ratio_schedule,
    sensitivity_schedule,
    settle_sensitivities,
    settle_targets,
    target_schedule,
)
from openward.care.devicedata.rules.shapes import (
    Shape,
    at_most_field,
    field_is,
    mapping,
    may,
    needs,
    only_if,
)
from openward.care.devicedata.rules.target import settle_target, target, targets

_DAY_S = 86400
_enabled = needs("enabled", flag)
_scale = number(0.1, 10)


def _limit(units: str) -> Shape:
    return Shape((needs("units", word(units)), needs("value", number(0, 100))))


_basal = Shape(
    (
        may("rateMaximum", _limit("Units/hour")),
        may("temporary", Shape((needs("type", word("off", "percent", "Units/hour")),))),
    )
)
_bolus = Shape(
    (
        may("amountMaximum", _limit("Units")),
        may("calculator", Shape((_enabled, may("insulin", span_of(10))))),
        may("extended", Shape((_enabled,))),
    )
)
_display = Shape((may("bloodGlucose", Shape((needs("units", word("mg/dL", "mmol/L")),))),))
_model = Shape(
    (
        may("modelType", word("fiasp", "other", "rapidAdult", "rapidChild", "walsh")),
        may("modelTypeOther", name100),
        may("actionDelay", whole(0, _DAY_S)),
        may("actionDuration", whole(0, _DAY_S)),
        may("actionPeakOffset", whole(0, _DAY_S)),
    ),
    (
        only_if("modelTypeOther", field_is("modelType", "other")),
        at_most_field("actionPeakOffset", "actionDuration"),
    ),
)
_preset = Shape(
    (
        may("abbreviation", name100),
        may("duration", whole(0, WEEK_MS)),
        may("bgTarget", target),
        may("basalRateScaleFactor", _scale),
        may("carbRatioScaleFactor", _scale),
        may("insulinSensitivityScaleFactor", _scale),
    )
)
_units = Shape((needs("bg", glucose_units), needs("carb", word("grams", "exchanges")), may("insulin", word("Units"))))

_PAIRS = (
    ("basalSchedule", "basalSchedules", basal_schedule),
    ("bgTarget", "bgTargets", target_schedule),
    ("carbRatio", "carbRatios", carb_ratio_schedule),
    ("insulinSensitivity", "insulinSensitivities", sensitivity_schedule),
)


def _one_of_each_pair(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Refuse named schedules beside a nameless one of the same kind."""
    for single, plural, _ in _PAIRS:
        if sent.get(single) is not None and sent.get(plural) is not None:
            notes.broken("value-exists", f"{at}/{plural}")


def _schedules(
    single: str, plural: str, settle_items: Callable[[Sequence[Any], str | None, str, Notebook], None]
) -> Rule:
    """Check and convert the glucose numbers of a nameless schedule and of all named ones."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        units = units_bg_of(sent)
        if single in kept:
            settle_items(kept[single], units, f"{at}/{single}", notes)
        for name, items in kept.get(plural, {}).items():
            settle_items(items, units, f"{at}/{plural}/{pointer_token(name)}", notes)

    return rule


def _preset_targets(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Check and convert the targets of override presets."""
    units = units_bg_of(sent)
    for name, preset in kept.get("overridePresets", {}).items():
        if "bgTarget" in preset:
            here = f"{at}/overridePresets/{pointer_token(name)}/bgTarget"
            settle_target(preset["bgTarget"], units, here, notes)


PUMP_SETTINGS = Kind(
    "pumpSettings",
    datum_shape(
        needs("activeSchedule", text()),
        may("automatedDelivery", flag),
        may("basal", _basal),
        *(may(single, schedule) for single, _, schedule in _PAIRS),
        *(may(plural, mapping(schedule)) for _, plural, schedule in _PAIRS),
        may("bgSafetyLimit", number()),
        may("bgTargetPhysicalActivity", target),
        may("bgTargetPreprandial", target),
        may("bolus", _bolus),
        may("display", _display),
        may("insulinFormulation", formulation),
        may("insulinModel", _model),
        *DEVICE_FIELDS,
        may("overridePresets", mapping(_preset)),
        may("scheduleTimeZoneOffset", whole(-10080, 10080)),
        may("units", _units),
        rules=(
            _one_of_each_pair,
            glucose("bgSafetyLimit", units=units_bg_of),
            targets("bgTargetPhysicalActivity", "bgTargetPreprandial", units=units_bg_of),
            _schedules("bgTarget", "bgTargets", settle_targets),
            _schedules("insulinSensitivity", "insulinSensitivities", settle_sensitivities),
            _preset_targets,
        ),
    ),
)
