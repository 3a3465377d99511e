"""Glucose, insulin, food, activity and status data: each rule of each type at its boundary."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

from copy import deepcopy
from typing import Any

import pytest

from openward.care.devicedata.rules import check_batch
from openward.care.errors import Invalid

TIME = "2024-03-10T08:00:00Z"
GONE = object()
WEEK, DAY = 604_800_000, 86_400_000
SIMPLE = {"simple": {"actingType": "rapid"}}

VALID: dict[str, dict[str, Any]] = {
    "cbg": {"type": "cbg", "units": "mg/dL", "value": 100},
    "smbg": {"type": "smbg", "units": "mmol/L", "value": 5},
    "ketone": {"type": "bloodKetone", "units": "mmol/L", "value": 1},
    "scheduled": {"type": "basal", "deliveryType": "scheduled", "duration": 1000, "rate": 1},
    "automated": {"type": "basal", "deliveryType": "automated", "duration": 1000, "rate": 1},
    "temp": {"type": "basal", "deliveryType": "temp", "duration": 1000, "rate": 1},
    "suspend": {"type": "basal", "deliveryType": "suspend", "duration": 1000},
    "normal": {"type": "bolus", "subType": "normal", "normal": 5},
    "square": {"type": "bolus", "subType": "square", "duration": 1000, "extended": 5},
    "dual": {"type": "bolus", "subType": "dual/square", "normal": 5, "duration": 1000, "extended": 5},
    "autobolus": {"type": "bolus", "subType": "automated", "normal": 5},
    "wizard": {"type": "wizard", "units": "mg/dL"},
    "food": {"type": "food"},
    "insulin": {"type": "insulin"},
    "activity": {"type": "physicalActivity"},
    "state": {"type": "reportedState", "states": [{"state": "stress"}]},
    "water": {"type": "water", "amount": {"units": "liters", "value": 1}},
    "alert": {"type": "alert", "name": "a", "issuedTime": TIME},
    "pumpStatus": {"type": "pumpStatus", "deliveryIndeterminant": True},
    "controllerStatus": {"type": "controllerStatus", "battery": {"state": "full"}},
}


def changed(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Build a valid datum with some fields replaced, added or taken away."""
    item = {"time": TIME, **deepcopy(VALID[name]), **changes}
    return {field: value for field, value in item.items() if value is not GONE}


def faults(item: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        check_batch([item], mint_id=lambda: "0" * 32)
    except Invalid as invalid:
        return [(fault.code, fault.pointer.removeprefix("/0/")) for fault in invalid.faults]
    return []


def suppressed(kind: str, **fields: Any) -> dict[str, Any]:
    return {"suppressed": {"type": "basal", "deliveryType": kind, "rate": 1, **fields}}


GOOD: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in VALID],
    *[("cbg", {"units": units, "value": value}) for units, value in
      [("mg/dL", 0), ("mg/dL", 1000), ("mg/dl", 1000), ("mmol/L", 0), ("mmol/L", 55), ("mmol/l", 55.0)]],
    *[("cbg", {"trend": trend}) for trend in
      ["constant", "slowFall", "slowRise", "moderateFall", "moderateRise", "rapidFall", "rapidRise"]],
    ("cbg", {"trendRate": 100, "trendRateUnits": "mg/dL/minute"}), ("cbg", {"trendRate": -100, "trendRateUnits": "mg/dL/minute"}),
    ("cbg", {"trendRate": 5.5, "trendRateUnits": "mmol/L/minute"}), ("cbg", {"trendRate": 1000}),
    ("cbg", {"sampleInterval": 0}), ("cbg", {"sampleInterval": DAY}), ("cbg", {"backfilled": False}),
    *[("smbg", {"subType": sub}) for sub in ("linked", "manual", "scanned")],
    ("ketone", {"value": 0}), ("ketone", {"value": 10, "units": "mmol/l"}),
    ("scheduled", {"duration": 0, "rate": 0}), ("scheduled", {"duration": WEEK, "rate": 100}),
    ("scheduled", {"duration": 1000, "expectedDuration": 1000}), ("scheduled", {"expectedDuration": WEEK}),
    ("scheduled", {"scheduleName": "x" * 2000, "insulinFormulation": SIMPLE}),
    ("automated", {"scheduleName": "x" * 1000, **suppressed("scheduled", scheduleName="a", annotations=[{"a": 1}])}),
    ("temp", {"percent": 0, **suppressed("scheduled")}), ("temp", {"percent": 10, **suppressed("automated", **suppressed("scheduled"))}),
    ("suspend", suppressed("temp", percent=10, **suppressed("automated", **suppressed("scheduled", insulinFormulation=SIMPLE)))),
    ("suspend", {"expectedDuration": 1000}),
    *[("normal", {"deliveryContext": word}) for word in ["algorithm", "device", "oneButton", "remote", "undetermined", "watch"]],
    ("normal", {"normal": 0}), ("normal", {"normal": 100}), ("normal", {"normal": 5, "expectedNormal": 5}),
    ("square", {"duration": DAY, "extended": 100}), ("square", {"expectedExtended": 5, "expectedDuration": 1000}),
    ("dual", {"expectedNormal": 6, "expectedExtended": 6, "expectedDuration": 2000}),
    ("autobolus", {"normal": 0, "expectedNormal": 1}), ("autobolus", {"expectedNormal": 5}), ("autobolus", {"expectedNormal": 100}),
    ("wizard", {"bgInput": 1000, "carbInput": 1000, "insulinCarbRatio": 250, "insulinOnBoard": 250, "insulinSensitivity": 1000}),
    ("wizard", {"units": "mmol/L", "bgInput": 55, "carbUnits": "exchanges"}),
    ("wizard", {"recommended": {"carb": 100, "correction": -100, "net": -100}}),
    ("wizard", {"bgTarget": {"target": 100, "range": 100}}), ("wizard", {"bgTarget": {"target": 900, "range": 100}}),
    ("wizard", {"bgTarget": {"target": 100, "high": 100}}), ("wizard", {"bgTarget": {"target": 0}}),
    ("wizard", {"bgTarget": {"low": 80, "high": 80}}), ("wizard", {"bgTarget": {"low": 80, "high": 1000}}),
    ("food", {"amount": {"units": "x" * 100, "value": 0}, "brand": "b", "code": "c", "name": "n", "meal": "snack"}),
    ("food", {"meal": "other", "mealOther": "x" * 100}),
    ("food", {"nutrition": {"estimatedAbsorptionDuration": 86400, "carbohydrate": {"units": "grams", "net": 1000, "sugars": 0}}}),
    ("food", {"nutrition": {"fat": {"units": "grams", "total": 1000}, "protein": {"units": "grams", "total": 0}}}),
    ("food", {"ingredients": [{"name": "a", "ingredients": [{"name": "b", "amount": {"units": "g", "value": 1}}]}]}),
    *[("food", {"nutrition": {"energy": {"units": units, "value": most}}}) for units, most in
      [("kilocalories", 10000), ("calories", 10**7), ("kilojoules", 41858), ("joules", 41858000)]],
    ("insulin", {"dose": {"units": "Units", "total": 250, "food": 250, "correction": -250, "active": 250}, "site": "x" * 100}),
    ("insulin", {"formulation": {"name": "x"}}), ("insulin", {"formulation": {"compounds": [{"amount": 0, "formulation": SIMPLE}]}}),
    ("insulin", {"formulation": {"simple": {"actingType": "long", "brand": "x", "concentration": {"units": "Units/mL", "value": 10000}}}}),
    ("activity", {"activityType": "yoga"}), ("activity", {"activityType": "other", "activityTypeOther": "x"}),
    ("activity", {"activityType": "other"}), ("activity", {"aggregate": True, "name": "x", "reportedIntensity": "low"}),
    *[("activity", {"distance": {"units": units, "value": most}}) for units, most in
      [("feet", 528000), ("kilometers", 160.9344), ("meters", 160934.4), ("miles", 100), ("yards", 176000)]],
    *[("activity", {"duration": {"units": units, "value": most}}) for units, most in
      [("hours", 168), ("minutes", 10080), ("seconds", 604800)]],
    ("activity", {"elevationChange": {"units": "feet", "value": 52800}}), ("activity", {"elevationChange": {"units": "meters", "value": 16093.44}}),
    ("activity", {"flight": {"count": 10000}, "lap": {"count": 10000, "distance": {"units": "miles", "value": 1}}, "step": {"count": 100000}}),
    ("state", {"states": [{"state": "other", "stateOther": "x", "severity": 10}]}), ("state", {"states": GONE}),
    *[("water", {"amount": {"units": units, "value": most}}) for units, most in
      [("gallons", 10), ("liters", 37.854118), ("milliliters", 37854.118), ("ounces", 1280)]],
    ("alert", {"trigger": "delayed", "triggerDelay": 86400, "sound": "name", "soundName": "x"}),
    ("alert", {"trigger": "repeating", "triggerDelay": 0, "sound": "vibrate", "priority": "timeSensitive"}),
    ("alert", {"acknowledgedTime": "2024-03-10T08:00:00.001Z", "retractedTime": "2024-03-10T09:00:00Z"}),
    ("controllerStatus", {"battery": {"remaining": 1, "units": "percent", "time": TIME}}),
    ("pumpStatus", {"basalDelivery": {"state": "scheduled", "time": TIME}}),
    ("pumpStatus", {"basalDelivery": {"state": "temporary", "dose": {"startTime": TIME, "endTime": "2024-03-10T08:30:00Z", "rate": 100, "amountDelivered": 1000}}}),
    ("pumpStatus", {"bolusDelivery": {"state": "delivering", "dose": {"startTime": TIME, "amount": 1000, "amountDelivered": 0}}}),
    ("pumpStatus", {"bolusDelivery": {"state": "none"}, "reservoir": {"remaining": 10000, "units": "Units", "time": TIME}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), GOOD)
def test_accepted(name: str, changes: dict[str, Any]) -> None:
    assert faults(changed(name, changes)) == []


RANGE, ABSENT, EXTRA, WORD = "value-out-of-range", "value-not-exists", "value-exists", "value-not-allowed"
LENGTH, NUMBER, INT, VALID_NOT = "length-out-of-range", "type-not-float64", "type-not-int", "value-not-valid"

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("cbg", {"units": GONE}, ABSENT, "units"), ("cbg", {"value": GONE}, ABSENT, "value"), ("cbg", {"value": None}, ABSENT, "value"),
    ("cbg", {"value": -0.1}, RANGE, "value"), ("cbg", {"value": 1000.1}, RANGE, "value"),
    ("cbg", {"units": "mmol/L", "value": 55.1}, RANGE, "value"), ("cbg", {"units": "g/L", "value": 5000}, WORD, "units"),
    ("cbg", {"value": "100"}, NUMBER, "value"), ("cbg", {"value": True}, NUMBER, "value"),
    ("cbg", {"value": float("nan")}, VALID_NOT, "value"), ("cbg", {"value": 1e400}, VALID_NOT, "value"), ("cbg", {"value": 10**400}, VALID_NOT, "value"),
    ("cbg", {"trend": "up"}, WORD, "trend"), ("cbg", {"trendRateUnits": "mg/dL/minute"}, EXTRA, "trendRateUnits"),
    ("cbg", {"trendRate": 1, "trendRateUnits": "mg/dL/min"}, WORD, "trendRateUnits"),
    ("cbg", {"trendRate": 100.1, "trendRateUnits": "mg/dL/minute"}, RANGE, "trendRate"),
    ("cbg", {"trendRate": -5.6, "trendRateUnits": "mmol/L/minute"}, RANGE, "trendRate"),
    ("cbg", {"sampleInterval": -1}, RANGE, "sampleInterval"), ("cbg", {"sampleInterval": DAY + 1}, RANGE, "sampleInterval"),
    ("cbg", {"sampleInterval": 1.5}, INT, "sampleInterval"), ("cbg", {"backfilled": 1}, "type-not-bool", "backfilled"),
    ("smbg", {"subType": "x"}, WORD, "subType"), ("ketone", {"value": 10.1}, RANGE, "value"), ("ketone", {"units": "mg/dL"}, WORD, "units"),
    ("scheduled", {"duration": GONE}, ABSENT, "duration"), ("scheduled", {"rate": GONE}, ABSENT, "rate"),
    ("scheduled", {"duration": WEEK + 1}, RANGE, "duration"), ("scheduled", {"duration": -1, "expectedDuration": 0}, RANGE, "duration"),
    ("scheduled", {"expectedDuration": 999}, RANGE, "expectedDuration"), ("scheduled", {"expectedDuration": WEEK + 1}, RANGE, "expectedDuration"),
    ("scheduled", {"rate": 100.1}, RANGE, "rate"), ("scheduled", {"scheduleName": ""}, "value-empty", "scheduleName"),
    ("automated", {"scheduleName": "x" * 1001}, LENGTH, "scheduleName"),
    ("automated", suppressed("automated"), WORD, "suppressed/deliveryType"), ("temp", suppressed("temp"), WORD, "suppressed/deliveryType"),
    ("suspend", suppressed("suspend"), WORD, "suppressed/deliveryType"),
    ("suspend", suppressed("temp", **suppressed("temp")), WORD, "suppressed/suppressed/deliveryType"),
    ("suspend", suppressed("scheduled", type="bolus"), RANGE, "suppressed/type"), ("suspend", suppressed("scheduled", type=None), ABSENT, "suppressed/type"),
    ("suspend", suppressed("scheduled", rate=None), ABSENT, "suppressed/rate"), ("suspend", suppressed("temp", percent=11), RANGE, "suppressed/percent"),
    ("suspend", {"suppressed": []}, "type-not-object", "suppressed"), ("suspend", {"suppressed": {"type": "basal"}}, ABSENT, "suppressed/deliveryType"),
    ("temp", {"percent": 10.1}, RANGE, "percent"), ("suspend", {"duration": GONE}, ABSENT, "duration"),
    ("normal", {"normal": GONE}, ABSENT, "normal"), ("normal", {"normal": 100.1}, RANGE, "normal"), ("normal", {"normal": -1}, RANGE, "normal"),
    ("normal", {"expectedNormal": 4.9}, RANGE, "normal"), ("normal", {"expectedNormal": 101}, RANGE, "expectedNormal"),
    ("normal", {"deliveryContext": "x"}, WORD, "deliveryContext"),
    ("square", {"duration": GONE}, ABSENT, "duration"), ("square", {"duration": DAY + 1}, RANGE, "duration"), ("square", {"extended": GONE}, ABSENT, "extended"),
    ("square", {"expectedExtended": 5}, ABSENT, "expectedDuration"), ("square", {"expectedDuration": 5000}, EXTRA, "expectedDuration"),
    ("square", {"expectedExtended": 4, "expectedDuration": 1000}, RANGE, "extended"), ("square", {"expectedExtended": 5, "expectedDuration": 999}, RANGE, "duration"),
    ("square", {"expectedExtended": 5, "expectedDuration": DAY + 1}, RANGE, "expectedDuration"),
    ("dual", {"normal": GONE}, ABSENT, "normal"), ("dual", {"expectedNormal": 4}, RANGE, "normal"), ("dual", {"extended": 101}, RANGE, "extended"),
    ("autobolus", {"normal": 0}, ABSENT, "expectedNormal"), ("autobolus", {"expectedNormal": 4.9}, RANGE, "expectedNormal"),
    ("autobolus", {"expectedNormal": 100.1}, RANGE, "expectedNormal"),
    ("wizard", {"units": GONE}, ABSENT, "units"), ("wizard", {"bgInput": 1001}, RANGE, "bgInput"), ("wizard", {"units": "mmol/L", "insulinSensitivity": 56}, RANGE, "insulinSensitivity"),
    ("wizard", {"carbInput": 1001}, RANGE, "carbInput"), ("wizard", {"carbUnits": "x"}, WORD, "carbUnits"), ("wizard", {"insulinCarbRatio": 251}, RANGE, "insulinCarbRatio"),
    ("wizard", {"insulinOnBoard": 251}, RANGE, "insulinOnBoard"), ("wizard", {"recommended": {"carb": -1}}, RANGE, "recommended/carb"),
    ("wizard", {"recommended": {"net": 101}}, RANGE, "recommended/net"), ("wizard", {"bgTarget": {}}, ABSENT, "bgTarget/target"),
    ("wizard", {"bgTarget": {"high": 5}}, ABSENT, "bgTarget/target"), ("wizard", {"bgTarget": {"low": 5}}, ABSENT, "bgTarget/high"),
    ("wizard", {"bgTarget": {"target": 1001}}, RANGE, "bgTarget/target"), ("wizard", {"bgTarget": {"target": 100, "range": 100.1}}, RANGE, "bgTarget/range"),
    ("wizard", {"bgTarget": {"target": 900, "range": 101}}, RANGE, "bgTarget/range"), ("wizard", {"bgTarget": {"target": 100, "high": 99}}, RANGE, "bgTarget/high"),
    ("wizard", {"bgTarget": {"target": 100, "high": 1001}}, RANGE, "bgTarget/high"), ("wizard", {"bgTarget": {"low": 100, "high": 99}}, RANGE, "bgTarget/high"),
    ("wizard", {"bgTarget": {"low": -1, "high": 99}}, RANGE, "bgTarget/low"), ("wizard", {"bgTarget": {"low": 5, "high": 6, "range": 1}}, EXTRA, "bgTarget/range"),
    ("wizard", {"bgTarget": {"target": 5, "low": 4}}, EXTRA, "bgTarget/low"), ("wizard", {"bgTarget": {"target": 5, "range": 1, "high": 9}}, EXTRA, "bgTarget/high"),
    ("food", {"amount": {"value": 1}}, ABSENT, "amount/units"), ("food", {"amount": {"units": "g"}}, ABSENT, "amount/value"), ("food", {"amount": {"units": "g", "value": -1}}, RANGE, "amount/value"),
    ("food", {"amount": {"units": "x" * 101, "value": 1}}, LENGTH, "amount/units"), ("food", {"brand": "x" * 101}, LENGTH, "brand"), ("food", {"meal": "tea"}, WORD, "meal"),
    ("food", {"meal": "other"}, ABSENT, "mealOther"), ("food", {"mealOther": "x"}, EXTRA, "mealOther"), ("food", {"ingredients": []}, "value-empty", "ingredients"),
    ("food", {"ingredients": [{}] * 101}, LENGTH, "ingredients"), ("food", {"ingredients": [{"ingredients": [{"name": 5}]}]}, "type-not-string", "ingredients/0/ingredients/0/name"),
    ("food", {"nutrition": {"estimatedAbsorptionDuration": 86401}}, RANGE, "nutrition/estimatedAbsorptionDuration"),
    ("food", {"nutrition": {"carbohydrate": {"units": "grams"}}}, ABSENT, "nutrition/carbohydrate/net"), ("food", {"nutrition": {"carbohydrate": {"units": "g", "net": 1}}}, WORD, "nutrition/carbohydrate/units"),
    ("food", {"nutrition": {"carbohydrate": {"units": "grams", "net": 1001}}}, RANGE, "nutrition/carbohydrate/net"),
    ("food", {"nutrition": {"fat": {"units": "grams", "total": 1001}}}, RANGE, "nutrition/fat/total"), ("food", {"nutrition": {"protein": {"units": "grams"}}}, ABSENT, "nutrition/protein/total"),
    ("food", {"nutrition": {"energy": {"units": "kilojoules", "value": 41858.1}}}, RANGE, "nutrition/energy/value"), ("food", {"nutrition": {"energy": {"units": "x", "value": 1}}}, WORD, "nutrition/energy/units"),
    ("food", {"nutrition": {"energy": {"units": "joules", "value": -1}}}, RANGE, "nutrition/energy/value"),
    ("insulin", {"dose": {"units": "Units"}}, ABSENT, "dose/total"), ("insulin", {"dose": {"units": "units", "total": 1}}, WORD, "dose/units"),
    ("insulin", {"dose": {"units": "Units", "total": 251}}, RANGE, "dose/total"), ("insulin", {"dose": {"units": "Units", "total": 1, "correction": -251}}, RANGE, "dose/correction"),
    ("insulin", {"site": "x" * 101}, LENGTH, "site"), ("insulin", {"formulation": {}}, ABSENT, "formulation/simple"),
    ("insulin", {"formulation": {**SIMPLE, "compounds": [{"amount": 1, "formulation": SIMPLE}]}}, EXTRA, "formulation/compounds"),
    ("insulin", {"formulation": {"compounds": [{"amount": -1, "formulation": SIMPLE}]}}, RANGE, "formulation/compounds/0/amount"),
    ("insulin", {"formulation": {"compounds": [{"amount": 1}]}}, ABSENT, "formulation/compounds/0/formulation"), ("insulin", {"formulation": {"compounds": []}}, "value-empty", "formulation/compounds"),
    ("insulin", {"formulation": {"simple": {}}}, ABSENT, "formulation/simple/actingType"),
    ("insulin", {"formulation": {"simple": {"actingType": "rapid", "concentration": {"units": "Units/mL", "value": 10001}}}}, RANGE, "formulation/simple/concentration/value"),
    ("activity", {"activityType": "chess"}, WORD, "activityType"), ("activity", {"activityTypeOther": "x"}, EXTRA, "activityTypeOther"), ("activity", {"reportedIntensity": "x"}, WORD, "reportedIntensity"),
    ("activity", {"distance": {"units": "miles", "value": 100.1}}, RANGE, "distance/value"), ("activity", {"distance": {"value": 1}}, ABSENT, "distance/units"),
    ("activity", {"duration": {"units": "hours", "value": 168.1}}, RANGE, "duration/value"), ("activity", {"elevationChange": {"units": "feet", "value": 52801}}, RANGE, "elevationChange/value"),
    ("activity", {"flight": {}}, ABSENT, "flight/count"), ("activity", {"flight": {"count": 10001}}, RANGE, "flight/count"), ("activity", {"lap": {"count": 1}}, ABSENT, "lap/distance"),
    ("activity", {"step": {"count": 100001}}, RANGE, "step/count"), ("activity", {"aggregate": "true"}, "type-not-bool", "aggregate"),
    ("state", {"states": [{}]}, ABSENT, "states/0/state"), ("state", {"states": [{"state": "x"}]}, WORD, "states/0/state"), ("state", {"states": [{"state": "other"}]}, ABSENT, "states/0/stateOther"),
    ("state", {"states": [{"state": "illness", "stateOther": "x"}]}, EXTRA, "states/0/stateOther"), ("state", {"states": [{"state": "illness", "severity": 11}]}, RANGE, "states/0/severity"),
    ("water", {"amount": GONE}, ABSENT, "amount"), ("water", {"amount": {"units": "ounces", "value": 1281}}, RANGE, "amount/value"), ("water", {"amount": {"units": "cups", "value": 1}}, WORD, "amount/units"),
    ("alert", {"name": GONE}, ABSENT, "name"), ("alert", {"name": "x" * 101}, LENGTH, "name"), ("alert", {"priority": "x"}, WORD, "priority"),
    ("alert", {"trigger": "delayed"}, ABSENT, "triggerDelay"), ("alert", {"trigger": "immediate", "triggerDelay": 1}, EXTRA, "triggerDelay"),
    ("alert", {"trigger": "delayed", "triggerDelay": 86401}, RANGE, "triggerDelay"), ("alert", {"sound": "name"}, ABSENT, "soundName"), ("alert", {"soundName": "x"}, EXTRA, "soundName"),
    ("alert", {"issuedTime": GONE}, ABSENT, "issuedTime"), ("alert", {"issuedTime": "x"}, "value-not-parsable", "issuedTime"),
    ("alert", {"acknowledgedTime": TIME}, "value-not-after", "acknowledgedTime"), ("alert", {"retractedTime": TIME}, "value-not-after", "retractedTime"),
    ("controllerStatus", {"battery": GONE}, ABSENT, "battery"), ("controllerStatus", {"battery": {}}, "values-not-exist-for-any", "battery"),
    ("controllerStatus", {"battery": {"remaining": 0.5}}, ABSENT, "battery/units"), ("controllerStatus", {"battery": {"state": "full", "units": "percent"}}, EXTRA, "battery/units"),
    ("controllerStatus", {"battery": {"remaining": 1.1, "units": "percent"}}, RANGE, "battery/remaining"), ("controllerStatus", {"battery": {"state": "empty"}}, WORD, "battery/state"),
    ("pumpStatus", {"basalDelivery": {"state": "suspended"}}, ABSENT, "basalDelivery/time"), ("pumpStatus", {"basalDelivery": {"state": "resuming", "time": TIME}}, EXTRA, "basalDelivery/time"),
    ("pumpStatus", {"basalDelivery": {"state": "temporary"}}, ABSENT, "basalDelivery/dose"), ("pumpStatus", {"basalDelivery": {"state": "resuming", "dose": {"rate": 1}}}, EXTRA, "basalDelivery/dose"),
    ("pumpStatus", {"basalDelivery": {"state": "temporary", "dose": {"rate": 100.1}}}, RANGE, "basalDelivery/dose/rate"),
    ("pumpStatus", {"basalDelivery": {"state": "temporary", "dose": {"rate": 1, "startTime": TIME, "endTime": TIME}}}, "value-not-after", "basalDelivery/dose/endTime"),
    ("pumpStatus", {"basalDelivery": {"state": "temporary", "dose": {"rate": 1, "amountDelivered": 1001}}}, RANGE, "basalDelivery/dose/amountDelivered"),
    ("pumpStatus", {"bolusDelivery": {"state": "delivering"}}, ABSENT, "bolusDelivery/dose"), ("pumpStatus", {"bolusDelivery": {"state": "none", "dose": {"amount": 1}}}, EXTRA, "bolusDelivery/dose"),
    ("pumpStatus", {"bolusDelivery": {"state": "delivering", "dose": {}}}, ABSENT, "bolusDelivery/dose/amount"), ("pumpStatus", {"bolusDelivery": {"state": "x"}}, WORD, "bolusDelivery/state"),
    ("pumpStatus", {"reservoir": {"units": "Units"}}, ABSENT, "reservoir/remaining"), ("pumpStatus", {"reservoir": {"units": "Units", "remaining": 10001}}, RANGE, "reservoir/remaining"),
    ("pumpStatus", {"reservoir": {"units": "mL", "remaining": 1}}, WORD, "reservoir/units"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "code", "pointer"), BAD)
def test_refused(name: str, changes: dict[str, Any], code: str, pointer: str) -> None:
    assert faults(changed(name, changes)) == [(code, pointer)]


def test_a_pump_status_without_any_part() -> None:
    assert faults(changed("pumpStatus", {"deliveryIndeterminant": GONE})) == [("values-not-exist-for-any", "/0")]


@pytest.mark.parametrize(
    ("kind", "inner"),
    [("food", lambda inner: {"ingredients": [inner]}), ("insulin", lambda inner: {"compounds": [{"amount": 1, "formulation": inner}]})],
)  # fmt: skip
def test_recursion_is_bounded(kind: str, inner: Any) -> None:
    found: dict[str, Any] = {"name": "x"}
    for _ in range(200):
        found = inner(found)
    [(code, _)] = faults(changed(kind, {"formulation": found} if kind == "insulin" else found))
    assert code == "value-not-valid"


def test_glucose_is_kept_in_mmol() -> None:
    def fields(name: str, **changes: Any) -> dict[str, Any]:
        [checked] = check_batch([changed(name, changes)], mint_id=str)
        return checked.fields

    assert fields("cbg", trendRate=0.4, trendRateUnits="mg/dL/minute") == {
        "units": "mmol/L", "value": 5.55075, "trendRate": 0.0222, "trendRateUnits": "mmol/L/minute",
    }  # fmt: skip
    assert fields("cbg", value=1000)["value"] == 55.50748
    assert fields("smbg", units="mmol/l", value=5.123456789) == {"units": "mmol/L", "value": 5.123456789}
    assert fields("ketone", units="mmol/l") == {"units": "mmol/L", "value": 1}
    wizard = fields("wizard", bgInput=120, insulinSensitivity=40, bgTarget={"target": 100, "range": 40})
    assert wizard == {
        "units": "mmol/L", "bgInput": 6.6609, "insulinSensitivity": 2.2203, "bgTarget": {"target": 5.55075, "range": 2.2203},
    }  # fmt: skip
    assert fields("wizard", bgTarget={"low": 70, "high": 180})["bgTarget"] == {"low": 3.88552, "high": 9.99135}
    assert fields("alert", issuedTime="2024-03-10T08:00:00.5+01:00")["issuedTime"] == "2024-03-10T07:00:00.500Z"
    assert fields("temp")["deliveryType"] == "temp"
