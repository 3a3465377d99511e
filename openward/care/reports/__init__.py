"""The glucose report of one person: figures, charts, one-page PDF and text; `gather` alone reads, the rest is pure.

report = build(Person("..."), Readings.of(time_ms, value_mmol, interval_min, local_offset_min=60), last_day=day)
plain_text(report); await render_pooled(report, "a4"); percentile_curve(report.curve, report.preset, report.units)
"""

from openward.care.reports.assigned import preset_of
from openward.care.reports.bands import PRESETS, BandShares, RangePreset, shares, whole_percents
from openward.care.reports.build import Events, build
from openward.care.reports.building import BUILD, SWEEP, sweep_job
from openward.care.reports.building import build as build_encounters
from openward.care.reports.charts.daily import calendar, day_chart
from openward.care.reports.charts.insulin import daily_insulin
from openward.care.reports.charts.profile import modal_day, percentile_curve
from openward.care.reports.charts.ranges import report_bar, slim_bar
from openward.care.reports.charts.theme import page_stylesheet
from openward.care.reports.charts.trend import Trend, TrendPoint, trend_chart
from openward.care.reports.encounters import order_report, report_file, report_order
from openward.care.reports.gather import Window, gather, last_reading, zone_of
from openward.care.reports.lines import dump
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
from openward.care.reports.moving import move
from openward.care.reports.orders import COLUMNS, MOST_TRIES, Choice, Order, OrderStatus, Preset
from openward.care.reports.pdf import Paper, paper_of, render, render_pooled
from openward.care.reports.presets import create_preset, delete_preset, preset, presets, put_preset, update_preset
from openward.care.reports.readings import Readings
from openward.care.reports.text import plain_text
from openward.care.reports.wording import Figure, figures, flag_texts, insulin_line, period_text

__all__ = [
    "BUILD",
    "COLUMNS",
    "MOST_TRIES",
    "PRESETS",
    "SWEEP",
    "BandShares",
    "Basal",
    "Bolus",
    "Carbs",
    "Choice",
    "DayStrip",
    "Events",
    "Extent",
    "Figure",
    "Flag",
    "GlucoseReport",
    "Order",
    "OrderStatus",
    "Paper",
    "Period",
    "Person",
    "Preset",
    "RangePreset",
    "Readings",
    "Statistics",
    "Trend",
    "TrendPoint",
    "Units",
    "Window",
    "build",
    "build_encounters",
    "calendar",
    "create_preset",
    "daily_insulin",
    "day_chart",
    "delete_preset",
    "dump",
    "figures",
    "flag_texts",
    "gather",
    "insulin_line",
    "last_reading",
    "modal_day",
    "move",
    "order_report",
    "page_stylesheet",
    "paper_of",
    "percentile_curve",
    "period_text",
    "plain_text",
    "preset",
    "preset_of",
    "presets",
    "put_preset",
    "render",
    "render_pooled",
    "report_bar",
    "report_file",
    "report_order",
    "shares",
    "slim_bar",
    "sweep_job",
    "trend_chart",
    "update_preset",
    "whole_percents",
    "zone_of",
]
