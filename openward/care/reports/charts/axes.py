"""The glucose axis all charts share: 0 to 350 mg/dL, values above clamped."""

from dataclasses import dataclass

from openward.care.reports.bands import BANDS, Band, RangePreset, shown_glucose
from openward.care.reports.charts.svg import Attributes, element, kept_apart, number
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import Theme

TOP_MGDL = 350.0


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle of a day: x is the minute of the day, y is mg/dL."""

    left: float
    top: float
    width: float
    height: float

    def x(self, minute: float) -> float:
        """Where a minute of the day (0-1440) is."""
        return self.left + self.width * minute / 1440.0

    def y(self, mgdl: float) -> float:
        """Where a value is, never outside the plot."""
        return self.top + self.height * (1.0 - min(max(mgdl, 0.0), TOP_MGDL) / TOP_MGDL)

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def data(self) -> str:
        """Left, top, width and height for scripts."""
        return " ".join(number(one) for one in (self.left, self.top, self.width, self.height))


def limits(preset: RangePreset) -> list[int]:
    """The thresholds of a range set, ascending."""
    return [one for one in (preset.very_low, preset.low, preset.high, preset.very_high) if one is not None]


def value_labels(plot: Plot, preset: RangePreset, units: str, theme: Theme, size: float = 7.0) -> list[str]:
    """Threshold lines and their numbers left of the plot, kept apart; the target limits stand out."""
    marked = [*limits(preset), int(TOP_MGDL)]
    downwards = sorted(marked, reverse=True)
    places = kept_apart([plot.y(one) for one in downwards], size + 1, plot.top, plot.bottom)
    drawn = []
    for value, place in zip(downwards, places, strict=True):
        is_goal = value in (preset.low, preset.high)
        y = plot.y(value)
        role = "goal-line" if is_goal else "limit"
        drawn.append(
            element("path", {"d": f"M{number(plot.left)} {number(y)}H{number(plot.right)}", **theme.paint(role)})
        )
        drawn.append(
            written(
                {
                    "x": plot.left - 5,
                    "y": place + size * 0.35,
                    "font-size": size,
                    "text-anchor": "end",
                    **theme.paint("goal-text" if is_goal else "note"),
                },
                shown_glucose(value, units),
            )
        )
    return drawn


def hour_labels(plot: Plot, theme: Theme, size: float = 7.0) -> list[str]:
    """An hourly grid, and a tick with its time every three hours."""
    grid = "".join(f"M{number(plot.x(hour * 60))} {number(plot.top)}V{number(plot.bottom)}" for hour in range(25))
    ticks = "".join(f"M{number(plot.x(hour * 60))} {number(plot.bottom)}v3" for hour in range(0, 25, 3))
    drawn = [
        element("path", {"d": grid, **theme.paint("rule")}),
        element(
            "path",
            {"d": f"M{number(plot.left)} {number(plot.bottom)}H{number(plot.right)}{ticks}", **theme.paint("axis")},
        ),
    ]
    for hour in range(0, 25, 3):
        place: Attributes = {
            "x": plot.x(hour * 60),
            "y": plot.bottom + 4 + size,
            "font-size": size,
            "text-anchor": "middle",
        }
        drawn.append(written({**place, **theme.paint("note")}, f"{hour:02d}:00"))
    return drawn


def range_gradient(key: str, layer: str, plot: Plot, preset: RangePreset, theme: Theme) -> str:
    """A vertical gradient with hard edges at the thresholds: a shape takes the colour of the range it is in."""
    edges: list[tuple[Band, float, float]] = []
    bounds = [0.0, preset.very_low or 0.0, preset.low, preset.high, preset.very_high or TOP_MGDL, TOP_MGDL]
    for band, low, high in zip(BANDS, bounds, bounds[1:], strict=False):
        if high > low:
            edges.append((band, 1 - high / TOP_MGDL, 1 - low / TOP_MGDL))
    stops = [
        element("stop", {"offset": f"{place:.5f}", **theme.paint(f"stop-{layer}-{band}")})
        for band, *places in sorted(edges, key=lambda edge: edge[1])
        for place in places
    ]
    span = {"x1": 0, "y1": plot.top, "x2": 0, "y2": plot.bottom}
    return element("linearGradient", {"id": f"{key}-{layer}", "gradientUnits": "userSpaceOnUse", **span}, *stops)
