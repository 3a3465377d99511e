"""The short way agrees with the full rules on whatever it accepts, and takes what is plainly valid."""

# The tables read best with related cases side by side.
# ruff: noqa: E501

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.devicedata.rules import check_batch
from openward.care.devicedata.rules.fast import decode_cbg, fields_of

PLAIN: dict[str, Any] = {
    "type": "cbg", "time": "2024-03-10T08:00:00Z", "units": "mg/dL", "value": 120, "deviceId": "DexG6",
}  # fmt: skip
FULL: dict[str, Any] = {
    **PLAIN, "time": "2024-03-10T09:00:00.1234567+01:00", "deviceTime": "2024-03-10T00:00:00", "timezone": "UTC", "timezoneOffset": -480,
    "conversionOffset": 0, "clockDriftOffset": -5, "id": "a" * 32, "source": "carelink", "trend": "constant", "trendRate": 0.4,
    "trendRateUnits": "mg/dL/minute", "sampleInterval": 300000, "backfilled": True, "payload": {"a": [1, None, "é"]},
    "origin": {"id": "x"}, "annotations": [{"code": "a"}], "notes": [], "tags": ["b", "a"], "location": {"name": "x"},
    "associations": [{"type": "datum", "id": "b" * 32}], "uploadId": "upid_1",
}  # fmt: skip


def both_ways(body: bytes) -> bool:
    """Say whether the short way took the body, after checking that the full rules agree with it."""
    readings = decode_cbg(body)
    if readings is None:
        return False
    checked = check_batch(msgspec.json.decode(body), mint_id=str)
    assert [("cbg", reading.time, fields_of(reading)) for reading in readings] == [
        (found.kind, found.time, found.fields) for found in checked
    ]
    values = [(reading.value, type(reading.value)) for reading in readings]
    assert values == [(found.fields["value"], type(found.fields["value"])) for found in checked]
    return True


@pytest.mark.parametrize("item", [PLAIN, FULL, {**PLAIN, "units": "mmol/l", "value": 5}, {**PLAIN, "trendRate": 3}])
def test_plainly_valid_readings_are_taken(item: dict[str, Any]) -> None:
    assert both_ways(json.dumps([item] * 3, ensure_ascii=False).encode())
    assert both_ways(b"[]")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[null]", b"[1]", b'[{"type":"cbg"}]', b"[" * 5000, b'[{"type":"smbg"}]', b"[\xff]",
        json.dumps([PLAIN, {**PLAIN, "type": "smbg"}]).encode(), json.dumps([{**PLAIN, "time": "x"}]).encode(),
        json.dumps([{**PLAIN, "parsedTime": "2024-03-10T08:00:00Z"}]).encode(), json.dumps([{**PLAIN, "extras": {"a": 1}}]).encode(),
        json.dumps([{**PLAIN, "parsedTime": "0001-01-01T00:00:00Z"}]).encode(), json.dumps([{**PLAIN, "payload": {"a": "x" * 9000}}]).encode(),
        json.dumps([{**PLAIN, "extras": {}}]).encode(), json.dumps([{**PLAIN, "unknown": 1}]).encode(),
        b'[{"time":"2024-03-10T08:00:00Z","units":"mg/dL","value":120}]', json.dumps([{**PLAIN, "deviceId": ""}]).encode(),
        json.dumps([{**PLAIN, "type": None}]).encode(), json.dumps([PLAIN, {**PLAIN, "deviceId": ""}]).encode(),
        json.dumps([{**PLAIN, "deviceId": "\ud800"}]).encode(), json.dumps([{**PLAIN, "deviceId": "a\x00"}]).encode(),
        json.dumps([{**PLAIN, "payload": {"a": "\ud800"}}]).encode(), json.dumps([{**PLAIN, "payload": {"a": "\x00"}}]).encode(),
        json.dumps([PLAIN]).encode().replace(b"120", b"1e400"), json.dumps([PLAIN]).encode().replace(b"120", b"NaN"),
        json.dumps([FULL]).encode().replace(b"0.4", b"-101"),
    ],
)  # fmt: skip
def test_everything_else_goes_the_long_way(body: bytes) -> None:
    assert decode_cbg(body) is None


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["", "2024-03-10T08:00:00", "mg/dL", "mmol/L/minute", 10**30, 5.0, -0.0, 1e300, "a" * 32, "carelink", "UTC"])
)  # fmt: skip
times = st.sampled_from([
    "2024-03-10T08:00:00Z", "2024-03-10T08:00:00.9999999Z", "2024-03-10t08:00:00z", "2024-03-10 08:00:00Z", "2024-03-10T08:00:00+0100",
    "2024-03-10T08:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "2024-03-10T08:00:60Z", "2024-03-10T08:00:00.5-00:00",
])  # fmt: skip
composed = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
names = st.sampled_from([*FULL, "extras", "parsedTime", "guid", "subType"])


@settings(max_examples=400, deadline=None)
@given(
    base=st.sampled_from([PLAIN, FULL]),
    changes=st.dictionaries(names, scalars | composed, max_size=2),
    value=st.integers(-1, 1001) | st.floats(-1, 1001),
    units=st.sampled_from(["mg/dL", "mg/dl", "mmol/L", "mmol/l"]),
    time=times,
)
def test_never_accepts_what_the_full_rules_refuse(
    base: dict[str, Any], changes: dict[str, Any], value: float, units: str, time: str
) -> None:
    item = {**base, "value": value, "units": units, "time": time, **changes}
    both_ways(json.dumps([PLAIN, item]).encode())


@settings(max_examples=150, deadline=None)
@given(
    value=st.integers(0, 1000) | st.floats(0, 1000),
    rate=st.floats(-100, 100),
    offset=st.integers(-10080, 10080),
    device=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=9),
    moment=st.datetimes(),
)
def test_takes_every_plainly_valid_reading(value: float, rate: float, offset: int, device: str, moment: Any) -> None:
    time = moment.replace(year=max(moment.year, 2)).isoformat() + "Z"
    item = {**FULL, "value": value, "trendRate": rate, "timezoneOffset": offset, "deviceId": device, "time": time}
    assert both_ways(json.dumps([item, PLAIN]).encode())
