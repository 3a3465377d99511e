"""Summaries in Tidepool's words: the platform's own document, and the copy that clinics keep of a patient."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from openward.care.summaries import (
    Band,
    ContinuousPeriod,
    ContinuousSummary,
    Dates,
    GlucoseSummary,
    Kind,
    Period,
    Share,
    Window,
    bgm_figures,
    cgm_figures,
)

Document: TypeAlias = dict[str, Any]

SCHEMA_VERSION: Final = 6
_ALWAYS_NUMBERS: Final = frozenset(
    ("min", "max", "standardDeviation", "coefficientOfVariation", "hoursWithData", "daysWithData")
)


def summary_document(summary: GlucoseSummary | ContinuousSummary, *, summary_id: str, user_id: str) -> Document:
    """The body of `/v1/summaries/{type}/{userId}`; summary_id is 24 hex digits. Absent dates are left out."""
    periods: Document
    if isinstance(summary, ContinuousSummary):
        periods = {name: _continuous_period(period) for name, period in summary.periods.items()}
    else:
        periods = {name: _glucose_period(period) for name, period in summary.periods.items()}
    return {
        "id": summary_id,
        "type": summary.kind.value,
        "userId": user_id,
        "config": _config(),
        "dates": _platform_dates(summary.dates),
        "periods": periods,
    }


def clinic_stats(summary: GlucoseSummary, *, summary_id: str) -> Document:
    """`cgmStats` or `bgmStats` of a clinic's patient, by the kind of the summary; withheld figures are left out."""
    render = _cgm_period if summary.kind is Kind.CGM else _bgm_period
    return {
        "id": summary_id,
        "config": _config(),
        "dates": _clinic_dates(summary.dates),
        "periods": {name: render(period) for name, period in summary.periods.items()},
    }


def _config() -> Document:
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


def _platform_dates(dates: Dates) -> Document:
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
        **_platform_dates(dates),
        "hasLastUploadDate": dates.last_upload is not None,
        "hasFirstData": dates.first_data is not None,
        "hasLastData": dates.last_data is not None,
        "hasOutdatedSince": dates.outdated_since is not None,
    }


def _range(minutes: int, records: int, percent: float, glucose: float = 0.0, variance: float = 0.0) -> Document:
    # Only the total knows glucose and variance; the published shape asks every range for them all the same.
    return {"glucose": glucose, "minutes": minutes, "records": records, "percent": percent, "variance": variance}


def _window(window: Window) -> Document:
    return {
        "total": _range(window.minutes, window.records, window.use_percent, window.glucose, window.variance),
        **{f"in{band}": _band_range(window.bands[band]) for band in Band},
        "min": window.minimum,
        "max": window.maximum,
        "hoursWithData": window.hours_with_data,
        "daysWithData": window.days_with_data,
        "averageGlucoseMmol": window.average_mmol,
        "glucoseManagementIndicator": window.glucose_management_indicator,
        "coefficientOfVariation": window.coefficient_of_variation,
        "standardDeviation": window.standard_deviation,
        "averageDailyRecords": window.average_daily_records,
    }


def _band_range(share: Share) -> Document:
    return _range(share.minutes, share.records, share.percent)


def _glucose_period(period: Period) -> Document:
    delta = period.delta
    return {
        **_window(period.current),
        "minDelta": delta.minimum,
        "maxDelta": delta.maximum,
        # The published shape of a delta asks for the delta of its own minimum and maximum, which there is not.
        "delta": {**_window(delta), "minDelta": 0.0, "maxDelta": 0.0},
    }


def _continuous_period(period: ContinuousPeriod) -> Document:
    whole = period.total or 1
    return {
        "realtime": _range(0, period.realtime, period.realtime / whole),
        "deferred": _range(0, period.deferred, period.deferred / whole),
        "total": _range(0, period.total, 0.0),
        "averageDailyRecords": period.average_daily_records,
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
