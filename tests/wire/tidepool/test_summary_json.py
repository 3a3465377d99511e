"""Summaries as they are sent: valid by the published descriptions, flags and all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

import openward.wire.tidepool
from openward.care.summaries import (
    BGM_FILTERS,
    CGM_FILTERS,
    INTEGER_FIELDS,
    Band,
    ContinuousSummary,
    Dates,
    GlucoseSummary,
    Kind,
    Period,
    Readings,
    Rules,
    Window,
    compute,
    compute_continuous,
    fill,
    fill_continuous,
    no_continuous,
)
from openward.wire.tidepool.summary_json import clinic_stats, summary_document

SPEC = Path(openward.wire.tidepool.__file__).parent / "spec"
ID, USER = "2fe2488217ee43e1b2e83c2f", "1234567890"
T0 = 1_710_028_800_000
DATES = Dates(
    last_updated=datetime(2024, 3, 11, 1, 2, 3, 456_789, tzinfo=UTC),
    last_updated_reason=("DATA_ADDED",),
    last_upload=datetime(2024, 3, 11, 2, tzinfo=timezone(timedelta(hours=1))),
    first_data=datetime(2024, 3, 10, tzinfo=UTC),
    last_data=datetime(2024, 3, 10, 0, 55, tzinfo=UTC),
)


@cache
def described(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((SPEC / name).read_text(), yaml.CSafeLoader)
    return document


def complaints(name: str, schema: str, document: object, *, drop_required: str | None = None) -> list[str]:
    components = json.loads(json.dumps(described(name)["components"]))
    for part in components["schemas"].values():
        for piece in (part, *part.get("allOf", ())):
            if drop_required in piece.get("required", ()):
                piece["required"].remove(drop_required)
    root = {"$ref": f"#/components/schemas/{schema}", "components": components}
    return [error.message for error in Draft4Validator(root).iter_errors(json.loads(json.dumps(document)))]


def summary_of(kind: Kind, rows: list[tuple[int, float, int]], dates: Dates = DATES) -> GlucoseSummary:
    return GlucoseSummary(kind, dates, compute(fill(None, Readings.of(rows), Rules()), Rules()))


def sensor(days: float) -> list[tuple[int, float, int]]:
    return [(T0 + n * 300_000, 3.0 + n % 17, 5) for n in range(round(288 * days))]


def meter(count: int) -> list[tuple[int, float, int]]:
    return [(T0 + n * 18_000_000, 3.0 + n % 17, 0) for n in range(count)]


CASES = [
    summary_of(Kind.CGM, []),
    summary_of(Kind.CGM, sensor(0.01)),
    summary_of(Kind.CGM, sensor(1)),
    summary_of(Kind.CGM, sensor(20)),
    summary_of(Kind.CGM, sensor(60)),
    summary_of(Kind.BGM, meter(1)),
    summary_of(Kind.BGM, meter(100)),
    replace(summary_of(Kind.CGM, sensor(1)), dates=Dates()),
]


@pytest.mark.parametrize("summary", CASES)
def test_clinic_copy_is_valid(summary: GlucoseSummary) -> None:
    stats = clinic_stats(summary, summary_id=ID)
    schema = "cgmStats.v1" if summary.kind is Kind.CGM else "bgmStats.v1"
    assert complaints("clinic.v1.yaml", schema, stats) == []
    known = described("clinic.v1.yaml")["components"]["schemas"][f"{summary.kind.value}Period.v1"]["properties"]
    for period in stats["periods"].values():
        assert period.keys() <= known.keys()
        assert {name for name in period if known[name].get("x-go-type") == "int" and type(period[name]) is not int} == (
            set()
        )


def test_a_full_clinic_copy_has_every_published_field() -> None:
    schemas = described("clinic.v1.yaml")["components"]["schemas"]
    for kind, rows in ((Kind.CGM, sensor(60)), (Kind.BGM, meter(300))):
        stats = clinic_stats(summary_of(kind, rows), summary_id=ID)
        for name, period in stats["periods"].items():
            missing = set(schemas[f"{kind.value}Period.v1"]["properties"]) - set(period)
            spread = {n for n in missing if n.startswith(("standardDeviation", "coefficientOfVariation"))}
            # One day is never seven, so a meter's day has no SD and CV.
            assert missing == (spread if kind is Kind.BGM and name == "1d" else set())


def test_example_a_in_the_clinic_copy() -> None:
    values = [5.0, 5.2, 5.4, 6, 7, 8, 9.9, 10.0, 10.1, 12, 13.9, 14.0]
    stats = clinic_stats(summary_of(Kind.CGM, [(T0 + n * 300_000, v, 5) for n, v in enumerate(values)]), summary_id=ID)
    day = stats["periods"]["1d"]
    assert (day["hasGlucoseManagementIndicator"], "glucoseManagementIndicator" in day) == (False, False)
    assert (day["hasTimeInTargetPercent"], "timeInTargetPercent" in day) == (False, False)
    assert day["timeCGMUsePercent"] == pytest.approx(60 / 1440)
    assert (day["hasTimeInTargetMinutes"], day["timeInTargetMinutes"]) == (True, 40)
    assert (day["hasTimeInLowMinutes"], day["timeInLowMinutes"]) == (False, 0)
    assert (day["min"], day["minDelta"], day["max"], day["hoursWithData"]) == (5.0, 5.0, 14.0, 1)
    assert not {"hasMin", "hasMax", "hasStandardDeviation", "hasDaysWithData", "hasHoursWithData"} & day.keys()


def test_example_e_in_the_clinic_copy() -> None:
    rows = list(zip([0, 5, 26, 27, 50, 51], [2.9974, 3.88552, 6.6609, 9.99135, 13.93238, 19.42762], strict=True))
    stats = clinic_stats(summary_of(Kind.BGM, [(T0 + h * 3_600_000, v, 0) for h, v in rows]), summary_id=ID)
    week = stats["periods"]["7d"]
    assert (week["totalRecords"], week["daysWithData"], week["timeInTargetRecords"]) == (6, 3, 3)
    assert week["timeInVeryLowPercent"] == 0
    assert week["hasTimeInVeryLowPercent"] is True
    assert week["hasTimeInVeryLowRecords"] is False
    assert not {"standardDeviation", "coefficientOfVariation", "hoursWithData", "timeInTargetMinutes"} & week.keys()


def test_an_empty_window_shows_zeros_and_no_percentages() -> None:
    empty = GlucoseSummary(Kind.CGM, DATES, {"7d": Period(7, Window(), Window())})
    stats = clinic_stats(empty, summary_id=ID)
    assert complaints("clinic.v1.yaml", "cgmStats.v1", stats) == []
    week = stats["periods"]["7d"]
    assert not any(value for value in week.values())
    assert not [name for name in week if name.startswith("timeIn") and "Percent" in name]
    assert week["standardDeviation"] == week["coefficientOfVariation"] == 0


def test_dates_and_their_flags() -> None:
    dates = clinic_stats(summary_of(Kind.CGM, sensor(1)), summary_id=ID)["dates"]
    assert dates == {
        "lastUpdatedDate": "2024-03-11T01:02:03.456Z",
        "lastUpdatedReason": ["DATA_ADDED"],
        "hasLastUploadDate": True,
        "lastUploadDate": "2024-03-11T01:00:00Z",
        "hasFirstData": True,
        "firstData": "2024-03-10T00:00:00Z",
        "hasLastData": True,
        "lastData": "2024-03-10T00:55:00Z",
        "hasOutdatedSince": False,
        "outdatedReason": [],
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40 * 288), st.floats(1, 30)), min_size=1, max_size=80), st.booleans())
def test_any_clinic_copy_is_valid(sample: list[tuple[int, float]], is_meter: bool) -> None:
    rows = sorted((T0 + n * 300_000, value, 0 if is_meter else 5) for n, value in sample)
    summary = summary_of(Kind.BGM if is_meter else Kind.CGM, rows)
    schema = "bgmStats.v1" if is_meter else "cgmStats.v1"
    assert complaints("clinic.v1.yaml", schema, clinic_stats(summary, summary_id=ID)) == []


@pytest.mark.parametrize("summary", [case for case in CASES if case.periods and case.dates is DATES])
def test_platform_document_is_valid(summary: GlucoseSummary) -> None:
    document = summary_document(summary, summary_id=ID, user_id=USER)
    assert complaints("summary.v1.yaml", "summary.v5", document) == []
    for period in document["periods"].values():
        # The description requires `averageGlucose`, which it does not describe and nobody sends.
        found = complaints("summary.v1.yaml", "glucosePeriod.v5", period, drop_required="averageGlucose")
        assert found == []


def test_platform_document_of_example_a() -> None:
    values = [5.0, 5.2, 5.4, 6, 7, 8, 9.9, 10.0, 10.1, 12, 13.9, 14.0]
    summary = summary_of(Kind.CGM, [(T0 + n * 300_000, v, 5) for n, v in enumerate(values)])
    document = summary_document(summary, summary_id=ID, user_id=USER)
    assert (document["type"], document["userId"], document["config"]["schemaVersion"]) == ("cgm", USER, 6)
    assert document["config"]["veryLowGlucoseThreshold"] == 3.0
    assert "outdatedSince" not in document["dates"]
    period = document["periods"]["14d"]
    assert period["total"] == pytest.approx(
        {"glucose": 532.5, "minutes": 60, "records": 12, "percent": 60 / 14 / 1440, "variance": 591.2125}
    )
    assert period["inAnyHigh"]["percent"] == pytest.approx(1 / 3)
    assert period["glucoseManagementIndicator"] == 7.1
    assert period["delta"]["glucoseManagementIndicator"] == 7.1
    assert period["delta"]["total"]["glucose"] == 0
    assert {f"in{band}" for band in Band} <= period.keys()


def test_continuous_document_is_valid() -> None:
    times = [T0 + n * 300_000 for n in range(4)]
    hours = fill_continuous(no_continuous(), times, [*times[:3], times[3] + 86_400_000])
    summary = ContinuousSummary(DATES, compute_continuous(hours))
    document = summary_document(summary, summary_id=ID, user_id=USER)
    assert complaints("summary.v1.yaml", "summary.v5", document) == []
    assert document["type"] == "con"
    day = document["periods"]["1d"]
    assert (day["realtime"]["percent"], day["deferred"]["percent"], day["total"]["records"]) == (0.75, 0.25, 4)
    assert day["averageDailyRecords"] == 4


def test_filters_are_the_published_parameters() -> None:
    operation = described("clinic.v1.yaml")["paths"]["/v1/clinics/{clinicId}/patients"]["get"]
    parameters = [parameter for parameter in operation["parameters"] if "name" in parameter]
    published = {parameter["name"]: parameter["schema"].get("$ref", "") for parameter in parameters}
    fields = {name: ref for name, ref in published.items() if name[:4] in ("cgm.", "bgm.") and "lastData" not in name}
    assert fields.keys() == {f"cgm.{name}" for name in CGM_FILTERS} | {f"bgm.{name}" for name in BGM_FILTERS}
    whole = {name for name, ref in fields.items() if ref.endswith("IntFilter")}
    # The delta of the meter's daily average is published as an integer, though it is none.
    assert whole - {"bgm.averageDailyRecordsDelta"} == {name for name in fields if name[4:] in INTEGER_FIELDS}
