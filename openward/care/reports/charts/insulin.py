"""Insulin per day: basal and bolus stacked, the total on top; data attributes are named in the daily module."""

from collections.abc import Sequence

from openward.care.reports.charts.svg import Attributes, element, number, picture
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import PAGE, Theme
from openward.care.reports.model import DayStrip

WIDTH, HEIGHT = 544.0, 120.0
LEFT, TOP, FLOOR = 30.0, 24.0, 104.0


def daily_insulin(strips: Sequence[DayStrip], theme: Theme = PAGE, key: str = "insulin") -> str:
    """One column a day; days without insulin stay empty."""
    most = max((one.insulin_total for one in strips), default=0.0) or 1.0
    step = (WIDTH - LEFT) / max(len(strips), 1)
    wide = min(22.0, step * 0.62)
    children = [*_legend(theme), *_scale(most, theme)]
    for place, one in enumerate(strips):
        middle = LEFT + step * (place + 0.5)
        basal, bolus = ((FLOOR - TOP) * part / most for part in (one.basal_total, one.bolus_total))
        parts = []
        if one.insulin_total:
            column: Attributes = {"x": middle - wide / 2, "width": wide}
            parts.append(element("rect", {**column, "y": FLOOR - basal, "height": basal, **theme.paint("basal")}))
            upper = {"y": FLOOR - basal - bolus, "height": bolus}
            parts.append(element("rect", {**column, **upper, **theme.paint("bolus")}))
            total: Attributes = {"x": middle, "y": FLOOR - basal - bolus - 3, "font-size": 7.0, "text-anchor": "middle"}
            parts.append(written({**total, **theme.paint("strong")}, f"{one.insulin_total:.1f}"))
        if len(strips) <= 14 or place % 2 == 0:
            day: Attributes = {"x": middle, "y": FLOOR + 10, "font-size": 7.0, "text-anchor": "middle"}
            parts.append(written({**day, **theme.paint("note")}, f"{one.day.day} {one.day:%b}"))
        data = {
            "data-day": one.day.isoformat(),
            "data-basal": f"{one.basal_total:.2f}",
            "data-bolus": f"{one.bolus_total:.2f}",
        }
        children.append(element("g", data if theme.is_page else {}, *parts))
    return picture(
        WIDTH, HEIGHT, key=key, title="Insulin per day", description=in_words(strips), children=children,
        attributes=theme.frame, extra={"data-chart": "insulin"} if theme.is_page else None,
    )  # fmt: skip


def in_words(strips: Sequence[DayStrip]) -> str:
    """Total, basal and bolus of each day."""
    said = [
        f"{one.day.day} {one.day:%b}: {one.insulin_total:.1f} units, "
        f"basal {one.basal_total:.1f}, bolus {one.bolus_total:.1f}."
        for one in strips
        if one.insulin_total
    ]
    return " ".join(said) or "No insulin."


def _legend(theme: Theme) -> list[str]:
    drawn = []
    for left, role, name in ((LEFT, "bolus", "Bolus"), (LEFT + 48, "basal", "Basal")):
        drawn.append(element("rect", {"x": left, "y": 2.0, "width": 8.0, "height": 8.0, **theme.paint(role)}))
        drawn.append(written({"x": left + 11, "y": 9.0, "font-size": 7.5, **theme.paint("text")}, name))
    return drawn


def _scale(most: float, theme: Theme) -> list[str]:
    drawn = []
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500) if most / one <= 5 or one == 500)
    for value in range(0, int(most) + 1, step):
        y = FLOOR - (FLOOR - TOP) * value / most
        drawn.append(element("path", {"d": f"M{LEFT} {number(y)}H{WIDTH}", **theme.paint("rule")}))
        text: Attributes = {"x": LEFT - 5, "y": y + 2.4, "font-size": 7.0, "text-anchor": "end"}
        drawn.append(written({**text, **theme.paint("note")}, str(value)))
    drawn.append(written({"x": LEFT - 5, "y": 9.0, "font-size": 7.0, "text-anchor": "end", **theme.paint("note")}, "U"))
    return drawn
