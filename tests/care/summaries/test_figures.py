"""Flat figures: the names that lists know, and what is withheld when."""

import math

import pytest

from openward.care.summaries import (
    BGM_FIELDS,
    BGM_FILTERS,
    CGM_FIELDS,
    CGM_FILTERS,
    INTEGER_FIELDS,
    Period,
    Readings,
    Rules,
    bgm_figures,
    cgm_figures,
    compute,
    fill,
)

T0 = 1_710_028_800_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SHARES = [name for name in CGM_FIELDS if name.startswith("timeIn") and "Percent" in name]


def periods_of(rows: list[tuple[int, float, int]]) -> dict[str, Period]:
    return compute(fill(None, Readings.of(rows), Rules()), Rules())


def sensor(days: float, start_day: float = 0.0) -> list[tuple[int, float, int]]:
    begin = T0 + round(start_day * DAY)
    return [(begin + n * 5 * MINUTE, 6.0 + n % 7, 5) for n in range(round(days * 288))]


def present(figures: dict[str, float | None]) -> set[str]:
    return {name for name, value in figures.items() if value is not None}


def test_names_in_their_order() -> None:
    periods = periods_of(sensor(1))
    assert tuple(cgm_figures(periods["14d"])) == CGM_FIELDS
    assert tuple(bgm_figures(periods["14d"])) == BGM_FIELDS
    assert len(CGM_FIELDS) == len(set(CGM_FIELDS)) == 74
    assert len(BGM_FIELDS) == len(set(BGM_FIELDS)) == 46
    assert len(CGM_FILTERS) == 72
    assert len(BGM_FILTERS) == 40
    assert "timeInExtremeHighRecordsDelta" in set(CGM_FIELDS) - set(CGM_FILTERS)
    assert {name for name in INTEGER_FIELDS if "Percent" in name or "average" in name} == set()
    assert {"timeCGMUseMinutes", "totalRecordsDelta", "daysWithData", "timeInLowRecords"} <= INTEGER_FIELDS


def test_example_a_shows_use_and_average_but_no_share_and_no_gmi() -> None:
    values = [5.0, 5.2, 5.4, 6, 7, 8, 9.9, 10.0, 10.1, 12, 13.9, 14.0]
    rows = [(T0 + place * 5 * MINUTE, value, 5) for place, value in enumerate(values)]
    for period in periods_of(rows).values():
        figures = cgm_figures(period)
        assert set(CGM_FIELDS) - present(figures) == {
            *SHARES,
            "glucoseManagementIndicator",
            "glucoseManagementIndicatorDelta",
            "averageGlucoseMmolDelta",
            "timeCGMUsePercentDelta",
        }
        assert figures["standardDeviation"] == pytest.approx(3.139035, abs=1e-6)
        assert (figures["standardDeviationDelta"], figures["coefficientOfVariationDelta"]) == (0.0, 0.0)
        assert (figures["timeInTargetMinutes"], figures["timeInTargetMinutesDelta"]) == (40, 40)


def test_example_c_deltas_of_a_day_and_shares_of_a_week() -> None:
    second = [value for value in (3.5, 5.0, 8.0, 11.0) for _ in range(72)]
    rows = [(T0 + place * 5 * MINUTE, value, 5) for place, value in enumerate([6.0] * 288 + second)]
    periods = periods_of(rows)
    assert present(cgm_figures(periods["1d"])) == set(CGM_FIELDS)
    assert cgm_figures(periods["1d"])["timeInTargetPercentDelta"] == -0.5
    week = cgm_figures(periods["7d"])
    assert week["glucoseManagementIndicator"] is None
    assert week["timeInTargetPercent"] == 0.75
    assert week["timeInTargetPercentDelta"] is None


@pytest.mark.parametrize(("minutes", "shown"), [(1005, False), (1010, True)])
def test_one_day_needs_more_than_70_percent_use(minutes: int, shown: bool) -> None:
    figures = cgm_figures(periods_of([(T0 + n * 5 * MINUTE, 6.0, 5) for n in range(minutes // 5)])["1d"])
    assert (figures["timeInTargetPercent"] is not None) is shown
    assert (figures["glucoseManagementIndicator"] is not None) is shown


def test_exactly_70_percent_use_is_not_enough() -> None:
    # 10080 x 0.7 = 7056 minutes of a week, in steps of one minute.
    rows = [(T0 + n * MINUTE, 6.0, 1) for n in range(7056)]
    exact = periods_of(rows)["7d"]
    assert exact.current.minutes == 7056
    assert cgm_figures(exact)["glucoseManagementIndicator"] is None
    more = periods_of([*rows, (T0 + 7056 * MINUTE, 6.0, 1)])["7d"]
    assert cgm_figures(more)["glucoseManagementIndicator"] == 5.9


@pytest.mark.parametrize(("readings", "shown"), [(288, False), (289, True)])
def test_a_week_needs_more_than_a_day_of_minutes(readings: int, shown: bool) -> None:
    figures = cgm_figures(periods_of([(T0 + n * 5 * MINUTE, 6.0, 5) for n in range(readings)])["7d"])
    assert (figures["timeInTargetPercent"] is not None) is shown


def test_a_delta_needs_its_own_value_too() -> None:
    # A full week, then half a day in the newest week: the week before has shares and GMI, this one has not.
    periods = periods_of([*sensor(7), *sensor(0.5, start_day=13.5)])
    figures = cgm_figures(periods["7d"])
    assert periods["7d"].offset.use_percent > 0.7
    assert not present(figures) & {*SHARES, "glucoseManagementIndicator", "glucoseManagementIndicatorDelta"}
    assert figures["timeCGMUsePercentDelta"] is not None


def meter(count: int, every_hours: float) -> list[tuple[int, float, int]]:
    return [(T0 + math.floor(n * every_hours * HOUR), 5.0 + n % 5, 0) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "every_hours", "shown"),
    [(30, 6, True), (29, 6, False), (30, 5, False), (40, 5, True), (30, 1, False), (7, 24, False)],
)
def test_a_meter_needs_30_readings_on_7_days_for_spread(count: int, every_hours: float, shown: bool) -> None:
    # Thirty readings five hours apart fall on six counted days, since those are at least 24 hours apart.
    figures = bgm_figures(periods_of(meter(count, every_hours))["14d"])
    spread = {name for name in BGM_FIELDS if name.startswith(("standardDeviation", "coefficientOfVariation"))}
    assert present(figures) & spread == (spread if shown else set())


def test_meter_deltas_need_readings_before() -> None:
    periods = periods_of(meter(20, 5))
    day, month = bgm_figures(periods["1d"]), bgm_figures(periods["30d"])
    assert day["timeInTargetPercentDelta"] is not None
    assert day["averageGlucoseMmolDelta"] is not None
    assert month["timeInTargetPercentDelta"] is None
    assert month["averageGlucoseMmolDelta"] is None
    assert (month["totalRecords"], month["totalRecordsDelta"]) == (20, 20)


def test_counts_are_whole_numbers() -> None:
    for period in periods_of(sensor(2)).values():
        for name, value in cgm_figures(period).items():
            if value is not None:
                assert isinstance(value, int) is (name in INTEGER_FIELDS), name
