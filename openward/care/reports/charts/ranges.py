"""Time in ranges: the upright bar of the report and the slim bar of lists.

The upright bar carries no data attributes. The slim bar's `data-percents` holds the five percentages, lowest band
first, one decimal, separated by blanks.
"""

from collections.abc import Sequence
from dataclasses import replace

from openward.care.reports.bands import (
    BAND_NAMES,
    BANDS,
    Band,
    BandShares,
    Goals,
    RangePreset,
    bar_heights,
    shown_glucose,
    whole_percents,
)
from openward.care.reports.charts.svg import Attributes, element, kept_apart, number, picture
from openward.care.reports.charts.svg import text as written
from openward.care.reports.charts.theme import PAGE, Theme

WIDTH, HEIGHT = 262.0, 172.0
BAR_LEFT, BAR_WIDTH, BAR_TOP, BAR_HEIGHT = 26.0, 34.0, 4.0, 164.0
NAME_LEFT, PERCENT_RIGHT, BRACKET, SUM_LEFT = 74.0, 180.0, 188.0, 199.0
ROW = 25.0


def duration(percent: float) -> str:
    """Hours and minutes of an average day."""
    minutes = round(percent * 14.4)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def band_limit(band: Band, preset: RangePreset, units: str) -> str:
    """The limits of a band in words: "> 250", "181–250", "70–180", "54–69", "< 54" (without the unit)."""
    one = 1.0 if units == "mg/dL" else 1.801559

    def shown(mgdl: float) -> str:
        return shown_glucose(mgdl, units)

    match band:
        case Band.VERY_HIGH:
            return f"> {shown(preset.very_high or 0)}"
        case Band.HIGH:
            low = shown(preset.high + one)
            return f"{low}–{shown(preset.very_high)}" if preset.very_high else f"> {shown(preset.high)}"
        case Band.TARGET:
            return f"{shown(preset.low)}–{shown(preset.high)}"
        case Band.LOW:
            high = shown(preset.low - one)
            return f"{shown(preset.very_low)}–{high}" if preset.very_low else f"< {shown(preset.low)}"
        case Band.VERY_LOW:
            return f"< {shown(preset.very_low or 0)}"


def in_words(found: BandShares, preset: RangePreset, units: str) -> str:
    """All shares as one sentence, highest band first."""
    whole = whole_percents(found.percents)
    said = [
        f"{BAND_NAMES[band].lower()} ({band_limit(band, preset, units)} {units}) {whole[place]} %"
        for place, band in reversed(list(enumerate(BANDS)))
        if band in preset.bands
    ]
    return f"Shares by glucose range: {', '.join(said)}."


def report_bar(
    found: BandShares, preset: RangePreset, units: str, theme: Theme = PAGE, key: str = "tir", *, is_time: bool = True
) -> str:
    """The stacked bar with names, limits, percentages, bracketed sums and goals.

    is_time=False: the shares count finger-sticks, for which neither hours a day nor goals are agreed.
    """
    preset = preset if is_time else replace(preset, goals=Goals())
    used = tuple(band in preset.bands for band in BANDS)
    heights = bar_heights(found.percents, used)
    drawn, middles, edge = [], {}, BAR_TOP + BAR_HEIGHT
    for band, height in zip(BANDS, heights, strict=True):
        tall = BAR_HEIGHT * height / 100.0
        edge -= tall
        if not tall:
            continue
        middles[band] = edge + tall / 2
        place = {"x": BAR_LEFT, "y": edge, "width": BAR_WIDTH, "height": tall}
        drawn.append(element("rect", {**place, **theme.paint(f"band-{band}")}))
        if band is not preset.bands[-1]:
            drawn.append(element("path", {"d": f"M{BAR_LEFT} {number(edge)}h{BAR_WIDTH}", **theme.paint("cut")}))
    joints = _joint_labels(heights, preset, units, theme)
    order = sorted(middles, key=lambda band: middles[band])
    rows = dict(zip(order, kept_apart([middles[one] for one in order], ROW, 12.0, HEIGHT - 12.0), strict=True))
    labels = [_row(band, rows[band], middles[band], found, preset, units, theme) for band in order]
    sums = [
        _side(rows, (Band.VERY_LOW, Band.LOW), found, preset.goals.any_low, is_time, theme),
        _side(rows, (Band.HIGH, Band.VERY_HIGH), found, preset.goals.any_high, is_time, theme),
        _side(rows, (Band.TARGET,), found, preset.goals.target, is_time, theme),
    ]
    words = in_words(found, preset, units)
    return picture(
        WIDTH, HEIGHT, key=key, title="Time in ranges" if is_time else "Readings in ranges", description=words,
        children=[*drawn, *joints, *labels, *sums], attributes=theme.frame,
    )  # fmt: skip


def _text(x: float, y: float, size: float, words: str, paint: Attributes, anchor: str | None = None) -> str:
    attributes: Attributes = {"x": x, "y": y, "font-size": size, "text-anchor": anchor, **paint}
    return written(attributes, words)


def _joint_labels(heights: Sequence[float], preset: RangePreset, units: str, theme: Theme) -> list[str]:
    """The thresholds beside the joints of the bar."""
    joints, edge = [], BAR_TOP + BAR_HEIGHT
    for height, limit in zip(heights, (preset.very_low, preset.low, preset.high, preset.very_high), strict=False):
        edge -= BAR_HEIGHT * height / 100.0
        if limit is not None:
            joints.append((edge, limit))
    places = kept_apart([edge for edge, _ in reversed(joints)], 8.0, BAR_TOP, BAR_TOP + BAR_HEIGHT)
    return [
        _text(BAR_LEFT - 4, place + 2.4, 7.0, shown_glucose(limit, units), theme.paint("note"), "end")
        for place, (_, limit) in zip(places, reversed(joints), strict=True)
    ]


def _row(band: Band, y: float, middle: float, found: BandShares, preset: RangePreset, units: str, theme: Theme) -> str:
    place = BANDS.index(band)
    percent = whole_percents(found.percents)[place]
    goal = {Band.VERY_LOW: preset.goals.very_low, Band.VERY_HIGH: preset.goals.very_high}.get(band)
    below = f"{band_limit(band, preset, units)} {units}"
    leader = f"M{number(BAR_LEFT + BAR_WIDTH + 1)} {number(middle)}L{number(NAME_LEFT - 3)} {number(y)}"
    parts = [
        element("path", {"d": leader, **theme.paint("axis")}),
        _text(NAME_LEFT, y, 9.0, BAND_NAMES[band], theme.paint("strong")),
        _text(NAME_LEFT, y + 9, 7.0, below, theme.paint("note")),
        _text(PERCENT_RIGHT, y + 1.5, 12.0, f"{percent} %", theme.paint("strong"), "end"),
    ]
    if goal is not None:
        parts.append(_text(PERCENT_RIGHT, y + 10.5, 7.0, f"goal < {goal:g} %", theme.paint("goal-text"), "end"))
    return "".join(parts)


def _side(
    rows: dict[Band, float], group: tuple[Band, ...], found: BandShares, goal: float | None, is_time: bool, theme: Theme
) -> str:
    """Beside the rows: two bands bracketed with their sum, then the time of a day and the goal."""
    present = [band for band in group if band in rows]
    places = sorted(rows[band] for band in present)
    top, bottom = places[0] - 5, places[-1] + 7
    middle = (top + bottom) / 2
    drawn, below = [], middle - 1.5
    if len(present) == 2:
        path = f"M{BRACKET} {number(top)}h4V{number(bottom)}h-4M{BRACKET + 4} {number(middle)}h4"
        drawn.append(element("path", {"d": path, **theme.paint("axis")}))
        whole = whole_percents(found.percents)
        total = sum(whole[BANDS.index(band)] for band in present)
        drawn.append(
            _text(SUM_LEFT, middle - 4.5 if is_time else middle + 4, 11.0, f"{total} %", theme.paint("strong"))
        )
        below = middle + 4
    if is_time:
        percent = sum(found.percents[BANDS.index(band)] for band in present)
        drawn.append(_text(SUM_LEFT, below, 7.0, f"{duration(percent)}/day", theme.paint("note")))
    if goal is not None:
        sign = ">" if Band.TARGET in present else "<"
        drawn.append(_text(SUM_LEFT, below + 9, 7.0, f"goal {sign} {goal:g} %", theme.paint("goal-text")))
    return "".join(drawn)


def slim_bar(
    fractions: Sequence[float] | None, *, label: str = "Time in ranges", theme: Theme = PAGE, key: str = "slim"
) -> str:
    """A 120 x 10 bar for lists from five fractions 0-1, lowest band first; None or all zero draws an empty frame.

    A band that is not zero is at least one unit wide; bands are told apart by order, white cuts and the words.
    """
    width, height = 120.0, 10.0
    if not fractions or sum(fractions) <= 0:
        frame = element("rect", {"x": 0.5, "y": 0.5, "width": width - 1, "height": height - 1, **theme.paint("frame")})
        return picture(
            width, height, key=key, title=label, description="No data.", children=[frame], attributes=theme.frame
        )
    percents = [100.0 * one for one in fractions]
    wide = [max(one, 1.2) if one > 0 else 0.0 for one in percents]
    whole = whole_percents(percents)
    left, drawn = 0.0, []
    for band, one in zip(BANDS, wide, strict=True):
        span = width * one / sum(wide)
        if span:
            place = {"x": left, "y": 0.0, "width": span, "height": height}
            drawn.append(element("rect", {**place, **theme.paint(f"band-{band}")}))
            if left:
                drawn.append(element("path", {"d": f"M{number(left)} 0V10", **theme.paint("cut")}))
        left += span
    said = ", ".join(f"{BAND_NAMES[band].lower()} {part} %" for band, part in zip(BANDS, whole, strict=True))
    return picture(
        width, height, key=key, title=label, description=f"{said[0].upper()}{said[1:]}.", children=drawn,
        attributes=theme.frame, extra={"data-percents": " ".join(f"{one:.1f}" for one in percents)},
    )  # fmt: skip
