"""Day by day: the two weeks of small profiles, one day at full width, and insulin per day.

For read-outs, every small or full day carries on its group or svg: `data-chart="day"`, `data-day` (ISO date),
`data-units`, `data-plot` ("left top width height" in viewBox units), `data-y-max`, `data-minutes` (minute of the day of
each reading, commas between) and `data-values` (parallel, in the units shown); the full day also `data-boluses`
("minute:units" with commas between) and `data-carbs` ("minute:grams"). The insulin chart has `data-chart="insulin"` and
on each day's group `data-day`, `data-basal` and `data-bolus` (units).
"""

from collections.abc import Sequence

import numpy as np

from openward.care.reports.bands import RangePreset, shown_glucose
from openward.care.reports.charts.axes import TOP_MGDL, Plot, hour_labels, value_labels
from openward.care.reports.charts.svg import Attribute, Attributes, element, line_path, number, picture
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import PAGE, Theme
from openward.care.reports.model import DayStrip
from openward.care.reports.readings import Floats

WIDTH = 544.0
WEEK, GUTTER, HEAD = 7, 4.0, 11.0
CELL_HEIGHT, CELL_HEAD = 72.0, 10.0
BREAK_MIN = 45.0


def calendar(
    strips: Sequence[DayStrip], preset: RangePreset, units: str, theme: Theme = PAGE, key: str = "days", most: int = 14
) -> str:
    """The last `most` days in rows of seven, each from midnight to midnight."""
    shown = list(strips)[-most:]
    columns = min(WEEK, max(len(shown), 1))
    width = (WIDTH - GUTTER * (WEEK - 1)) / WEEK
    rows = -(-len(shown) // WEEK)
    children = []
    for column in range(columns if shown else 0):
        head: Attributes = {
            "x": column * (width + GUTTER) + width / 2,
            "y": 8.0,
            "font-size": 7.5,
            "text-anchor": "middle",
        }
        children.append(written({**head, **theme.paint("note")}, f"{shown[column].day:%A}"))
    for place, strip in enumerate(shown):
        row, column = divmod(place, WEEK)
        top = HEAD + row * (CELL_HEIGHT + GUTTER)
        is_first_of_month = place == 0 or strip.day.day == 1
        name = f"{strip.day.day} {strip.day:%b}" if is_first_of_month else str(strip.day.day)
        children.append(_cell(strip, column * (width + GUTTER), top, width, name, preset, units, theme))
    height = HEAD + rows * (CELL_HEIGHT + GUTTER)
    return picture(
        WIDTH, height, key=key, title="Daily glucose profiles", description=in_words(shown, preset, units),
        children=children, attributes=theme.frame,
    )  # fmt: skip


def day_chart(strip: DayStrip, preset: RangePreset, units: str, theme: Theme = PAGE, key: str = "day") -> str:
    """One day at full width: glucose, finger-sticks, carbohydrate, boluses and basal steps."""
    plot = Plot(40.0, 12.0, 490.0, 110.0)
    children = [
        *hour_labels(plot, theme),
        *_trace(strip, plot, preset, theme),
        *value_labels(plot, preset, units, theme),
    ]
    unit: Attributes = {"x": plot.left - 5, "y": 7.0, "font-size": 7.0, "text-anchor": "end"}
    children.append(written({**unit, **theme.paint("note")}, units))
    for minute, value in strip.meter:
        x, y = number(plot.x(minute)), number(plot.y(value))
        children.append(element("path", {"d": f"M{x} {y}m0-3l3 3l-3 3l-3-3Z", **theme.paint("dot")}))
    children += _carbs(strip, plot, theme) + _boluses(strip, plot, 141.0, theme) + _basal(strip, plot, 172.0, theme)
    extra = _data(strip, plot, units) if theme.is_page else None
    if extra is not None:
        extra["data-boluses"] = ",".join(f"{number(minute)}:{number(given)}" for minute, given in strip.boluses)
        extra["data-carbs"] = ",".join(f"{number(m)}:{'' if g is None else number(g)}" for m, g in strip.carbs)
    return picture(
        WIDTH, 200.0, key=key, title=f"{strip.day:%A} {strip.day.day} {strip.day:%B %Y}",
        description=_day_in_words(strip, preset, units), children=children, attributes=theme.frame, extra=extra,
    )  # fmt: skip


def in_words(strips: Sequence[DayStrip], preset: RangePreset, units: str) -> str:
    """Every day with its mean and time in target."""
    return " ".join(_day_in_words(one, preset, units) for one in strips) or "No days."


def target_percent(strip: DayStrip, preset: RangePreset) -> int | None:
    """Percent of the day's readings in target, whole; None without readings."""
    if not strip.mgdl.size:
        return None
    whole = np.rint(strip.mgdl)
    return int(np.rint(100.0 * float(((whole >= preset.low) & (whole <= preset.high)).mean())))


def _day_in_words(strip: DayStrip, preset: RangePreset, units: str) -> str:
    percent = target_percent(strip, preset)
    name = f"{strip.day.day} {strip.day:%b}"
    insulin = f", insulin {strip.insulin_total:.1f} units" if strip.insulin_total else ""
    if percent is None:
        return f"{name}: no sensor readings{insulin}."
    return f"{name}: mean {shown_glucose(float(strip.mgdl.mean()), units)} {units}, {percent} % in target{insulin}."


def _cell(
    strip: DayStrip, left: float, top: float, width: float, name: str, preset: RangePreset, units: str, theme: Theme
) -> str:
    plot = Plot(left, top + CELL_HEAD, width, CELL_HEIGHT - CELL_HEAD)
    percent = target_percent(strip, preset)
    parts = [
        *_trace(strip, plot, preset, theme),
        written({"x": left + 1, "y": top + 7.5, "font-size": 7.5, **theme.paint("strong")}, name),
    ]
    if percent is None:
        middle: Attributes = {
            "x": left + width / 2,
            "y": plot.y(preset.high) - 6,
            "font-size": 7.0,
            "text-anchor": "middle",
        }
        parts.append(written({**middle, **theme.paint("note")}, "no data"))
    else:
        right: Attributes = {"x": left + width - 1, "y": top + 7.5, "font-size": 7.0, "text-anchor": "end"}
        parts.append(written({**right, **theme.paint("note")}, f"{percent} % in target"))
        noon = f"M{number(plot.x(720))} {number(plot.top)}V{number(plot.bottom)}"
        parts.append(element("path", {"d": noon, **theme.paint("rule")}))
    ticks = "".join(f"M{number(plot.x(minute))} {number(plot.bottom)}v-4" for minute, _ in strip.boluses)
    if ticks:
        parts.append(element("path", {"d": ticks, **theme.paint("bolus-stem")}))
    frame: Attributes = {"x": plot.left, "y": plot.top, "width": plot.width, "height": plot.height}
    parts.append(element("rect", {**frame, **theme.paint("frame")}))
    return element("g", _data(strip, plot, units) if theme.is_page else {}, *parts)


def _trace(strip: DayStrip, plot: Plot, preset: RangePreset, theme: Theme) -> list[str]:
    """Target zone, the parts above and below it filled, and the line; a break longer than 45 minutes stays open."""
    zone: Attributes = {"x": plot.left, "y": plot.y(preset.high), "width": plot.width}
    zone["height"] = plot.y(preset.low) - plot.y(preset.high)
    drawn = [element("rect", {**zone, **theme.paint("zone")})]
    if not strip.mgdl.size:
        return drawn
    cuts = np.flatnonzero(np.diff(strip.minute_of_day) > max(BREAK_MIN, strip.interval_min * 1.5)) + 1
    runs = [
        (minutes, values)
        for minutes, values in zip(np.split(strip.minute_of_day, cuts), np.split(strip.mgdl, cuts), strict=True)
        if minutes.size
    ]
    beyonds = [("band-high", preset.high, np.maximum), ("band-low", preset.low, np.minimum)]
    if preset.very_high is not None:
        beyonds.append(("band-very-high", preset.very_high, np.maximum))
    for role, limit, beyond in beyonds:
        shapes = [shape for minutes, values in runs for shape in _beyond(minutes, beyond(values, limit), limit, plot)]
        if shapes:
            drawn.append(element("path", {"d": "".join(shapes), **theme.paint(role)}))
    lines = [
        line_path([(plot.x(m), plot.y(v)) for m, v in zip(minutes.tolist(), values.tolist(), strict=True)])
        for minutes, values in runs
    ]
    drawn.append(element("path", {"d": "".join(lines), **theme.paint("trace")}))
    return drawn


def _beyond(minutes: Floats, edge: Floats, limit: int, plot: Plot) -> list[str]:
    """Closed shapes between a limit and the stretches that leave it; `edge` equals the limit elsewhere."""
    outside = np.flatnonzero(edge != limit)
    shapes = []
    for stretch in np.split(outside, np.flatnonzero(np.diff(outside) > 1) + 1) if outside.size else []:
        # One reading more on either side lets the shape begin and end on the limit.
        first, last = max(int(stretch[0]) - 1, 0), min(int(stretch[-1]) + 1, edge.size - 1)
        around = list(zip(minutes[first : last + 1].tolist(), edge[first : last + 1].tolist(), strict=True))
        around += [(float(minutes[last]), float(limit)), (float(minutes[first]), float(limit))]
        shapes.append(line_path([(plot.x(m), plot.y(v)) for m, v in around], closed=True))
    return shapes


def _lane(plot: Plot, y: float, name: str, theme: Theme) -> list[str]:
    label: Attributes = {"x": plot.left - 5, "y": y + 2.4, "font-size": 7.0, "text-anchor": "end"}
    return [written({**label, **theme.paint("note")}, name)]


def _carbs(strip: DayStrip, plot: Plot, theme: Theme) -> list[str]:
    drawn = []
    for minute, grams in strip.carbs:
        x = number(plot.x(minute))
        drawn.append(element("path", {"d": f"M{x} {number(plot.top + 7)}l-3-5h6Z", **theme.paint("carbs")}))
        if grams is not None:
            text: Attributes = {"x": plot.x(minute) + 4.5, "y": plot.top + 6.5, "font-size": 6.5}
            drawn.append(written({**text, **theme.paint("text")}, f"{grams:.0f} g"))
    return drawn


def _boluses(strip: DayStrip, plot: Plot, y: float, theme: Theme) -> list[str]:
    if not strip.boluses:
        return []
    drawn, free_from = _lane(plot, y + 6, "Bolus U", theme), plot.left
    largest = max(given for _, given in strip.boluses)
    for minute, given in strip.boluses:
        tall = 2.0 + 14.0 * given / largest
        stem: Attributes = {"x": plot.x(minute) - 1.5, "y": y + 16 - tall, "width": 3.0, "height": tall}
        drawn.append(element("rect", {**stem, **theme.paint("bolus")}))
        if plot.x(minute) + 3 >= free_from:
            text: Attributes = {"x": plot.x(minute) + 3, "y": y + 14.0, "font-size": 6.5}
            drawn.append(written({**text, **theme.paint("text")}, f"{given:.1f}"))
            free_from = plot.x(minute) + 18
    return drawn


def _basal(strip: DayStrip, plot: Plot, y: float, theme: Theme) -> list[str]:
    if not strip.basal:
        return []
    drawn, most = _lane(plot, y + 10, "Basal U/h", theme), max(rate for *_, rate in strip.basal) or 1.0
    for since, until, rate in strip.basal:
        tall = 18.0 * rate / most
        step: Attributes = {
            "x": plot.x(since),
            "y": y + 20 - tall,
            "width": plot.x(until) - plot.x(since),
            "height": tall,
        }
        drawn.append(element("rect", {**step, **theme.paint("basal")}))
    text: Attributes = {"x": plot.right, "y": y - 1, "font-size": 6.5, "text-anchor": "end"}
    drawn.append(written({**text, **theme.paint("note")}, f"highest {most:.2f} U/h"))
    return drawn


def _data(strip: DayStrip, plot: Plot, units: str) -> dict[str, Attribute]:
    return {
        "data-chart": "day",
        "data-day": strip.day.isoformat(),
        "data-units": units,
        "data-plot": plot.data,
        "data-y-max": shown_glucose(TOP_MGDL, units),
        "data-minutes": ",".join(f"{one:.0f}" for one in strip.minute_of_day.tolist()),
        "data-values": ",".join(shown_glucose(one, units) for one in strip.mgdl.tolist()),
    }
