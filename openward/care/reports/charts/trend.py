"""One measurement over weeks or months: a line of values, or a bar from the lower to the upper one.

A page reads `data-trend` (left, top, width and height of the plot), `data-xs` (where each value stands) and
`data-labels` (what it says), both in the order of time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openward.care.reports.charts.svg import Attributes, element, line_path, number, picture
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import PAGE, Theme

WIDTH, HEIGHT = 380.0, 150.0
LEFT, TOP, RIGHT, FLOOR = 40.0, 10.0, 372.0, 122.0
_SIZE = 11.0
_MOST_JOINED = 120
_DATES = 4


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One value at an aware time of the page's zone; `low` is the lower one of two, such as a diastolic pressure."""

    at: datetime
    value: float
    low: float | None = None

    @property
    def words(self) -> str:
        """The value, or both, without a unit."""
        return f"{self.value:.10g}" if self.low is None else f"{self.value:.10g}/{self.low:.10g}"


@dataclass(frozen=True, slots=True)
class Trend:
    """What is drawn: points in the order of time, all in `unit`; `goals` and `limits` are lines across."""

    name: str
    unit: str
    points: tuple[TrendPoint, ...]
    goals: tuple[float, ...] = ()
    limits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime
    low: float
    high: float
    step: float

    def x(self, at: datetime) -> float:
        whole = (self.last - self.first).total_seconds() or 1.0
        return LEFT + (RIGHT - LEFT) * min(max((at - self.first).total_seconds() / whole, 0.0), 1.0)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return FLOOR - (FLOOR - TOP) * min(max(share, 0.0), 1.0)


def trend_chart(trend: Trend, first: datetime, last: datetime, key: str, theme: Theme = PAGE) -> str:
    """The values between two times; without any value an empty plot."""
    scale = _scale(trend, first, last)
    places = [(scale.x(one.at), one) for one in trend.points]
    data: Attributes = {
        "data-trend": f"{number(LEFT)} {number(TOP)} {number(RIGHT - LEFT)} {number(FLOOR - TOP)}",
        "data-xs": ",".join(number(x) for x, _ in places),
        "data-labels": "|".join(
            f"{one.at.day} {one.at:%b %Y, %H:%M}\n{one.words} {trend.unit}".strip() for one in trend.points
        ),
    }
    draw = _bars if any(one.low is not None for one in trend.points) else _line
    drawn = [*_values(scale, theme), *_dates(scale, theme), *_lines(trend.goals, "goal-line", scale, theme)]
    drawn += [*_lines(trend.limits, "critical", scale, theme), *draw(places, scale, theme)]
    return picture(
        WIDTH, HEIGHT, key=key, title=f"{trend.name} over time", description=in_words(trend), children=drawn,
        attributes=theme.frame, extra=data if theme.is_page else None,
    )  # fmt: skip


def in_words(trend: Trend) -> str:
    """How many values, the first and the last, the lowest and the highest."""
    if not trend.points:
        return "No values."
    begin, end = trend.points[0], trend.points[-1]
    lowest = min(trend.points, key=lambda one: one.value)
    highest = max(trend.points, key=lambda one: one.value)

    def said(one: TrendPoint) -> str:
        return f"{one.words} {trend.unit}".strip() + f" on {one.at.day} {one.at:%b %Y}"

    if len(trend.points) == 1:
        return f"One value: {said(end)}."
    return (
        f"{len(trend.points)} values, from {said(begin)} to {said(end)};"
        f" lowest {said(lowest)}, highest {said(highest)}."
    )


def _scale(trend: Trend, first: datetime, last: datetime) -> _Scale:
    """Round numbers around all values, and around goals and limits where they are near them."""
    values = [number for one in trend.points for number in (one.value, one.low) if number is not None] or [0.0, 1.0]
    low, high = min(values), max(values)
    reach = max(high - low, abs(high) * 0.04, 1e-9)
    near = [one for one in (*trend.goals, *trend.limits) if low - reach <= one <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = max(high - low, reach) * 0.12
    bottom = low - margin if low < 0 or low - margin > 0 else 0.0
    step = _step((high + margin - bottom) / 4)
    return _Scale(first, last, math.floor(bottom / step) * step, math.ceil((high + margin) / step) * step, step)


def _step(wanted: float) -> float:
    base = 10.0 ** math.floor(math.log10(wanted))
    return next((one * base for one in (1.0, 2.0, 2.5, 5.0) if one * base >= wanted), 10.0 * base)


def _lines(values: Sequence[float], role: str, scale: _Scale, theme: Theme) -> list[str]:
    """Lines across the plot, as far as they lie in it."""
    inside = [one for one in values if scale.low <= one <= scale.high]
    edges = "".join(f"M{number(LEFT)} {number(scale.y(one))}H{number(RIGHT)}" for one in inside)
    return [element("path", {"d": edges, **theme.paint(role)})] if edges else []


def _values(scale: _Scale, theme: Theme) -> list[str]:
    drawn = []
    count = round((scale.high - scale.low) / scale.step)
    for place in range(count + 1):
        value = scale.low + place * scale.step
        y = scale.y(value)
        drawn.append(element("path", {"d": f"M{LEFT} {number(y)}H{RIGHT}", **theme.paint("rule")}))
        if count <= 6 or place % 2 == 0:
            at: Attributes = {"x": LEFT - 6, "y": y + _SIZE * 0.35, "font-size": _SIZE, "text-anchor": "end"}
            drawn.append(written({**at, **theme.paint("note")}, f"{round(value, 6):.10g}"))
    return drawn


def _dates(scale: _Scale, theme: Theme) -> list[str]:
    drawn = [element("path", {"d": f"M{LEFT} {FLOOR}H{RIGHT}", **theme.paint("axis")})]
    is_long = (scale.last - scale.first).days > 200
    for place in range(_DATES):
        at = scale.first + (scale.last - scale.first) * place / (_DATES - 1)
        x = scale.x(at)
        anchor = "start" if place == 0 else "end" if place == _DATES - 1 else "middle"
        drawn.append(element("path", {"d": f"M{number(x)} {FLOOR}v4", **theme.paint("axis")}))
        label: Attributes = {"x": x, "y": FLOOR + 8 + _SIZE, "font-size": _SIZE, "text-anchor": anchor}
        drawn.append(written({**label, **theme.paint("note")}, f"{at:%b %Y}" if is_long else f"{at.day} {at:%b}"))
    return drawn


def _line(places: Sequence[tuple[float, TrendPoint]], scale: _Scale, theme: Theme) -> list[str]:
    points = [(x, scale.y(one.value)) for x, one in places]
    is_crowded = len(points) > _MOST_JOINED
    drawn = []
    if len(points) > 1 and not is_crowded:
        drawn.append(element("path", {"d": line_path(points), **theme.paint("trend")}))
    radius = 1.4 if is_crowded else 2.2 if len(points) > 40 else 3.0
    drawn += [element("circle", {"cx": x, "cy": y, "r": radius, **theme.paint("trend-dot")}) for x, y in points]
    if points:
        x, y = points[-1]
        drawn.append(element("circle", {"cx": x, "cy": y, "r": 4.4, **theme.paint("trend-last")}))
    return drawn


def _bars(places: Sequence[tuple[float, TrendPoint]], scale: _Scale, theme: Theme) -> list[str]:
    room = (RIGHT - LEFT) / max(len(places), 1)
    width, radius = max(min(2.6, room * 0.45), 0.7), max(min(2.6, room * 0.6), 1.1)
    drawn = []
    for x, one in places:
        top, floor = scale.y(one.value), scale.y(one.value if one.low is None else one.low)
        drawn.append(
            element(
                "path",
                {"d": f"M{number(x)} {number(top)}V{number(floor)}", "stroke-width": width, **theme.paint("trend-bar")},
            )
        )
        drawn.append(element("circle", {"cx": x, "cy": top, "r": radius, **theme.paint("trend-dot")}))
        drawn.append(element("circle", {"cx": x, "cy": floor, "r": radius, **theme.paint("trend-low")}))
    return drawn
