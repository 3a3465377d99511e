"""Charts of measurements over weeks: scales, lines across, words, and nothing that is not escaped."""

import re
from datetime import UTC, datetime, timedelta

from openward.care.reports import Trend, TrendPoint, trend_chart

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = FIRST + timedelta(days=90)


def points(*values: float, low: float | None = None) -> tuple[TrendPoint, ...]:
    return tuple(TrendPoint(FIRST + timedelta(days=9 * place), value, low) for place, value in enumerate(values))


def circles(drawing: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawing)]


def test_values_stand_in_order_on_a_scale_of_round_numbers() -> None:
    drawing = trend_chart(Trend("Weight", "kg", points(82.4, 81.0, 80.2), goals=(81.5,)), FIRST, LAST, "w")
    first, second, third, last = circles(drawing)
    assert first[0] < second[0] < third[0] == last[0]
    assert first[1] < second[1] < third[1]
    assert ">82<" in drawing
    assert "3 values, from 82.4 kg on 1 Jan 2026 to 80.2 kg on 19 Jan 2026" in drawing
    assert drawing.count("gc-goal-line") == 1
    assert 'data-labels="1 Jan 2026, 00:00\n82.4 kg|' in drawing
    assert len(drawing.split('data-xs="')[1].split('"')[0].split(",")) == 3


def test_two_values_are_a_bar_and_limits_are_dashed() -> None:
    drawing = trend_chart(Trend("Pressure", "mmHg", points(150, 128, low=80), limits=(160,)), FIRST, LAST, "p")
    assert drawing.count("gc-trend-bar") == 2
    assert drawing.count("gc-critical") == 1
    assert "150/80 mmHg" in drawing


def test_one_value_many_values_and_none() -> None:
    assert "One value: 5 on 1 Jan 2026." in trend_chart(Trend("Pain", "", points(5)), FIRST, LAST, "a")
    assert "No values." in trend_chart(Trend("Pain", "", ()), FIRST, LAST, "b")
    flat = trend_chart(Trend("Pain", "", points(0, 0, 0)), FIRST, LAST, "c")
    assert "nan" not in flat
    step = timedelta(hours=8)
    crowd = tuple(TrendPoint(FIRST + step * place, 100 + place % 7) for place in range(200))
    drawing = trend_chart(Trend("Glucose", "mg/dL", crowd), FIRST, LAST, "d")
    assert len(circles(drawing)) == 201
    assert 'class="gc-trend"' not in drawing  # so many are dots alone


def test_names_are_escaped() -> None:
    drawing = trend_chart(Trend("<b>", '"x"', points(1, 2)), FIRST, LAST, "e")
    assert "<b>" not in drawing
    assert '""x""' not in drawing
