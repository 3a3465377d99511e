"""Query parameters of the data plane: booleans in many spellings, instants, lists."""

from collections.abc import Mapping
from datetime import datetime

from openward.care import devicedata
from openward.care.errors import Fault, Invalid

_FLAGS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)


def flag(query: Mapping[str, str], name: str) -> bool | None:
    """A boolean, None when absent; `Invalid` for any other text."""
    text = query.get(name)
    if text is None:
        return None
    if text not in _FLAGS:
        raise Invalid([Fault("type-not-bool", name, f"{name} is neither true nor false")])
    return _FLAGS[text]


def instant(query: Mapping[str, str], name: str) -> datetime | None:
    """An RFC 3339 instant, None when absent. Clients that do not encode their query turn `+` into a blank."""
    text = query.get(name)
    if text is None:
        return None
    found = devicedata.parse_instant(text.replace(" ", "+"))
    if found is None:
        raise Invalid([Fault("value-not-parsable", name, f"{name} is not a time with a zone")])
    return found


def words(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A list separated by commas; empty when absent."""
    return tuple(word for word in query.get(name, "").split(",") if word)


def whole(query: Mapping[str, str], name: str) -> int | None:
    """A whole number that is not negative, None when absent."""
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise Invalid([Fault("type-not-int", name, f"{name} is not a whole number")])
    return int(text)
