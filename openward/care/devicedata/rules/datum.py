"""Fields that every datum has, whatever its type."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from openward.care.devicedata.rules.reading import Notebook, Rule, is_storable, quoted
from openward.care.devicedata.rules.scalars import (
    datum_id,
    free_object,
    instant_text,
    literal,
    local_time,
    moment,
    number,
    text,
    whole,
    word,
    zone_name,
)
from openward.care.devicedata.rules.shapes import (
    Field,
    Shape,
    any_of,
    array,
    may,
    needs,
    within_units,
)

DAY_MS = 86_400_000
FEET_PER_METER = 1 / 0.3048

name100 = text(100)

origin = Shape(
    (
        may("id", name100),
        may("name", name100),
        may("version", name100),
        may("type", word("application", "device", "manual", "service")),
        may("time", instant_text),
        may("payload", free_object),
    )
)


def _url(value: Any, at: str, notes: Notebook) -> str | None:
    """Read an absolute URL."""
    if type(value) is not str:
        notes.wrong_type("string", value, at)
        return None
    if not value:
        notes.broken("value-empty", at)
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if not parts.scheme or not parts.netloc or not is_storable(value):
        notes.broken("value-not-valid", at, f"value {quoted(value)} is not valid as url")
        return None
    return value


def _one_target(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Ask for the one field that goes with the association's type; an unknown type has said enough."""
    if "type" not in kept:
        return
    wanted, other = ("url", "id") if kept["type"] == "url" else ("id", "url")
    if sent.get(wanted) is None:
        notes.broken("value-not-exists", f"{at}/{wanted}")
    if sent.get(other) is not None:
        notes.broken("value-exists", f"{at}/{other}")


_association = Shape(
    (
        needs("type", word("blob", "datum", "image", "url")),
        may("id", datum_id),
        may("url", _url),
        may("reason", text(1000)),
    ),
    (_one_target,),
)


def _degrees(limit: int) -> Shape:
    return Shape((needs("units", word("degrees")), needs("value", number(-limit, limit))))


def _length(low_m: float, high_m: float) -> Shape:
    ranges = {"meters": (low_m, high_m), "feet": (low_m * FEET_PER_METER, high_m * FEET_PER_METER)}
    fields = (needs("units", word("feet", "meters")), needs("value", number()))
    return Shape(fields, (within_units("value", ranges),))


_gps = Shape(
    (
        needs("latitude", _degrees(90)),
        needs("longitude", _degrees(180)),
        may("elevation", _length(-20000, 1000000)),
        may("floor", whole(-1000, 1000)),
        may("horizontalAccuracy", _length(0, 1000)),
        may("verticalAccuracy", _length(0, 1000)),
        may("origin", origin),
    )
)
location = Shape((may("gps", _gps), may("name", name100)), (any_of("gps", "name"),))

annotations = array(free_object, 1, 100)
associations = array(_association, 1, 100)
tags = array(name100, 1, 100, unique=True, ordered=True)
_filled_notes = array(text(1000), 1, 100)


def notes_of_datum(value: Any, at: str, notes: Notebook) -> list[str] | None:
    """Read free notes; an empty array is the same as none."""
    return None if value == [] else _filled_notes(value, at, notes)


# `uploadId`, `guid` and the fields of the record's own life (createdTime, deduplicator, ...) are not declared, so a
# client's values for them are dropped: the server sets what it needs.
COMMON: Sequence[Field] = (
    needs("time", moment),
    may("deviceTime", local_time),
    may("timezone", zone_name),
    may("timezoneOffset", whole(-10080, 10080)),
    may("conversionOffset", whole()),
    may("clockDriftOffset", whole(-DAY_MS, DAY_MS)),
    may("deviceId", text()),
    may("id", datum_id),
    may("annotations", annotations),
    may("associations", associations),
    may("location", location),
    may("notes", notes_of_datum),
    may("tags", tags),
    may("origin", origin),
    may("payload", free_object),
    may("source", literal("carelink")),
)


def datum_shape(*fields: Field, rules: Sequence[Rule] = ()) -> Shape:
    """Declare a datum: the fields that all have, then its own."""
    return Shape((*COMMON, *fields), rules)
