"""The data set record: what may be said when it is made or changed, and selectors for deletion."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

from collections.abc import Callable
from typing import Any

import pytest

from openward.care.devicedata.rules import check_data_set, check_data_set_update, check_selectors
from openward.care.errors import Invalid

HEX = "0123456789abcdef0123456789abcdef"
TIME = "2024-03-10T08:00:00Z"


def faults(check: Callable[[object], Any], body: Any) -> list[tuple[str, str]]:
    try:
        check(body)
    except Invalid as invalid:
        return [(fault.code, fault.pointer) for fault in invalid.faults]
    return []


RANGE, EMPTY, WORD, VALID_NOT, UNKNOWN = (
    "value-out-of-range",
    "value-empty",
    "value-not-allowed",
    "value-not-valid",
    "not-parsed",
)

NEW: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []), ({"type": "upload"}, []), ({"type": "cbg"}, [(RANGE, "/type")]),
    ({"client": {"name": "a", "version": "1", "private": {"a": 1}}}, []), ({"client": {}}, [("value-not-exists", "/client/name"), ("value-not-exists", "/client/version")]),
    ({"client": {"name": "", "version": "1"}}, [(EMPTY, "/client/name")]), ({"client": {"name": "a", "version": "1", "x": 1}}, [(UNKNOWN, "/client/x")]),
    ({"client": {"name": "a", "version": "1", "private": {"a": "x" * 4089}}}, [("size-out-of-range", "/client/private")]),
    ({"computerTime": "2024-03-10T08:00:00"}, []), ({"computerTime": TIME}, [(VALID_NOT, "/computerTime")]),
    ({"dataSetType": "continuous"}, []), ({"dataSetType": "x"}, [(WORD, "/dataSetType")]),
    ({"deduplicator": {"name": "org.tidepool.deduplicator.none"}}, []), ({"deduplicator": {"name": "none"}}, [(VALID_NOT, "/deduplicator/name")]),
    ({"deduplicator": {"name": "a..b"}}, [(VALID_NOT, "/deduplicator/name")]), ({"deduplicator": 5}, [("type-not-object", "/deduplicator")]),
    ({"deviceId": ""}, [(EMPTY, "/deviceId")]), ({"deviceModel": ""}, [(EMPTY, "/deviceModel")]), ({"deviceSerialNumber": ""}, [(EMPTY, "/deviceSerialNumber")]),
    ({"deviceManufacturers": []}, [(EMPTY, "/deviceManufacturers")]), ({"deviceManufacturers": ["a", "a"]}, [("value-duplicate", "/deviceManufacturers/1")]), ({"deviceManufacturers": [""]}, [(EMPTY, "/deviceManufacturers/0")]),
    ({"deviceTags": ["activity-monitor", "bgm", "cgm", "insulin-pump"]}, []), ({"deviceTags": ["x"]}, [(WORD, "/deviceTags/0")]), ({"deviceTags": ["cgm", "cgm"]}, [("value-duplicate", "/deviceTags/1")]),
    ({"id": HEX, "uploadId": "upid_0123456789ab"}, []), ({"uploadId": "upid_" + HEX}, []), ({"uploadId": "upid_01234"}, [(VALID_NOT, "/uploadId")]), ({"id": ""}, [(EMPTY, "/id")]),
    ({"time": TIME}, []), ({"time": "2024-03-10"}, [("value-not-parsable", "/time")]), ({"deviceTime": TIME}, [(VALID_NOT, "/deviceTime")]),
    ({"timeProcessing": "utc-bootstrapping"}, []), ({"timeProcessing": ""}, [(WORD, "/timeProcessing")]), ({"timezone": "x"}, [(VALID_NOT, "/timezone")]),
    ({"timezoneOffset": 10080}, []), ({"timezoneOffset": 10081}, [(RANGE, "/timezoneOffset")]), ({"clockDriftOffset": 86_400_001}, [(RANGE, "/clockDriftOffset")]),
    ({"conversionOffset": 1.5}, [("type-not-int", "/conversionOffset")]), ({"version": "1.0.0"}, []), ({"version": "1.00"}, [("length-out-of-range", "/version")]),
    ({"byUser": "a1b2c3d4e5"}, []), ({"byUser": "x"}, [(VALID_NOT, "/byUser")]), ({"payload": {}}, [(EMPTY, "/payload")]), ({"annotations": []}, [(EMPTY, "/annotations")]),
    ({"nonsense": 1, "deviceId": ""}, [(UNKNOWN, "/nonsense")]), ({"state": "open", "a/b": None}, [(UNKNOWN, "/state"), (UNKNOWN, "/a~1b")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), NEW)
def test_new_data_set(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(check_data_set, body) == expected


@pytest.mark.parametrize("check", [check_data_set, check_data_set_update])
def test_a_body_that_is_no_object(check: Callable[[object], Any]) -> None:
    assert faults(check, []) == [("type-not-object", "")]
    assert faults(check, "x") == [("type-not-object", "")]
    assert faults(check, None) == [("value-not-exists", "")]


def test_new_data_set_is_normalised() -> None:
    body = {
        "type": "upload", "deviceTags": ["cgm", "bgm"], "deviceManufacturers": ["b", "a"],
        "time": "2024-03-10T09:00:00.25+01:00", "deviceModel": None, "timezoneOffset": 60.0,
    }  # fmt: skip
    assert check_data_set(body) == {
        "deviceTags": ["bgm", "cgm"], "deviceManufacturers": ["a", "b"], "time": "2024-03-10T08:00:00.250Z",
        "timezoneOffset": 60, "dataSetType": "normal",
    }  # fmt: skip
    assert check_data_set({"dataSetType": "continuous"}) == {"dataSetType": "continuous"}


UPDATE: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []), ({"deviceId": "x", "deviceModel": "xy", "deviceSerialNumber": "xy", "state": "closed"}, []),
    ({"deviceId": ""}, [(EMPTY, "/deviceId")]), ({"deviceModel": "x"}, [("length-out-of-range", "/deviceModel")]), ({"deviceSerialNumber": "x"}, [("length-out-of-range", "/deviceSerialNumber")]),
    ({"state": "x"}, [(WORD, "/state")]), ({"time": "x"}, [("value-not-parsable", "/time")]), ({"timezone": ""}, [(EMPTY, "/timezone")]),
    ({"timezoneOffset": -720}, []), ({"timezoneOffset": -721}, [(RANGE, "/timezoneOffset")]), ({"timezoneOffset": 840}, []), ({"timezoneOffset": 841}, [(RANGE, "/timezoneOffset")]),
    ({"dataState": "closed"}, [(UNKNOWN, "/dataState")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), UPDATE)
def test_update(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(check_data_set_update, body) == expected


SELECTORS: list[tuple[Any, list[tuple[str, str]]]] = [
    ([{"id": HEX}, {"id": HEX, "time": TIME}], []), ([{"deduplicator": {"hash": "x" * 1000}}], []), ([{"origin": {"id": "a", "time": TIME}}], []),
    ([], [(EMPTY, "")]), ({}, [("type-not-array", "")]), (None, [("type-not-array", "")]), ([None], [("value-not-exists", "/0")]), ([5], [("type-not-object", "/0")]),
    ([{}], [("values-not-exist-for-any", "/0")]), ([{"id": "x"}], [(VALID_NOT, "/0/id")]), ([{"deduplicator": {}}], [("value-not-exists", "/0/deduplicator/hash")]),
    ([{"deduplicator": {"hash": "x" * 1001}}], [("length-out-of-range", "/0/deduplicator/hash")]), ([{"origin": {"id": ""}}], [(EMPTY, "/0/origin/id")]),
    ([{"id": HEX}, {"origin": {"id": "a"}}], [("value-exists", "/1/origin")]), ([{"id": HEX, "origin": {"id": "a"}}], [("value-exists", "/0/origin")]),
    ([{"id": HEX, "time": "x"}], [("value-not-parsable", "/0/time")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), SELECTORS)
def test_selectors(body: Any, expected: list[tuple[str, str]]) -> None:
    assert faults(check_selectors, body) == expected


def test_selectors_are_given_back() -> None:
    assert check_selectors([{"origin": {"id": "a", "time": "2024-03-10T09:00:00+01:00"}}]) == [
        {"origin": {"id": "a", "time": TIME}}
    ]
