"""The query of the patient list: search, labels, dates, figures, sort."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from uuid import UUID

from openward.care import identity
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.roster import FIELDS, PERIODS, Comparison, DateFilter, EntryField, FigureFilter, Query, Sort
from openward.care.summaries import BGM_FILTERS, CGM_FILTERS, INTEGER_FIELDS, Kind
from openward.care.work import Work, unique
from openward.gateway.call import Call
from openward.gateway.paging import offset_limit
from openward.wire.tidepool.clinics.bodies import flag, moment

_FILTERS: Final = {
    f"{kind}.{name}": (kind, name)
    for kind, names in ((Kind.CGM, CGM_FILTERS), (Kind.BGM, BGM_FILTERS))
    for name in names
}
Items: TypeAlias = Sequence[tuple[str, str]]
"""Parameters by name in the order given; one may come several times."""

# By contract whole, though the figure is not.
_ALSO_WHOLE: Final = (Kind.BGM, "averageDailyRecordsDelta")
_FLOAT: Final = re.compile(r"(>=|>|<=|<)([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))\Z")
# Clients of the reference service can only send one or two decimals, hence whole numbers may have them too.
_INTEGER: Final = re.compile(r"(>=|>|<=|<)([+-]?[0-9]+(?:\.[0-9]{1,2})?)\Z")
_LONGEST_NUMBER: Final = 60
_ID: Final = re.compile(r"[a-f0-9]{24}\Z")
# No patient has it: stands for a valid id that nobody uses.
_NOBODY: Final = UUID(int=0)

_SORTS: Final = {
    "fullName": EntryField.NAME,
    "birthDate": EntryField.BIRTH_DATE,
    "lastReviewed": EntryField.LAST_REVIEWED,
    "lastUploadDate": EntryField.LAST_UPLOAD,
    "lastData": EntryField.LAST_DATA,
    "firstData": EntryField.FIRST_DATA,
    "outdatedSince": EntryField.OUTDATED_SINCE,
}


async def list_query(work: Work, call: Call) -> Query:
    """What the caller asks the list; `Invalid` for anything that cannot be read."""
    page = offset_limit(call.query)
    query = await filters_of(work, call.query_items, limit=page.limit)
    return replace(query, sort=_sort(call.query), offset=page.offset)


async def filters_of(work: Work, items: Items, *, limit: int) -> Query:
    """The filters among these parameters, by name and from the beginning; `Invalid` for any that cannot be read."""
    query = dict(items)
    period = query.get("period", "14d")
    if period not in PERIODS:
        raise Invalid(f"period is one of {', '.join(PERIODS)}")
    return Query(
        search=query.get("search", ""),
        tags=await _labels(work, items, "tags", System.TAG),
        sites=await _labels(work, items, "sites", System.SITE),
        reviewed_until=moment(query, "lastReviewed"),
        only_standard_ranges=flag(query, "omitNonStandardRanges") or False,
        period=period,
        figures=_figures(items),
        dates=_dates(query),
        limit=limit,
    )


async def _labels(work: Work, items: Items, name: str, system: System) -> tuple[UUID, ...] | None:
    """Keys of the ids given; () when none of them is an id, None when the parameter is absent."""
    given = [value for parameter, value in items if parameter == name]
    if not given:
        return None
    ids = unique([part for value in given for part in value.split(",") if _ID.match(part)])
    return await label_keys(work, system, ids)


async def label_keys(work: Work, system: System, ids: Sequence[str]) -> tuple[UUID, ...]:
    """Keys of well-formed ids; one that nobody has becomes a key that no patient has."""
    known = await identity.resolve_many(work, system, ids)
    return tuple(known.get(value, _NOBODY) for value in ids)


def _figures(items: Items) -> tuple[FigureFilter, ...]:
    return tuple(_figure(parameter, *_FILTERS[parameter], text) for parameter, text in items if parameter in _FILTERS)


def _figure(parameter: str, kind: Kind, name: str, text: str) -> FigureFilter:
    grammar = _INTEGER if name in INTEGER_FIELDS or (kind, name) == _ALSO_WHOLE else _FLOAT
    found = grammar.match(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        raise Invalid(f"{parameter} is not a comparison with a number")
    return FigureFilter(kind, name, Comparison(found[1]), float(found[2]))


def _dates(query: dict[str, str]) -> tuple[DateFilter, ...]:
    filters = (
        DateFilter(kind, moment(query, f"{kind}.lastDataFrom"), moment(query, f"{kind}.lastDataTo")) for kind in FIELDS
    )
    return tuple(one for one in filters if one.start is not None or one.end is not None)


def _sort(query: dict[str, str]) -> Sort:
    text, of = query.get("sort"), query.get("sortType")
    if of is not None and of not in (Kind.CGM, Kind.BGM):
        raise Invalid("sortType is cgm or bgm")
    if text is None:
        return Sort()
    if of is None:
        raise Invalid("sort needs sortType")
    kind, attribute = Kind(of), text[1:]
    if text[:1] not in ("+", "-") or (attribute not in _SORTS and attribute not in FIELDS[kind]):
        raise Invalid("sort is + or - and an attribute of this sortType")
    return Sort(_SORTS.get(attribute, attribute), kind, text[0] == "-")
