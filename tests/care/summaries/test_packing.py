"""Packing: what comes out is what went in, to the last bit, and small."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.summaries.buckets import fill, no_buckets
from openward.care.summaries.continuous import CONTINUOUS_DTYPE, fill_continuous, no_continuous
from openward.care.summaries.model import Rules
from openward.care.summaries.packing import pack_days, unpack_days
from openward.care.summaries.readings import Readings

T0 = 1_710_028_800_000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60 * 86_400_000 - 1), st.floats(0, 56), st.sampled_from([0, 1, 5, 15, 60, 1440])),
        max_size=200,
    )
)
def test_round_trip_is_exact(sample: list[tuple[int, float, int]]) -> None:
    hours = fill(None, Readings.of(sorted((T0 + time, value, d) for time, value, d in sample)), Rules())
    rows = pack_days(hours)
    assert len({day for day, _ in rows}) == len(rows) == len(np.unique(hours["time"] // 86_400_000))
    assert (unpack_days(reversed(rows)) == hours).all()


def test_days_are_utc_days_and_small() -> None:
    hours = fill(None, Readings.of([(T0 + n * 300_000, 6.0, 5) for n in range(288 + 12)]), Rules())
    rows = pack_days(hours)
    assert [day for day, _ in rows] == [
        datetime(2024, 3, 10, tzinfo=UTC).date(),
        datetime(2024, 3, 11, tzinfo=UTC).date(),
    ]
    assert [len(body) for _, body in rows] == [1 + 24 * 61, 1 + 61]
    assert all(body[0] == 1 for _, body in rows)


def test_continuous_round_trip() -> None:
    times = [T0 + n * 3_000_000 for n in range(100)]
    hours = fill_continuous(no_continuous(), times, [time + n * 3_600_000 for n, time in enumerate(times)])
    assert (unpack_days(pack_days(hours), CONTINUOUS_DTYPE) == hours).all()
    assert np.unique(hours["deferred"]).tolist() != [0]


def test_nothing_packs_to_nothing() -> None:
    assert pack_days(no_buckets()) == []
    assert unpack_days([]).dtype == no_buckets().dtype
    assert unpack_days([], CONTINUOUS_DTYPE).dtype == CONTINUOUS_DTYPE


@pytest.mark.parametrize("spoil", [lambda body: b"", lambda body: b"\x09" + body[1:], lambda body: body[:-1]])
def test_strange_bytes_are_refused(spoil: object) -> None:
    [(day, body)] = pack_days(fill(None, Readings.of([(T0, 6.0, 5)]), Rules()))
    with pytest.raises(ValueError, match="not packed hours"):
        unpack_days([(day, spoil(body))])  # type: ignore[operator]
