"""Fields that every datum has: each rule at its boundary."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

from typing import Any

import pytest

from openward.care.devicedata.rules import check_batch
from openward.care.errors import Invalid

SMBG: dict[str, Any] = {"type": "smbg", "time": "2024-03-10T08:00:00Z", "units": "mmol/L", "value": 5}
HEX = "0123456789abcdef0123456789abcdef"


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"a": 1}
    for _ in range(depth - 1):
        found = {"a": found}
    return found


def faults(**changes: Any) -> list[tuple[str, str]]:
    """List code and pointer of every fault of a reading with some fields changed."""
    try:
        check_batch([{**SMBG, **changes}], mint_id=lambda: HEX)
    except Invalid as invalid:
        return [(fault.code, fault.pointer) for fault in invalid.faults]
    return []


def kept(**changes: Any) -> dict[str, Any]:
    """Give the kept fields of a reading with some fields changed."""
    [checked] = check_batch([{**SMBG, **changes}], mint_id=lambda: HEX)
    return checked.fields


def gps(**changes: Any) -> dict[str, Any]:
    degrees = {"units": "degrees", "value": 1}
    return {"gps": {"latitude": degrees, "longitude": degrees, **changes}}


def place(value: Any) -> dict[str, Any]:
    return {"units": "degrees", "value": value}


GOOD: list[tuple[str, Any]] = [
    ("time", "2024-03-10T08:00:00.123456789+14:00"), ("time", "0001-01-02T00:00:00Z"),
    ("time", "9999-12-31T23:59:59Z"), ("time", "1899-01-01T00:00:00-00:00"), ("time", "2024-02-29T00:00:00Z"),
    ("deviceTime", "2024-03-10T08:00:00"), ("deviceTime", None),
    ("timezone", "Europe/Berlin"), ("timezone", "UTC"), ("timezone", "US/Pacific"),
    ("timezoneOffset", -10080), ("timezoneOffset", 10080), ("timezoneOffset", 60.0),
    ("conversionOffset", 10**12), ("conversionOffset", -(10**12)),
    ("clockDriftOffset", -86_400_000), ("clockDriftOffset", 86_400_000),
    ("deviceId", "x"), ("deviceId", "é\U0001f600"), ("id", HEX), ("source", "carelink"),
    ("annotations", [{"code": "a"}]), ("annotations", [{"a": 1}] * 100),
    ("notes", []), ("notes", ["x" * 1000] * 100), ("tags", ["x" * 100]),
    ("origin", {"id": "x" * 100, "type": "manual", "time": "2024-03-10T08:00:00.123456789Z", "payload": {"a": 1}}),
    ("payload", {"a": "x" * 4088}), ("payload", nested(50)), ("payload", {"a": 10**30, "b": None, "c": [True]}),
    ("associations", [{"type": "datum", "id": HEX}, {"type": "url", "url": "https://a.example/b", "reason": "r"}]),
    ("location", {"name": "home"}), ("location", gps()),
    ("location", gps(latitude=place(-90), longitude=place(180), floor=-1000)),
    ("location", gps(elevation={"units": "meters", "value": -20000}, origin={"id": "a"})),
    ("location", gps(elevation={"units": "feet", "value": 3280839})),
    ("location", gps(horizontalAccuracy={"units": "meters", "value": 1000})),
    ("location", gps(verticalAccuracy={"units": "feet", "value": 3280})),
    ("uploadId", 5), ("guid", []), ("createdTime", 1), ("deduplicator", "x"), ("anythingElse", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_accepted(name: str, value: Any) -> None:
    assert faults(**{name: value}) == []


BAD: list[tuple[str, Any, str, str]] = [
    ("time", None, "value-not-exists", ""), ("time", 5, "type-not-time", ""), ("time", "", "value-not-parsable", ""),
    ("time", "2024-03-10T08:00:00", "value-not-parsable", ""), ("time", "2024-03-10", "value-not-parsable", ""),
    ("time", "2024-03-10 08:00:00Z", "value-not-parsable", ""),
    ("time", "2024-03-10T08:00:00+0100", "value-not-parsable", ""),
    ("time", "2024-W10-1T08:00:00Z", "value-not-parsable", ""), ("time", "20240310T080000Z", "value-not-parsable", ""),
    ("time", "2024-02-30T08:00:00Z", "value-not-parsable", ""), ("time", "0000-01-01T00:00:00Z", "value-not-parsable", ""),
    ("time", "12024-01-01T00:00:00Z", "value-not-parsable", ""),
    ("time", "0001-01-01T00:00:00+01:00", "value-not-parsable", ""),
    ("time", "9999-12-31T23:59:59-01:00", "value-not-parsable", ""),
    ("time", "2024-03-10T08:00:00+25:00", "value-not-parsable", ""),
    ("time", "٢٠٢٤-03-10T08:00:00Z", "value-not-parsable", ""), ("time", "2024-03-10T08:00:00Z\n", "value-not-parsable", ""),
    ("time", "0001-01-01T00:00:00Z", "value-empty", ""),
    ("deviceTime", "2024-03-10T08:00:00Z", "value-not-valid", ""), ("deviceTime", "2024-03-10T08:00:00.0", "value-not-valid", ""),
    ("deviceTime", "2024-13-10T08:00:00", "value-not-valid", ""), ("deviceTime", 1, "type-not-string", ""),
    ("timezone", "", "value-empty", ""), ("timezone", "Mars/Olympus", "value-not-valid", ""),
    ("timezone", "../etc/passwd", "value-not-valid", ""), ("timezone", 1, "type-not-string", ""),
    ("timezoneOffset", -10081, "value-out-of-range", ""), ("timezoneOffset", 10081, "value-out-of-range", ""),
    ("timezoneOffset", 5.5, "type-not-int", ""), ("timezoneOffset", "5", "type-not-int", ""),
    ("timezoneOffset", True, "type-not-int", ""), ("timezoneOffset", 1e400, "type-not-int", ""),
    ("timezoneOffset", float("nan"), "type-not-int", ""),
    ("conversionOffset", 10**30, "type-not-int", ""), ("conversionOffset", 1e300, "type-not-int", ""),
    ("clockDriftOffset", 86_400_001, "value-out-of-range", ""), ("clockDriftOffset", -86_400_001, "value-out-of-range", ""),
    ("deviceId", "", "value-empty", ""), ("deviceId", "a\x00b", "value-not-valid", ""),
    ("deviceId", "a\ud800", "value-not-valid", ""), ("deviceId", {}, "type-not-string", ""),
    ("id", "", "value-empty", ""), ("id", HEX[:-1], "value-not-valid", ""), ("id", HEX.upper(), "value-not-valid", ""),
    ("id", HEX + "\n", "value-not-valid", ""), ("id", 7, "type-not-string", ""),
    ("source", "other", "value-out-of-range", ""), ("source", 1, "type-not-string", ""),
    ("annotations", [], "value-empty", ""), ("annotations", {}, "type-not-array", ""),
    ("annotations", [{}], "value-empty", "/0"), ("annotations", [1], "type-not-object", "/0"),
    ("annotations", [None], "value-not-exists", "/0"), ("annotations", [{"a": 1}] * 101, "length-out-of-range", ""),
    ("annotations", [{"a": "x" * 4089}], "size-out-of-range", "/0"),
    ("notes", [""], "value-empty", "/0"), ("notes", ["x" * 1001], "length-out-of-range", "/0"),
    ("notes", ["x"] * 101, "length-out-of-range", ""), ("notes", [5], "type-not-string", "/0"),
    ("notes", "x", "type-not-array", ""),
    ("tags", [], "value-empty", ""), ("tags", ["a", "b", "a"], "value-duplicate", "/2"), ("tags", [""], "value-empty", "/0"),
    ("tags", ["x" * 101], "length-out-of-range", "/0"), ("tags", [str(n) for n in range(101)], "length-out-of-range", ""),
    ("origin", {"id": ""}, "value-empty", "/id"), ("origin", {"name": "x" * 101}, "length-out-of-range", "/name"),
    ("origin", {"version": 1}, "type-not-string", "/version"), ("origin", {"type": "x"}, "value-not-allowed", "/type"),
    ("origin", {"time": "x"}, "value-not-valid", "/time"), ("origin", {"time": "0001-01-01T00:00:00Z"}, "value-empty", "/time"),
    ("origin", {"payload": {}}, "value-empty", "/payload"), ("origin", [], "type-not-object", ""),
    ("payload", {}, "value-empty", ""), ("payload", [], "type-not-object", ""), ("payload", {"a": "x" * 4089}, "size-out-of-range", ""),
    ("payload", {"a": "é" * 2045}, "size-out-of-range", ""), ("payload", nested(51), "value-not-valid", ""),
    ("payload", {"a": float("nan")}, "value-not-valid", ""), ("payload", {"a": [1e999]}, "value-not-valid", ""),
    ("payload", {"a": 10**400}, "value-not-valid", ""), ("payload", {"a": "\x00"}, "value-not-valid", ""),
    ("payload", {"a\x00": 1}, "value-not-valid", ""), ("payload", {"a": ["\udfff"]}, "value-not-valid", ""),
    ("associations", [], "value-empty", ""), ("associations", [{"type": "x"}], "value-not-allowed", "/0/type"),
    ("associations", [{"id": HEX}], "value-not-exists", "/0/type"),
    ("associations", [{"type": "blob"}], "value-not-exists", "/0/id"),
    ("associations", [{"type": "image", "id": "x"}], "value-not-valid", "/0/id"),
    ("associations", [{"type": "datum", "id": HEX, "url": "https://a.example"}], "value-exists", "/0/url"),
    ("associations", [{"type": "url"}], "value-not-exists", "/0/url"),
    ("associations", [{"type": "url", "url": "/x"}], "value-not-valid", "/0/url"),
    ("associations", [{"type": "url", "url": "http://[x"}], "value-not-valid", "/0/url"),
    ("associations", [{"type": "url", "url": "https://a.example", "id": HEX}], "value-exists", "/0/id"),
    ("associations", [{"type": "datum", "id": HEX, "reason": ""}], "value-empty", "/0/reason"),
    ("associations", [{"type": "datum", "id": HEX, "reason": "x" * 1001}], "length-out-of-range", "/0/reason"),
    ("associations", [{"type": "datum", "id": HEX}] * 101, "length-out-of-range", ""),
    ("location", {}, "values-not-exist-for-any", ""), ("location", {"name": ""}, "value-empty", "/name"),
    ("location", {"name": "x" * 101}, "length-out-of-range", "/name"),
    ("location", gps(latitude=None), "value-not-exists", "/gps/latitude"),
    ("location", gps(latitude=place(90.1)), "value-out-of-range", "/gps/latitude/value"),
    ("location", gps(longitude=place(-180.1)), "value-out-of-range", "/gps/longitude/value"),
    ("location", gps(longitude={"units": "x", "value": 1}), "value-not-allowed", "/gps/longitude/units"),
    ("location", gps(longitude={"units": "degrees"}), "value-not-exists", "/gps/longitude/value"),
    ("location", gps(floor=1001), "value-out-of-range", "/gps/floor"), ("location", gps(floor=0.5), "type-not-int", "/gps/floor"),
    ("location", gps(elevation={"units": "meters", "value": 1000000.1}), "value-out-of-range", "/gps/elevation/value"),
    ("location", gps(elevation={"units": "feet", "value": 3280840}), "value-out-of-range", "/gps/elevation/value"),
    ("location", gps(elevation={"units": "yards", "value": 1}), "value-not-allowed", "/gps/elevation/units"),
    ("location", gps(horizontalAccuracy={"units": "meters", "value": -1}), "value-out-of-range", "/gps/horizontalAccuracy/value"),
    ("location", gps(verticalAccuracy={"units": "feet", "value": 3281}), "value-out-of-range", "/gps/verticalAccuracy/value"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "code", "below"), BAD)
def test_refused(name: str, value: Any, code: str, below: str) -> None:
    assert faults(**{name: value}) == [(code, f"/0/{name}{below}")]


def test_normal_form() -> None:
    fields = kept(
        tags=["b", "a"],
        notes=[],
        timezoneOffset=60.0,
        uploadId="x",
        createdTime="x",
        unknown=1,
        deviceTime=None,
        origin={"time": "2024-03-10T08:00:00.123456789+01:00", "other": 1},
    )
    assert fields == {
        "tags": ["a", "b"],
        "timezoneOffset": 60,
        "units": "mmol/L",
        "value": 5,
        "origin": {"time": "2024-03-10T08:00:00.123456789+01:00"},
    }
    assert type(fields["timezoneOffset"]) is int


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("2024-03-10T08:00:00+02:00", "2024-03-10T06:00:00+00:00"),
        ("2024-03-10T08:00:00.1239999Z", "2024-03-10T08:00:00.123000+00:00"),
        ("2024-03-10T08:00:00.9999999Z", "2024-03-10T08:00:00.999000+00:00"),
        ("0900-01-01T00:00:00Z", "0900-01-01T00:00:00+00:00"),
    ],
)
def test_time_is_utc_cut_to_milliseconds(sent: str, printed: str) -> None:
    [checked] = check_batch([{**SMBG, "time": sent}], mint_id=str)
    assert checked.time.isoformat() == printed
