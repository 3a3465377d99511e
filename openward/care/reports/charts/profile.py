"""The percentile curve of a usual day, and the scatter of a usual day for finger-sticks.

For read-outs the drawing carries: `data-chart="profile"`, `data-units`, `data-bin-min` (minutes per bin),
`data-plot` ("left top width height" of the plot in viewBox units), `data-y-max` (value at the plot's top, in the units)
and `data-p5`, `data-p25`, `data-p50`, `data-p75`, `data-p95`: the unsmoothed percentile per bin in the units shown, the
first bin beginning at 00:00, separated by commas, nothing between two commas for an empty bin; `data-n` likewise holds
the number of readings per bin. The scatter has `data-chart="modal-day"`, `data-minutes` and `data-values` (parallel).
"""

import numpy as np

from openward.care.reports.bands import RangePreset, shown_glucose
from openward.care.reports.charts.axes import TOP_MGDL, Plot, hour_labels, range_gradient, value_labels
from openward.care.reports.charts.svg import Attributes, element, kept_apart, line_path, number, picture, pieces
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import PAGE, Theme
from openward.care.reports.curve import Curve
from openward.care.reports.metrics import PERCENTILES
from openward.care.reports.model import MeterPart
from openward.care.reports.readings import Floats

WIDTH, HEIGHT = 544.0, 224.0
PLOT = Plot(40.0, 14.0, 442.0, 192.0)


def percentile_curve(found: Curve, preset: RangePreset, units: str, theme: Theme = PAGE, key: str = "profile") -> str:
    """Median, 25-75 and 5-95 bands over the day, each in the colour of the range it passes through."""
    minutes, rows = _closed(found)
    layers = "".join(range_gradient(key, layer, PLOT, preset, theme) for layer in ("outer", "inner", "median"))
    children = [element("defs", {}, layers), _zone(preset, theme), *hour_labels(PLOT, theme)]
    for layer, low, high in (("outer", 0, 4), ("inner", 1, 3)):
        for shape in _between(minutes, rows[low], rows[high]):
            children.append(element("path", {"d": shape, "fill": f"url(#{key}-{layer})"}))
    children += value_labels(PLOT, preset, units, theme)
    points = [(PLOT.x(m), PLOT.y(v)) for m, v in zip(minutes.tolist(), rows[2].tolist(), strict=True)]
    for run in pieces(points, (~np.isnan(rows[2])).tolist()):
        stroke = {"d": line_path(run), **theme.paint("median"), "stroke": f"url(#{key}-median)"}
        children.append(element("path", stroke))
    children += _edge_labels(rows[:, -1], theme)
    children += [_target_name(preset, theme), _unit(units, theme)]
    return picture(
        WIDTH, HEIGHT, key=key, title="Glucose profile over 24 hours", description=in_words(found, units),
        children=children, attributes=theme.frame, extra=_data(found, units) if theme.is_page else None,
    )  # fmt: skip


def modal_day(part: MeterPart, preset: RangePreset, units: str, theme: Theme = PAGE, key: str = "modal") -> str:
    """All finger-sticks by time of day: too few for percentiles."""
    children = [_zone(preset, theme), *hour_labels(PLOT, theme), *value_labels(PLOT, preset, units, theme)]
    for minute, value in zip(part.minute_of_day.tolist(), part.mgdl.tolist(), strict=True):
        children.append(element("circle", {"cx": PLOT.x(minute), "cy": PLOT.y(value), "r": 2.0, **theme.paint("dot")}))
    children += [_target_name(preset, theme), _unit(units, theme)]
    words = (
        f"{part.readings} finger-stick readings by time of day, from {shown_glucose(float(part.mgdl.min()), units)} "
        f"to {shown_glucose(float(part.mgdl.max()), units)} {units}, mean {shown_glucose(part.mean, units)}."
    )
    data = {
        "data-chart": "modal-day", "data-units": units, "data-plot": PLOT.data,
        "data-y-max": shown_glucose(TOP_MGDL, units),
        "data-minutes": ",".join(number(one) for one in part.minute_of_day.tolist()),
        "data-values": ",".join(shown_glucose(one, units) for one in part.mgdl.tolist()),
    }  # fmt: skip
    return picture(
        WIDTH, HEIGHT, key=key, title="Finger-sticks over 24 hours", description=words, children=children,
        attributes=theme.frame, extra=data if theme.is_page else None,
    )  # fmt: skip


def in_words(found: Curve, units: str) -> str:
    """The median and the middle half at four times of the day."""
    said = []
    for hour in (3, 9, 15, 21):
        column = int(hour * 60 // found.bin_min)
        p25, p50, p75 = (float(found.smooth[row, column]) for row in (1, 2, 3))
        if not np.isnan(p50):
            low, middle, high = (shown_glucose(one, units) for one in (p25, p50, p75))
            said.append(f"at {hour:02d}:00 median {middle}, middle half {low} to {high}")
    return f"Percentiles of glucose in {units} by time of day: {'; '.join(said)}." if said else "No data."


def _closed(found: Curve) -> tuple[Floats, Floats]:
    """The curve carried to 00:00 and 24:00: the day is a circle."""
    seam = (found.smooth[:, -1:] + found.smooth[:, :1]) / 2
    return np.concatenate(([0.0], found.centre_min, [1440.0])), np.concatenate((seam, found.smooth, seam), axis=1)


def _between(minutes: Floats, low: Floats, high: Floats) -> list[str]:
    known = (~np.isnan(low)).tolist()
    upper = pieces([(PLOT.x(m), PLOT.y(v)) for m, v in zip(minutes.tolist(), high.tolist(), strict=True)], known)
    lower = pieces([(PLOT.x(m), PLOT.y(v)) for m, v in zip(minutes.tolist(), low.tolist(), strict=True)], known)
    return [line_path([*over, *reversed(under)], closed=True) for over, under in zip(upper, lower, strict=True)]


def _zone(preset: RangePreset, theme: Theme) -> str:
    top, bottom = PLOT.y(preset.high), PLOT.y(preset.low)
    place: Attributes = {"x": PLOT.left, "y": top, "width": PLOT.width, "height": bottom - top}
    return element("rect", {**place, **theme.paint("zone")})


def _edge_labels(last: Floats, theme: Theme) -> list[str]:
    """What each line is, at its right end."""
    if np.isnan(last).any():
        return []
    upwards = list(reversed(list(zip(PERCENTILES, last.tolist(), strict=True))))
    places = kept_apart([PLOT.y(value) for _, value in upwards], 8.0, PLOT.top + 3, PLOT.bottom - 3)
    drawn = []
    for (percent, value), place in zip(upwards, places, strict=True):
        tick = f"M{number(PLOT.right)} {number(PLOT.y(value))}L{number(PLOT.right + 6)} {number(place)}"
        name = "50 % median" if percent == 50 else f"{percent} %"
        text: Attributes = {"x": PLOT.right + 8, "y": place + 2.4, "font-size": 7.0}
        drawn.append(element("path", {"d": tick, **theme.paint("axis")}))
        drawn.append(written({**text, **theme.paint("strong" if percent == 50 else "note")}, name))
    return drawn


def _target_name(preset: RangePreset, theme: Theme) -> str:
    middle = (PLOT.y(preset.low) + PLOT.y(preset.high)) / 2
    turned: Attributes = {
        "x": 10.0,
        "y": middle,
        "font-size": 7.0,
        "text-anchor": "middle",
        "transform": f"rotate(-90 10 {number(middle)})",
    }
    return written({**turned, **theme.paint("goal-text")}, "Target range")


def _unit(units: str, theme: Theme) -> str:
    return written({"x": PLOT.left - 5, "y": 7.0, "font-size": 7.0, "text-anchor": "end", **theme.paint("note")}, units)


def _data(found: Curve, units: str) -> dict[str, str]:
    rows = {
        f"data-p{percent}": ",".join("" if np.isnan(one) else shown_glucose(one, units) for one in row.tolist())
        for percent, row in zip(PERCENTILES, found.raw, strict=True)
    }
    return {
        "data-chart": "profile", "data-units": units, "data-bin-min": str(found.bin_min), "data-plot": PLOT.data,
        "data-y-max": shown_glucose(TOP_MGDL, units),
        "data-n": ",".join(str(one) for one in found.counts.tolist()), **rows,
    }  # fmt: skip
