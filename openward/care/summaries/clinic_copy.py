"""The copy of a summary that clinics keep with a patient: flat figures by their published names, and its dates."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from openward.care.summaries.figures import bgm_figures, cgm_figures
from openward.care.summaries.model import Dates, GlucoseSummary, Kind, Period

Document: TypeAlias = dict[str, Any]

SCHEMA_VERSION: Final = 6
_ALWAYS_NUMBERS: Final = frozenset(
    ("min", "max", "standardDeviation", "coefficientOfVariation", "hoursWithData", "daysWithData")
)


def clinic_stats(summary: GlucoseSummary, *, summary_id: str) -> Document:
    """`cgmStats` or `bgmStats` of a clinic's patient, by the kind of the summary; withheld figures are left out."""
    render = _cgm_period if summary.kind is Kind.CGM else _bgm_period
    return {
        "id": summary_id,
        "config": config(),
        "dates": _clinic_dates(summary.dates),
        "periods": {name: render(period) for name, period in summary.periods.items()},
    }


def config() -> Document:
    """By which thresholds (mmol/L) and which version of the rules summaries are made."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "highGlucoseThreshold": 10.0,
        "veryHighGlucoseThreshold": 13.9,
        "lowGlucoseThreshold": 3.9,
        "veryLowGlucoseThreshold": 3.0,
    }


def _instant(moment: datetime) -> str:
    in_utc = moment.astimezone(UTC)
    precision = "milliseconds" if in_utc.microsecond else "seconds"
    return in_utc.isoformat(timespec=precision).removesuffix("+00:00") + "Z"


def dated(dates: Dates) -> Document:
    """How fresh a summary is; unknown moments are left out."""
    moments = {
        "lastUpdatedDate": dates.last_updated,
        "lastUploadDate": dates.last_upload,
        "firstData": dates.first_data,
        "lastData": dates.last_data,
        "outdatedSince": dates.outdated_since,
    }
    return {
        "lastUpdatedReason": list(dates.last_updated_reason),
        "outdatedReason": list(dates.outdated_reason),
        **{name: _instant(moment) for name, moment in moments.items() if moment is not None},
    }


def _clinic_dates(dates: Dates) -> Document:
    return {
        **dated(dates),
        "hasLastUploadDate": dates.last_upload is not None,
        "hasFirstData": dates.first_data is not None,
        "hasLastData": dates.last_data is not None,
        "hasOutdatedSince": dates.outdated_since is not None,
    }


def _cgm_period(period: Period) -> Document:
    return _flagged(cgm_figures(period))


def _bgm_period(period: Period) -> Document:
    days, days_before = period.current.days_with_data, period.offset.days_with_data
    return {
        **_flagged(bgm_figures(period)),
        "daysWithData": days,
        "daysWithDataDelta": days - days_before,
    }


def _flagged(figures: dict[str, float | None]) -> Document:
    """The shown figures, and for each that can be missing or zero a flag `has...` beside it."""
    document: Document = {name: value for name, value in figures.items() if value is not None}
    for name, value in figures.items():
        if name.endswith("Delta") or name in _ALWAYS_NUMBERS:
            continue
        flag = f"has{name[0].upper()}{name[1:]}"
        document[flag] = value is not None and (_is_measure(name) or value != 0)
    return document


def _is_measure(name: str) -> bool:
    """Whether a figure of zero is still a finding; a count of zero has nothing to show."""
    return name.endswith(("Percent", "Mmol", "Indicator"))
