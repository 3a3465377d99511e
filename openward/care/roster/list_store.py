"""The SQL that reads the list: filters, exact counts, and one page in any order.

The measurements behind these choices are in the decision on the roster: count first, because the count is asked for
anyway and tells whether the matches are few enough to be sorted as a set. A limit over many matches is left to the
planner instead, which then walks an index in the order asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from openward.care.roster.model import FIELDS, EntryField, FigureFilter, Found, Query, Sort, searchable
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey, Work

_FEW = 5_000
_LOWEST = "'-Infinity'::float8"
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

    def __post_init__(self) -> None:
        self.arguments.append(self.organization)

    def argument(self, value: object, kind: str = "") -> str:
        """The place of a further argument, with its type."""
        self.arguments.append(value)
        return f"${len(self.arguments)}{kind}"

    def tables(self, needs_entry: bool, kinds: Sequence[Kind]) -> tuple[str, str]:
        """`from ... where ...` over the tables needed, and the alias that has `person` and `record`."""
        aliases = [("entry", "e", [*self.of_entry])] if needs_entry or not kinds else []
        for kind in kinds:
            scope = f"{kind}.scope = '{kind}{self.period}'"
            aliases.append(("figures", str(kind), [scope, *self.of_figures.get(kind, ())]))
        first = aliases[0][1]
        conditions = [f"{first}.organization = $1", *aliases[0][2]]
        for _, alias, own in aliases[1:]:
            conditions += [f"{alias}.organization = $1", f"{alias}.person = {first}.person", *own]
        tables = ", ".join(f"roster.{table} {alias}" for table, alias, _ in aliases)
        return f"from {tables} where {' and '.join(conditions)}", first


async def find(work: Work, organization: OrganizationKey, query: Query) -> Found:
    """The page that is asked for, with exact counts."""
    # A plan made for any argument would not know rare tags from common ones.
    await work.tx.execute("set local plan_cache_mode = force_custom_plan")
    total = int(await work.tx.fetchval("select count(*) from roster.entry where organization = $1", organization))
    statement = _filters(organization, query)
    kinds = list(statement.of_figures)
    count = total
    if statement.of_entry or kinds:
        source, _ = statement.tables(bool(statement.of_entry), kinds)
        count = int(await work.tx.fetchval(f"select count(*) {source}", *statement.arguments))
    if query.offset >= count:
        return Found((), count, total)
    sql = _page(statement, query, kinds, is_set=count < total and count <= _FEW)
    rows = await work.tx.fetch(sql, *statement.arguments)
    return Found(tuple(PersonKey(row["person"]) for row in rows), count, total)


def _page(statement: _Statement, query: Query, kinds: list[Kind], *, is_set: bool) -> str:
    sort = query.sort
    by_figure = not isinstance(sort.by, EntryField)
    if by_figure and sort.kind not in kinds:
        kinds = [*kinds, sort.kind]
    source, first = statement.tables(bool(statement.of_entry) or not by_figure, kinds)
    offset, limit = statement.argument(query.offset), statement.argument(query.limit)
    # The tie is broken within the table that is sorted by, so that one index can give the whole order.
    record = f"{sort.kind}.record" if by_figure else "e.record"
    key, order = _order(sort)
    if is_set:
        return (
            f"with matching as materialized (select {first}.person, {record} as record, {key} as key {source})"  # noqa: S608
            f" select person from matching order by key {order}, record offset {offset} limit {limit}"
        )
    return f"select {first}.person {source} order by {key} {order}, {record} offset {offset} limit {limit}"


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


def _filters(organization: OrganizationKey, query: Query) -> _Statement:
    statement = _Statement(organization, query.period)
    conditions = statement.of_entry
    if query.search:
        conditions.append(_search(statement, query.search))
    if query.tags is not None:
        wanted = statement.argument(list(query.tags), "::uuid[]")
        conditions.append(f"e.tags @> {wanted}" if query.tags else f"e.tags = {wanted}")
    if query.sites is not None:
        wanted = statement.argument(list(query.sites), "::uuid[]")
        conditions.append(f"e.sites && {wanted}" if query.sites else f"e.sites = {wanted}")
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
    return statement


def _search(statement: _Statement, text: str) -> str:
    text = searchable(text)
    if _RUN.search(text):
        pattern = re.sub(r"([\\%_])", r"\\\1", text)
        return f"e.search like {statement.argument(f'%{pattern}%')}"
    return f"strpos(e.search, {statement.argument(text)}) > 0"


def _figure(statement: _Statement, wished: FigureFilter) -> str:
    figure = f"{wished.kind}.figures[{FIELDS[wished.kind].index(wished.name) + 1}]"
    condition = f"{figure} {wished.comparison} {statement.argument(wished.value, '::float8')}"
    # A withheld figure is kept as the lowest number, which must not pass for a low one.
    return f"{condition} and {figure} > {_LOWEST}" if wished.comparison.value.startswith("<") else condition
