"""The worked example of seven readings, edges of bands, and the identities that must hold for any record."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.reports import PRESETS, Readings, metrics, whole_percents
from openward.care.reports.bands import band_index, bar_heights, shares
from openward.care.reports.metrics import glycemia_risk
from openward.care.reports.readings import MGDL_PER_MMOL, without_overlap

SEVEN = [53, 54, 70, 120, 180, 181, 251]
FIVE_MIN_MS = 300_000


def record(mgdl: list[float], interval: float = 5.0) -> Readings:
    values = [round(one / MGDL_PER_MMOL, 5) for one in mgdl]
    return Readings.of(np.arange(len(mgdl)) * int(interval * 60_000), values, interval)


values = st.lists(st.integers(20, 500).map(float), min_size=2, max_size=200)
records = values.map(record)


def test_worked_example() -> None:
    seven = record([float(one) for one in SEVEN])
    mean, deviation = metrics.mean(seven), metrics.standard_deviation(seven, minimum=2)
    assert mean is not None
    assert mean == pytest.approx(129.857, abs=5e-4)
    assert deviation == pytest.approx(76.536, abs=5e-4)
    assert metrics.cv(mean, deviation) == pytest.approx(58.94, abs=5e-3)
    assert metrics.gmi(mean) == pytest.approx(6.416, abs=5e-4)
    assert metrics.estimated_a1c(mean) == pytest.approx(6.152, abs=5e-4)
    found = shares(seven)
    assert found is not None
    assert found.percents == pytest.approx((14.2857, 14.2857, 42.8571, 14.2857, 14.2857), abs=1e-3)
    risk = glycemia_risk(found)
    assert (risk.index, risk.zone) == (100.0, "E")
    assert risk.uncapped == pytest.approx(111.43, abs=5e-3)
    assert risk.uncapped == pytest.approx(3.0 * risk.hypo_part + 1.6 * risk.hyper_part)


def test_spread_needs_thirty_readings() -> None:
    assert metrics.standard_deviation(record([100.0, 120.0] * 14)) is None
    assert metrics.standard_deviation(record([100.0, 120.0] * 15)) == pytest.approx(10.17095, abs=1e-4)


@pytest.mark.parametrize(
    ("mgdl", "band"),
    [(53, 0), (54, 1), (69, 1), (70, 2), (180, 2), (181, 3), (250, 3), (251, 4), (349, 4), (350, 4)],
)
def test_edges_in_mgdl(mgdl: int, band: int) -> None:
    one = record([float(mgdl)])
    assert band_index(one).tolist() == [band]
    found = shares(one)
    assert found is not None
    assert found.extreme_high.readings == (1 if mgdl >= 350 else 0)


@pytest.mark.parametrize(
    ("mmol", "band"), [(2.9, 0), (3.0, 1), (3.8, 1), (3.9, 2), (10.0, 2), (10.1, 3), (13.9, 3), (14.0, 4), (19.4, 4)]
)
def test_edges_in_mmol(mmol: float, band: int) -> None:
    assert band_index(Readings.of([0], [mmol])).tolist() == [band]


def test_presets_use_their_own_limits() -> None:
    mixed = record([50.0, 60.0, 65.0, 141.0, 300.0])
    assert band_index(mixed, PRESETS["adaPregnancyType1"]).tolist() == [0, 1, 2, 3, 3]
    assert band_index(mixed, PRESETS["adaHighRisk"]).tolist() == [1, 1, 1, 2, 4]


def test_every_whole_number_survives_storage() -> None:
    every = np.arange(0, 1001)
    stored = Readings.of(np.arange(1001) * FIVE_MIN_MS, np.round(every / MGDL_PER_MMOL, 5))
    assert stored.whole_mgdl.tolist() == every.tolist()


def test_whole_percents_sum_to_a_hundred() -> None:
    assert whole_percents((0.4, 4.4, 70.4, 20.4, 4.4)) == (0, 4, 70, 22, 4)
    assert whole_percents((33.5, 33.5, 33.0, 0.0, 0.0)) == (33, 34, 33, 0, 0)
    assert whole_percents((0.5, 1.5, 97.5, 0.5, 0.0)) == (0, 2, 98, 0, 0)


def test_narrow_bands_are_drawn_at_a_minimum() -> None:
    heights = bar_heights((0.0, 0.0, 100.0, 0.0, 0.0))
    assert sum(heights) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * 6 / 124)
    assert bar_heights((0.0, 1.0, 99.0, 0.0, 0.0), (False, True, True, True, True))[0] == 0


def test_known_risk_values() -> None:
    low, high = metrics.blood_glucose_risk(record([112.5] * 3)) or (9, 9)
    assert low + high == pytest.approx(0, abs=1e-3)
    assert metrics.grade(record([90.0] * 4)).score < 0.2  # type: ignore[union-attr]
    assert metrics.j_index(100, 20) == pytest.approx(14.4)
    assert metrics.gmi_mmol_mol(8.0) == pytest.approx(50.357, abs=1e-3)


def test_overlapping_uploads_count_once() -> None:
    once = record([float(one) for one in range(100, 160)])
    twice = Readings.of(
        np.concatenate([once.time_ms, once.time_ms + 120_000]), np.concatenate([once.value_mmol, once.value_mmol])
    )
    assert without_overlap(twice).value_mmol.tolist() == once.value_mmol.tolist()
    early = Readings.of(once.time_ms - np.arange(60) % 2 * 9_000, once.value_mmol)
    assert len(without_overlap(early)) == 60


@given(records)
@settings(max_examples=60, deadline=None)
def test_shares_add_up(any_record: Readings) -> None:
    for preset in PRESETS.values():
        found = shares(any_record, preset)
        assert found is not None
        assert sum(found.percents) == pytest.approx(100)
        assert found.any_low.percent == pytest.approx(found.very_low.percent + found.low.percent)
        assert found.any_high.percent == pytest.approx(found.very_high.percent + found.high.percent)
        assert all(part >= 0 for part in whole_percents(found.percents))


@given(records, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_of_input_does_not_matter(any_record: Readings, chance: object) -> None:
    order = list(range(len(any_record)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    mixed = Readings.of(any_record.time_ms[order], any_record.value_mmol[order], any_record.interval_min[order])
    assert metrics.mean(mixed) == metrics.mean(any_record)
    assert metrics.standard_deviation(mixed, 2) == metrics.standard_deviation(any_record, 2)


@given(records)
@settings(max_examples=40, deadline=None)
def test_longer_intervals_change_no_percentage(any_record: Readings) -> None:
    doubled = Readings.of(any_record.time_ms, any_record.value_mmol, any_record.interval_min * 2)
    first, second = shares(any_record), shares(doubled)
    assert first is not None
    assert second is not None
    assert first.percents == pytest.approx(second.percents, abs=1e-9)
    assert second.minutes == 2 * first.minutes


@given(records, st.integers(1, 199))
@settings(max_examples=40, deadline=None)
def test_parts_merge_to_the_whole(any_record: Readings, cut: int) -> None:
    place = np.arange(len(any_record)) < min(cut, len(any_record) - 1)
    parts = [any_record.pick(place), any_record.pick(~place)]
    weights = [float(part.interval_min.sum()) for part in parts]
    means = [metrics.mean(part) or 0.0 for part in parts]
    deviations = [metrics.population_deviation(part) or 0.0 for part in parts]
    spreads = [spread**2 * weight for spread, weight in zip(deviations, weights, strict=True)]
    apart = (means[1] - means[0]) ** 2 * weights[0] * weights[1] / sum(weights)
    merged = np.sqrt((sum(spreads) + apart) / sum(weights))
    assert np.dot(weights, means) / sum(weights) == pytest.approx(metrics.mean(any_record), rel=1e-9)
    assert merged == pytest.approx(metrics.population_deviation(any_record), rel=1e-9, abs=1e-7)
