"""What the patient list is asked for: read from the address, written back into links, turned into a roster query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from openward.care.errors import Invalid
from openward.care.organizations import Group, Label
from openward.care.roster import (
    PERIODS,
    Comparison,
    DateFilter,
    EntryField,
    FigureFilter,
    Query,
    Sort,
)
from openward.care.summaries import Kind
from openward.wire.web.viewer import Place

PAGE = 50
_SILENT_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Column:
    """One sortable column; `is_high_first`: the first click sorts descending, where the high values matter."""

    title: str
    by: EntryField | str
    is_high_first: bool = False
    is_number: bool = True


COLUMNS: Mapping[str, Column] = {
    "name": Column("Patient", EntryField.NAME, is_number=False),
    "target": Column("Time in ranges", "timeInTargetPercent", is_number=False),
    "low": Column("Below {low}", "timeInAnyLowPercent", is_high_first=True),
    "mean": Column("Mean", "averageGlucoseMmol", is_high_first=True),
    "gmi": Column("GMI", "glucoseManagementIndicator", is_high_first=True),
    "use": Column("CGM use", "timeCGMUsePercent"),
    "last": Column("Last data", EntryField.LAST_DATA, is_high_first=True),
    "reviewed": Column("Reviewed", EntryField.LAST_REVIEWED, is_number=False),
}


@dataclass(frozen=True, slots=True)
class Quick:
    """A filter that one click sets; `words` may name `{very_low}`, `{low}` and `{very_high}` in the clinic's units."""

    words: str
    figure: FigureFilter | None = None

    def label(self, units: str) -> str:
        """The words in these units."""
        return self.words.format_map(LIMITS[units])


LIMITS: Mapping[str, Mapping[str, str]] = {
    "mg/dL": {"very_low": "54", "low": "70", "high": "180", "very_high": "250"},
    "mmol/L": {"very_low": "3.0", "low": "3.9", "high": "10.0", "very_high": "13.9"},
}


def _cgm(name: str, comparison: Comparison, value: float) -> FigureFilter:
    return FigureFilter(Kind.CGM, name, comparison, value)


# The limits of the consensus goals for most people with type 1 or type 2 diabetes.
QUICK: Mapping[str, Quick] = {
    "very-low": Quick("Below {very_low} over 1 %", _cgm("timeInVeryLowPercent", Comparison.ABOVE, 0.01)),
    "low": Quick("Below {low} over 4 %", _cgm("timeInAnyLowPercent", Comparison.ABOVE, 0.04)),
    "target": Quick("In range under 70 %", _cgm("timeInTargetPercent", Comparison.BELOW, 0.7)),
    "very-high": Quick("Above {very_high} over 5 %", _cgm("timeInVeryHighPercent", Comparison.ABOVE, 0.05)),
    "use": Quick("CGM use under 70 %", _cgm("timeCGMUsePercent", Comparison.BELOW, 0.7)),
    "silent": Quick("Last data over 2 days ago"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices of one look at the list."""

    search: str = ""
    tags: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    period: str = "14d"
    sort: str = "name"
    is_descending: bool = False
    quick: tuple[str, ...] = ()
    page: int = 0

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of the address, without what is as usual."""
        usual = Asked()
        plain = [("q", self.search), ("period", self.period), ("sort", self.sort)]
        before = {"q": usual.search, "period": usual.period, "sort": usual.sort}
        found = [(name, value) for name, value in plain if value != before[name]]
        found += [("order", "desc")] if self.is_descending else []
        for name, values in (("tag", self.tags), ("site", self.sites), ("group", self.groups), ("quick", self.quick)):
            found += [(name, value) for value in values]
        return found + ([("page", str(self.page))] if self.page else [])

    def href(self, place: Place, *, said: str = "", **changes: Any) -> str:
        """The address of the same look with these changes; every change but paging starts at the first page.

        `said` names a message to show there.
        """
        changed = replace(self, **{"page": 0, **changes})
        kept = [("clinic", place.id)] if len(place.switches) > 1 else []
        query = urlencode([*kept, *changed.pairs(), *([("said", said)] if said else [])])
        return f"/patients?{query}" if query else "/patients"

    def sorted_by(self, place: Place, name: str) -> str:
        """The address that sorts by a column: the useful direction first, the other at the second click."""
        if name == self.sort:
            return self.href(place, is_descending=not self.is_descending)
        return self.href(place, sort=name, is_descending=COLUMNS[name].is_high_first)

    def toggled(self, place: Place, name: str) -> str:
        """The address with a quick filter set, or taken off."""
        others = tuple(one for one in self.quick if one != name)
        return self.href(place, quick=others if name in self.quick else (*self.quick, name))

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.search or self.tags or self.sites or self.groups or self.quick)


def read(items: Sequence[tuple[str, str]]) -> Asked:
    """The choices in an address; `Invalid` for values that no link of ours has."""
    single = dict(items)

    def many(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for key, value in items if key == name and value))

    asked = Asked(
        search=" ".join(single.get("q", "").split())[:200],
        tags=many("tag"),
        sites=many("site"),
        groups=many("group"),
        period=single.get("period") or "14d",
        sort=single.get("sort") or "name",
        is_descending=single.get("order") == "desc",
        quick=many("quick"),
        page=_page(single.get("page") or "0"),
    )
    if asked.period not in PERIODS or asked.sort not in COLUMNS or any(one not in QUICK for one in asked.quick):
        raise Invalid("this address of the list cannot be read: begin again with the list as it is")
    return asked


def _page(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("a page is a whole number")
    return int(text)


def keys_of(wanted: Sequence[str], labels: Mapping[str, Label | Group]) -> tuple[UUID, ...] | None:
    """The labels with these public ids; None when none is asked for."""
    if any(one not in labels for one in wanted):
        raise Invalid("this tag, site or group does not exist any more")
    return tuple(labels[one].key for one in wanted) or None


def roster_query(
    asked: Asked,
    tags: tuple[UUID, ...] | None,
    sites: tuple[UUID, ...] | None,
    groups: tuple[UUID, ...] | None,
    now: datetime,
) -> Query:
    """The same for the roster; tags, sites and groups by their keys, None for any."""
    figures = [QUICK[name].figure for name in asked.quick]
    silent = DateFilter(Kind.CGM, end=now - _SILENT_AFTER)
    return Query(
        search=asked.search,
        tags=tags,
        sites=sites,
        groups=groups,
        period=asked.period,
        figures=tuple(one for one in figures if one is not None),
        dates=(silent,) if "silent" in asked.quick else (),
        sort=Sort(COLUMNS[asked.sort].by, Kind.CGM, asked.is_descending),
        offset=asked.page * PAGE,
        limit=PAGE,
    )
