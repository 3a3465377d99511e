"""Published schemas as types that are checked in one go: the short way for values in which nothing is wrong.

A type accepts no more than `shape` does and gives the same value; whatever it refuses, `shape` looks at part by part
and finds everything that is wrong. Schemas with something that a type cannot say have none.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from openward.gateway.call import refuse_unstorable

Schema = Mapping[str, Any]

_LONGEST = 65536
_MOST_ITEMS = 1000
_NOT_BLANK = r"\S"
_EMAIL = r"\A[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z"


class UnsayableError(Exception):
    """The schema has something that no type here says."""


def quick(schema: Schema, components: Mapping[str, Schema]) -> msgspec.json.Decoder[Any] | None:
    """What reads bodies of a schema where optional properties may be null, or None when no type says it."""
    try:
        return msgspec.json.Decoder(_Types(components).of(schema))
    except UnsayableError:
        return None


def pick(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The value of a JSON body without what the schema does not name; `msgspec.DecodeError` when anything is wrong."""
    refuse_unstorable(body)
    if not body.isascii():
        try:
            body.decode()  # what is skipped must be text, too
        except UnicodeDecodeError:
            raise msgspec.DecodeError from None
    return msgspec.to_builtins(decoder.decode(body))


class _Types:
    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def of(self, schema: Schema, *, is_needed: bool = False) -> Any:
        """The type of a value; a text that is needed may not be blank."""
        schema = self._resolve(schema)
        alternatives = schema.get("oneOf") or (schema.get("anyOf") if "properties" not in schema else None)
        if alternatives:
            return self._either([self._resolve(one) for one in alternatives], is_needed)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            plain = [kind for kind in kinds if kind != "null"]
            if len(plain) != 1 or None in schema.get("enum", ()):
                raise UnsayableError
            return self.of({**schema, "type": plain[0]}, is_needed=is_needed) | None
        if "allOf" in schema or "properties" in schema:
            return self._object(schema)
        if kinds == "string":
            return _text(schema, is_needed)
        if "enum" in schema or "const" in schema:
            raise UnsayableError
        if kinds == "boolean":
            return bool
        if kinds == "array":
            return self._list(schema)
        if kinds == "object":
            return dict
        raise UnsayableError

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._components[schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _either(self, alternatives: Sequence[Schema], is_needed: bool) -> Any:
        plain = [one for one in alternatives if one.get("type") != "null"]
        types = {one.get("type") for one in plain}
        if len(types) < len(plain) or not all(isinstance(kind, str) for kind in types):
            raise UnsayableError
        kinds = [self.of(one, is_needed=is_needed) for one in plain]
        return functools.reduce(operator.or_, [*kinds, *([None] if len(plain) < len(alternatives) else [])])

    def _list(self, schema: Schema) -> Any:
        if schema.get("uniqueItems"):
            raise UnsayableError
        items = self.of(schema["items"]) if "items" in schema else Any
        least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST_ITEMS)
        return Annotated[list[items], Meta(min_length=least, max_length=most)]  # type: ignore[valid-type]

    def _object(self, schema: Schema) -> Any:
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        names: dict[str, str] = {}
        needed = schema.get("required", ())
        for name, inner in self._properties(schema):
            if name in names.values():
                raise UnsayableError
            place = f"p{len(names)}"
            names[place] = name
            if name in needed:
                fields.append((place, self.of(inner, is_needed=True)))
            else:
                fields.append((place, self.of(inner) | None | UnsetType, UNSET))
        return msgspec.defstruct("Picked", fields, rename=names, kw_only=True)

    def _properties(self, schema: Schema) -> list[tuple[str, Schema]]:
        own = list(schema.get("properties", {}).items())
        for part in schema.get("allOf", ()):
            resolved = self._resolve(part)
            if "if" not in resolved:
                own += self._properties(resolved)
        return own


def _text(schema: Schema, is_needed: bool) -> Any:
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed is not None:
        if not all(isinstance(one, str) and one.strip() for one in allowed) or len(schema.keys() & _LIMITS) > 0:
            raise UnsayableError
        return Literal[tuple(allowed)]
    least, most = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
    patterns = [_NOT_BLANK] if is_needed or least else []
    if "pattern" in schema:
        patterns.append(schema["pattern"])
    match schema.get("format"):
        case "date":
            return date
        case "email":
            patterns, most = [_EMAIL], min(most, 254)
        case "uuid" | "date-time":
            raise UnsayableError
    if "pattern" in schema and "format" in schema:
        raise UnsayableError
    if len(patterns) > 1:
        patterns = [r"\A" + "".join(rf"(?=[\s\S]*?(?:{one}))" for one in patterns)]
    return Annotated[str, Meta(min_length=least, max_length=most, pattern=patterns[0] if patterns else None)]


_LIMITS = frozenset({"format", "pattern", "minLength", "maxLength"})
