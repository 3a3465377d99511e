"""Summaries in Tidepool's words: the platform's own document, and the copy that clinics keep of a patient."""

from typing import Any, TypeAlias

from openward.care.summaries import (
    Band,
    ContinuousPeriod,
    ContinuousSummary,
    GlucoseSummary,
    Period,
    Share,
    Window,
    clinic_stats,
    config,
    dated,
)

__all__ = ["Document", "clinic_stats", "summary_document"]

Document: TypeAlias = dict[str, Any]


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
        "config": config(),
        "dates": dated(summary.dates),
        "periods": periods,
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
