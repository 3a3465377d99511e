"""The report as plain text, for pasting into a record."""

from openward.care.reports.bands import BAND_NAMES, BANDS, whole_percents
from openward.care.reports.charts.ranges import band_limit
from openward.care.reports.model import Extent, GlucoseReport
from openward.care.reports.wording import TITLE, figures, flag_texts, glucose, insulin_line, percent, period_text

CPT_MINIMUM_HOURS = 72


def plain_text(report: GlucoseReport, *, with_hours: bool = False) -> str:
    """Name, birth date, dates, the range lines, mean, sensor use and GMI; hours for CPT 95251 on request."""
    person = report.person
    lines = [TITLE, ""]
    for name, value in (("Name", person.name), ("Date of birth", person.birth_date), ("MRN", person.mrn)):
        if value:
            lines.append(f"{name}: {value}")
    lines += [f"Report made: {report.made_on.isoformat()}", f"Period: {period_text(report)}", ""]
    if report.extent in (Extent.EMPTY, Extent.INSUFFICIENT):
        return "\n".join([*lines, *flag_texts(report)]) + "\n"
    lines += _range_lines(report)
    found = report.statistics
    if found is None:
        lines += [f"{one.name}: {one.value}" for one in figures(report)]
    else:
        lines += [
            f"Mean glucose: {glucose(found.mean, report.units)}",
            f"Time sensor active: {percent(found.active_in_wear)}",
            f"Glucose management indicator (GMI): {percent(found.gmi, 1)}",
            f"Variability (CV): {percent(found.cv)}",
        ]
        if with_hours:
            hours = found.measured_min / 60.0
            meets = "meets" if hours >= CPT_MINIMUM_HOURS else "does not meet"
            lines.append(f"Sensor data: {hours:.0f} hours; {meets} the 72-hour minimum for CPT 95251")
    if report.insulin is not None:
        lines.append(f"Insulin: {insulin_line(report)}")
    return "\n".join([*lines, *(["", *flag_texts(report)] if report.flags else [])]) + "\n"


def _range_lines(report: GlucoseReport) -> list[str]:
    found = report.shares or (report.meter.shares if report.meter else None)
    if found is None:
        return []
    whole = whole_percents(found.percents)
    lines = ["Time in ranges" if report.shares else "Readings in ranges"]
    for place, band in reversed(list(enumerate(BANDS))):
        if band in report.preset.bands:
            limit = band_limit(band, report.preset, report.units)
            lines.append(f"  {BAND_NAMES[band]} ({limit} {report.units}): {whole[place]} %")
    return [*lines, ""]
