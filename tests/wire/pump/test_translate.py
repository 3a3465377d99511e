"""The pump cloud's records -> our data by the tables of the partner guide; what comes out passes the house's rules."""

from typing import Any

import pytest

from openward.care.devicedata import check_batch
from openward.wire.pump.translate import translated

COMMON = {
    "id": "r-1",
    "deviceId": "ACMEPumpCo-1",
    "deviceModel": "ACMEPumpModel123",
    "deviceManufacturer": "ACME",
    "deviceSerialNumber": "1234567890",
    "deviceTime": "2023-03-28T13:53:00-07:00",
    "timezone": "America/Los_Angeles",
}


def kept(**fields: Any) -> dict[str, Any]:
    """The datum of a record, which must be one that the house takes."""
    made = translated(COMMON | fields)
    assert made is not None
    check_batch([made], mint_id=lambda: "0" * 32)
    return {name: value for name, value in made.items() if name not in _SHARED}


_SHARED = ("time", "deviceTime", "timezone", "timezoneOffset", "deviceId", "origin", "conversionOffset")


@pytest.mark.parametrize(
    ("shown", "zone", "expected"),
    [
        ("2023-03-28T13:53:00-07:00", "America/Los_Angeles", ("2023-03-28T20:53:00Z", "13:53:00", -420, None)),
        ("2023-03-28T20:53:00Z", "America/Los_Angeles", ("2023-03-28T20:53:00Z", "20:53:00", -420, 25_200_000)),
        ("2023-03-28T13:53:00", "America/Los_Angeles", ("2023-03-28T20:53:00Z", "13:53:00", -420, None)),
        ("2023-03-28T13:53:00.250-07:00", None, ("2023-03-28T20:53:00.250Z", "13:53:00", -420, None)),
        ("2023-03-28T13:53:00+05:45", "Nowhere/Land", ("2023-03-28T08:08:00Z", "13:53:00", 345, None)),
    ],
    ids=["zone", "utc", "wall", "fraction", "unknown"],
)
def test_time_comes_from_the_device_time_and_its_zone(shown: str, zone: str | None, expected: tuple[Any, ...]) -> None:
    made = translated({**COMMON, "deviceTime": shown, "timezone": zone, "type": "reservoirChange"})
    assert made is not None
    found = (made["time"], made["deviceTime"][11:], made["timezoneOffset"], made.get("conversionOffset"))
    assert found == expected
    assert made.get("timezone") == (zone if zone == "America/Los_Angeles" else None)
    check_batch([made], mint_id=lambda: "0" * 32)


@pytest.mark.parametrize(
    "missing",
    [
        {"id": None},
        {"id": ""},
        {"id": "x" * 101},
        {"deviceId": None},
        {"deviceTime": None},
        {"deviceTime": "today"},
        {"deviceTime": "2023-03-28T13:53:00", "timezone": "x"},
        {"type": "unheard-of"},
        {"type": 5},
    ],
    ids=["id", "empty", "long", "device", "time", "word", "zone", "type", "number"],
)
def test_what_cannot_be_told_apart_or_placed_is_left_out(missing: dict[str, Any]) -> None:
    assert translated({**COMMON, "type": "reservoirChange", **missing}) is None


def test_basal_rates() -> None:
    table = {"type": "basal", "duration": 2700, "rate": 1.5}
    assert kept(**table, deliveryType="automated", expectedDuration=3000) == {
        **table,
        "deliveryType": "automated",
        "expectedDuration": 3000,
    }
    assert kept(**table, deliveryType="manual", expectedDuration=2700) == {**table, "deliveryType": "scheduled"}
    assert kept(**table, deliveryType="manual", scheduleName="Weekday")["scheduleName"] == "Weekday"
    made = kept(**table, deliveryType="temporary", percent=0.5, suppressed={"deliveryType": "manual", "rate": 3})
    assert made == {
        **table,
        "deliveryType": "temp",
        "percent": 0.5,
        "suppressed": {"type": "basal", "deliveryType": "scheduled", "rate": 3},
    }


def test_a_suspended_basal_tells_what_it_holds_back() -> None:
    below = {"deliveryType": "temporary", "rate": 0.5, "suppressed": {"deliveryType": "manual", "rate": 1}}
    made = kept(type="basal", deliveryType="suspend", duration=60000, suppressed=below)
    assert "rate" not in made
    assert made["suppressed"]["suppressed"]["deliveryType"] == "scheduled"
    wrong = kept(type="basal", deliveryType="automated", duration=1, rate=1, suppressed=below)
    assert "suppressed" not in wrong


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"normal": 2.3}, {"subType": "normal", "normal": 2.3}),
        ({"normal": 1, "expectedNormal": 2.3}, {"subType": "normal", "normal": 1, "expectedNormal": 2.3}),
        ({"normal": 2.3, "expectedNormal": 2.3}, {"subType": "normal", "normal": 2.3}),
        (
            {"extended": 2.3, "duration": 2700, "expectedDuration": 2700},
            {"subType": "square", "extended": 2.3, "duration": 2700},
        ),
        (
            {"extended": 2.3, "duration": 2700, "expectedDuration": 3000},
            {"subType": "square", "extended": 2.3, "duration": 2700},
        ),
        (
            {"extended": 1, "duration": 2700, "expectedDuration": 3000, "expectedExtended": 2.3},
            {
                "subType": "square",
                "extended": 1,
                "duration": 2700,
                "expectedDuration": 3000,
                "expectedExtended": 2.3,
            },
        ),
        (
            {"normal": 1, "extended": 1.5, "duration": 2700},
            {"subType": "dual/square", "normal": 1, "extended": 1.5, "duration": 2700},
        ),
        (
            {"normal": 1, "expectedNormal": 2, "extended": 0, "expectedExtended": 1, "duration": 0},
            {
                "subType": "dual/square",
                "normal": 1,
                "expectedNormal": 2,
                "extended": 0,
                "expectedExtended": 1,
                "duration": 0,
                "expectedDuration": 0,
            },
        ),
        (
            {"normal": 2.3, "deliveryType": "automated"},
            {"subType": "automated", "normal": 2.3, "deliveryContext": "algorithm"},
        ),
        (
            {"normal": 0, "expectedNormal": 1, "deliveryType": "automated"},
            {"subType": "automated", "normal": 0, "expectedNormal": 1, "deliveryContext": "algorithm"},
        ),
    ],
    ids=["normal", "cut", "whole", "square", "spread", "cut-square", "both", "cut-both", "automated", "none-given"],
)
def test_boluses(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert kept(**{"type": "bolus", "deliveryType": "manual", **given}) == {"type": "bolus", **expected}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"extended": 1},
        {"normal": "2"},
        {"normal": True},
        {"normal": float("nan")},
        {"normal": 1, "deliveryType": "by hand"},
        {"normal": 0, "deliveryType": "automated"},
    ],
    ids=["empty", "no-duration", "text", "flag", "nan", "word", "nothing"],
)
def test_a_bolus_without_an_amount_is_left_out(given: dict[str, Any]) -> None:
    assert translated({**COMMON, "type": "bolus", "deliveryType": "manual", **given}) is None


def test_the_calculator_holds_its_bolus() -> None:
    given = {
        "units": "mg/dL",
        "bgInput": 200,
        "bgTarget": {"low": 100, "high": 120},
        "carbInput": 45,
        "carbUnits": "grams",
        "insulinCarbRatio": 10,
        "insulinOnBoard": 0.5,
        "insulinSensitivity": 50,
        "recommended": {"carb": 4.5, "correction": 1.6, "net": 5.6},
    }
    bolus = {"id": "r-1-bolus", "type": "bolus", "deliveryType": "manual", "normal": 5.6}
    made = kept(type="calculator", **given, bolus=bolus)
    assert {name: value for name, value in made.items() if name in given} == given
    assert (made["type"], made["bolus"]["normal"], made["bolus"]["origin"]) == ("wizard", 5.6, {"id": "r-1-bolus"})
    both = check_batch(
        [translated({**COMMON, "type": "calculator", **given, "bolus": bolus}) or {}], mint_id=iter("ab").__next__
    )
    assert len(both) == 2
    assert "bolus" not in kept(type="calculator", **given)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        *(("autoOff", "auto_off"), ("lowInsulin", "low_insulin"), ("lowPower", "low_power")),
        *(("noDelivery", "no_delivery"), ("noInsulin", "no_insulin"), ("noPower", "no_power")),
        *(("occlusion", "occlusion"), ("overLimit", "over_limit"), ("siteReminder", "other")),
    ],
)
def test_alarms(theirs: str, ours: str) -> None:
    made = kept(type="alarm", alarmType=theirs)
    assert (made["subType"], made["alarmType"]) == ("alarm", ours)
    assert made.get("payload") == ({"alarmType": theirs} if ours == "other" else None)
    assert "status" not in made


def test_an_alarm_that_stops_delivery_says_so() -> None:
    made = kept(type="alarm", alarmType="occlusion", isDeliveryStopped=True)
    assert (made["status"]["status"], made["status"]["reason"]) == ("suspended", {"suspended": "automatic"})


def test_events_of_the_pump() -> None:
    assert kept(type="status", status="suspended", reason="manual", duration=5, expectedDuration=9) == {
        "type": "deviceEvent",
        "subType": "status",
        "status": "suspended",
        "reason": {"suspended": "manual"},
        "duration": 5,
        "expectedDuration": 9,
    }
    assert kept(type="reservoirChange") == {"type": "deviceEvent", "subType": "reservoirChange"}
    assert kept(type="prime", primeTarget="cannula", volume=0.3)["volume"] == 0.3
    state = kept(type="pumpStatus", reservoir=120.5, battery=80)
    assert state["reservoir"] == {"time": "2023-03-28T20:53:00Z", "remaining": 120.5, "units": "Units"}
    assert (state["battery"]["remaining"], state["battery"]["units"]) == (0.8, "percent")
    clock = {"deviceTime": "2023-03-28T13:53:00", "timezone": "America/Los_Angeles"}
    change = kept(type="timeChange", **{"from": {"timezone": "Asia/Tokyo"}, "to": clock}, method="manual")
    assert change["to"] == {"time": "2023-03-28T13:53:00", "timeZoneName": "America/Los_Angeles"}
    assert change["from"] == {"timeZoneName": "Asia/Tokyo"}
    assert translated({**COMMON, "type": "timeChange", "to": {}}) is None


@pytest.mark.parametrize(
    ("mode", "kind", "preset"),
    [
        ("exercise", "physicalActivity", None),
        ("physicalActivity", "physicalActivity", None),
        ("sleep", "sleep", None),
        ("preMeal", "preprandial", None),
        ("custom", "custom", None),
        ("Long drive", "preset", "Long drive"),
    ],
    ids=["exercise", "activity", "sleep", "meal", "custom", "preset"],
)
def test_modes_of_activity(mode: str, kind: str, preset: str | None) -> None:
    made = kept(
        type="activityMode",
        mode=mode,
        method="automatic",
        duration=600,
        expectedDuration=900,
        units="mg/dL",
        bgTarget={"low": 140, "high": 160},
    )
    assert (made["overrideType"], made.get("overridePreset")) == (kind, preset)
    assert (made["units"], made["bgTarget"]) == ({"bg": "mg/dL"}, {"low": 140, "high": 160})
    assert (made["duration"], made["expectedDuration"], made["method"]) == (600, 900, "automatic")
    assert "bgTarget" not in kept(type="activityMode", mode=mode, bgTarget={"low": 140, "high": 160})


def test_settings_with_schedules_by_name() -> None:
    schedule = {
        "name": "Weekday",
        "basal": [{"start": 0, "rate": 0.8}, {"start": 3_600_000, "rate": 1}],
        "carbRatio": [{"start": 0, "amount": 10}],
        "insulinSensitivity": [{"start": 0, "amount": 50}],
        "bgTarget": [{"start": 0, "low": 100, "high": 120}, {"start": 7_200_000, "target": 110}],
    }
    given = {"activeSchedule": "Weekday", "schedules": [schedule, {"name": "", "basal": []}], "bgUnits": "mg/dL"}
    more = {
        "automatedDelivery": True,
        "maximumBasalRate": 3,
        "maximumBolus": 25,
        "insulinDurationMinutes": 300,
        "extendedBolusEnabled": False,
        "temporaryBasalType": "percent",
        "firmwareVersion": "4.2",
    }
    assert kept(type="settings", **given, **more) == {
        "type": "pumpSettings",
        "activeSchedule": "Weekday",
        "automatedDelivery": True,
        "basalSchedules": {"Weekday": schedule["basal"]},
        "carbRatios": {"Weekday": schedule["carbRatio"]},
        "insulinSensitivities": {"Weekday": schedule["insulinSensitivity"]},
        "bgTargets": {"Weekday": schedule["bgTarget"]},
        "units": {"bg": "mg/dL", "carb": "grams", "insulin": "Units"},
        "display": {"bloodGlucose": {"units": "mg/dL"}},
        "basal": {"rateMaximum": {"units": "Units/hour", "value": 3}, "temporary": {"type": "percent"}},
        "bolus": {
            "amountMaximum": {"units": "Units", "value": 25},
            "calculator": {"enabled": True, "insulin": {"duration": 300, "units": "minutes"}},
            "extended": {"enabled": False},
        },
        "manufacturers": ["ACME"],
        "model": "ACMEPumpModel123",
        "name": "ACME ACMEPumpModel123",
        "serialNumber": "1234567890",
        "firmwareVersion": "4.2",
    }
    assert kept(type="settings", **given, deviceName="My pump")["name"] == "My pump"


def test_sensor_values_that_a_pump_has() -> None:
    given = {
        "units": "mg/dL",
        "value": 120,
        "trend": "moderateRise",
        "trendRateUnits": "mg/dL/minute",
        "trendRate": 2.1,
        "sampleInterval": 300000,
        "backfilled": True,
    }
    assert kept(type="cbg", **given) == {"type": "cbg", **given}
    odd = kept(type="cbg", **(given | {"trend": "sideways", "trendRateUnits": "per minute"}))
    assert "trend" not in odd
    assert "trendRate" not in odd
    assert odd["payload"] == {"trend": "sideways"}
