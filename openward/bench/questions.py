"""Everything the patient list of a clinic can be asked, each question also as conditions for a statement by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from openward.bench.clinic import Clinic
from openward.care.roster import FIELDS, Comparison, DateFilter, EntryField, FigureFilter, Query, Sort
from openward.care.summaries import BGM_FILTERS, CGM_FILTERS, Kind

_FILTERS: Final = {Kind.CGM: CGM_FILTERS, Kind.BGM: BGM_FILTERS}
_ALIAS: Final = {Kind.CGM: "c", Kind.BGM: "b"}


@dataclass(frozen=True, slots=True)
class Question:
    """What the list is asked; `where` and `order` say the same over `e` (entry) and `c`, `b` (figures of 14 days)."""

    what: str
    query: Query
    where: tuple[str, ...] = ()
    order: str = "e.name_key"


def everything(clinic: Clinic) -> Iterator[Question]:
    """Every filter, every sort in both directions, and what people combine."""
    now = datetime.now(UTC)
    yield Question("no filter", Query())
    yield from _searches()
    yield from _labels(clinic)
    yield from _dates(now)
    for kind, names in _FILTERS.items():
        for place, name in enumerate(names):
            comparison = list(Comparison)[place % 4]
            yield _figure_filter(kind, name, comparison, 0.5)
            yield _figure_filter(kind, name, comparison, 0.002 if comparison.value[0] == "<" else 0.998)
    yield from _sorts()
    yield from _combinations(clinic, now)


def _searches() -> Iterator[Question]:
    for text in ("a", "ru", "rui", "ruiz", "ruiz 12", "ruiz 1234", "m1234", "1975-01", "%", "zzz", "ana ruiz"):
        yield Question(f"search {text!r}", Query(search=text), (_text(text),))


def _text(text: str) -> str:
    # A run of three letters or digits is found by the trigram index, anything else row by row.
    found = (
        "not e.is_fresh and e.search like '%{}%'"
        if any(len(word) > 2 for word in text.split())
        else "strpos(e.search, '{}') > 0"
    )
    return found.format(text)


def _tagged(clinic: Clinic, *places: int) -> str:
    parts = (
        f"select person from roster.label where organization = $1 and label = '{clinic.tag_keys[place]}'"  # noqa: S608
        for place in places
    )
    return f"e.person in ({' intersect '.join(parts)})"


def _labels(clinic: Clinic) -> Iterator[Question]:
    tags, sites = clinic.tag_keys, clinic.site_keys
    rare = len(tags) - 1
    for what, places in (
        ("a common tag", (0,)),
        ("a rare tag", (rare,)),
        ("common tags", (0, 1, 2)),
        ("two", (0, rare)),
    ):
        yield Question(f"tags: {what}", Query(tags=tuple(tags[place] for place in places)), (_tagged(clinic, *places),))
    without = (
        "not exists (select from roster.label l where l.organization = $1 and l.person = e.person and {}l.is_site)"
    )
    yield Question("tags: none", Query(tags=()), (without.format("not "),))
    yield Question("sites: none", Query(sites=()), (without.format(""),))
    for number in (1, 3):
        listed = ", ".join(f"'{site}'" for site in sites[:number])
        where = f"e.person in (select person from roster.label where organization = $1 and label in ({listed}))"  # noqa: S608
        yield Question(f"sites: any of {number}", Query(sites=tuple(sites[:number])), (where,))


def _dates(now: datetime) -> Iterator[Question]:
    yield Question("standard ranges", Query(only_standard_ranges=True), ("e.has_standard_ranges",))
    for days in (1, 45, 89.9):
        until = now - timedelta(days=days)
        yield Question(f"reviewed {days} days ago", Query(reviewed_until=until), (f"e.last_reviewed_at <= '{until}'",))
    for kind in FIELDS:
        for days in (0.05, 15, 29.9):
            at = now - timedelta(days=days)
            column = f"e.{kind}_last_data"
            dates = (DateFilter(kind, at, None),)
            yield Question(f"{kind}.lastDataFrom {days} days", Query(dates=dates), (f"{column} >= '{at}'",))
            dates = (DateFilter(kind, None, at),)
            yield Question(f"{kind}.lastDataTo {days} days", Query(dates=dates), (f"{column} < '{at}'",))


def _figure(kind: Kind, name: str) -> str:
    return f"{_ALIAS[kind]}.figures[{FIELDS[kind].index(name) + 1}]"


def _condition(kind: Kind, name: str, comparison: Comparison, value: float) -> str:
    figure = _figure(kind, name)
    known = f" and {figure} > '-Infinity'" if comparison.value[0] == "<" else ""
    return f"{figure} {comparison} {value}{known}"


def _figure_filter(kind: Kind, name: str, comparison: Comparison, value: float) -> Question:
    wish = FigureFilter(kind, name, comparison, value)
    where = (_condition(kind, name, comparison, value),)
    return Question(f"{kind}.{name} {comparison} {value}", Query(figures=(wish,)), where)


_COLUMNS: Final = {
    EntryField.NAME: "e.name_key",
    EntryField.BIRTH_DATE: "e.birth_date",
    EntryField.LAST_REVIEWED: "e.last_reviewed_at",
    EntryField.LAST_DATA: "e.{}_last_data",
    EntryField.FIRST_DATA: "e.{}_first_data",
    EntryField.LAST_UPLOAD: "e.{}_last_upload",
    EntryField.OUTDATED_SINCE: "e.{}_outdated_since",
}


def _order(sort: Sort) -> str:
    direction = "desc nulls last" if sort.is_descending else "asc nulls first"
    if isinstance(sort.by, EntryField):
        return f"{_COLUMNS[sort.by].format(sort.kind)} {direction}"
    return f"coalesce({_figure(sort.kind, sort.by)}, '-Infinity') {direction.split()[0]}"


def _sorted(what: str, sort: Sort, where: tuple[str, ...] = (), **query: object) -> Question:
    return Question(what, Query(sort=sort, **query), where, _order(sort))  # type: ignore[arg-type]


def _sorts() -> Iterator[Question]:
    for kind, names in FIELDS.items():
        for by in (*EntryField, *names):
            for is_descending in (False, True):
                sign = "-" if is_descending else "+"
                yield _sorted(f"sort {sign}{kind}.{by}", Sort(by, kind, is_descending))


def _combinations(clinic: Clinic, now: datetime) -> Iterator[Question]:
    tags, sites = clinic.tag_keys, clinic.site_keys
    recent = now - timedelta(days=7)
    for by in (EntryField.NAME, EntryField.LAST_DATA, "timeInTargetPercent", "glucoseManagementIndicator"):
        sort = Sort(by, Kind.CGM, True)
        for offset in (5_000, 50_000, 99_995):
            yield _sorted(f"sort -cgm.{by}, offset {offset}", sort, offset=offset)
        where: tuple[str, ...] = (_tagged(clinic, 0, 1), _text("ruiz"))
        yield _sorted(f"sort -cgm.{by}, two tags, text", sort, where, tags=tuple(tags[:2]), search="ruiz")
        where = (_tagged(clinic, 0, 1),)
        yield _sorted(f"sort -cgm.{by}, two tags, offset 9,000", sort, where, tags=tuple(tags[:2]), offset=9_000)
        dates = (DateFilter(Kind.CGM, recent, None),)
        where = (f"e.cgm_last_data >= '{recent}'",)
        yield _sorted(f"sort -cgm.{by}, recent data", sort, where, dates=dates)
        figures = (
            FigureFilter(Kind.CGM, "timeInAnyLowPercent", Comparison.ABOVE, 0.4),
            FigureFilter(Kind.CGM, "timeInTargetPercent", Comparison.BELOW, 0.7),
            FigureFilter(Kind.BGM, "totalRecords", Comparison.AT_LEAST, 0.1),
        )
        where = tuple(_condition(one.kind, one.name, one.comparison, one.value) for one in figures)
        yield _sorted(f"sort -cgm.{by}, three figures", sort, where, figures=figures)
        where = (
            *where[:2],
            f"e.person in (select person from roster.label where organization = $1 and label = '{sites[0]}')",  # noqa: S608
            _tagged(clinic, 0),
            "e.has_standard_ranges",
            _text("a"),
        )
        query = Query(
            search="a",
            tags=tuple(tags[:1]),
            sites=tuple(sites[:1]),
            only_standard_ranges=True,
            figures=figures[:2],
            sort=sort,
        )
        yield Question(f"sort -cgm.{by}, everything at once", query, where, _order(sort))
