"""The glucose report of one person: figures, charts, one-page PDF and text; `gather` alone reads, the rest is pure.

report = build(Person("..."), Readings.of(time_ms, value_mmol, interval_min, local_offset_min=60), last_day=day)
plain_text(report); await render_pooled(report, "a4"); percentile_curve(report.curve, report.preset, report.units)
"""

from openward.care.reports.bands import PRESETS, BandShares, RangePreset, shares, whole_percents
from openward.care.reports.build import Events, build
from openward.care.reports.charts.daily import calendar, day_chart
from openward.care.reports.charts.insulin import daily_insulin
from openward.care.reports.charts.profile import modal_day, percentile_curve
from openward.care.reports.charts.ranges import report_bar, slim_bar
from openward.care.reports.charts.theme import page_stylesheet
from openward.care.reports.gather import Window, gather, last_reading, preset_of, zone_of
from openward.care.reports.model import (
    Basal,
    Bolus,
    Carbs,
    DayStrip,
    Extent,
    Flag,
    GlucoseReport,
    Period,
    Person,
    Statistics,
    Units,
)
from openward.care.reports.pdf import Paper, render, render_pooled
from openward.care.reports.readings import Readings
from openward.care.reports.text import plain_text
from openward.care.reports.wording import Figure, figures, flag_texts, insulin_line, period_text

__all__ = [
    "PRESETS",
    "BandShares",
    "Basal",
    "Bolus",
    "Carbs",
    "DayStrip",
    "Events",
    "Extent",
    "Figure",
    "Flag",
    "GlucoseReport",
    "Paper",
    "Period",
    "Person",
    "RangePreset",
    "Readings",
    "Statistics",
    "Units",
    "Window",
    "build",
    "calendar",
    "daily_insulin",
    "day_chart",
    "figures",
    "flag_texts",
    "gather",
    "insulin_line",
    "last_reading",
    "modal_day",
    "page_stylesheet",
    "percentile_curve",
    "period_text",
    "plain_text",
    "preset_of",
    "render",
    "render_pooled",
    "report_bar",
    "shares",
    "slim_bar",
    "whole_percents",
    "zone_of",
]
