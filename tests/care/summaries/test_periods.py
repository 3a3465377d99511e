"""Periods: the published worked examples, and the identities that must hold for any record."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.summaries.buckets import Buckets, bucket_at, fill, no_buckets
from openward.care.summaries.model import DAY_MS, HOUR_MS, Band, Period, Rules, Window
from openward.care.summaries.periods import compute, gmi
from openward.care.summaries.readings import Readings

T0 = 1_710_028_800_000  # 2024-03-10T00:00:00Z
MINUTE = 60_000
OURS = Rules()
EXAMPLE_A = [5.0, 5.2, 5.4, 6, 7, 8, 9.9, 10.0, 10.1, 12, 13.9, 14.0]
Row = tuple[int, float, int]


def steady(values: list[float], minutes: int) -> list[Row]:
    return [(T0 + place * minutes * MINUTE, value, minutes) for place, value in enumerate(values)]


def periods_of(rows: list[Row], rules: Rules = OURS) -> dict[str, Period]:
    return compute(fill(None, Readings.of(rows), rules), rules)


def exactly(value: float) -> object:
    return pytest.approx(value, abs=1e-6, rel=0)


def percents(window: Window) -> dict[str, float]:
    return {str(band): share.percent for band, share in window.bands.items() if share.percent}


def test_example_a_one_hour_of_a_sensor() -> None:
    for name, period in periods_of(steady(EXAMPLE_A, 5)).items():
        now = period.current
        assert (now.records, now.minutes, now.hours_with_data, now.days_with_data) == (12, 60, 1, 1)
        assert now.glucose == exactly(532.5)
        assert now.variance == exactly(591.2125)
        assert now.average_mmol == exactly(8.875)
        assert now.standard_deviation == exactly(3.139035)
        assert now.coefficient_of_variation == exactly(0.353694)
        assert now.glucose_management_indicator == 7.1
        assert (now.minimum, now.maximum) == (5.0, 14.0)
        assert percents(now) == {
            "Target": exactly(0.666667),
            "High": exactly(0.25),
            "VeryHigh": exactly(0.083333),
            "AnyHigh": exactly(0.333333),
        }
        assert [now.bands[band].minutes for band in (Band.TARGET, Band.HIGH, Band.VERY_HIGH)] == [40, 15, 5]
        assert now.use_percent == exactly(60 / 1440 / int(name[:-1]))
        delta = period.delta
        for field in Window.__slots__:
            if field not in ("glucose", "variance"):
                assert getattr(delta, field) == getattr(now, field), field


def test_a_single_hour_has_no_deviation_in_the_reference() -> None:
    now = periods_of(steady(EXAMPLE_A, 5), Rules(reference_merging=True))["1d"].current
    assert now.standard_deviation == 0
    assert now.average_mmol == exactly(8.875)


def test_example_c_two_days() -> None:
    second = [value for value in (3.5, 5.0, 8.0, 11.0) for _ in range(72)]
    periods = periods_of(steady([6.0] * 288 + second, 5))
    day, delta = periods["1d"].current, periods["1d"].delta
    assert (day.records, day.use_percent, day.glucose_management_indicator) == (288, 1.0, 6.3)
    assert day.average_mmol == exactly(6.875)
    assert day.standard_deviation == exactly(2.880430)
    assert day.coefficient_of_variation == exactly(0.418972)
    assert percents(day) == {"Low": 0.25, "AnyLow": 0.25, "Target": 0.5, "High": 0.25, "AnyHigh": 0.25}
    assert delta.average_mmol == exactly(0.875)
    assert {str(b): s.percent for b, s in delta.bands.items() if b in (Band.TARGET, Band.LOW, Band.HIGH)} == {
        "Target": -0.5,
        "Low": 0.25,
        "High": 0.25,
    }
    assert delta.glucose_management_indicator == exactly(0.4)
    assert delta.standard_deviation == exactly(2.880430)
    assert delta.days_with_data == 0

    week = periods["7d"].current
    assert (week.records, week.minutes, week.days_with_data, week.hours_with_data) == (576, 2880, 2, 48)
    assert week.use_percent == exactly(0.285714)
    assert week.average_mmol == exactly(6.4375)
    assert week.standard_deviation == exactly(2.083229)
    assert week.coefficient_of_variation == exactly(0.323608)
    assert week.glucose_management_indicator == 6.1
    assert percents(week) == {"Low": 0.125, "AnyLow": 0.125, "Target": 0.75, "High": 0.125, "AnyHigh": 0.125}
    assert week.average_daily_records == exactly(82.285714)


def test_example_d_quarter_hours() -> None:
    now = periods_of(steady([7.0, 7.5, 8.0, 8.5] * 24, 15))["1d"].current
    assert (now.minutes, now.use_percent, now.glucose_management_indicator) == (1440, 1.0, 6.7)
    assert now.average_mmol == exactly(7.75)
    assert now.standard_deviation == exactly(0.559017)
    assert now.coefficient_of_variation == exactly(0.072131)


def test_example_e_meter() -> None:
    hours_and_mg_dl = [(0, 54), (5, 70), (26, 120), (27, 180), (50, 251), (51, 350)]
    rows = [(T0 + hour * HOUR_MS, math.trunc(mg_dl / 18.01559 * 1e5 + 0.5) / 1e5, 0) for hour, mg_dl in hours_and_mg_dl]
    periods = periods_of(rows)
    week = periods["7d"].current
    assert (week.records, week.minutes, week.use_percent, week.glucose_management_indicator) == (6, 0, 0.0, 0.0)
    counted = (Band.VERY_LOW, Band.LOW, Band.TARGET, Band.VERY_HIGH, Band.EXTREME_HIGH)
    assert [week.bands[band].records for band in counted] == [0, 1, 3, 2, 1]
    assert week.bands[Band.TARGET].percent == 0.5
    assert week.average_mmol == exactly(9.482528)
    assert week.standard_deviation == exactly(5.777974)
    assert week.days_with_data == 3
    assert week.average_daily_records == exactly(0.857143)
    day = periods["1d"]
    assert day.current.records == 2
    assert day.current.average_mmol == exactly(16.68)
    assert day.current.standard_deviation == exactly(2.74762)
    assert day.offset.records == 3
    assert (day.offset.minimum, day.offset.maximum) == (3.88552, 9.99135)


@pytest.mark.parametrize(
    ("mmol", "percent"),
    [
        (5.55, 5.7),
        (6.9375, 6.3),
        (8.325, 6.9),
        (9.722, 7.5),
        (11.11, 8.1),
        (12.4875, 8.7),
        (13.875, 9.3),
        (15.2625, 9.9),
        (16.65, 10.5),
        (19.425, 11.7),
    ],
)
def test_gmi(mmol: float, percent: float) -> None:
    assert gmi(mmol) == percent


def test_windows_hang_on_the_newest_hour_and_exclude_their_far_end() -> None:
    rows = [(T0 + day * DAY_MS, 6.0 + day / 100, 5) for day in range(61)]
    periods = periods_of(rows)
    assert {name: period.current.records for name, period in periods.items()} == {
        "1d": 1,
        "7d": 7,
        "14d": 14,
        "30d": 30,
    }
    assert {name: period.offset.records for name, period in periods.items()} == {"1d": 1, "7d": 7, "14d": 14, "30d": 30}
    assert periods["1d"].current.maximum == 6.6
    assert periods["30d"].offset.minimum == 6.01


def test_a_day_counts_24_hours_before_the_one_counted_last() -> None:
    hours = [0, 23, 47, 70, 71, 95]
    newest = 95
    days = periods_of([(T0 + hour * HOUR_MS, 6.0, 5) for hour in hours])["7d"].current.days_with_data
    assert days == len([newest, 71, 47, 23])


def test_no_hours_no_periods() -> None:
    assert compute(no_buckets(), OURS) == {}


def by_hand(buckets: Buckets, rules: Rules, days: int, *, offset: bool) -> dict[str, float] | None:
    """One window by the pairwise formulas as they are written, newest hour first."""
    newest = int(buckets["time"][-1])
    young, old = (days, 2 * days) if offset else (0, days)
    hours = [bucket_at(buckets, place) for place in range(buckets.size - 1, -1, -1)]
    hours = [b for b in hours if newest - old * DAY_MS < b.time_ms <= newest - young * DAY_MS]
    if not hours:
        return None
    glucose, minutes, records, variance = 0.0, 0, 0, 0.0
    anchor, counted = hours[0].time_ms, 1
    for b in hours:
        if records:
            na, nb = (minutes, b.total_minutes) if minutes else (records, b.total_records)
            variance += b.variance + (b.glucose / nb - glucose / na) ** 2 * na * nb / (na + nb)
        elif not rules.reference_merging:
            variance = b.variance
        glucose, minutes, records = glucose + b.glucose, minutes + b.total_minutes, records + b.total_records
        if anchor - b.time_ms >= DAY_MS:
            anchor, counted = b.time_ms, counted + 1
    weight = minutes or records
    deviation = math.sqrt(variance / weight)
    return {
        "glucose": glucose,
        "minutes": minutes,
        "records": records,
        "average_mmol": glucose / weight,
        "standard_deviation": deviation,
        "coefficient_of_variation": deviation / (glucose / weight),
        "hours_with_data": len(hours),
        "days_with_data": counted,
        "minimum": min(b.minimum for b in hours),
        "maximum": max(b.maximum for b in hours),
        "average_daily_records": records / days,
        "use_percent": minutes / (days * 1440),
    }


@st.composite
def records(draw: st.DrawFn, durations: tuple[int, ...] = (5, 15)) -> list[Row]:
    """Up to two months of readings, some close together and some days apart."""
    duration = st.sampled_from(durations)
    step = st.one_of(st.just(15), st.integers(15, 2000), st.integers(15, 20_000))
    time, found = T0, []
    for minutes, value, lasts in draw(
        st.lists(st.tuples(step, st.floats(1.0, 30.0), duration), min_size=1, max_size=120)
    ):
        time += minutes * MINUTE
        found.append((time, value, lasts))
    return found


@settings(max_examples=80, deadline=None)
@given(st.one_of(records(), records(durations=(0,))), st.booleans())
def test_windows_equal_the_written_formulas(rows: list[Row], reference: bool) -> None:
    rules = Rules(reference_merging=reference)
    buckets = fill(None, Readings.of(rows), rules)
    for period in compute(buckets, rules).values():
        for window, offset in ((period.current, False), (period.offset, True)):
            expected = by_hand(buckets, rules, period.days, offset=offset)
            if expected is None:
                assert window == Window()
            else:
                got = {name: getattr(window, name) for name in expected}
                assert got == pytest.approx(expected, rel=1e-9, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(st.one_of(records(), records(durations=(0,))))
def test_identities_of_the_bands(rows: list[Row]) -> None:
    for period in periods_of(rows).values():
        for window in (period.current, period.offset):
            if not window.records:
                continue
            share = {band: found.percent for band, found in window.bands.items()}
            five = (Band.VERY_LOW, Band.LOW, Band.TARGET, Band.HIGH, Band.VERY_HIGH)
            assert sum(share[band] for band in five) == pytest.approx(1, abs=1e-12)
            assert share[Band.ANY_LOW] == pytest.approx(share[Band.VERY_LOW] + share[Band.LOW], abs=1e-12)
            assert share[Band.ANY_HIGH] == pytest.approx(share[Band.HIGH] + share[Band.VERY_HIGH], abs=1e-12)
            assert share[Band.EXTREME_HIGH] <= share[Band.VERY_HIGH]


@settings(max_examples=40, deadline=None)
@given(records(durations=(1, 5)))
def test_doubling_every_interval_changes_no_share_and_no_mean(rows: list[Row]) -> None:
    once = periods_of(rows)
    twice = periods_of([(time, value, 2 * lasts) for time, value, lasts in rows])
    for name in once:
        a, b = once[name].current, twice[name].current
        assert b.minutes == 2 * a.minutes
        assert {band: s.percent for band, s in b.bands.items()} == {band: s.percent for band, s in a.bands.items()}
        assert b.average_mmol == pytest.approx(a.average_mmol, rel=1e-12)
        assert b.standard_deviation == pytest.approx(a.standard_deviation, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(records(durations=(5,)))
def test_mean_and_deviation_are_those_of_the_readings(rows: list[Row]) -> None:
    newest = rows[-1][0] // HOUR_MS * HOUR_MS
    values = [value for time, value, _ in rows if time // HOUR_MS * HOUR_MS > newest - 30 * DAY_MS]
    now = periods_of(rows)["30d"].current
    assert now.average_mmol == pytest.approx(np.mean(values), rel=1e-9)
    assert now.standard_deviation == pytest.approx(np.std(values), rel=1e-9, abs=1e-7)
