"""The SQL that reads the list: filters, exact counts, and one page in any order.

The measurements behind these choices are in the decision on the roster. Few matches are collected, counted and
sorted in one statement. Many are counted and then left to the planner, which may walk an index in the order asked for
and stop early.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from openward.care.roster.label_store import ALL
from openward.care.roster.model import FIELDS, LOWEST, EntryField, FigureFilter, Found, Query, Sort, searchable
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey, Work

# Beyond so many, one in five of a very large clinic, walking an index finds a page sooner than sorting all.
_FEW = 20_000
_LOWEST = f"'{LOWEST}'::float8"
_TOTAL = f"coalesce((select total from roster.tally where organization = $1 and label = '{ALL}'), 0)"  # noqa: S608
# A trigram index answers only for runs of three letters or digits; anything shorter is looked for row by row.
_RUN = re.compile(r"[^\W_]{3}")


@dataclass(slots=True)
class _Statement:
    """Conditions and their arguments, and which tables they need."""

    organization: OrganizationKey
    period: str
    arguments: list[object] = field(default_factory=list)
    of_entry: list[str] = field(default_factory=list)
    of_figures: dict[Kind, list[str]] = field(default_factory=dict)
    filters: list[object] = field(default_factory=list)
    page: str = ""
    first_of_page: str = ""  # how many there are up to the end of the page

    def __post_init__(self) -> None:
        self.arguments.append(self.organization)

    def argument(self, value: object, kind: str = "") -> str:
        """The place of a further argument, with its type."""
        self.arguments.append(value)
        return f"${len(self.arguments)}{kind}"

    def tables(self, needs_entry: bool, kinds: Sequence[Kind], beside: Kind | None = None) -> tuple[str, str]:
        """`from ... where ...` over the tables needed, and the alias that has `person` and `record`.

        beside: figures that come along for those who have any.
        """
        aliases = [("entry", "e", [*self.of_entry])] if needs_entry or not kinds else []
        for kind in kinds:
            scope = f"{kind}.scope = '{kind}{self.period}'"
            aliases.append(("figures", str(kind), [scope, *self.of_figures.get(kind, ())]))
        first = aliases[0][1]
        conditions = [f"{first}.organization = $1", *aliases[0][2]]
        for _, alias, own in aliases[1:]:
            conditions += [f"{alias}.organization = $1", f"{alias}.person = {first}.person", *own]
        tables = " cross join ".join(f"roster.{table} {alias}" for table, alias, _ in aliases)
        if beside is not None:
            tables += _beside(beside, self.period, first)
        return f"from {tables} where {' and '.join(conditions)}", first


def _beside(kind: Kind, period: str, rows: str) -> str:
    """The figures of each of these rows, where there are any."""
    return (
        f" left join roster.figures {kind} on {kind}.scope = '{kind}{period}' and {kind}.organization = $1"
        f" and {kind}.person = {rows}.person"
    )


def _looked_up(kind: Kind, period: str, rows: str) -> str:
    """The same for few rows, by an index for each of them."""
    return (
        f" left join lateral (select f.figures from roster.figures f where f.scope = '{kind}{period}'"  # noqa: S608 -- as below
        f" and f.organization = $1 and f.person = {rows}.person offset 0) {kind} on true"
    )


async def find(work: Work, organization: OrganizationKey, query: Query, *, has_fresh: bool = False) -> Found:
    """The page that is asked for, with exact counts.

    has_fresh: whether the words of somebody may not be in their index yet.
    """
    # A plan made for any argument would not know rare tags from common ones.
    await work.tx.execute("set local plan_cache_mode = force_custom_plan")
    statement = _filters(organization, query, has_fresh)
    if not statement.of_entry and not statement.of_figures:
        total = count = int(await work.tx.fetchval(f"select {_TOTAL}", organization))
    else:
        row = await work.tx.fetchrow(_few(statement, query), *statement.arguments)
        total, count = row["total"], row["count"]
        if count <= _FEW:
            return Found(tuple(PersonKey(person) for person in row["people"]), count, total)
        if not _has_index(query.sort):
            rows = await work.tx.fetch(_sort(statement, query), *statement.arguments)
            if rows:
                return Found(tuple(PersonKey(row["person"]) for row in rows), rows[0]["count"], total)
        source, _ = statement.tables(bool(statement.of_entry), list(statement.of_figures))
        count = int(await work.tx.fetchval(f"select count(*) {source}", *statement.filters))
    if query.offset >= count:
        return Found((), count, total)
    rows = await work.tx.fetch(_walk(statement, query), *statement.arguments)
    return Found(tuple(PersonKey(row["person"]) for row in rows), count, total)


def _few(statement: _Statement, query: Query) -> str:
    """Collects the matches until they are too many, counts them and, when they are few, sorts them as a set."""
    sort = query.sort
    kinds = list(statement.of_figures)
    by_figure = not isinstance(sort.by, EntryField)
    is_at_hand = not by_figure or sort.kind in kinds
    source, first = statement.tables(bool(statement.of_entry) or not by_figure, kinds)
    key, order = _order(sort)
    matching = f"select {first}.person, {first}.record{f', {key} as key' if is_at_hand else ''} {source}"
    joined = "matching"
    if not is_at_hand:
        # The figures are joined to few matches only, hence outside; and all of them before any is sorted, or else the
        # planner walks the index of the order asked for and compares each of its rows with each match. Each is looked
        # up by itself: the planner, who takes the matches for more than they are, would rather read all figures.
        joined = f"matching{_looked_up(sort.kind, query.period, 'matching')}"
    value = "key" if is_at_hand else f"{key} as key"
    keyed = f"select matching.person, matching.record, {value} from {joined}"  # noqa: S608 -- as below
    return (
        f"with matching as materialized ({matching} limit {_FEW + 1}),"  # noqa: S608 -- our own words and places
        f" counted as materialized (select count(*) n from matching),"
        f" keyed as materialized ({keyed} where (select n from counted) <= {_FEW})"
        f" select {_TOTAL} total, (select n from counted) count,"
        f" array(select person from keyed order by key {order}, record {statement.page}) people"
    )


def _has_index(sort: Sort) -> bool:
    """Whether many matches can be walked in this order; otherwise they are all read, and counted on the way."""
    return sort.by is EntryField.NAME or (sort.kind, sort.by) == (Kind.CGM, "timeInTargetPercent")


def _sort(statement: _Statement, query: Query) -> str:
    """One page of many matches that no index has in this order: all are read, and counted on the way."""
    sort = query.sort
    kinds = list(statement.of_figures)
    if isinstance(sort.by, EntryField):
        source, first = statement.tables(True, kinds)
    else:
        beside = None if sort.kind in kinds else sort.kind
        source, first = statement.tables(bool(statement.of_entry) or not kinds, kinds, beside)
    key, order = _order(sort)
    return (
        f"select {first}.person, count(*) over () count {source}"
        f" order by {key} {order}, {first}.record {statement.page}"
    )


def _walk(statement: _Statement, query: Query) -> str:
    """One page of many matches: the planner may follow an index in the order asked for, and stop early."""
    sort = query.sort
    if isinstance(sort.by, EntryField):
        return _pages(statement, query, list(statement.of_figures), statement.page)
    if sort.kind in statement.of_figures:
        return _pages(statement, query, list(statement.of_figures), statement.page)
    # Whoever has no figures at all comes where the lowest come, and is found by an index of his own.
    head = f" limit {statement.first_of_page}"
    known = _pages(statement, query, [*statement.of_figures, sort.kind], head, "key")
    source, _ = statement.tables(True, list(statement.of_figures))
    order = _order(sort)[1]
    return (
        f"select person from (({known}) union all (select e.person, {_LOWEST} as key, e.record {source}"  # noqa: S608
        f" and not e.has_{sort.kind} order by e.record{head})) found order by key {order}, record {statement.page}"
    )


def _pages(statement: _Statement, query: Query, kinds: list[Kind], page: str, also: str = "") -> str:
    """The matches in order, from these tables alone."""
    sort = query.sort
    by_figure = not isinstance(sort.by, EntryField)
    source, first = statement.tables(bool(statement.of_entry) or not by_figure, kinds)
    key, order = _order(sort)
    # The tie is broken within the table that is sorted by, so that one index can give the whole order.
    record = f"{sort.kind}.record" if by_figure else "e.record"
    shown = f"{first}.person, {key} as {also}, {record}" if also else f"{first}.person"
    return f"select {shown} {source} order by {key} {order}, {record} {page}"


def _order(sort: Sort) -> tuple[str, str]:
    """The expression to sort by, and its direction; who lacks it comes where the lowest come."""
    direction = "desc" if sort.is_descending else "asc"
    if not isinstance(sort.by, EntryField):
        place = FIELDS[sort.kind].index(sort.by) + 1
        return f"coalesce({sort.kind}.figures[{place}], {_LOWEST})", direction
    column = f"{sort.kind}_{sort.by}" if sort.by.is_date_of_summary else sort.by.value
    if sort.by is EntryField.NAME:
        return "e.name_key", direction
    return f"e.{column}", f"{direction} nulls {'last' if sort.is_descending else 'first'}"


def _filters(organization: OrganizationKey, query: Query, has_fresh: bool) -> _Statement:
    statement = _Statement(organization, query.period)
    conditions = statement.of_entry
    if query.search:
        conditions.append(_search(statement, query.search, has_fresh))
    if query.tags is not None:
        conditions += [_has(f"l.label = {statement.argument(tag)}") for tag in query.tags] or [_lacks("not l.is_site")]
    if query.sites is not None:
        wanted = f"l.label = any({statement.argument(list(query.sites), '::uuid[]')})" if query.sites else ""
        conditions.append(_has(wanted) if wanted else _lacks("l.is_site"))
    if query.groups is not None:
        conditions.append(_has(f"l.label = any({statement.argument(list(query.groups), '::uuid[]')})"))
    if query.reviewed_until is not None:
        conditions.append(f"e.last_reviewed_at <= {statement.argument(query.reviewed_until)}")
    if query.only_standard_ranges:
        conditions.append("e.has_standard_ranges")
    for dates in query.dates:
        if dates.start is not None:
            conditions.append(f"e.{dates.kind}_last_data >= {statement.argument(dates.start)}")
        if dates.end is not None:
            conditions.append(f"e.{dates.kind}_last_data < {statement.argument(dates.end)}")
    for wished in query.figures:
        statement.of_figures.setdefault(wished.kind, []).append(_figure(statement, wished))
    statement.filters = [*statement.arguments]
    offset, limit = statement.argument(query.offset, "::bigint"), statement.argument(query.limit, "::bigint")
    statement.page, statement.first_of_page = f"offset {offset} limit {limit}", f"{offset} + {limit}"
    return statement


def _has(label: str) -> str:
    return f"exists (select from roster.label l where l.organization = $1 and {label} and l.person = e.person)"


def _lacks(label: str) -> str:
    return f"not {_has(label)}"


def _search(statement: _Statement, text: str, has_fresh: bool) -> str:
    text = searchable(text)
    if not _RUN.search(text):
        return f"strpos(e.search, {statement.argument(text)}) > 0"
    pattern = re.sub(r"([\\%_])", r"\\\1", text)
    fits = f"e.search like {statement.argument(f'%{pattern}%')}"
    return f"(not e.is_fresh and {fits} or e.is_fresh and {fits})" if has_fresh else f"not e.is_fresh and {fits}"


def _figure(statement: _Statement, wished: FigureFilter) -> str:
    figure = f"{wished.kind}.figures[{FIELDS[wished.kind].index(wished.name) + 1}]"
    if wished.comparison.value.startswith("<"):
        # A withheld figure is kept as the lowest number, which must not pass for a low one. One comparison instead of
        # two keeps the planner from believing that next to nobody lies between them.
        figure = f"nullif({figure}, {_LOWEST})"
    return f"{figure} {wished.comparison} {statement.argument(wished.value, '::float8')}"
