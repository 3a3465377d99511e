"""Coverage, the curve, episodes and variability: on made records with known answers and on real ones."""

import numpy as np
import pytest

from openward.care.reports import Readings, coverage, episodes, variability
from openward.care.reports.curve import best_days, curve, is_curve_shown, smoothed
from openward.care.reports.episodes import EpisodeKind
from openward.care.reports.readings import DAY_MS, MGDL_PER_MMOL
from tests.care.reports.conftest import hall, simulated

FIVE_MS = 300_000


def record(mgdl: np.ndarray, step: int = 5, start: int = 0) -> Readings:
    return Readings.of(start + np.arange(mgdl.size) * step * 60_000, mgdl / MGDL_PER_MMOL, step)


def test_coverage_two_ways() -> None:
    steady = record(np.full(288, 100.0))
    assert coverage.in_wear(steady) == 100
    assert coverage.in_window(steady, 14 * 1440) == pytest.approx(100 / 14)
    half = steady.pick(np.arange(288) % 2 == 0)
    assert coverage.in_wear(half) == pytest.approx(100 * 144 * 5 / (286 * 5 + 5))


@pytest.mark.parametrize(("readings", "is_enough"), [(2822, False), (2823, True)])
def test_consensus_minimum(readings: int, is_enough: bool) -> None:
    found = coverage.enough(record(np.full(readings, 100.0)), 13)
    assert found.is_enough is is_enough
    assert found.needed_days == pytest.approx(9.8)


def test_curve_percentiles_and_circle() -> None:
    days = np.repeat(np.arange(100.0, 111.0), 288)
    found = curve(record(days))
    assert found.raw[:, 0].tolist() == pytest.approx([100, 102, 105, 108, 110])
    assert found.counts.tolist() == [33] * 96
    assert curve(record(days), 24).centre_min[0] == 30


def test_smoothing_ignores_empty_neighbours() -> None:
    rows = np.full((1, 6), np.nan)
    rows[0, [0, 1, 3, 5]] = [10.0, 20.0, 50.0, 40.0]
    out = smoothed(rows)[0]
    assert out[[0, 1, 3, 5]].tolist() == pytest.approx([(10 * 4 + 40 + 20) / 6, (80 + 10) / 5, 50, (160 + 10) / 5])
    assert np.isnan(out[[2, 4]]).all()


def test_curve_is_hidden_without_seven_good_days() -> None:
    assert not is_curve_shown(record(np.full(288, 100.0)))
    assert not is_curve_shown(record(np.full(288 * 6, 100.0)))
    assert is_curve_shown(record(np.full(288 * 7, 100.0)))
    week = record(np.full(288 * 7, 100.0))
    assert not is_curve_shown(week.pick(np.arange(len(week)) % 10 < 6))
    two = record(np.full(288 * 9, 100.0)).pick(~np.isin(np.arange(288 * 9) // 288, [3, 4]))
    assert sorted(best_days(two)) == [0, 1, 2, 5, 6, 7, 8]


def test_low_episode_needs_fifteen_minutes_and_ends_after_fifteen() -> None:
    values = np.full(60, 120.0)
    values[10:12] = 60
    assert episodes.find(record(values), EpisodeKind.LOW) == []
    values[20:24] = 60
    values[24:26] = 100
    values[26:28] = 50
    (found,) = episodes.find(record(values), EpisodeKind.LOW)
    assert (found.start_ms, found.end_ms) == (20 * FIVE_MS, 28 * FIVE_MS)
    assert found.extreme_mgdl == 50
    assert found.is_at_night
    assert not found.is_extended
    assert episodes.find(record(values), EpisodeKind.VERY_LOW) == []


def test_gap_ends_an_episode_and_long_ones_are_extended() -> None:
    low = record(np.full(60, 50.0))
    (long,) = episodes.find(low, EpisodeKind.VERY_LOW)
    assert long.is_extended
    assert long.minutes == 300
    broken = low.pick((np.arange(60) < 20) | (np.arange(60) > 30))
    assert len(episodes.find(broken, EpisodeKind.VERY_LOW)) == 2
    high = np.full(60, 300.0)
    high[18:] = 200
    (above,) = episodes.find(record(high), EpisodeKind.HIGH)
    assert above.is_extended
    assert not episodes.find(record(high[1:]), EpisodeKind.HIGH)[0].is_extended


def test_variability_of_known_waves() -> None:
    minute = np.arange(288 * 3) * 5.0
    wave = 150 + 50 * np.sin(2 * np.pi * minute / 360)
    even = variability.grid(record(wave))
    assert even is not None
    assert variability.modd(even) == pytest.approx(0, abs=1e-9)
    assert variability.conga(even, 24) == pytest.approx(0, abs=1e-9)
    # The part waves at both ends of the record are lower, so the mean stays just below the full height of 100.
    assert variability.mage(even) == pytest.approx(100, rel=0.05)
    rising = variability.grid(record(wave + 10 * (minute // 1440)))
    assert rising is not None
    assert variability.modd(rising) == pytest.approx(10)


def test_grid_leaves_long_gaps_empty() -> None:
    values = record(np.full(288, 100.0))
    place = np.arange(288)
    even = variability.grid(values.pick(((place < 50) | (place > 57)) & ((place < 100) | (place > 108))))
    assert even is not None
    assert not np.isnan(even.values[0, 50:58]).any()
    assert np.isnan(even.values[0, 100:109]).all()


def test_real_records_are_plausible() -> None:
    readings, _ = simulated("adult001")
    assert coverage.in_wear(readings) == 100
    assert is_curve_shown(readings)
    gappy = hall("1636-70-1010")
    assert (coverage.in_wear(gappy) or 100) < 20
    even = variability.grid(gappy)
    assert even is not None
    assert 5 < (variability.modd(even) or 0) < 80
    assert int(gappy.time_ms[-1] - gappy.time_ms[0]) > 80 * DAY_MS
