"""Settings of sensors, pumps and controllers, and dosing decisions: each rule at its boundary."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

from copy import deepcopy
from typing import Any

import pytest

from openward.care.devicedata.rules import check_batch
from openward.care.errors import Invalid

TIME = "2024-03-10T08:00:00Z"
GONE = object()
DAY, WEEK, MINUTE = 86_400_000, 604_800_000, 60_000
MG = {"bg": "mg/dL", "carb": "grams", "insulin": "Units"}
SCHEDULE = {"days": ["monday", "sunday"], "start": 0, "end": 2 * DAY, "alerts": {"enabled": True}}

VALID: dict[str, dict[str, Any]] = {
    "cgmSettings": {},
    "pumpSettings": {"activeSchedule": "a"},
    "controllerSettings": {"device": {"model": "x"}},
    "dosingDecision": {"reason": "loop", "units": MG},
}


def changed(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    item = {"type": name, "time": TIME, **deepcopy(VALID[name]), **changes}
    return {field: value for field, value in item.items() if value is not GONE}


def faults(name: str, changes: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        check_batch([changed(name, changes)], mint_id=str)
    except Invalid as invalid:
        return [(fault.code, fault.pointer.removeprefix("/0").removeprefix("/")) for fault in invalid.faults]
    return []


def kept(name: str, **changes: Any) -> dict[str, Any]:
    [checked] = check_batch([changed(name, changes)], mint_id=str)
    return checked.fields


def alerts(**found: Any) -> dict[str, Any]:
    return {"defaultAlerts": {"enabled": True, **found}}


def level(value: Any, units: str = "mg/dL") -> dict[str, Any]:
    return {"enabled": True, "level": value, "units": units}


def rates(fall: float, rise: float) -> dict[str, Any]:
    return {
        "rateOfChangeAlerts": {"fallRate": {"enabled": True, "rate": fall}, "riseRate": {"enabled": True, "rate": rise}}
    }


def old(value: float, snooze: int = 0) -> dict[str, Any]:
    return {"enabled": True, "level": value, "snooze": snooze}


def bg(**changes: Any) -> dict[str, Any]:
    return {"units": {"bg": "mg/dL", "carb": "grams"}, **changes}


PUMP, CGM, DOSE = "pumpSettings", "cgmSettings", "dosingDecision"
LEVELS = [
    (("urgentLow", "urgentLowPredicted"), (40, 80), (2.2203, 4.4406)),
    (("low", "lowPredicted"), (50, 150), (2.77537, 8.32612)),
    (("high", "highPredicted"), (100, 400), (5.55075, 22.20299)),
]

GOOD: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in VALID],
    *[(CGM, alerts(**{name: level(value)})) for names, mg, _ in LEVELS for name in names for value in mg],
    *[(CGM, alerts(**{name: level(value, "mmol/L")})) for names, _, mmol in LEVELS for name in names for value in mmol],
    (CGM, alerts(fall={"enabled": True, "rate": 0, "units": "mg/dL/minute"}, rise={"enabled": False, "rate": 0.55507, "units": "mmol/L/minute"})),
    (CGM, alerts(noData={"enabled": True, "duration": 6, "units": "hours"}, outOfRange={"enabled": True, "duration": 21600, "units": "seconds"})),
    (CGM, alerts(low={"enabled": True, "snooze": {"duration": 600, "units": "minutes"}})),
    (CGM, {"scheduledAlerts": [SCHEDULE] * 10}), (CGM, {"manufacturers": ["x" * 100, *list("abcdefghi")]}),
    (CGM, {"transmitterId": ""}), (CGM, {"transmitterId": "aB345"}), (CGM, {"transmitterId": "x" * 64}),
    (CGM, {"name": "x" * 100, "units": "mmol/l"}), (CGM, {"units": "mg/dL", "highAlerts": old(100, 15 * MINUTE), "lowAlerts": old(59, 300 * MINUTE)}),
    (CGM, {"units": "mmol/L", "highAlerts": old(22.20299), "lowAlerts": old(8.32612, 255 * MINUTE)}), (CGM, {"outOfRangeAlerts": {"enabled": True, "snooze": 0}}),
    (CGM, {"units": "mg/dL", **rates(-3, 2)}), (CGM, {"units": "mmol/L", **rates(-0.11101, 0.16652243973136602)}),
    (PUMP, {"automatedDelivery": True, "basal": {"rateMaximum": {"units": "Units/hour", "value": 100}, "temporary": {"type": "percent"}}}),
    (PUMP, {"basalSchedule": [{"start": 0, "rate": 0}, {"start": 1, "rate": 100}, {"start": DAY, "rate": 1}]}), (PUMP, {"basalSchedules": {"a": [{"start": 0, "rate": 0}], "b": []}}),
    (PUMP, {"carbRatio": [{"start": 0, "amount": 250}]}), (PUMP, bg(insulinSensitivity=[{"start": 0, "amount": 1000}], bgTarget=[{"start": 0, "target": 100}], bgSafetyLimit=1000)),
    (PUMP, bg(bgTargets={"a": [{"start": 0, "low": 5, "high": 6}]}, bgTargetPhysicalActivity={"target": 5}, bgTargetPreprandial={"low": 5, "high": 5})),
    (PUMP, {"bolus": {"amountMaximum": {"units": "Units", "value": 100}, "calculator": {"enabled": True, "insulin": {"duration": 10, "units": "hours"}}, "extended": {"enabled": False}}}),
    (PUMP, {"display": {"bloodGlucose": {"units": "mg/dL"}}, "insulinFormulation": {"name": "x"}, "scheduleTimeZoneOffset": -10080}),
    (PUMP, {"insulinModel": {"modelType": "other", "modelTypeOther": "x", "actionDelay": 86400, "actionDuration": 100, "actionPeakOffset": 100}}), (PUMP, {"insulinModel": {"actionPeakOffset": 86400}}),
    (PUMP, bg(overridePresets={"x": {"abbreviation": "a", "duration": WEEK, "bgTarget": {"target": 5}, "carbRatioScaleFactor": 0.1}})), (PUMP, {"manufacturers": ["a"], "model": "x"}),
    ("controllerSettings", {"device": GONE, "notifications": {"badge": True}}), ("controllerSettings", {"device": {"manufacturers": ["a"]}}),
    ("controllerSettings", {"notifications": {"authorization": "ephemeral", "alertStyle": "banner", "lockScreen": False}}),
    (DOSE, {"food": {"time": TIME, "nutrition": {}}, "originalFood": {"nutrition": {}}, "smbg": {"time": TIME, "value": 1000}}),
    (DOSE, {"carbsOnBoard": {"time": TIME, "amount": 1000}, "insulinOnBoard": {"amount": -1000}, "bgTargetSchedule": [{"start": 0, "target": 5}]}),
    (DOSE, {"bgHistorical": [{"time": TIME, "value": 100}] * 1440, "bgForecast": [{"time": TIME, "value": -5}, {"value": 5000}]}),
    (DOSE, {"recommendedBasal": {"rate": 100, "duration": DAY}, "recommendedBolus": {"amount": 100}, "requestedBolus": {"normal": 100}}), (DOSE, {"recommendedBasal": {"rate": 0}}),
    (DOSE, {"requestedBolus": {"normal": 1, "extended": 1, "duration": 5}}), (DOSE, {"warnings": [{"id": "a", "metadata": {"a": 1}}], "errors": [{"id": "x" * 100}] * 100, "scheduleTimeZoneOffset": 10080}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), GOOD)
def test_accepted(name: str, changes: dict[str, Any]) -> None:
    assert faults(name, changes) == []


RANGE, ABSENT, EXTRA, WORD = "value-out-of-range", "value-not-exists", "value-exists", "value-not-allowed"
LENGTH, EMPTY, ANY, TWICE = "length-out-of-range", "value-empty", "values-not-exist-for-any", "value-duplicate"

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    *[(CGM, alerts(**{name: level(value)}), RANGE, f"defaultAlerts/{name}/level")
      for names, (low, high), _ in LEVELS for name in names for value in (low - 0.1, high + 0.1)],
    *[(CGM, alerts(**{name: level(value, "mmol/L")}), RANGE, f"defaultAlerts/{name}/level")
      for names, _, (low, high) in LEVELS for name in names for value in (low - 0.00001, high + 0.00001)],
    (CGM, {"defaultAlerts": {}}, ABSENT, "defaultAlerts/enabled"), (CGM, alerts(low={}), ABSENT, "defaultAlerts/low/enabled"), (CGM, alerts(low={"enabled": True, "level": 100}), ABSENT, "defaultAlerts/low/units"),
    (CGM, alerts(low={"enabled": True, "units": "mg/dL"}), EXTRA, "defaultAlerts/low/units"), (CGM, alerts(low=level(100, "mg/dl")), WORD, "defaultAlerts/low/units"),
    (CGM, alerts(fall={"enabled": True, "rate": 10.1, "units": "mg/dL/minute"}), RANGE, "defaultAlerts/fall/rate"), (CGM, alerts(rise={"enabled": True, "rate": 0.0555, "units": "mmol/L/minute"}), RANGE, "defaultAlerts/rise/rate"),
    (CGM, alerts(noData={"enabled": True, "duration": 361, "units": "minutes"}), RANGE, "defaultAlerts/noData/duration"), (CGM, alerts(noData={"enabled": True, "duration": 1, "units": "days"}), WORD, "defaultAlerts/noData/units"),
    (CGM, alerts(low={"enabled": True, "snooze": {"duration": 601, "units": "minutes"}}), RANGE, "defaultAlerts/low/snooze/duration"), (CGM, alerts(low={"enabled": True, "snooze": {"duration": 1}}), ABSENT, "defaultAlerts/low/snooze/units"),
    (CGM, {"scheduledAlerts": []}, EMPTY, "scheduledAlerts"), (CGM, {"scheduledAlerts": [SCHEDULE] * 11}, LENGTH, "scheduledAlerts"), (CGM, {"scheduledAlerts": [{**SCHEDULE, "days": None}]}, ABSENT, "scheduledAlerts/0/days"),
    (CGM, {"scheduledAlerts": [{**SCHEDULE, "days": ["monday", "monday"]}]}, TWICE, "scheduledAlerts/0/days/1"), (CGM, {"scheduledAlerts": [{**SCHEDULE, "days": ["Monday"]}]}, WORD, "scheduledAlerts/0/days/0"),
    (CGM, {"scheduledAlerts": [{**SCHEDULE, "start": DAY + 1}]}, RANGE, "scheduledAlerts/0/start"), (CGM, {"scheduledAlerts": [{**SCHEDULE, "end": 2 * DAY + 1}]}, RANGE, "scheduledAlerts/0/end"), (CGM, {"scheduledAlerts": [{**SCHEDULE, "alerts": None}]}, ABSENT, "scheduledAlerts/0/alerts"),
    (CGM, {"scheduledAlerts": [{**SCHEDULE, "name": "x" * 101}]}, LENGTH, "scheduledAlerts/0/name"),
    (CGM, {"manufacturers": []}, EMPTY, "manufacturers"), (CGM, {"manufacturers": ["a", "a"]}, TWICE, "manufacturers/1"), (CGM, {"manufacturers": list("abcdefghijk")}, LENGTH, "manufacturers"), (CGM, {"manufacturers": ["x" * 101]}, LENGTH, "manufacturers/0"),
    (CGM, {"serialNumber": ""}, EMPTY, "serialNumber"), (CGM, {"transmitterId": "abcd"}, "value-not-valid", "transmitterId"), (CGM, {"transmitterId": "x" * 65}, "value-not-valid", "transmitterId"), (CGM, {"units": "x"}, WORD, "units"),
    (CGM, {"units": "mg/dL", "highAlerts": old(99)}, RANGE, "highAlerts/level"), (CGM, {"units": "mg/dL", "lowAlerts": old(151)}, RANGE, "lowAlerts/level"), (CGM, {"units": "mmol/L", "lowAlerts": old(3.27)}, RANGE, "lowAlerts/level"),
    (CGM, {"highAlerts": old(100, 10 * MINUTE)}, WORD, "highAlerts/snooze"), (CGM, {"highAlerts": old(100, 245 * MINUTE)}, WORD, "highAlerts/snooze"), (CGM, {"lowAlerts": {"enabled": True, "level": 60}}, ABSENT, "lowAlerts/snooze"),
    (CGM, {"outOfRangeAlerts": {"enabled": True, "snooze": 5 * MINUTE}}, WORD, "outOfRangeAlerts/snooze"), (CGM, {"units": "mg/dL", **rates(-1, 2)}, WORD, "rateOfChangeAlerts/fallRate/rate"), (CGM, {"units": "mg/dL", **rates(-2, -2)}, WORD, "rateOfChangeAlerts/riseRate/rate"),
    (CGM, {"rateOfChangeAlerts": {"fallRate": {"enabled": True, "rate": -2}}}, ABSENT, "rateOfChangeAlerts/riseRate"),
    (PUMP, {"activeSchedule": GONE}, ABSENT, "activeSchedule"), (PUMP, {"activeSchedule": ""}, EMPTY, "activeSchedule"), (PUMP, {"basal": {"rateMaximum": {"units": "U", "value": 1}}}, WORD, "basal/rateMaximum/units"),
    (PUMP, {"basal": {"rateMaximum": {"units": "Units/hour", "value": 101}}}, RANGE, "basal/rateMaximum/value"), (PUMP, {"basal": {"temporary": {"type": "x"}}}, WORD, "basal/temporary/type"),
    *[(PUMP, {single: [], plural: {}}, EXTRA, plural) for single, plural in
      [("basalSchedule", "basalSchedules"), ("bgTarget", "bgTargets"), ("carbRatio", "carbRatios"), ("insulinSensitivity", "insulinSensitivities")]],
    (PUMP, {"basalSchedule": [{"start": 1, "rate": 1}]}, RANGE, "basalSchedule/0/start"), (PUMP, {"basalSchedule": [{"start": 0, "rate": 1}, {"start": 0, "rate": 1}]}, RANGE, "basalSchedule/1/start"),
    (PUMP, {"basalSchedule": [{"start": 0, "rate": 1}, {"start": DAY + 1, "rate": 1}]}, RANGE, "basalSchedule/1/start"), (PUMP, {"basalSchedule": [{"rate": 1}]}, ABSENT, "basalSchedule/0/start"),
    (PUMP, {"basalSchedules": {"a/b~": [{"start": 0, "rate": 101}]}}, RANGE, "basalSchedules/a~1b~0/0/rate"), (PUMP, {"basalSchedules": {"a": None}}, ABSENT, "basalSchedules/a"), (PUMP, {"basalSchedules": {"a\x00": []}}, "value-not-valid", "basalSchedules"),
    (PUMP, {"carbRatios": {"a": [{"start": 0, "amount": 251}]}}, RANGE, "carbRatios/a/0/amount"), (PUMP, bg(insulinSensitivities={"a": [{"start": 0, "amount": 1001}]}), RANGE, "insulinSensitivities/a/0/amount"),
    (PUMP, bg(bgTarget=[{"start": 0}]), ABSENT, "bgTarget/0/target"), (PUMP, bg(bgTargets={"a": [{"start": 0, "target": 1001}]}), RANGE, "bgTargets/a/0/target"), (PUMP, bg(bgSafetyLimit=1001), RANGE, "bgSafetyLimit"),
    (PUMP, bg(bgTargetPreprandial={"low": 5}), ABSENT, "bgTargetPreprandial/high"), (PUMP, {"bolus": {"amountMaximum": {"units": "Units", "value": 101}}}, RANGE, "bolus/amountMaximum/value"),
    (PUMP, {"bolus": {"calculator": {}}}, ABSENT, "bolus/calculator/enabled"), (PUMP, {"bolus": {"calculator": {"enabled": True, "insulin": {"duration": 601, "units": "minutes"}}}}, RANGE, "bolus/calculator/insulin/duration"),
    (PUMP, {"bolus": {"extended": {}}}, ABSENT, "bolus/extended/enabled"), (PUMP, {"display": {"bloodGlucose": {"units": "mg/dl"}}}, WORD, "display/bloodGlucose/units"),
    (PUMP, {"insulinModel": {"modelType": "x"}}, WORD, "insulinModel/modelType"), (PUMP, {"insulinModel": {"modelType": "other"}}, ABSENT, "insulinModel/modelTypeOther"), (PUMP, {"insulinModel": {"modelTypeOther": "x"}}, EXTRA, "insulinModel/modelTypeOther"),
    (PUMP, {"insulinModel": {"actionDuration": 100, "actionPeakOffset": 101}}, RANGE, "insulinModel/actionPeakOffset"), (PUMP, {"insulinModel": {"actionDelay": 86401}}, RANGE, "insulinModel/actionDelay"), (PUMP, {"insulinModel": {"actionPeakOffset": 86401}}, RANGE, "insulinModel/actionPeakOffset"),
    (PUMP, {"overridePresets": {"x": {"abbreviation": "x" * 101}}}, LENGTH, "overridePresets/x/abbreviation"), (PUMP, {"overridePresets": {"x": {"duration": WEEK + 1}}}, RANGE, "overridePresets/x/duration"),
    (PUMP, bg(overridePresets={"x": {"bgTarget": {"target": 1001}}}), RANGE, "overridePresets/x/bgTarget/target"), (PUMP, {"overridePresets": {"x": {"basalRateScaleFactor": 0}}}, RANGE, "overridePresets/x/basalRateScaleFactor"),
    (PUMP, {"scheduleTimeZoneOffset": 10081}, RANGE, "scheduleTimeZoneOffset"), (PUMP, {"units": {"carb": "grams"}}, ABSENT, "units/bg"), (PUMP, {"units": {"bg": "mg/dL"}}, ABSENT, "units/carb"), (PUMP, {"units": {**MG, "insulin": "U"}}, WORD, "units/insulin"),
    ("controllerSettings", {"device": GONE}, ANY, ""), ("controllerSettings", {"device": {}}, ANY, "device"), ("controllerSettings", {"notifications": {}}, ANY, "notifications"),
    ("controllerSettings", {"notifications": {"authorization": "x"}}, WORD, "notifications/authorization"), ("controllerSettings", {"notifications": {"alertStyle": "x"}}, WORD, "notifications/alertStyle"), ("controllerSettings", {"notifications": {"sound": "yes"}}, "type-not-bool", "notifications/sound"),
    (DOSE, {"reason": GONE}, ABSENT, "reason"), (DOSE, {"reason": "x" * 101}, LENGTH, "reason"), (DOSE, {"units": GONE}, ABSENT, "units"), (DOSE, {"units": {"bg": "mg/dL", "carb": "grams"}}, ABSENT, "units/insulin"),
    (DOSE, {"food": {}}, ABSENT, "food/nutrition"), (DOSE, {"smbg": {"value": 1}}, ABSENT, "smbg/time"), (DOSE, {"smbg": {"time": TIME}}, ABSENT, "smbg/value"), (DOSE, {"smbg": {"time": TIME, "value": 1001}}, RANGE, "smbg/value"),
    (DOSE, {"carbsOnBoard": {"amount": -1}}, RANGE, "carbsOnBoard/amount"), (DOSE, {"insulinOnBoard": {"amount": -1001}}, RANGE, "insulinOnBoard/amount"), (DOSE, {"insulinOnBoard": {}}, ABSENT, "insulinOnBoard/amount"),
    (DOSE, {"bgTargetSchedule": [{"start": 5, "target": 5}]}, RANGE, "bgTargetSchedule/0/start"), (DOSE, {"bgHistorical": []}, EMPTY, "bgHistorical"), (DOSE, {"bgHistorical": [{"time": TIME, "value": 5}] * 1441}, LENGTH, "bgHistorical"),
    (DOSE, {"bgHistorical": [{"time": TIME, "value": 1001}]}, RANGE, "bgHistorical/0/value"), (DOSE, {"bgHistorical": [{"value": 100}]}, ABSENT, "bgHistorical/0/time"), (DOSE, {"bgForecast": [{}]}, ABSENT, "bgForecast/0/value"),
    (DOSE, {"recommendedBasal": {}}, ABSENT, "recommendedBasal/rate"), (DOSE, {"recommendedBasal": {"rate": 1, "duration": DAY + 1}}, RANGE, "recommendedBasal/duration"), (DOSE, {"recommendedBolus": {}}, ANY, "recommendedBolus"),
    (DOSE, {"recommendedBolus": {"amount": 101}}, RANGE, "recommendedBolus/amount"), (DOSE, {"requestedBolus": {"amount": 1, "normal": 1}}, EXTRA, "requestedBolus/normal"), (DOSE, {"requestedBolus": {"extended": 1}}, ABSENT, "requestedBolus/duration"),
    (DOSE, {"requestedBolus": {"normal": 1, "duration": 1}}, EXTRA, "requestedBolus/duration"), (DOSE, {"warnings": []}, EMPTY, "warnings"), (DOSE, {"errors": [{}]}, ABSENT, "errors/0/id"), (DOSE, {"errors": [{"id": "a", "metadata": {}}]}, EMPTY, "errors/0/metadata"),
    (DOSE, {"scheduleTimeZoneOffset": -10081}, RANGE, "scheduleTimeZoneOffset"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "code", "pointer"), BAD)
def test_refused(name: str, changes: dict[str, Any], code: str, pointer: str) -> None:
    assert faults(name, changes) == [(code, pointer)]


def test_sensor_settings_are_normalised() -> None:
    fields = kept(
        CGM, units="mg/dL", manufacturers=["b", "a"], highAlerts=old(250), **alerts(low=level(70)), **rates(-3, 2)
    )
    assert fields == {
        "units": "mmol/L", "manufacturers": ["a", "b"], "defaultAlerts": {"enabled": True, "low": level(70)}, "highAlerts": old(13.87687),
        "rateOfChangeAlert": {"fallRate": {"enabled": True, "rate": -0.16652}, "riseRate": {"enabled": True, "rate": 0.11101}},
    }  # fmt: skip


def test_pump_settings_are_normalised() -> None:
    fields = kept(
        PUMP,
        **bg(
            bgSafetyLimit=70,
            bgTargets={"a": [{"start": 0, "low": 70, "high": 180}]},
            insulinSensitivity=[{"start": 0, "amount": 40}],
            overridePresets={"x": {"bgTarget": {"target": 140}}},
            display={"bloodGlucose": {"units": "mg/dL"}},
        ),
    )
    assert fields == {
        "activeSchedule": "a", "units": {"bg": "mmol/L", "carb": "grams"}, "bgSafetyLimit": 3.88552, "bgTargets": {"a": [{"low": 3.88552, "high": 9.99135, "start": 0}]},
        "insulinSensitivity": [{"amount": 2.2203, "start": 0}], "overridePresets": {"x": {"bgTarget": {"target": 7.77105}}}, "display": {"bloodGlucose": {"units": "mg/dL"}},
    }  # fmt: skip


def test_dosing_decisions_are_normalised() -> None:
    fields = kept(
        DOSE,
        smbg={"time": "2024-03-10T09:00:00+01:00", "value": 100},
        bgHistorical=[{"time": TIME, "value": 54}],
        bgForecast=[{"value": 400}],
        bgTargetSchedule=[{"start": 0, "low": 70, "high": 180}],
    )
    assert fields["units"]["bg"] == "mmol/L"
    assert fields["smbg"] == {"time": TIME, "value": 5.55075}
    assert fields["bgHistorical"] == [{"time": TIME, "value": 2.9974}]
    assert fields["bgForecast"] == [{"value": 22.20299}]
    assert fields["bgTargetSchedule"] == [{"start": 0, "low": 3.88552, "high": 9.99135}]
