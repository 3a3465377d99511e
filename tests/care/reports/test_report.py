"""The whole report: what is withheld and when, the text form, the drawings and the PDF."""

import json
import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from openward.care.reports import (
    PRESETS,
    Extent,
    Flag,
    GlucoseReport,
    Person,
    Readings,
    build,
    calendar,
    daily_insulin,
    day_chart,
    modal_day,
    page_stylesheet,
    pdf,
    percentile_curve,
    plain_text,
    render,
    render_pooled,
    report_bar,
    slim_bar,
)
from openward.care.reports.charts.svg import kept_apart
from openward.care.reports.charts.theme import COLOURS
from tests.care.reports.conftest import clock, hall, shanghai

START = "2024-03-04T00:00:00"
LAST = date(2024, 3, 17)


def steady(count: int, mmol: float = 7.0) -> Readings:
    return Readings.of(clock(START) + np.arange(count) * 300_000, np.full(count, mmol))


def test_full_report(full_report: GlucoseReport) -> None:
    found = full_report.statistics
    assert found is not None
    assert full_report.extent is Extent.FULL
    assert full_report.flags == ()
    assert found.active_in_window == 100
    assert found.gmi == pytest.approx(3.31 + 0.02392 * (found.mean or 0))
    assert full_report.insulin is not None
    assert full_report.insulin.basal_per_day == pytest.approx(24 * 1.268)
    assert [strip.day.day for strip in full_report.strips] == list(range(4, 18))
    assert sum(strip.mgdl.size for strip in full_report.strips) == 4032


def test_short_records_say_so() -> None:
    short = build(Person("A"), steady(287), last_day=LAST)
    assert short.extent is Extent.INSUFFICIENT
    assert "less than a full day" in plain_text(short)
    exact = build(Person("A"), steady(288), last_day=LAST)
    assert exact.extent is Extent.BOXES
    assert exact.curve is None
    assert Flag.GMI_WITHHELD in exact.flags
    assert exact.statistics is not None
    assert exact.statistics.gmi is None
    assert exact.shares is not None
    assert build(Person("A"), steady(0), last_day=LAST).flags == (Flag.NO_DATA,)


def test_real_week_is_flagged_but_drawn() -> None:
    readings = hall("1636-69-026")
    last = datetime.fromtimestamp(int(readings.local_ms[-1]) / 1000, UTC).date()
    report = build(Person("A"), readings, last_day=last)
    assert Flag.BELOW_CONSENSUS_MINIMUM in report.flags
    assert report.shares is not None
    assert sum(report.shares.percents) == pytest.approx(100)


def test_fifteen_minute_sensor_in_mmol() -> None:
    readings = shanghai("1002_0_20210504")
    report = build(Person("A"), readings, last_day=date(2021, 5, 14), units="mmol/L")
    assert report.statistics is not None
    assert report.statistics.measured_min == 15 * report.statistics.readings
    assert "Target (3.9–10.0 mmol/L): 75 %" in plain_text(report)


def test_meter_only() -> None:
    sticks = Readings.of(clock(START) + np.arange(40) * 21_600_000, np.linspace(3.0, 15.0, 40))
    report = build(Person("A"), steady(0), meter=sticks, last_day=date(2024, 3, 13))
    assert report.meter is not None
    assert report.meter.curve is None
    assert report.meter.readings == 40
    assert modal_day(report.meter, report.preset, "mg/dL").count("<circle") == 40
    assert b"%PDF" in render(report)[:8]


def test_text_form(full_report: GlucoseReport) -> None:
    text = plain_text(full_report, with_hours=True)
    assert "Name: Alex <Example> & Co" in text
    assert "336 hours; meets the 72-hour minimum" in text
    shown = [int(one) for one in re.findall(r"^  .*: (\d+) %$", text, re.MULTILINE)]
    assert len(shown) == 5
    assert sum(shown) == 100


def test_drawings_are_named_and_well_formed(full_report: GlucoseReport) -> None:
    report = full_report
    assert report.curve is not None
    assert report.shares is not None
    drawings = [
        percentile_curve(report.curve, report.preset, "mmol/L"),
        report_bar(report.shares, report.preset, "mg/dL"),
        calendar(report.strips, report.preset, "mg/dL"),
        day_chart(report.strips[0], report.preset, "mg/dL"),
        daily_insulin(report.strips),
        slim_bar((0.01, 0.03, 0.7, 0.2, 0.06)),
        slim_bar(None),
    ]
    sheet = page_stylesheet()
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
        assert "nan" not in drawing.lower()
        assert "style=" not in drawing
        for name in set(re.findall(r'class="([^"]+)"', drawing)):
            assert all(f".{part}{{" in sheet for part in name.split())


def test_profile_carries_its_numbers(full_report: GlucoseReport) -> None:
    assert full_report.curve is not None
    root = ElementTree.fromstring(percentile_curve(full_report.curve, full_report.preset, "mg/dL"))
    assert len((root.get("data-p50") or "").split(",")) == 96
    assert root.get("data-n") == ",".join(["42"] * 96)


def test_slim_bar_is_truthful() -> None:
    root = ElementTree.fromstring(slim_bar((0, 0.5, 0.5, 0, 0)))
    rects = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [float(one.get("width") or 0) for one in rects] == [60, 60]


def test_labels_keep_apart() -> None:
    assert kept_apart([1, 2, 3], 5, 0, 20) == [1, 6, 11]
    assert kept_apart([18, 19, 20], 5, 0, 20) == [10, 15, 20]


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("name", ["ink", "muted", "goal", "basal"])
def test_text_stands_out(name: str, side: int) -> None:
    low, high = sorted((_luminance(COLOURS[name][side]), _luminance(COLOURS["ground"][side])))
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("paper", ["us-letter", "a4"])
def test_pdf_is_one_tagged_page(full_report: GlucoseReport, paper: str) -> None:
    page = render(full_report, paper)  # type: ignore[arg-type]
    assert page.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in page
    assert len(re.findall(rb"/Type\s*/Page\b", page)) <= 1
    assert page == render(full_report, paper)  # type: ignore[arg-type]


def test_pdf_without_the_font_package(full_report: GlucoseReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "FONTS", {"Inter": "no_such_font_package"})
    monkeypatch.setattr(pdf, "_mine", threading.local())
    for kept in (pdf._fonts, pdf._families):
        kept.cache_clear()
    try:
        assert b"Libertinus" in render(full_report)
    finally:
        for kept in (pdf._fonts, pdf._families):
            kept.cache_clear()


@pytest.mark.parametrize(
    ("name", "fonts"),
    [
        ("Дмитрий Ελένη Nguyễn Thị Hạnh", ()),
        ("محمد السيد", (b"NotoSansArabic",)),
        ("יוסף כהן", (b"Heebo",)),
        ("राजीव मेनन", (b"NotoSansDevanagari",)),
        ("ราชา செல்வி রহিম", (b"NotoSansThai", b"NotoSansTamil", b"HindSiliguri")),
    ],
    ids=["inter", "arabic", "hebrew", "devanagari", "several"],
)
def test_names_of_many_scripts_have_letters(full_report: GlucoseReport, name: str, fonts: tuple[bytes, ...]) -> None:
    page = render(replace(full_report, person=Person(name, "1988-04-12", "1")))
    assert b"pdfuaid" in page
    assert [font for font in fonts if font not in page] == []


def test_a_name_that_no_font_can_write_does_not_stop_the_report(full_report: GlucoseReport) -> None:
    page = render(replace(full_report, person=Person("\U00012000 Alex \ue123", "1988-04-12", "1")))
    assert page.startswith(b"%PDF")


@pytest.mark.parametrize("paper", ["us-letter", "a4"])
def test_long_names_stay_on_one_page(full_report: GlucoseReport, paper: Any) -> None:
    long = Person(
        "Maximiliana Featherstonehaugh " * 8, "1988-04-12", "MRN-" + "7" * 60, "Type 1", "Endocrinology " * 10
    )
    pages = pdf._compiler(False).compile(
        input=pdf._template(),
        format="svg",
        sys_inputs={"report": json.dumps(pdf._content(replace(full_report, person=long), paper))},
    )
    assert isinstance(pages, bytes)  # several pages come as a list


def test_the_head_says_what_the_figures_were_made_of(full_report: GlucoseReport) -> None:
    nothing, none = build(Person(), steady(0), last_day=LAST, meter=steady(0)), Readings.of([], [])
    sticks = build(Person(), none, last_day=LAST, meter=steady(40))
    said = [
        pdf._content(one, "a4")["source"]
        for one in (full_report, sticks, nothing, replace(nothing, kept=(("Mean glucose", "144 mg/dL"),)))
    ]
    assert said == ["Sensor data", "Finger-stick data", "No glucose data", "Figures of the summary"]


def test_pdf_of_every_preset_and_extent(full_report: GlucoseReport) -> None:
    for preset in ("adaHighRisk", "adaPregnancyType1", "adaPregnancyType2"):
        report = build(Person(), steady(4032, 8.0), last_day=LAST, preset=PRESETS[preset], units="mmol/L")
        assert render(report).startswith(b"%PDF")
    assert render(build(Person(), steady(100), last_day=LAST)).startswith(b"%PDF")
    assert render(replace(full_report, curve=None)).startswith(b"%PDF")


@pytest.mark.anyio
async def test_pool_renders(full_report: GlucoseReport) -> None:
    assert (await render_pooled(full_report)).startswith(b"%PDF")
