"""The patient list: one row per patient per organization, filters, sorts, tag counts."""

from openward.care.roster.departing import follow_removal
from openward.care.roster.grouping import follow_groups, replace_groups
from openward.care.roster.labelling import (
    FORGET,
    assign_tag,
    convert_tag,
    follow_site,
    follow_tag,
    forget_label,
    merge_site,
    withdraw_tag,
)
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
from openward.care.roster.moving import move
from openward.care.roster.project import follow_enrolment, follow_many, forget_summary, put_summary
from openward.care.roster.tide import CATEGORIES, MOST_PLACED, MOST_WITHOUT_DATA, USUAL, Tide, TideQuery, TideRow, tide
from openward.care.roster.words import SORT, sort_words

__all__ = [
    "CATEGORIES",
    "FIELDS",
    "FORGET",
    "MOST_PLACED",
    "MOST_WITHOUT_DATA",
    "PERIODS",
    "SORT",
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
    "assign_tag",
    "convert_tag",
    "find",
    "follow_enrolment",
    "follow_groups",
    "follow_many",
    "follow_removal",
    "follow_site",
    "follow_tag",
    "forget_label",
    "forget_summary",
    "label_counts",
    "merge_site",
    "move",
    "patients_of",
    "put_summary",
    "replace_groups",
    "sort_words",
    "summaries",
    "tide",
    "withdraw_tag",
]
