"""Glucose statistics per period: time in range, GMI, sensor use, from hours that are kept up to date."""

from openward.care.summaries.bands import bands_of, cells, whole_mg_dl
from openward.care.summaries.buckets import BUCKET_DTYPE, Buckets, bucket_at, fill, no_buckets
from openward.care.summaries.clinic_copy import clinic_stats, config, dated
from openward.care.summaries.continuous import (
    CONTINUOUS_DTYPE,
    compute_continuous,
    fill_continuous,
    no_continuous,
    realtime_days,
)
from openward.care.summaries.current import Kept, copy_of, current, migratable, outdated, realtime, shown
from openward.care.summaries.figures import (
    BGM_FIELDS,
    BGM_FILTERS,
    CGM_FIELDS,
    CGM_FILTERS,
    INTEGER_FIELDS,
    bgm_figures,
    cgm_figures,
)
from openward.care.summaries.mark import REFRESH, SPREAD, SWEEP, SummaryChanged, mark, mark_many, spread_job
from openward.care.summaries.model import (
    Band,
    Bucket,
    ContinuousPeriod,
    ContinuousSummary,
    Dates,
    GlucoseSummary,
    Kind,
    Period,
    Rules,
    Share,
    Window,
)
from openward.care.summaries.periods import compute, gmi
from openward.care.summaries.readings import Readings, sample_minutes
from openward.care.summaries.refresh import recompute, refresh, refresh_job, sweep_job

__all__ = [
    "BGM_FIELDS",
    "BGM_FILTERS",
    "BUCKET_DTYPE",
    "CGM_FIELDS",
    "CGM_FILTERS",
    "CONTINUOUS_DTYPE",
    "INTEGER_FIELDS",
    "REFRESH",
    "SPREAD",
    "SWEEP",
    "Band",
    "Bucket",
    "Buckets",
    "ContinuousPeriod",
    "ContinuousSummary",
    "Dates",
    "GlucoseSummary",
    "Kept",
    "Kind",
    "Period",
    "Readings",
    "Rules",
    "Share",
    "SummaryChanged",
    "Window",
    "bands_of",
    "bgm_figures",
    "bucket_at",
    "cells",
    "cgm_figures",
    "clinic_stats",
    "compute",
    "compute_continuous",
    "config",
    "copy_of",
    "current",
    "dated",
    "fill",
    "fill_continuous",
    "gmi",
    "mark",
    "mark_many",
    "migratable",
    "no_buckets",
    "no_continuous",
    "outdated",
    "realtime",
    "realtime_days",
    "recompute",
    "refresh",
    "refresh_job",
    "sample_minutes",
    "shown",
    "spread_job",
    "sweep_job",
    "whole_mg_dl",
]
