"""The SQL of the weekly review: one statement places everybody, another finds who has no recent data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from openward.care.roster.label_store import has_all
from openward.care.roster.model import FIELDS, LOWEST, FigureFilter
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey, Work

_FIGURES: Final = FIELDS[Kind.CGM]
_WITHHELD: Final = f"'{LOWEST}'::float8"


@dataclass(frozen=True, slots=True)
class Step:
    """One category of the walk, as `tide.Category` says it."""

    when: Sequence[FigureFilter]
    unless: Sequence[FigureFilter]
    by: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A person with the place of the category in the walk, the latest reading and the known figures."""

    person: PersonKey
    place: int
    last_data: datetime | None
    figures: Mapping[str, float]


async def placed(
    work: Work,
    organization: OrganizationKey,
    period: str,
    tags: Sequence[UUID],
    cutoff: datetime,
    steps: Sequence[Step],
    most: int,
) -> list[Row]:
    """The first `most` people along the walk, each at the first step that holds for him; by figure within a step."""
    holds = " ".join(f"when {_holds(step)} then {place}" for place, step in enumerate(steps))
    keys = " ".join(f"when {place} then {_key(step)}" for place, step in enumerate(steps))
    rows = await work.tx.fetch(
        # Numbers and names are our own constants.
        f"select person, place, last_data, figures from ("  # noqa: S608
        f"select e.person, e.record, e.cgm_last_data last_data, f.figures, case {holds} end place"
        f" from roster.entry e join roster.figures f on f.scope = 'cgm{period}' and f.organization = $1"
        f" and f.person = e.person where e.organization = $1 and {has_all('$2')} and e.cgm_last_data >= $3"
        f" offset 0) f where place is not null order by place, case place {keys} end, record limit $4",
        organization,
        list(tags),
        cutoff,
        most,
    )
    return [_row(row, row["place"]) for row in rows]


async def without_data(
    work: Work,
    organization: OrganizationKey,
    period: str,
    tags: Sequence[UUID],
    cutoff: datetime,
    quiet_since: datetime,
    lapsed_source: str | None,
    most: int,
) -> list[Row]:
    """Who has no data, or none since `quiet_since` and either none since `cutoff` or a source that lapsed."""
    rows = await work.tx.fetch(
        "select e.person, e.cgm_last_data last_data, coalesce(f.figures, '{}') figures"  # noqa: S608 -- as above
        f" from roster.entry e left join roster.figures f on f.scope = 'cgm{period}' and f.organization = $1"
        " and f.person = e.person"
        f" where e.organization = $1 and {has_all('$2')} and (e.cgm_last_data is null or (e.cgm_last_data < $4"
        " and (e.cgm_last_data < $3 or $5::text = any(e.unconnected))))"
        " order by e.cgm_last_data nulls first, e.record limit $6",
        organization,
        list(tags),
        cutoff,
        quiet_since,
        lapsed_source,
        most,
    )
    return [_row(row, 0) for row in rows]


def _figure(name: str) -> str:
    return f"f.figures[{_FIGURES.index(name) + 1}]"


def _test(one: FigureFilter) -> str:
    """A comparison that is false or unknown for a withheld figure."""
    figure = _figure(one.name)
    if one.comparison.value.startswith("<"):
        figure = f"nullif({figure}, {_WITHHELD})"
    return f"{figure} {one.comparison} '{one.value!r}'::float8"


def _holds(step: Step) -> str:
    return " and ".join([*map(_test, step.when), *(f"({_test(one)}) is not true" for one in step.unless)])


def _key(step: Step) -> str:
    return f"{'-' if step.is_descending else ''}{_figure(step.by)}"


def _row(row: Any, place: int) -> Row:
    figures = {name: value for name, value in zip(_FIGURES, row["figures"], strict=False) if value != LOWEST}
    return Row(PersonKey(row["person"]), place, row["last_data"], figures)
