"""The one-page PDF: our SVG charts set by typst, tagged for screen readers, made in a bounded pool.

PDF/UA-1 with title, language and alternative texts. Typst's compiler and the fonts are kept per worker thread, for
reading the fonts costs more than the page. The compiler lets go of the interpreter lock while it works: threads serve.
"""

import functools
import importlib.util
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

import typst

from openward.care.reports.charts import daily, insulin, profile, ranges
from openward.care.reports.charts.theme import Theme
from openward.care.reports.model import Extent, GlucoseReport
from openward.care.reports.wording import TITLE, figures, flag_texts, insulin_line, period_text
from openward.infra.threads import Threads

Paper = Literal["us-letter", "a4"]
WORKERS = 2
TEMPLATE = Path(__file__).with_name("page.typ")
FONT_FAMILY, FALLBACK_FAMILY = "Inter", "Libertinus Serif"
FONTS = {
    FONT_FAMILY: "fontpkg_inter",
    # For names only: whatever script has no letters in Inter.
    "Heebo": "fontpkg_heebo",
    "Hind Siliguri": "fontpkg_hind_siliguri",
    "Noto Sans Arabic": "fontpkg_noto_sans_arabic",
    "Noto Sans Devanagari": "fontpkg_noto_sans_devanagari",
    "Noto Sans Tamil": "fontpkg_noto_sans_tamil",
    "Noto Sans Thai": "fontpkg_noto_sans_thai",
}
"""Families and their packages, the first one to be tried first."""
# PDF/UA forbids a letter that no font has. Then the fonts of the machine are looked through, and as a last resort such
# a letter is drawn as a box: a name that cannot be written must not keep a report from being made.
_WAYS = ((False, True), (True, True), (True, False))
"""Whether the fonts of the machine are asked, and whether PDF/UA is demanded, one after another."""
_PICTURE_PPI = 130.0
_mine = threading.local()


def paper_of(zone: ZoneInfo) -> Paper:
    """What people print on in a time zone."""
    return "us-letter" if zone.key.startswith(("America/", "US/")) else "a4"


def _folders() -> list[Path]:
    """Where the packages of fonts keep their files; those that are not installed are left out."""
    found = [importlib.util.find_spec(package) for package in FONTS.values()]
    return [Path(one.origin).parent / "files" for one in found if one is not None and one.origin is not None]


@functools.cache
def _families() -> list[str]:
    """Those whose packages are there, Inter first; typst's own Libertinus in its place when it is not."""
    found = [family for family, package in FONTS.items() if importlib.util.find_spec(package) is not None]
    return found if found[:1] == [FONT_FAMILY] else [FALLBACK_FAMILY, *found]


@functools.cache
def _fonts(has_system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=has_system, font_paths=_folders())


@functools.cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()


def _compiler(has_system: bool) -> typst.Compiler:
    """This thread's compiler."""
    name = "with_system" if has_system else "plain"
    if not hasattr(_mine, name):
        setattr(_mine, name, typst.Compiler(font_paths=_fonts(has_system), ignore_system_fonts=not has_system))
    return cast(typst.Compiler, getattr(_mine, name))


def render(report: GlucoseReport, paper: Paper = "us-letter", *, is_picture: bool = False) -> bytes:
    """The report as PDF or PNG bytes; takes some tens of milliseconds of one core, so not on the event loop."""
    made = datetime(report.made_on.year, report.made_on.month, report.made_on.day, tzinfo=UTC)
    content = json.dumps(_content(report, paper))
    if is_picture:
        picture = _compiler(True).compile(
            input=_template(), format="png", ppi=_PICTURE_PPI, sys_inputs={"report": content}
        )
        return cast(bytes, picture)
    for has_system, is_tagged in _WAYS:
        try:
            page = _compiler(has_system).compile(
                input=_template(),
                format="pdf",
                sys_inputs={"report": content},
                pdf_standards="ua-1" if is_tagged else None,
                timestamp=made,
            )
        except typst.TypstError:
            if not is_tagged:
                raise
        else:
            return cast(bytes, page)
    raise AssertionError("the last way returns or raises")


_THREADS = Threads(WORKERS, "report-pdf")


async def render_pooled(report: GlucoseReport, paper: Paper = "us-letter", *, is_picture: bool = False) -> bytes:
    """`render` in a pool of two threads; more callers than that wait their turn."""
    return await _THREADS.run(render, report, paper, is_picture=is_picture)


def _content(report: GlucoseReport, paper: Paper) -> dict[str, object]:
    """What the template is given: texts, figures, and each chart with its words."""
    theme = Theme(is_page=False, font_family=_families()[0])
    person = report.person
    about = [("Name", person.name), ("Date of birth", person.birth_date), ("MRN", person.mrn)]
    about.append(("Diagnosis", person.diagnosis))
    is_readable = report.extent not in (Extent.EMPTY, Extent.INSUFFICIENT)
    return {
        "paper": paper,
        "fonts": _families(),
        "title": TITLE,
        "person": [[name, value] for name, value in about if value],
        "clinic": person.clinic or "",
        "period": period_text(report),
        "made": f"{report.made_on.day} {report.made_on:%b %Y}",
        "preset": f"Range set: {report.preset.label}",
        "source": _source(report),
        "is_sensor": report.statistics is not None,
        "figures": [[one.name, one.value, one.goal] for one in figures(report)] if is_readable else [],
        "kept": [] if is_readable else [list(pair) for pair in report.kept],
        "flags": flag_texts(report),
        "insulin": insulin_line(report),
        "charts": _charts(report, theme) if is_readable else {},
    }


def _source(report: GlucoseReport) -> str:
    """What the figures were made of, in the head of the page."""
    if report.statistics is not None:
        return "Sensor data"
    if report.meter is not None:
        return "Finger-stick data"
    return "Figures of the summary" if report.kept else "No glucose data"


def _charts(report: GlucoseReport, theme: Theme) -> dict[str, list[str]]:
    """Name -> [svg, alternative text]."""
    units, preset, drawn = report.units, report.preset, {}
    found = report.shares or (report.meter.shares if report.meter else None)
    if found is not None:
        bar = ranges.report_bar(found, preset, units, theme, is_time=report.shares is not None)
        drawn["ranges"] = [bar, ranges.in_words(found, preset, units)]
    usual = report.curve or (report.meter.curve if report.meter and not report.shares else None)
    if usual is not None:
        drawn["profile"] = [profile.percentile_curve(usual, preset, units, theme), profile.in_words(usual, units)]
    elif report.meter is not None and report.statistics is None:
        scatter = profile.modal_day(report.meter, preset, units, theme)
        drawn["profile"] = [scatter, f"{report.meter.readings} finger-sticks by time of day."]
    if report.statistics is not None:
        last = list(report.strips)[-14:]
        drawn["days"] = [daily.calendar(last, preset, units, theme), daily.in_words(last, preset, units)]
    elif report.insulin is not None:
        last = list(report.strips)[-14:]
        drawn["insulin"] = [insulin.daily_insulin(last, theme), insulin.in_words(last)]
    return drawn
