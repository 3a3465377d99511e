"""The words and numbers of the report that page, PDF and text form share."""

from dataclasses import dataclass

from openward.care.reports.bands import TIGHT_HIGH, shown_glucose
from openward.care.reports.model import Extent, Flag, GlucoseReport

TITLE = "Glucose profile (AGP-style)"
MISSING = "–"
FLAG_TEXTS = {
    Flag.BELOW_CONSENSUS_MINIMUM: "Below the consensus minimum of 14 days, 70 % measured: interpret with care.",
    Flag.GMI_WITHHELD: "GMI is withheld.",
    Flag.SPREAD_WITHHELD: "SD and CV need at least 30 readings.",
    Flag.CURVE_HIDDEN: "No curve: it needs seven days with 70 % of the time measured on average.",
    Flag.LESS_THAN_A_DAY: "Insufficient data: less than a full day of sensor readings.",
    Flag.NO_CGM: "Finger-stick readings only; shares count readings, not time.",
    Flag.NO_DATA: "No glucose readings in this period.",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the metrics box: its name, value with unit, and goal ("" when there is none)."""

    name: str
    value: str
    goal: str = ""


def percent(value: float | None, decimals: int = 0) -> str:
    """A percentage as printed, half to even; a dash when it is withheld."""
    return MISSING if value is None else f"{round(value, 9):.{decimals}f} %"


def glucose(value: float | None, units: str) -> str:
    """A glucose value with its unit; a dash when it is withheld."""
    return MISSING if value is None else f"{shown_glucose(value, units)} {units}"


def period_text(report: GlucoseReport) -> str:
    """First and last day and their number."""
    first, last = report.period.first, report.period.last
    days = f"{report.period.days} day{'s' if report.period.days != 1 else ''}"
    return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y} ({days})"


def figures(report: GlucoseReport) -> list[Figure]:
    """The metrics box: sensor figures, or finger-stick figures when there is no sensor."""
    found, units, preset = report.statistics, report.units, report.preset
    mean_goal = f"< {preset.mean_goal[units == 'mmol/L']} {units}" if preset.mean_goal else ""
    if found is None:
        part = report.meter
        if part is None:
            return []
        return [
            Figure("Finger-sticks", f"{part.readings}"),
            Figure("Finger-sticks per day", f"{part.per_day:.1f}"),
            Figure("Mean glucose", glucose(part.mean, units)),
            Figure("Variability (CV)", percent(part.cv)),
            Figure("Standard deviation", glucose(part.sd, units)),
        ]
    gmi_goal = f"< {preset.gmi_goal:g} %" if preset.gmi_goal else ""
    risk = f"{found.risk.index:.0f} (zone {found.risk.zone})" if found.risk else MISSING
    return [
        Figure("Days with data", f"{found.days_with_data} of {report.period.days}"),
        Figure("Time sensor active", percent(found.active_in_wear), "≥ 70 %"),
        Figure("Mean glucose", glucose(found.mean, units), mean_goal),
        Figure("Glucose management indicator (GMI)", percent(found.gmi, 1), gmi_goal),
        Figure("Variability (CV)", percent(found.cv), "≤ 36 %"),
        Figure("Standard deviation", glucose(found.sd, units)),
        Figure("Glycemia risk index (GRI)", risk),
        *_tight_target(report),
    ]


def _tight_target(report: GlucoseReport) -> list[Figure]:
    """Time in the tight target range, where it differs from the target range of the set."""
    if report.shares is None or report.preset.high == TIGHT_HIGH:
        return []
    limits = "–".join(shown_glucose(one, report.units) for one in (report.preset.low, TIGHT_HIGH))
    return [Figure(f"Tight range ({limits})", percent(report.shares.tight_target.percent))]


def insulin_line(report: GlucoseReport) -> str:
    """Insulin and carbohydrate averages in one line, or nothing."""
    part = report.insulin
    if part is None:
        return ""
    share = f" ({part.basal_percent:.0f} %)" if part.basal_percent is not None else ""
    carbs = f" · carbohydrate {part.carbs_per_day:.0f} g a day" if part.carbs_per_day else ""
    return (
        f"{part.total_per_day:.1f} U a day: basal {part.basal_per_day:.1f} U{share}, bolus {part.bolus_per_day:.1f} U, "
        f"{part.boluses_per_day:.1f} boluses a day{carbs}"
    )


def flag_texts(report: GlucoseReport) -> list[str]:
    """What to know before trusting the figures, as sentences; where there are no figures, only why."""
    if report.extent is Extent.INSUFFICIENT:
        return [FLAG_TEXTS[Flag.LESS_THAN_A_DAY]]
    return [FLAG_TEXTS[flag] for flag in report.flags]
