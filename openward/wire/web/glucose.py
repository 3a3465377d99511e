"""The glucose page of one person, for the clinic and for himself: which days, the report, and what templates show."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from openward.care import reports
from openward.care.errors import Invalid
from openward.care.reports import Extent, Flag, GlucoseReport, Window
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.web import words
from openward.wire.web.page import render_template

PERIODS = (7, 14, 30, 90)
_DAYS_IN_FULL = 14
_INSULIN_DAYS = 31


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose record is shown, to whom: `units` and `clinic_zone` are the clinic's; `path` is the address of the page."""

    person: PersonKey
    about: reports.Person
    path: str
    units: str
    preset: reports.RangePreset
    organization: OrganizationKey | None = None
    clinic_zone: str | None = None
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with what was asked for, and how far the record goes."""

    report: GlucoseReport
    window: Window
    newest: date
    last_data: datetime | None
    subject: Subject

    def href(self, ending: str = "", **changes: Any) -> str:
        """The address of the same page (or of its PDF or text form) with other days."""
        days = changes.get("days", self.window.days)
        last = min(changes.get("last_day", self.window.last_day), self.newest)
        asked = [("days", str(days))] if days != 14 else []
        asked += [("to", last.isoformat())] if last != self.newest else []
        query = urlencode([*self.subject.query, *asked])
        return f"{self.subject.path}{ending}" + (f"?{query}" if query else "")


async def look(work: Work, call: Call, subject: Subject) -> Shown:
    """Make the report of the days that the address asks for; without a word, of the 14 days up to the newest reading.

    `Invalid` for days that cannot be read; `NotAllowed` for whoever may not view the person.
    """
    last_data = await reports.last_reading(work, subject.person)
    zone = await reports.zone_of(work, subject.person, subject.clinic_zone)
    today = work.now.astimezone(zone).date()
    newest = min(last_data.astimezone(zone).date(), today) if last_data else today
    days = call.query.get("days") or "14"
    if days not in {str(one) for one in PERIODS}:
        raise Invalid("a period is 7, 14, 30 or 90 days long")
    last_day = min(_last_day(call.query.get("to"), newest), newest)
    units: reports.Units = "mmol/L" if subject.units == "mmol/L" else "mg/dL"
    window = Window(int(days), last_day, zone, units, subject.preset)
    report = await reports.gather(work, subject.person, subject.about, window, organization=subject.organization)
    return Shown(report, window, newest, last_data, subject)


def _last_day(text: str | None, newest: date) -> date:
    if not text:
        return newest
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid("a date is written like 2026-03-10") from None
    if found.year < 1990:
        raise Invalid("there were no sensors before 1990")
    return found


async def page(template: str, shown: Shown, now: datetime, values: Mapping[str, Any]) -> Reply:
    """The page, drawn and set beside the event loop: a quarter of a megabyte of drawings takes its time."""
    return await asyncio.to_thread(lambda: render_template(template, {**values, **values_of(shown, now)}))


def values_of(shown: Shown, now: datetime) -> dict[str, Any]:
    """Everything that the glucose template shows."""
    report, window = shown.report, shown.window
    step = timedelta(days=window.days)
    has_figures = report.extent not in (Extent.EMPTY, Extent.INSUFFICIENT)
    local = shown.last_data.astimezone(window.timezone) if shown.last_data else None
    return {
        "shown": shown,
        "report": report,
        "periods": [(days, shown.href(days=days), days == window.days) for days in PERIODS],
        "earlier": shown.href(last_day=window.last_day - step),
        "later": shown.href(last_day=window.last_day + step) if window.last_day < shown.newest else None,
        "period_text": reports.period_text(report),
        "zone": window.timezone.key,
        "last_data": local,
        "last_ago": words.ago(shown.last_data, now),
        "is_old": bool(shown.last_data and now - shown.last_data > timedelta(days=2)),
        "has_figures": has_figures,
        "is_meter": report.statistics is None and report.meter is not None,
        "flags": reports.flag_texts(report),
        "has_no_data": Flag.NO_DATA in report.flags,
        "figures": reports.figures(report) if has_figures else [],
        "episodes": episodes_of(report),
        "more": more_figures(report),
        "insulin": insulin_facts(report),
        "charts": charts_of(report) if has_figures else {},
        "pdf": shown.href("/report.pdf"),
        "text": shown.href("/report.txt"),
    }


def charts_of(report: GlucoseReport) -> dict[str, Any]:
    """The drawings as markup: `ranges`, `profile`, `calendar`, `days` (newest first), `insulin`; empty if not drawn."""
    units, preset = report.units, report.preset
    drawn: dict[str, Any] = {"ranges": "", "profile": "", "calendar": "", "insulin": ""}
    if report.shares is not None:
        drawn["ranges"] = _markup(reports.report_bar(report.shares, preset, units))
    elif report.meter is not None:
        drawn["ranges"] = _markup(reports.report_bar(report.meter.shares, preset, units, is_time=False))
    curve = report.curve or (report.meter.curve if report.meter and not report.shares else None)
    if curve is not None:
        drawn["profile"] = _markup(reports.percentile_curve(curve, preset, units))
    elif report.meter is not None and report.statistics is None:
        drawn["profile"] = _markup(reports.modal_day(report.meter, preset, units))
    if report.statistics is not None:
        drawn["calendar"] = _markup(reports.calendar(report.strips, preset, units, most=report.period.days))
    recent = [one for one in report.strips[-_DAYS_IN_FULL:] if one.mgdl.size or one.meter or one.insulin_total]
    drawn["days"] = [
        (one.day, _markup(reports.day_chart(one, preset, units, key=f"day{one.day.isoformat()}")))
        for one in reversed(recent)
    ]
    if report.insulin is not None:
        drawn["insulin"] = _markup(reports.daily_insulin(report.strips[-_INSULIN_DAYS:]))
    return drawn


def _markup(drawing: str) -> Markup:
    return Markup(drawing)  # noqa: S704 -- the chart room escapes every text


_EPISODES = {"low": "Low", "very-low": "Very low", "high": "High", "very-high": "Very high"}


def episodes_of(report: GlucoseReport) -> list[dict[str, str]]:
    """One line a kind of episode: how many, how many a week, how long, how many of them at night."""
    if report.statistics is None or report.extent is not Extent.FULL:
        return []
    return [
        {
            "name": _EPISODES[one.kind.value],
            "kind": one.kind.value,
            "count": str(one.count),
            "per_week": "–" if one.per_week is None else f"{one.per_week:.1f}",
            "mean": "–" if one.mean_min is None else _span(one.mean_min),
            "night": "–" if one.night_percent is None else f"{one.night_percent:.0f} %",
            "extended": str(one.extended),
        }
        for one in report.statistics.episodes
    ]


def _span(minutes: float) -> str:
    whole = round(minutes)
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60:02d} min"


def more_figures(report: GlucoseReport) -> list[tuple[str, str]]:
    """Figures for those who ask for them; left out where the record gives none."""
    found = report.statistics
    if found is None or report.extent is not Extent.FULL:
        return []

    def glucose(mgdl: float | None) -> str | None:
        shown = words.glucose_number(None if mgdl is None else mgdl / words.MGDL_PER_MMOL, report.units)
        return f"{shown} {report.units}" if shown else None

    conga = dict(found.conga)
    listed = [
        ("Interquartile range", glucose(found.iqr)),
        ("Low blood glucose index (LBGI)", _decimal(found.lbgi)),
        ("High blood glucose index (HBGI)", _decimal(found.hbgi)),
        ("Average daily risk range (ADRR)", _decimal(found.adrr)),
        ("GRADE", _decimal(found.grade.score if found.grade else None)),
        ("J-index", _decimal(found.j_index)),
        ("MODD, difference between days", glucose(found.modd)),
        ("CONGA-1", glucose(conga.get(1))),
        ("CONGA-4", glucose(conga.get(4))),
        ("MAGE (moving averages 5 and 32)", glucose(found.mage)),
        ("GMI in mmol/mol", None if found.gmi_mmol_mol is None else f"{found.gmi_mmol_mol:.0f} mmol/mol"),
    ]
    return [(name, value) for name, value in listed if value]


def _decimal(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def insulin_facts(report: GlucoseReport) -> list[tuple[str, str, str]]:
    """Name, value and unit of the insulin summary; nothing when there is no insulin."""
    part = report.insulin
    if part is None:
        return []
    facts = [
        ("Insulin a day", f"{part.total_per_day:.1f}", "U"),
        ("Basal", f"{part.basal_per_day:.1f}", f"U · {part.basal_percent or 0:.0f} %"),
        ("Bolus", f"{part.bolus_per_day:.1f}", f"U · {100 - (part.basal_percent or 0):.0f} %"),
        ("Boluses a day", f"{part.boluses_per_day:.1f}", ""),
    ]
    if part.carbs_per_day is not None:
        facts.append(("Carbohydrate a day", f"{part.carbs_per_day:.0f}", "g"))
    return facts


async def pdf_reply(shown: Shown) -> Reply:
    """The one-page PDF as a download; its file name says nothing about the person."""
    body = await reports.render_pooled(shown.report, reports.paper_of(shown.window.timezone))
    name = f"glucose-profile-{shown.window.last_day.isoformat()}.pdf"
    return Reply(200, body, "application/pdf", {"content-disposition": f'attachment; filename="{name}"'})


def text_reply(shown: Shown) -> Reply:
    """The text form, for pasting into a record."""
    body = reports.plain_text(shown.report, with_hours=True).encode()
    return Reply(200, body, "text/plain", {"content-disposition": "inline"})
