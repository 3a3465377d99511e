"""Query parameters: filters, `include`, `sort` and two styles of paging; every fault with the parameter's name."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import Enum, StrEnum, auto
from typing import Any
from urllib.parse import quote

from openward.care.errors import Fault, Invalid
from openward.gateway.call import Call
from openward.gateway.shape import as_date, as_moment
from openward.wire.twine.errors import PARAMETER, refuse_parameter
from openward.wire.twine.moments import moment_of

_ID = re.compile(r"[0-9a-f]{24}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOST_VALUES = 200
_CURSOR_SIZE = 50
_MOST_AFTER = 100
_BY_CURSOR = ("page[limit]", "page[after]", "page[cursor]")
"""The last two are one and the same."""


class Filter(Enum):
    """What a filter's value is."""

    ID = auto()  # one id
    IDS = auto()  # a comma list of ids
    TEXT = auto()
    TEXTS = auto()  # a comma list
    FLAG = auto()  # true or false
    MOMENT = auto()  # a date and time, or a bare date
    SPAN = auto()  # start..end, half-open


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, `start <= t < end`; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Paging:
    """What an operation allows: the size of a page unless one is asked for, and the largest."""

    default: int = 10
    most: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `after` is what stood in the cursor (None at the beginning, [] never); else by `number` from 1.

    `is_cursor` tells the style; size 0 asks for the count alone.
    """

    size: int
    number: int = 1
    is_cursor: bool = False
    after: Sequence[Any] | None = None

    @property
    def offset(self) -> int:
        """How many items come before this page."""
        return 0 if self.is_cursor else (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for. `filters` by their full names, such as `filter[groups]`; absent ones are not there."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    include: frozenset[str] = frozenset()
    sort: str = ""
    page: Page | None = None

    def get(self, name: str) -> Any:
        """The value of `filter[name]` (a dotted name stands for nested brackets), or None."""
        return self.filters.get(filter_name(name))


def is_id(text: str) -> bool:
    """Whether this has the form of an id."""
    return _ID.fullmatch(text) is not None


def filter_name(name: str) -> str:
    """`identifier.system` is `filter[identifier][system]`."""
    return "filter" + "".join(f"[{part}]" for part in name.split("."))


def read(
    call: Call,
    *,
    filters: Mapping[str, Filter | type[StrEnum]] | None = None,
    required: Sequence[str] = (),
    include: Sequence[str] = (),
    sort: Sequence[str] = (),
    paging: Paging | None = None,
) -> Query:
    """All parameters at once; `Invalid` with each that is unknown, repeated in another way, missing or unreadable."""
    faults: list[Fault] = []
    given: dict[str, str] = {}
    for name, value in call.query_items:
        if name in given:
            faults.append(Fault(PARAMETER, name, "This parameter is given twice"))
        given[name] = value
    kinds = {filter_name(name): kind for name, kind in (filters or {}).items()}
    pages = ("page[number]", "page[size]", *_BY_CURSOR) if paging else ()
    known = {*kinds, *pages, *(["include"] if include else []), *(["sort"] if sort else [])}
    faults += [Fault(PARAMETER, name, "This parameter is unknown") for name in given if name not in known]
    faults += [
        Fault(PARAMETER, filter_name(name), "This filter is needed")
        for name in required
        if not given.get(filter_name(name), "").strip()
    ]
    read_filters: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name in given and not any(fault.pointer == name for fault in faults):
            try:
                read_filters[name] = _value(name, kind, given[name])
            except Invalid as error:
                faults += error.faults
    wanted = _include(given.get("include"), include, faults)
    order = given.get("sort", "")
    if sort and "sort" in given and order not in sort:
        faults.append(Fault(PARAMETER, "sort", f"This must be one of {', '.join(sort)}"))
    page = _page(given, paging, faults) if paging else None
    if faults:
        raise Invalid(faults)
    return Query(read_filters, wanted, order, page)


def read_nothing(call: Call) -> None:
    """`Invalid` for any parameter, where an operation takes none."""
    read(call)


def _value(name: str, kind: Filter | type[StrEnum], text: str) -> Any:
    if isinstance(kind, type):
        if text not in set(kind):
            raise refuse_parameter(name, f"This must be one of {', '.join(kind)}")
        return kind(text)
    match kind:
        case Filter.FLAG:
            if text not in ("true", "false"):
                raise refuse_parameter(name, "This must be true or false")
            return text == "true"
        case Filter.SPAN:
            return _span(name, text)
        case Filter.MOMENT:
            moment = _moment(name, text)
            if moment is None:
                raise refuse_parameter(name, "This must be a date and time of ISO 8601")
            return moment
        case Filter.TEXT:
            if not text.strip():
                raise refuse_parameter(name, "This must not be blank")
            return text
        case Filter.ID:
            if not _ID.fullmatch(text.strip()):
                raise refuse_parameter(name, "This is not an id")
            return text.strip()
        case _:
            values = [part.strip() for part in text.split(",")]
            if not all(values) or len(values) > _MOST_VALUES:
                raise refuse_parameter(name, f"This must be a comma list of 1 to {_MOST_VALUES} values")
            if kind is Filter.IDS and not all(_ID.fullmatch(value) for value in values):
                raise refuse_parameter(name, "This is not a comma list of ids")
            return list(dict.fromkeys(values))


def _span(name: str, text: str) -> Span:
    start, dots, end = text.partition("..")
    if not dots or not (start.strip() or end.strip()):
        raise refuse_parameter(name, "This must be a range such as 2020-01-01T00:00:00Z..2020-02-01T00:00:00Z")
    span = Span(_moment(name, start), _moment(name, end))
    if span.start and span.end and span.end < span.start:
        raise refuse_parameter(name, "This range ends before it starts")
    return span


def _moment(name: str, text: str) -> datetime | None:
    """One side of a range; without an offset it is UTC, a bare date its midnight. A blank stands for a lost `+`."""
    text = text.strip().replace(" ", "+")
    if not text:
        return None
    day = as_date(text)
    moment = datetime.combine(day, time(), UTC) if day else as_moment(text)
    if moment is None:
        raise refuse_parameter(name, "This range has a side that is not a date and time of ISO 8601")
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise refuse_parameter(name, "This range has a side that no calendar holds") from None


def _include(text: str | None, allowed: Sequence[str], faults: list[Fault]) -> frozenset[str]:
    if text is None or not allowed:
        return frozenset()
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in wanted if name not in allowed]
    if unknown:
        faults.append(Fault(PARAMETER, "include", f"This may hold {', '.join(allowed)}"))
    return frozenset(wanted)


def _page(given: Mapping[str, str], paging: Paging, faults: list[Fault]) -> Page:
    by_number = [name for name in ("page[number]", "page[size]") if name in given]
    by_cursor = [name for name in _BY_CURSOR if name in given]
    if by_number and by_cursor:
        faults.append(Fault(PARAMETER, by_cursor[0], "Pages are asked for by number or by cursor, not both"))
    elif by_cursor:
        limit = _whole(given, "page[limit]", _CURSOR_SIZE, 0, max(_MOST_AFTER, paging.most), faults)
        return Page(limit, is_cursor=True, after=_opened(given.get("page[after]") or given.get("page[cursor]"), faults))
    number = _whole(given, "page[number]", 1, 1, 10**8, faults)
    return Page(_whole(given, "page[size]", paging.default, 0, paging.most, faults), number)


def _whole(given: Mapping[str, str], name: str, default: int, least: int, most: int, faults: list[Fault]) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        faults.append(Fault(PARAMETER, name, f"This must be a whole number from {least} to {most}"))
        return default
    return int(text)


def cursor(values: Sequence[Any]) -> str:
    """A cursor that stands behind an item with these sort values (texts and numbers)."""
    return base64.urlsafe_b64encode(json.dumps(list(values), separators=(",", ":")).encode()).decode().rstrip("=")


def _opened(text: str | None, faults: list[Fault]) -> Sequence[Any] | None:
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(values, list) and values and all(isinstance(value, str | int) for value in values):
            return values
    except (binascii.Error, ValueError):
        pass
    faults.append(Fault(PARAMETER, "page[after]", "This is not a cursor that was given out"))
    return None


def place_after(page: Page) -> tuple[datetime, str] | None:
    """Time and id of the last item seen, out of a cursor of lists that go by time."""
    if page.after is None:
        return None
    values = [value for value in page.after if isinstance(value, str)]
    at = moment_of(values[0]) if len(values) == len(page.after) == 2 else None
    if at is None or not is_id(values[1]):
        raise strange_cursor()
    return at, values[1]


def strange_cursor() -> Invalid:
    """The refusal of a cursor that nobody was given."""
    return refuse_parameter("page[after]", "This is not a cursor that was given out")


def links(call: Call, query: Query, count: int, last: Sequence[Any] | None = None) -> dict[str, str]:
    """`self`, and the pages around it as far as they exist.

    last: the sort values of the last item shown, when pages go by cursor and there may be more.
    """
    page = query.page
    found = {"self": _link(call, {})}
    if page is None:
        return found
    if page.is_cursor:
        size = {"page[cursor]": None, "page[limit]": str(page.size)}
        found["first"] = _link(call, {"page[after]": None, **size})
        if last is not None:
            found["next"] = _link(call, {"page[after]": cursor(last), **size})
        return found
    if page.size == 0 or count == 0:
        return found
    final = (count + page.size - 1) // page.size
    around = {"first": 1, "prev": min(page.number - 1, final), "next": page.number + 1, "last": final}
    for name, number in around.items():
        if 1 <= number <= final:
            found[name] = _link(call, {"page[number]": str(number), "page[size]": str(page.size)})
    return found


def _link(call: Call, changes: Mapping[str, str | None]) -> str:
    """The path that was called, with some parameters changed (None: left out) and the others kept."""
    items = [(name, value) for name, value in call.query_items if name not in changes]
    items += [(name, value) for name, value in changes.items() if value is not None]
    text = "&".join(f"{quote(name, safe='[]')}={quote(value, safe=',:')}" for name, value in items)
    return quote(call.url_path) + (f"?{text}" if text else "")
