"""What a patient list can be asked, and what it answers; values only."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from openward.care.summaries import BGM_FIELDS, CGM_FIELDS, Kind
from openward.care.work import PersonKey

PERIODS: Final = ("1d", "7d", "14d", "30d")
FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {Kind.CGM: CGM_FIELDS, Kind.BGM: BGM_FIELDS}
"""The figures of a period by kind, in the order in which they are kept; a change of this order needs a migration."""

SCOPES: Final = tuple(f"{kind}{period}" for kind in FIELDS for period in PERIODS)
"""One stretch of figures each: a kind and a period."""

SEPARATOR: Final = "\x1f"

LOWEST: Final = float("-inf")
"""Kept for a figure that is withheld; sorts below all others by itself."""


class EntryField(StrEnum):
    """What a list can be sorted by beside the figures; the dates belong to a kind of summary."""

    NAME = "name_key"
    BIRTH_DATE = "birth_date"
    LAST_REVIEWED = "last_reviewed_at"
    LAST_DATA = "last_data"
    FIRST_DATA = "first_data"
    LAST_UPLOAD = "last_upload"
    OUTDATED_SINCE = "outdated_since"

    @property
    def is_date_of_summary(self) -> bool:
        """Whether there is one of it for each kind of summary."""
        return self in (self.LAST_DATA, self.FIRST_DATA, self.LAST_UPLOAD, self.OUTDATED_SINCE)


class Comparison(StrEnum):
    """How a figure is compared."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class FigureFilter:
    """Patients whose figure compares so with the value; those without the figure do not match."""

    kind: Kind
    name: str
    comparison: Comparison
    value: float


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Patients whose latest reading of this kind is at or after `start` and before `end` (None: open)."""

    kind: Kind
    start: datetime | None = None
    end: datetime | None = None


SortBy: TypeAlias = EntryField | str


@dataclass(frozen=True, slots=True)
class Sort:
    """By a field of the entry, or by the name of a figure of this kind; patients without it count as lowest."""

    by: SortBy = EntryField.NAME
    kind: Kind = Kind.CGM
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What the patients of one organization are asked for; all conditions hold together.

    tags: all of them, () means patients without tags; sites: any of them, () means patients without sites; groups:
    any of them; None asks for nothing. `period` belongs to the figure filters and to a sort by a figure.
    """

    search: str = ""
    tags: tuple[UUID, ...] | None = None
    sites: tuple[UUID, ...] | None = None
    groups: tuple[UUID, ...] | None = None
    reviewed_until: datetime | None = None
    only_standard_ranges: bool = False
    period: str = "14d"
    figures: tuple[FigureFilter, ...] = ()
    dates: tuple[DateFilter, ...] = ()
    sort: Sort = Sort()
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Found:
    """One page: the people in order, how many match, and how many there are."""

    people: tuple[PersonKey, ...]
    count: int
    total: int


# What Unicode does not take apart, though readers take it for a letter with a mark, or for two letters.
_PLAIN: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
_LONGEST_KEY: Final = 256  # letters; an index takes no more than some 2,700 bytes


def folded(name: str) -> str:
    """The beginning of a name for comparing: without case, accents, strokes and other marks."""
    if name.isascii():
        return name.lower()[:_LONGEST_KEY]
    decomposed = unicodedata.normalize("NFKD", name.casefold()).translate(_PLAIN)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))[:_LONGEST_KEY]


def searchable(*parts: str | None) -> str:
    """The text that a search looks through; the parts cannot run into one another."""
    text = SEPARATOR.join([part or "" for part in parts])
    if text.count(SEPARATOR) >= len(parts):
        text = SEPARATOR.join([(part or "").replace(SEPARATOR, " ") for part in parts])
    return text.lower()
