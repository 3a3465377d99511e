"""Values against published schemas: what is kept, and which rule breaks where."""

from typing import Any

import pytest

from openward.gateway.shape import Shape, as_moment

NAMES = {
    "Pointer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}}},
    "Item": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 4},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "size": {"type": "integer", "minimum": 1, "maximum": 3},
            "days": {"type": "array", "uniqueItems": True, "maxItems": 2, "items": {"type": "integer", "minimum": 0}},
            "to": {"$ref": "#/components/schemas/Pointer"},
        },
    },
}
ONE_OR_MANY = {
    "oneOf": [
        {"$ref": "#/components/schemas/Item"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Item"}},
    ]
}


def check(value: Any, *, keeps_null: bool = False) -> tuple[Any, list[tuple[Any, ...]]]:
    kept, breaches = Shape(ONE_OR_MANY, NAMES, keeps_null).check(value)
    return kept, [(*breach.path, breach.rule) for breach in breaches]


def test_what_is_not_named_is_left_out() -> None:
    assert check({"name": "a", "more": 1, "to": {"id": "1", "x": 2}}) == ({"name": "a", "to": {"id": "1"}}, [])
    assert check([{"name": "a"}]) == ([{"name": "a"}], [])


def test_null_is_kept_where_it_may_be() -> None:
    assert check({"name": "a", "at": None, "size": None}) == ({"name": "a", "at": None}, [])
    assert check({"name": "a", "size": None}, keeps_null=True) == ({"name": "a", "size": None}, [])
    assert check({"name": None}, keeps_null=True)[1] == [("name", "required")]


@pytest.mark.parametrize(
    ("value", "breaches"),
    [
        ("text", [("type",)]),
        ([], [("minItems",)]),
        ({}, [("name", "required")]),
        ({"name": "  "}, [("name", "blank")]),
        ({"name": "abcde", "size": 4}, [("name", "maxLength"), ("size", "between")]),
        ({"name": "a", "size": True}, [("size", "type")]),
        ({"name": "a", "at": "2020-13-01T00:00:00Z"}, [("at", "format")]),
        ({"name": "a", "days": [1, 1]}, [("days", "uniqueItems")]),
        ({"name": "a", "days": [1, 2, 3]}, [("days", "maxItems")]),
        ({"name": "a", "days": [1, -1]}, [("days", 1, "minimum")]),
        ({"name": "a", "to": {}}, [("to", "id", "required")]),
        ([{"name": "a"}, {"to": {"id": "x"}}], [(1, "name", "required"), (1, "to", "id", "pattern")]),
    ],
)
def test_every_breach_is_named_with_its_place(value: Any, breaches: list[tuple[Any, ...]]) -> None:
    assert check(value)[1] == breaches


def test_a_whole_number_may_be_written_with_a_point() -> None:
    kept, breaches = check({"name": "a", "size": 2.0})
    assert (kept, type(kept["size"]), breaches) == ({"name": "a", "size": 2}, int, [])
    assert check({"name": "a", "size": 2.5})[1] == [("size", "type")]
    assert check({"name": "a", "size": 1e300})[1] == [("size", "type")]


def test_a_body_that_nests_without_end_is_cut() -> None:
    deep: dict[str, Any] = {}
    loop = {"Loop": {"type": "object", "properties": {"in": {"$ref": "#/components/schemas/Loop"}}}}
    for _ in range(500):
        deep = {"in": deep}
    kept, breaches = Shape(loop["Loop"], loop).check(deep)
    assert breaches == []
    depth = 0
    while kept:
        kept, depth = kept["in"], depth + 1
    assert depth < 30


def test_moments() -> None:
    assert as_moment("2020-02-30T00:00:00Z") is None
    assert as_moment("2020-02-03") is None
    moment = as_moment("2020-02-03t04:05:06.5+01:00")
    assert moment is not None
    assert moment.isoformat() == "2020-02-03T04:05:06.500000+01:00"


def test_a_schema_of_parts_is_of_the_type_of_its_parts() -> None:
    shape = Shape({"allOf": [{"$ref": "#/P"}], "required": ["a"]}, {"P": {"type": "object", "properties": {"a": {}}}})
    assert [breach.rule for breach in shape.check("x")[1]] == ["type"]
    assert [breach.rule for breach in shape.check({})[1]] == ["required"]
    assert shape.check({"a": 1, "b": 2}) == ({"a": 1}, [])
