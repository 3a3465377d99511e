"""Dexcom's records -> our data, by the published rules and examples; what comes out passes the rules of the house."""

from typing import Any

import pytest

from openward.care.devicedata import check_batch, sent_form
from openward.wire.dexcom import readings, settings, translate
from openward.wire.dexcom.times import clock_fields, parse

TRANSMITTER = "cdb4f8eea4392295413c64d5bc7a9e0e0ee9b215fb43c5a6d71d4431e540046b"
EGV = {
    "recordId": "b4b1b9c6-3d8f-4d0d-9f6d-2d3f7f6d0001",
    "systemTime": "2024-03-10T08:00:12Z",
    "displayTime": "2024-03-10T00:00:12-08:00",
    "transmitterId": TRANSMITTER,
    "transmitterTicks": 381712,
    "value": 120,
    "trend": "flat",
    "trendRate": 0.4,
    "unit": "mg/dL",
    "rateUnit": "mg/dL/min",
    "displayDevice": "iOS",
    "transmitterGeneration": "g6",
}
EVENT = {
    "recordId": "e-1",
    "systemTime": "2024-03-10T08:01:00Z",
    "displayTime": "2024-03-10T00:01:00-08:00",
    "eventStatus": "created",
    "eventType": "insulin",
    "eventSubType": "fastActing",
    "value": "2.5",
    "unit": "units",
    "transmitterId": "",
    "transmitterGeneration": "g6",
    "displayDevice": "iOS",
}


def egv(record: dict[str, Any]) -> dict[str, Any] | None:
    """The reading as JSON."""
    made = readings.egv(record)
    return None if made is None else sent_form(made)


def kept(datum: dict[str, Any] | None) -> dict[str, Any]:
    """The datum, which must be one that the house takes."""
    assert datum is not None
    check_batch([datum], mint_id=lambda: "0" * 32)
    return datum


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ("2023-11-03T20:42:56.468", (300, 674345, 259200000)),
        ("2023-11-03T20:42:56.468-06:00", (-360, 674345, 298800000)),
        ("2023-10-31T15:31:42.123Z", (0, None, None)),
        ("2023-10-31T08:31:42.123", (-420, None, None)),
        ("2023-11-01T05:31:42.123", (840, None, None)),
        ("2023-11-01T06:01:42.123", (-570, None, 86400000)),
        ("2023-10-31T03:01:42.123", (690, None, -86400000)),
        ("2023-10-31T15:46:42.123", (30, -900000, None)),
        ("2023-10-31T15:16:42.123", (-30, 900000, None)),
    ],
)
def test_clocks(display: str, expected: tuple[int, int | None, int | None]) -> None:
    fields = clock_fields("2023-10-31T15:31:42.123Z", display)
    assert fields is not None
    assert fields["time"] == "2023-10-31T15:31:42.123Z"
    assert fields["deviceTime"] == display[:19]
    got = (fields["timezoneOffset"], fields.get("clockDriftOffset"), fields.get("conversionOffset"))
    assert got == expected


@pytest.mark.parametrize(
    ("text", "wall", "offset"),
    [
        ("2024-03-10T08:00:12Z", "2024-03-10T08:00:12", 0),
        ("2024-3-9 8:0:2", "2024-03-09T08:00:02", None),
        ("2024-03-10", "2024-03-10T00:00:00", None),
        ("2024-03-10T08", "2024-03-10T08:00:00", None),
        ("2024-03-10T08:30", "2024-03-10T08:30:00", None),
        ("2024-03-10T08:00:12.123456789+05:30", "2024-03-10T08:00:12.123456", 330),
        ("2024-03-10T08:00:12-0800", "2024-03-10T08:00:12", -480),
        ("2024-03-10T08:00:12+05", "2024-03-10T08:00:12", 300),
        ("2024-03-10T08:00:12+05:30:31", "2024-03-10T08:00:12", 331),
    ],
)
def test_times_are_read_leniently(text: str, wall: str, offset: int | None) -> None:
    moment = parse(text)
    assert moment is not None
    assert (moment.wall.isoformat(), moment.offset_min) == (wall, offset)


@pytest.mark.parametrize("text", ["", "now", "2024-13-01T00:00:00Z", "2024-02-30", "2024-03-10T25:00:00Z", None, 5])
def test_what_is_no_time(text: object) -> None:
    assert parse(text) is None


def test_the_published_reading() -> None:
    made = kept(egv(EGV))
    assert made == {
        "type": "cbg",
        "time": "2024-03-10T08:00:12Z",
        "deviceTime": "2024-03-10T00:00:12",
        "timezoneOffset": -480,
        "deviceId": f"DexcomG6_{TRANSMITTER}",
        "origin": {"id": EGV["recordId"]},
        "units": "mg/dL",
        "value": 120,
        "trend": "constant",
        "trendRate": 0.4,
        "trendRateUnits": "mg/dL/minute",
        "payload": {
            "trend": "flat",
            "trendRate": 0.4,
            "trendRateUnits": "mg/dL/min",
            "transmitterId": TRANSMITTER,
            "transmitterTicks": 381712,
            "displayDevice": "iOS",
            "transmitterGeneration": "g6",
            "systemTime": "2024-03-10T08:00:12Z",
            "displayTime": "2024-03-10T00:00:12-08:00",
        },
    }


@pytest.mark.parametrize(
    ("unit", "value", "stored", "annotation"),
    [
        ("mg/dL", 39, 39, ("low", 40)),
        ("mg/dL", 40, 40, None),
        ("mg/dL", 400, 400, None),
        ("mg/dL", 401, 401, ("high", 400)),
        ("mg/dL", 600, 401, ("high", 400)),
        ("mmol/L", 2.1, 2.1203, ("low", 2.2203)),
        ("mmol/L", 22.3, 22.30299, ("high", 22.20299)),
        ("mmol/L", 6.6, 6.6, None),
    ],
)
def test_out_of_range(unit: str, value: float, stored: float, annotation: tuple[str, float] | None) -> None:
    made = kept(egv(EGV | {"unit": unit, "value": value, "rateUnit": "unknown"}))
    assert made["value"] == stored
    expected = None
    if annotation is not None:
        expected = [{"code": "bg/out-of-range", "threshold": annotation[1], "value": annotation[0]}]
    assert made.get("annotations") == expected
    assert "trendRate" not in made


@pytest.mark.parametrize(
    "broken",
    [
        {"recordId": None},
        {"systemTime": "soon"},
        {"displayTime": "soon"},
        {"value": None},
        {"value": "high"},
        {"value": True},
        {"unit": "unknown"},
    ],
    ids=str,
)
def test_a_broken_reading_is_left_out(broken: dict[str, Any]) -> None:
    assert egv(EGV | broken) is None


def test_a_reading_without_display_time_has_no_device_time() -> None:
    made = kept(egv({name: value for name, value in EGV.items() if name != "displayTime"}))
    assert made["payload"]["systemTime"] == EGV["systemTime"]
    assert not {"deviceTime", "timezoneOffset", "clockDriftOffset", "conversionOffset"} & made.keys()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"type": "insulin", "dose": {"units": "Units", "total": 2.5}}),
        ({"eventSubType": "longActing"}, {"formulation": {"simple": {"actingType": "long"}}}),
        ({"value": "", "unit": None}, {"dose": {"units": "Units", "total": 0}}),
        (
            {"eventType": "carbs", "eventSubType": None, "value": "40", "unit": "grams"},
            {"type": "food", "nutrition": {"carbohydrate": {"units": "grams", "net": 40}}},
        ),
        (
            {"eventType": "exercise", "eventSubType": "heavy", "value": "30", "unit": "minutes"},
            {
                "type": "physicalActivity",
                "duration": {"units": "minutes", "value": 30},
                "reportedIntensity": "high",
            },
        ),
        (
            {"eventType": "exercise", "eventSubType": None, "value": "-1.00", "unit": "minutes"},
            {"duration": {"units": "minutes", "value": 0}},
        ),
        (
            {"eventType": "health", "eventSubType": "highSymptoms", "value": "", "unit": None},
            {"type": "reportedState", "states": [{"state": "hyperglycemiaSymptoms"}]},
        ),
        (
            {"eventType": "bloodGlucose", "eventSubType": None, "value": "110", "unit": "mg/dL"},
            {"type": "smbg", "units": "mg/dL", "value": 110},
        ),
        (
            {"eventType": "notes", "eventSubType": None, "value": "x" * 1200, "unit": None},
            {"type": "reportedState", "notes": ["x" * 1000]},
        ),
    ],
    ids=["fast", "long", "nothing said", "carbs", "exercise", "no duration", "health", "fingerstick", "note"],
)
def test_events(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    made = kept(translate.event(EVENT | changes))
    assert {name: made[name] for name in expected} == expected
    assert made["origin"] == {"id": "e-1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"eventStatus": "updated"},
        {"eventStatus": "deleted"},
        {"eventType": "unknown"},
        {"eventType": "health", "eventSubType": "unknown"},
        {"value": "much"},
        {"unit": "grams"},
    ],
    ids=str,
)
def test_events_that_say_nothing(changes: dict[str, Any]) -> None:
    assert translate.event(EVENT | changes) is None


def test_alerts_and_calibrations() -> None:
    times = {name: EGV[name] for name in ("recordId", "systemTime", "displayTime", "transmitterGeneration")}
    alert = kept(
        translate.alert(
            {**times, "alertName": "high", "alertState": "activeAlarming", "displayApp": "G6", "transmitterId": ""}
        )
    )
    assert (alert["name"], alert["issuedTime"]) == ("high", "2024-03-10T08:00:12Z")
    assert alert["payload"]["alertState"] == "activeAlarming"
    assert "deviceId" not in alert
    stick = kept(translate.calibration({**times, "unit": "mg/dL", "value": 104, "transmitterId": TRANSMITTER}))
    assert (stick["subType"], stick["value"], stick["units"]) == ("calibration", 104, "mg/dL")


def _setting(name: str, value: float, unit: str, **more: object) -> dict[str, Any]:
    return {
        "systemTime": "2024-03-01T00:00:00Z",
        "displayTime": "2024-03-01T00:00:00Z",
        "alertName": name,
        "unit": unit,
        "value": value,
        "snooze": 30,
        "enabled": True,
        **more,
    }


def _schedule(settings_: list[dict[str, Any]], **about: object) -> dict[str, Any]:
    return {"alertScheduleSettings": {"isEnabled": True, **about}, "alertSettings": settings_}


DEVICE = {
    "lastUploadDate": "2024-03-10T08:02:00Z",
    "transmitterId": TRANSMITTER,
    "transmitterGeneration": "g7",
    "displayDevice": "android",
    "displayApp": "G7",
    "alertSchedules": [
        _schedule(
            [
                _setting("low", 80, "mg/dL"),
                _setting("low", 75, "mg/dL", systemTime="2024-02-01T00:00:00Z"),
                _setting("high", 250, "mg/dL", snooze=0),
                _setting("urgentLow", 55, "mg/dL", snooze=28),
                _setting("fall", -3, "mg/dL/min"),
                _setting("rise", 2, "mg/dL/min"),
                _setting("noReadings", 20, "minutes"),
            ],
            isDefaultSchedule=True,
            alertScheduleName="",
        ),
        _schedule(
            [_setting("high", 300, "mg/dL", enabled=False)],
            isDefaultSchedule=False,
            alertScheduleName="Night",
            startTime="22:00",
            endTime="06:30",
            daysOfWeek=["sunday", "monday"],
        ),
    ],
}


def test_settings_of_a_device() -> None:
    made = kept(settings.device(DEVICE))
    snooze = {"duration": 30, "units": "minutes"}
    assert made["time"] == "2024-03-10T08:02:00Z"
    assert made["defaultAlerts"] == {
        "enabled": True,
        "low": {"enabled": True, "snooze": snooze, "level": 80, "units": "mg/dL"},
        "high": {"enabled": True, "level": 250, "units": "mg/dL"},
        "urgentLow": {"enabled": True, "snooze": snooze, "level": 55, "units": "mg/dL"},
        "fall": {"enabled": True, "snooze": snooze, "rate": 3, "units": "mg/dL/minute"},
        "rise": {"enabled": True, "snooze": snooze, "rate": 2, "units": "mg/dL/minute"},
        "noData": {"enabled": True, "snooze": snooze, "duration": 20, "units": "minutes"},
    }
    assert made["lowAlerts"] == {"enabled": True, "level": 80, "snooze": 1_800_000}
    assert made["rateOfChangeAlerts"]["fallRate"] == {"enabled": True, "rate": -3}
    (night,) = made["scheduledAlerts"]
    assert night["name"] == "Night"
    assert night["days"] == ["monday", "sunday"]
    assert (night["start"], night["end"]) == (79_200_000, 109_800_000)
    assert night["alerts"]["high"] == {
        "enabled": False,
        "snooze": snooze,
        "level": 300,
        "units": "mg/dL",
    }


def test_a_device_that_only_reports_again_has_not_changed() -> None:
    assert settings.digest(DEVICE) == settings.digest(DEVICE | {"lastUploadDate": "2024-03-11T00:00:00Z"})
    assert settings.digest(DEVICE) != settings.digest(DEVICE | {"alertSchedules": []})
    assert settings.device({name: value for name, value in DEVICE.items() if name != "lastUploadDate"}) is None
