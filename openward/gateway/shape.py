"""Values checked against a published schema: every breach with its place; each wire says them in its own words.

Only what JSON bodies of the served systems use is known: types, required properties, enumerations, lengths, ranges,
patterns, a few formats, `allOf`, and alternatives told apart by type or by their constants. Properties that a schema
does not name are left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

_LONGEST = 65536
_MOST_ITEMS = 1000
_MOST_DEPTH = 20
_WHOLE_FLOATS = 2.0**53  # beyond, a float does not say which whole number is meant
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule of the schema that does not hold: `rule` as JSON Schema calls it, `limit` what it asks for.

    `between` stands for `minimum` or `maximum` where both are given: the limit is the pair.
    """

    path: Path
    rule: str
    limit: Any = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema ready to check values: `components` are those that its references name.

    keeps_null: an optional property given as null is kept, for a change that clears it; otherwise it is as if missing
    unless the schema allows null.
    """

    schema: Schema
    components: Mapping[str, Schema]
    keeps_null: bool = False

    def check(self, value: Any) -> tuple[Any, list[Breach]]:
        """The value without what the schema does not name, and every breach in the order of the schema."""
        breaches: list[Breach] = []
        return self._value(value, self.schema, (), breaches), breaches

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.components[schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _kinds(self, schema: Schema) -> str | Sequence[str] | None:
        """The type that a schema asks for, by itself or by the first of its parts that does."""
        if "type" in schema:
            kinds: str | Sequence[str] = schema["type"]
            return kinds
        return next((found for one in schema.get("allOf", ()) if (found := self._kinds(self._resolve(one)))), None)

    def _value(self, value: Any, schema: Schema, path: Path, breaches: list[Breach]) -> Any:
        schema = self._resolve(schema)
        for alternatives in (schema.get("oneOf"), schema.get("anyOf") if "properties" not in schema else None):
            if alternatives:
                return self._value(value, self._choose(value, alternatives), path, breaches)
        kinds = self._kinds(schema)
        if isinstance(value, float) and kinds == "integer" and value.is_integer() and abs(value) < _WHOLE_FLOATS:
            value = int(value)  # JSON Schema: 1.0 is an integer, too
        if kinds is not None and not _is_one_of(value, kinds):
            breaches.append(Breach(path, "type", kinds if isinstance(kinds, str) else kinds[0]))
            return None
        if len(path) > _MOST_DEPTH:
            return None
        if isinstance(value, dict) and ("properties" in schema or "allOf" in schema):
            return self._object(value, schema, path, breaches)
        if isinstance(value, list):
            return self._list(value, schema, path, breaches)
        broken = _broken(value, schema)
        if broken is not None:
            breaches.append(Breach(path, *broken))
        return value

    def _choose(self, value: Any, alternatives: Sequence[Schema]) -> Schema:
        """The alternative of the value's type, or else the first that may be meant (null is only meant by null)."""
        resolved = [self._resolve(one) for one in alternatives]
        fitting = [one for one in resolved if _is_one_of(value, one.get("type", ()) or tuple(_TYPES))]
        if fitting:
            return fitting[0]
        return next((one for one in resolved if one.get("type") != "null"), resolved[0])

    def _object(self, value: Mapping[str, Any], schema: Schema, path: Path, breaches: list[Breach]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        needed = schema.get("required", ())
        for name, inner in self._properties(schema):
            given = value.get(name)
            if given is None:
                if name in value and (_may_be_null(self._resolve(inner)) or (self.keeps_null and name not in needed)):
                    kept[name] = None
                elif name in needed:
                    breaches.append(Breach((*path, name), "required"))
                continue
            if name in needed and isinstance(given, str) and not given.strip():
                breaches.append(Breach((*path, name), "blank"))
                continue
            kept[name] = self._value(given, inner, (*path, name), breaches)
        return kept

    def _properties(self, schema: Schema) -> list[tuple[str, Schema]]:
        own = list(schema.get("properties", {}).items())
        for part in schema.get("allOf", ()):
            resolved = self._resolve(part)
            if "if" not in resolved:
                own += self._properties(resolved)
        return own

    def _list(self, value: list[Any], schema: Schema, path: Path, breaches: list[Breach]) -> list[Any]:
        most = schema.get("maxItems", _MOST_ITEMS)
        if len(value) < schema.get("minItems", 0):
            breaches.append(Breach(path, "minItems", schema["minItems"]))
        if len(value) > most:
            breaches.append(Breach(path, "maxItems", most))
            return []
        if schema.get("uniqueItems") and any(item in value[:place] for place, item in enumerate(value)):
            breaches.append(Breach(path, "uniqueItems"))
        items = schema.get("items", {})
        return [self._value(item, items, (*path, place), breaches) for place, item in enumerate(value)]


def _is_one_of(value: Any, kinds: str | Sequence[str]) -> bool:
    if isinstance(kinds, str):
        return _TYPES[kinds](value)
    return any(_TYPES[kind](value) for kind in kinds)


def _may_be_null(schema: Schema) -> bool:
    kinds = schema.get("type", ())
    return ("null" in kinds and not isinstance(kinds, str)) or any(
        one.get("type") == "null" for key in ("anyOf", "oneOf") for one in schema.get(key, ())
    )


def _broken(value: Any, schema: Schema) -> tuple[str, Any] | None:
    """The first rule that a plain value breaks, with its limit."""
    if "enum" in schema and value not in schema["enum"]:
        return "enum", schema["enum"]
    if "const" in schema and value != schema["const"]:
        return "const", schema["const"]
    if isinstance(value, str):
        return _broken_text(value, schema)
    if isinstance(value, int | float) and not isinstance(value, bool):
        lowest, highest = schema.get("minimum"), schema.get("maximum")
        too_low, too_high = lowest is not None and value < lowest, highest is not None and value > highest
        if (too_low or too_high) and lowest is not None and highest is not None:
            return "between", (lowest, highest)
        if too_low or too_high:
            return ("minimum", lowest) if too_low else ("maximum", highest)
    return None


def _broken_text(value: str, schema: Schema) -> tuple[str, Any] | None:
    known = _FORMATS.get(schema.get("format", ""))
    if known is not None and not known(value):
        return "format", schema["format"]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
    if shortest and not value.strip():
        return "blank", None
    if len(value) < shortest:
        return "minLength", shortest
    if len(value) > longest:
        return "maxLength", longest
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return "pattern", schema["pattern"]
    return None


def is_uuid(value: str) -> bool:
    """Whether this is a UUID in its usual form with hyphens."""
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def as_date(value: str) -> date | None:
    """A calendar date written `1983-08-15`, else None."""
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None


def as_moment(value: str) -> datetime | None:
    """A date and time of ISO 8601, aware if it says an offset, else naive; None for anything else."""
    try:
        return datetime.fromisoformat(value.upper()) if _MOMENT.fullmatch(value) else None
    except ValueError:
        return None


_FORMATS: dict[str, Callable[[str], bool]] = {
    "uuid": is_uuid,
    "date": lambda value: as_date(value) is not None,
    "date-time": lambda value: as_moment(value) is not None,
    "email": lambda value: _EMAIL.fullmatch(value) is not None and len(value) <= 254,
}
