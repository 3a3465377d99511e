"""The short way of checking a value lets nothing pass that the long way refuses, and gives the same value."""

import copy
import json
import random
from typing import Any

import msgspec
import pytest

from openward.care.errors import Invalid
from openward.gateway.quick_shape import pick, quick
from openward.gateway.shape import Shape
from openward.wire.twine.schema import components

_PATIENT: dict[str, Any] = {
    "type": "patient",
    "id": "c" * 24,
    "attributes": {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "birth_date": "1983-08-15",
        "gender": "female",
        "email_address": "ana@example.org",
        "note": "",
        "phone_numbers": [{"type": "home", "value": "1", "primary": True}],
        "addresses": [{"city": "Here", "lines": ["a", "b"]}],
        "identifiers": [{"system": "lab", "value": "1", "label": "Lab", "unique": False}],
        "unknown": {"a": [1]},
    },
    "relationships": {"groups": {"data": [{"type": "group", "id": "a" * 24}]}, "coaches": {"data": []}},
}
_QUERY = {"groups": ["a" * 24], "identifier": {"system": "lab", "value": "1"}}
_ODD: tuple[Any, ...] = (
    *(None, "", " ", "\u00a0", "x", "male"),
    *("1983-02-30", "1983-8-15", "0000-01-01", "a@b", "a@b.c", "a" * 260 + "@b.c"),
    *(0, 1, 1.0, -5, True, False, [], {}, [None], [""], {"data": []}, {"id": "x"}, "A" * 24, "b" * 24, "x" * 65_537),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, one in inner for found in _places(one, (*path, key))]


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    if odd is _GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = odd
    return changed


_GONE = object()


@pytest.mark.parametrize("name", ["PatientCreate", "PatientUpdate", "PatientUpsert"])
def test_both_ways_agree(name: str) -> None:
    bodies: list[dict[str, Any]]
    shape, short = Shape(components()[name], components(), keeps_null=True), quick(components()[name], components())
    assert short is not None
    bodies = [{"data": _PATIENT, "meta": {"query": _QUERY}}]
    bodies.append({"data": [_PATIENT], "meta": {"ignore_duplicates": True, "x": 1}})
    accepted = refused = 0
    for body in bodies:
        for path in _places(body):
            for odd in (*_ODD, _GONE):
                value = _with(body, path, odd)
                kept, breaches = shape.check(value)
                try:
                    found = pick(json.dumps(value).encode(), short)
                except msgspec.ValidationError:
                    refused += bool(breaches)
                    continue
                assert (found, breaches) == (kept, []), (path, odd)
                assert json.dumps(found) == json.dumps(kept)  # in the same order, too
                accepted += 1
    assert min(accepted, refused) > 100


def test_what_is_left_out_must_be_text_all_the_same() -> None:
    short = quick({"type": "object", "properties": {"a": {"type": "string"}}}, {})
    assert short is not None
    assert pick(b'{"a": "1", "b": "\xc3\xa4"}', short) == {"a": "1"}
    with pytest.raises(msgspec.DecodeError):
        pick(b'{"a": "1", "b": "\xc3"}', short)
    with pytest.raises(Invalid):
        pick(b'{"a": "1", "b": "\\u0000"}', short)


def test_every_schema_that_has_a_short_way() -> None:
    rnd = random.Random(4)
    odd = [*_ODD, {"type": "patient", "id": "a" * 24, "attributes": {}}]
    named = {name: short for name, schema in components().items() if (short := quick(schema, components()))}
    assert len(named) > 20
    for name, short in named.items():
        shape = Shape(components()[name], components(), keeps_null=True)
        words = sorted(components()[name].get("properties", {}))
        for _ in range(60):
            value = {word: rnd.choice(odd) for word in words if rnd.random() < 0.8} if words else rnd.choice(odd)
            try:
                found = pick(json.dumps(value).encode(), short)
            except msgspec.ValidationError:
                continue
            assert (found, []) == shape.check(value), name
