"""Device events: each rule of each sub type at its boundary."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

from copy import deepcopy
from typing import Any

import pytest

from openward.care.devicedata.rules import check_batch
from openward.care.errors import Invalid

TIME, CLOCK = "2024-03-10T08:00:00Z", "2024-03-10T08:00:00"
GONE = object()
WEEK = 604_800_000
STATUS: dict[str, Any] = {
    "type": "deviceEvent", "subType": "status", "time": TIME, "status": "suspended", "reason": {"suspended": "manual"},
}  # fmt: skip

VALID: dict[str, dict[str, Any]] = {
    "alarm": {"alarmType": "occlusion"},
    "calibration": {"units": "mg/dL", "value": 100},
    "prime": {"primeTarget": "tubing"},
    "pumpSettingsOverride": {"overrideType": "sleep"},
    "reservoirChange": {},
    "status": {"status": "suspended", "reason": {"suspended": "manual"}},
    "timeChange": {"to": {"time": CLOCK}},
}


def changed(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    item = {"type": "deviceEvent", "subType": name, "time": TIME, **deepcopy(VALID[name]), **changes}
    return {field: value for field, value in item.items() if value is not GONE}


def faults(item: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        check_batch([item], mint_id=lambda: "0" * 32)
    except Invalid as invalid:
        return [(fault.code, fault.pointer.removeprefix("/0")) for fault in invalid.faults]
    return []


PRESET = "pumpSettingsOverride"
BG = {"bgTarget": {"target": 100}, "units": {"bg": "mg/dL"}}
OLD = {"agent": "manual", "from": CLOCK, "to": CLOCK}

GOOD: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in VALID],
    *[("alarm", {"alarmType": word}) for word in
      ["auto_off", "low_insulin", "low_power", "no_delivery", "no_insulin", "no_power", "occlusion", "other", "over_limit"]],
    ("alarm", {"status": STATUS}), ("reservoirChange", {"status": STATUS}),
    ("calibration", {"units": "mmol/L", "value": 55}),
    ("prime", {"primeTarget": "cannula", "volume": 1000}),
    *[(PRESET, {"overrideType": word}) for word in ["custom", "physicalActivity", "preprandial", "sleep"]],
    (PRESET, {"overrideType": "preset", "overridePreset": "x" * 100}), (PRESET, {"method": "manual", "duration": WEEK}),
    (PRESET, {"duration": 5, "expectedDuration": 5}), (PRESET, {"expectedDuration": WEEK}), (PRESET, BG),
    (PRESET, {"basalRateScaleFactor": 0.1, "carbRatioScaleFactor": 10, "insulinSensitivityScaleFactor": 1}),
    ("status", {"status": "resumed", "duration": 0, "expectedDuration": 0}), ("status", {"duration": 10**12, "expectedDuration": 10**12}),
    ("timeChange", {"from": {"timeZoneName": "Europe/Berlin"}, "method": "automatic"}),
    ("timeChange", {"to": {"time": "2024-03-10T08:00:00+01:00", "timeZoneName": "UTC"}}),
    ("timeChange", {"to": GONE, "change": OLD}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), GOOD)
def test_accepted(name: str, changes: dict[str, Any]) -> None:
    assert faults(changed(name, changes)) == []


RANGE, ABSENT, EXTRA, WORD = "value-out-of-range", "value-not-exists", "value-exists", "value-not-allowed"

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("alarm", {"alarmType": GONE}, ABSENT, "/alarmType"), ("alarm", {"alarmType": "x"}, WORD, "/alarmType"),
    ("alarm", {"status": "x"}, "type-not-object", "/status"), ("alarm", {"status": {**STATUS, "subType": "alarm"}}, WORD, "/status/subType"),
    ("alarm", {"status": {**STATUS, "reason": {}}}, "value-empty", "/status/reason"),
    ("reservoirChange", {"status": {**STATUS, "status": "x"}}, WORD, "/status/status"), ("reservoirChange", {"status": {**STATUS, "time": None}}, ABSENT, "/status/time"),
    ("calibration", {"value": GONE}, ABSENT, "/value"), ("calibration", {"value": 1001}, RANGE, "/value"), ("calibration", {"units": "x"}, WORD, "/units"),
    ("prime", {"primeTarget": GONE}, ABSENT, "/primeTarget"), ("prime", {"volume": 1000.1}, RANGE, "/volume"), ("prime", {"primeTarget": "x"}, WORD, "/primeTarget"),
    (PRESET, {"overrideType": GONE}, ABSENT, "/overrideType"), (PRESET, {"overrideType": "preset"}, ABSENT, "/overridePreset"), (PRESET, {"overridePreset": "x"}, EXTRA, "/overridePreset"),
    (PRESET, {"overrideType": "preset", "overridePreset": "x" * 101}, "length-out-of-range", "/overridePreset"), (PRESET, {"method": "x"}, WORD, "/method"),
    (PRESET, {"duration": WEEK + 1}, RANGE, "/duration"), (PRESET, {"duration": 5, "expectedDuration": 4}, RANGE, "/expectedDuration"), (PRESET, {"expectedDuration": WEEK + 1}, RANGE, "/expectedDuration"),
    (PRESET, {"basalRateScaleFactor": 0.09}, RANGE, "/basalRateScaleFactor"), (PRESET, {"carbRatioScaleFactor": 10.1}, RANGE, "/carbRatioScaleFactor"),
    (PRESET, {"units": {"bg": "mg/dL"}}, EXTRA, "/units"), (PRESET, {**BG, "units": GONE}, ABSENT, "/units"), (PRESET, {**BG, "units": {}}, ABSENT, "/units/bg"),
    (PRESET, {**BG, "bgTarget": {"target": 1001}}, RANGE, "/bgTarget/target"), (PRESET, {**BG, "bgTarget": {}}, ABSENT, "/bgTarget/target"),
    ("status", {"status": GONE}, ABSENT, "/status"), ("status", {"reason": GONE}, ABSENT, "/reason"), ("status", {"reason": {}}, "value-empty", "/reason"),
    ("status", {"duration": -1}, RANGE, "/duration"), ("status", {"duration": 5, "expectedDuration": 4}, RANGE, "/expectedDuration"), ("status", {"expectedDuration": -1}, RANGE, "/expectedDuration"),
    ("timeChange", {"to": GONE}, "values-not-exist-for-one", ""), ("timeChange", {"to": GONE, "method": "manual"}, ABSENT, "/to"), ("timeChange", {"to": GONE, "from": {"time": CLOCK}}, ABSENT, "/to"),
    ("timeChange", {"change": OLD}, EXTRA, "/change"), ("timeChange", {"to": {}}, "values-not-exist-for-any", "/to"), ("timeChange", {"to": {"time": "x"}}, "value-not-valid", "/to/time"),
    ("timeChange", {"from": {"timeZoneName": "x"}}, "value-not-valid", "/from/timeZoneName"), ("timeChange", {"method": "x"}, WORD, "/method"),
    ("timeChange", {"to": GONE, "change": {**OLD, "agent": "x"}}, WORD, "/change/agent"), ("timeChange", {"to": GONE, "change": {**OLD, "from": None}}, ABSENT, "/change/from"),
    ("timeChange", {"to": GONE, "change": {**OLD, "to": TIME}}, "value-not-valid", "/change/to"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "code", "pointer"), BAD)
def test_refused(name: str, changes: dict[str, Any], code: str, pointer: str) -> None:
    assert faults(changed(name, changes)) == [(code, pointer)]


def test_normal_form() -> None:
    override, calibration = check_batch([changed(PRESET, BG), changed("calibration", {})], mint_id=str)
    assert override.fields == {
        "subType": PRESET, "overrideType": "sleep", "bgTarget": {"target": 5.55075}, "units": {"bg": "mmol/L"},
    }  # fmt: skip
    assert calibration.fields == {"subType": "calibration", "units": "mmol/L", "value": 5.55075}
