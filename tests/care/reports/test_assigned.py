"""Which range set holds for a patient: a published one, or the clinic's own with its names, units and bounds."""

from datetime import date
from typing import Any

import pytest

from openward.care.reports import PRESETS, Person, RangePreset, Readings, build, preset_of

STANDARD = PRESETS["adaStandard"]


def own(*bounds: tuple[str, float, bool], units: str = "mg/dL", name: str = "Night shift") -> dict[str, Any]:
    """Ranges as an enrolment keeps them."""
    thresholds = [
        {"name": one, "upperBound": {"value": value, "units": units}, "inclusive": is_in}
        for one, value, is_in in bounds
    ]
    return {"type": "custom", "custom": {"name": name, "thresholds": thresholds}}


def limits(preset: RangePreset) -> tuple[int | None, int, int, int | None]:
    return preset.very_low, preset.low, preset.high, preset.very_high


FIVE = (("veryLow", 60, False), ("low", 80, False), ("target", 160, True), ("high", 220, True), ("veryHigh", 300, True))


def test_published_sets() -> None:
    assert preset_of(None) is STANDARD
    assert preset_of({"type": "preset", "preset": "adaHighRisk"}) is PRESETS["adaHighRisk"]
    assert preset_of({"type": "preset", "preset": "unheard-of"}) is STANDARD


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (own(*FIVE), (60, 80, 160, 220)),
        (own(*FIVE[:4]), (60, 80, 160, 220)),
        # An inclusive lower bound is part of what lies below it; one that is not inclusive belongs to the range above.
        (
            own(("Very low", 60, True), ("Low", 80, True), ("In Target", 160, False), ("High", 220, False)),
            (61, 81, 159, 219),
        ),
        (
            own(("v", 3.0, False), ("l", 3.9, False), ("t", 10.0, True), ("h", 13.9, True), units="mmol/L"),
            (54, 70, 180, 250),
        ),
        (own(("low", 70, False), ("target", 140, True)), (None, 70, 140, None)),
        (own(("a", 70, False), ("b", 140, True), ("c", 200, True)), (None, 70, 140, 200)),
    ],
    ids=["five", "four", "inclusive", "by-place-in-mmol", "two", "three-without-a-name"],
)
def test_own_ranges(ranges: dict[str, Any], expected: tuple[int | None, int, int, int | None]) -> None:
    found = preset_of(ranges)
    assert limits(found) == expected
    assert (found.key, found.label, found.goals.target) == ("custom", "Night shift", None)


@pytest.mark.parametrize(
    "ranges",
    [
        {"type": "custom"},
        {"type": "custom", "custom": {}},
        {"type": "custom", "custom": {"name": "x", "thresholds": "60"}},
        {"type": "custom", "custom": {"name": "x", "thresholds": [{"name": "target"}]}},
        own(("low", 160, False), ("target", 80, True), ("high", 220, True), ("veryHigh", 230, True)),
        own(("target", 160, True), ("high", 200, True)),
        own(("a", 100, False), ("b", 200, False)),
        own(("veryLow", float("nan"), False), *FIVE[1:]),
    ],
    ids=["nothing", "empty", "text", "no-bound", "descending", "nothing-below", "nameless-pair", "not-a-number"],
)
def test_ranges_that_cannot_be_drawn_leave_the_standard_set(ranges: dict[str, Any]) -> None:
    assert preset_of(ranges) is STANDARD


def test_a_report_counts_and_says_the_own_ranges() -> None:
    values = [59, 60, 79, 80, 160, 161, 220, 221]
    readings = Readings.of([place * 300_000 for place in range(8)], [one / 18.01559 for one in values])
    report = build(Person(), readings, last_day=date(1970, 1, 1), days=1, preset=preset_of(own(*FIVE)))
    assert report.shares is not None
    assert [one.readings for one in (report.shares.very_low, report.shares.low, report.shares.target)] == [1, 2, 2]
    assert [one.readings for one in (report.shares.high, report.shares.very_high)] == [2, 1]
    assert report.preset.label == "Night shift"
