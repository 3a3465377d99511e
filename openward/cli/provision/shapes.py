"""Small pieces that shapes are put together from; each checks one value and notes every fault with its path.

A shape is a function `(value, path, faults) -> value`: it returns the value as wanted, and where something is wrong it
appends to `faults` and returns anything at all, because a file with one fault is refused as a whole.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

from openward.care.accounts import clean_email
from openward.care.errors import Invalid
from openward.cli.provision.faults import Fault

Shape = Callable[[Any, str, list[Fault]], Any]

_WORDS = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", int: "a whole number"}
_CALLBACK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/[!-~]+")
_SCRIPTS = ("javascript:", "data:", "vbscript:", "file:", "blob:")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def kind_of(value: object) -> str:
    """The kind of a value in words, for a message; never the value itself, which may be a secret."""
    if value is None:
        return "empty"
    if isinstance(value, dt.date):
        return "a date"
    for kind in (bool, int, str, list, dict):
        if isinstance(value, kind):
            return _WORDS[kind]
    return "a number" if isinstance(value, float) else "something else"


def _is(value: object, kind: type, path: str, faults: list[Fault], hint: str = "") -> bool:
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return True
    faults.append(Fault(path, f"must be {_WORDS[kind]}, not {kind_of(value)}{hint}"))
    return False


def text(*, longest: int = 500, shortest: int = 1, trim: bool = True) -> Shape:
    """A text of so many characters, without control characters."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if not _is(value, str, path, faults, "; put it in quotes" if not isinstance(value, list | dict) else ""):
            return ""
        if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in value):
            faults.append(Fault(path, "holds a control character or half a character"))
        kept: str = value.strip() if trim else value
        if len(kept) < shortest:
            faults.append(Fault(path, "must not be empty" if shortest == 1 else f"is shorter than {shortest}"))
        elif len(kept) > longest:
            faults.append(Fault(path, f"is longer than {longest} characters"))
        return kept

    return check


def secret(longest: int = 500) -> Shape:
    """A secret: kept to the letter, of whatever length the other side has chosen."""
    return text(longest=longest, trim=False)


def password(value: Any, path: str, faults: list[Fault]) -> Any:
    """A login password: 8 to 72 characters without white space (the rule of the accounts API)."""
    if _is(value, str, path, faults) and not (8 <= len(value) <= 72 and not re.search(r"\s|\x00", value)):
        faults.append(Fault(path, "must have 8 to 72 characters without white space"))
    return value


def flag(value: Any, path: str, faults: list[Fault]) -> Any:
    """True or false."""
    return _is(value, bool, path, faults) and value


def whole(lowest: int, highest: int) -> Shape:
    """A whole number within bounds, both included."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if _is(value, int, path, faults) and not lowest <= value <= highest:
            faults.append(Fault(path, f"must be between {lowest} and {highest}"))
        return value

    return check


def one_of(*choices: str) -> Shape:
    """One of these words."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if value not in choices:
            faults.append(Fault(path, f"must be one of {', '.join(choices)}"))
        return value

    return check


def email(value: Any, path: str, faults: list[Fault]) -> Any:
    """A mail address, in lower case as accounts keep it."""
    if not _is(value, str, path, faults):
        return ""
    try:
        return clean_email(value)
    except Invalid:
        faults.append(Fault(path, "is not a mail address such as ana@example.org"))
        return ""


def zone(value: Any, path: str, faults: list[Fault]) -> Any:
    """A time zone of the IANA database."""
    if _is(value, str, path, faults) and value not in available_timezones():
        faults.append(Fault(path, "is not a time zone such as America/New_York"))
    return value


def url(value: Any, path: str, faults: list[Fault]) -> Any:
    """An absolute http or https address; without a slash at its end afterwards."""
    if not _is(value, str, path, faults):
        return ""
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or re.search(r"\s", value):
        faults.append(Fault(path, "is not an address such as https://example.org"))
    return value.rstrip("/")


def callback(value: Any, path: str, faults: list[Fault]) -> Any:
    """Where a program has people sent back to, kept to the letter: a web address, or one of an app's own scheme."""
    kept = text(longest=2000, trim=False)(value, path, faults)
    if kept and (not _CALLBACK.fullmatch(kept) or "#" in kept or kept.lower().startswith(_SCRIPTS)):
        faults.append(Fault(path, "is not an address such as https://example.org/callback, without #"))
    return kept


def uuid(value: Any, path: str, faults: list[Fault]) -> Any:
    """A UUID with hyphens."""
    if _is(value, str, path, faults):
        try:
            if str(UUID(value)) == value.lower():
                return value.lower()
        except ValueError:
            pass
        faults.append(Fault(path, "is not a UUID"))
    return value


def date(value: Any, path: str, faults: list[Fault]) -> Any:
    """A calendar date, written 1990-02-03 with or without quotes; a text afterwards."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return dt.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    faults.append(Fault(path, "is not a date such as 1990-02-03"))
    return value


def clock(value: Any, path: str, faults: list[Fault]) -> Any:
    """A time of day, `09:00`; 24:00 is the end of the day."""
    if isinstance(value, int) and not isinstance(value, bool):
        faults.append(Fault(path, 'is read as a number by YAML; put the time in quotes: "09:00"'))
    elif not isinstance(value, str) or not (_CLOCK.fullmatch(value) or value == "24:00"):
        faults.append(Fault(path, 'is not a time of day such as "09:00"'))
    return value


def list_of(shape: Shape, *, unique: Callable[[Any], object] | None = None, what: str = "") -> Shape:
    """A list; with `unique`, no two items may have the same key, which is called `what` in the message."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if not _is(value, list, path, faults):
            return []
        items = []
        seen: dict[object, int] = {}
        for place, item in enumerate(value):
            before = len(faults)
            made = shape(item, f"{path}[{place}]", faults)
            items.append(made)
            if unique is None or len(faults) > before:
                continue
            first = seen.setdefault(unique(made), place)
            if first != place:
                faults.append(Fault(f"{path}[{place}]{what and '.' + what}", f"is the same as in {path}[{first}]"))
        return items

    return check


def record(needed: Mapping[str, Shape], optional: Mapping[str, Shape | tuple[Shape, Any]] | None = None) -> Shape:
    """A mapping with exactly these keys; an optional key may come with the value it has when left out (else None)."""
    may = optional or {}

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if not _is(value, dict, path, faults):
            return {}
        made: dict[str, Any] = {}
        for name, given in value.items():
            place = f"{path}.{name}" if path else str(name)
            found = needed.get(name) or may.get(name)
            if found is None:
                faults.append(Fault(place, f"unknown key; known here: {', '.join([*needed, *may])}"))
                continue
            shape = found[0] if isinstance(found, tuple) else found
            made[name] = shape(given, place, faults)
        for name in needed:
            if name not in value:
                faults.append(Fault(f"{path}.{name}" if path else name, "is missing"))
        for name, found in may.items():
            made.setdefault(name, found[1] if isinstance(found, tuple) else None)
        return made

    return check


def pair(shape: Shape, rule: Callable[[Any, Any], bool], reason: str) -> Shape:
    """A list of exactly two, of which the rule holds."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if not isinstance(value, list) or len(value) != 2:
            faults.append(Fault(path, "must be a list of two"))
            return value
        before = len(faults)
        first, second = (shape(item, f"{path}[{place}]", faults) for place, item in enumerate(value))
        if len(faults) == before and not rule(first, second):
            faults.append(Fault(path, reason))
        return [first, second]

    return check


def by_name(item: Mapping[str, Any]) -> object:
    """The key that tells named things apart: names are the same whatever their case."""
    return str(item["name"]).casefold()


def folded(item: str) -> object:
    """The key that tells words apart whatever their case."""
    return item.casefold()
