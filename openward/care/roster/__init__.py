"""The patient list: one row per patient per organization, filters, sorts, tag counts."""

from openward.care.roster.look import find, label_counts, patients_of, summaries
from openward.care.roster.model import (
    FIELDS,
    PERIODS,
    Comparison,
    DateFilter,
    EntryField,
    FigureFilter,
    Found,
    Query,
    Sort,
)
from openward.care.roster.project import follow_enrolment, follow_site, follow_tag, forget_summary, put_summary
from openward.care.roster.tide import CATEGORIES, USUAL, Tide, TideQuery, TideRow, tide

__all__ = [
    "CATEGORIES",
    "FIELDS",
    "PERIODS",
    "USUAL",
    "Comparison",
    "DateFilter",
    "EntryField",
    "FigureFilter",
    "Found",
    "Query",
    "Sort",
    "Tide",
    "TideQuery",
    "TideRow",
    "find",
    "follow_enrolment",
    "follow_site",
    "follow_tag",
    "forget_summary",
    "label_counts",
    "patients_of",
    "put_summary",
    "summaries",
    "tide",
]
