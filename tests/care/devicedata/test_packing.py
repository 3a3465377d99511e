"""Shapes and details: whatever comes in comes out again, and the short way in makes the same rows as the long one."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care import devicedata
from openward.care.devicedata.model import Batch
from openward.care.devicedata.packing import device_delta_ms, pack, spill, unpack, unpack_shape
from openward.care.devicedata.packing_cbg import pack_cbg

TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 -- bounds are to be naive
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
READINGS = st.fixed_dictionaries(
    {
        "type": st.just("cbg"),
        "time": TIMES.map(lambda time: time.isoformat(timespec="milliseconds") + "Z"),
        "units": st.sampled_from(["mg/dL", "mmol/L"]),
        "value": st.integers(0, 55) | st.floats(0, 55),
    },
    optional={
        "deviceId": st.sampled_from(["a", "b"]),
        "deviceTime": TIMES.map(lambda time: time.isoformat(timespec="seconds")),
        "timezoneOffset": st.integers(-720, 840),
        "clockDriftOffset": st.integers(-5000, 5000),
        "conversionOffset": st.integers(-(2**40), 2**40),
        "trend": st.sampled_from(["constant", "slowFall"]),
        "trendRate": st.floats(-5, 5) | st.integers(-5, 5),
        "sampleInterval": st.sampled_from([60000, 300000]),
        "id": st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=32, max_size=32),
        "origin": st.fixed_dictionaries(
            {"id": st.text("xyz", min_size=1, max_size=5)},
            optional={"name": st.just("n"), "payload": st.just({"deep": [1, {"x": 1 << 80}]})},
        ),
        "payload": st.dictionaries(st.text("ab", min_size=1), st.integers() | st.text("c"), min_size=1),
        "annotations": st.just([{"code": "bg/out-of-range", "value": "low", "threshold": 40}]),
    },
)


def _whole(batch: Batch) -> list[dict[str, Any]]:
    return [unpack(unpack_shape(row.shape), row.time, row.value, row.detail) for row in batch.rows]


@settings(deadline=None)
@given(st.lists(READINGS, min_size=1, max_size=12))
def test_what_goes_in_comes_out_by_either_way(items: list[dict[str, Any]]) -> None:
    checked = devicedata.check_batch(items, mint_id=str)
    expected = [dict(datum.fields) for datum in checked]
    slow = pack(checked)
    assert _whole(slow) == expected
    readings = devicedata.decode_cbg(msgspec.json.encode(items))
    if readings is not None:
        fast = pack_cbg(readings)
        assert _whole(fast) == expected
        assert [(row.time, row.value, row.kind, row.given_id, row.origin_id) for row in fast.rows] == [
            (row.time, row.value, row.kind, row.given_id, row.origin_id) for row in slow.rows
        ]
    for row in slow.rows:
        spill(row, slow)
    assert _whole(slow) == expected


def test_a_plain_reading_needs_no_detail() -> None:
    item = {
        "type": "cbg",
        "time": "2026-03-10T08:00:00.500Z",
        "deviceTime": "2026-03-10T00:00:00",
        "timezoneOffset": -480,
        "units": "mg/dL",
        "value": 100,
    }
    row = pack(devicedata.check_batch([item], mint_id=str)).rows[0]
    assert row.detail is None
    assert unpack_shape(row.shape).device_delta_ms == -480 * 60000


def test_the_commonest_detail_is_short() -> None:
    item = {"type": "cbg", "time": "2026-03-10T08:00:00Z", "units": "mmol/L", "value": 5, "trendRate": 0.0222}
    row = pack(devicedata.check_batch([item], mint_id=str)).rows[0]
    assert row.detail is not None
    assert len(row.detail) <= 5
    assert unpack(unpack_shape(row.shape), row.time, row.value, row.detail)["trendRate"] == 0.0222


@pytest.mark.parametrize(
    ("said", "fields", "expected"),
    [
        ("2026-03-10T00:00:00", {"timezoneOffset": -480}, -480 * 60000),
        ("2026-03-10T09:00:01", {"timezoneOffset": 60, "clockDriftOffset": 500}, 3600500),
        ("2026-03-10T08:00:09", {}, 9000),
    ],
)
def test_the_distance_of_the_clocks(said: str, fields: dict[str, Any], expected: int) -> None:
    time = datetime(2026, 3, 10, 8, 0, 0, 500000, UTC)
    assert device_delta_ms(time, said, fields) == expected
