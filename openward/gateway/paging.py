"""offset/limit and page/size, read into one Page value."""

from collections.abc import Mapping
from dataclasses import dataclass

from openward.care.errors import Fault, Invalid

_LARGEST = 1 << 31


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list: skip `offset` items, give at most `limit`."""

    offset: int = 0
    limit: int = 10


def _whole(query: Mapping[str, str], name: str, default: int, low: int, high: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
        raise Invalid([Fault("parameter-invalid", name, f"{name} is not a whole number")])
    value = int(text)
    if value < low or (high is not None and value > high):
        limit = f"{high}" if high is not None else "any"
        raise Invalid([Fault("value-out-of-range", name, f"value {value} is not between {low} and {limit}")])
    return value


def offset_limit(query: Mapping[str, str], *, default: int = 10, most: int | None = None) -> Page:
    """`offset` counts items from 0; `limit` is at least 1. `Invalid` otherwise."""
    offset = _whole(query, "offset", 0, 0, _LARGEST)
    return Page(offset, min(_whole(query, "limit", default, 1, most), _LARGEST))


def page_size(query: Mapping[str, str], *, default: int = 100, most: int = 1000) -> Page:
    """`page` counts from 0; `size` is 1 to `most`. `Invalid` otherwise."""
    size = _whole(query, "size", default, 1, most)
    return Page(_whole(query, "page", 0, 0, _LARGEST // size) * size, size)
