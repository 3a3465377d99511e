"""Values made of published schemas by dice, and checks of values against them; the same seed makes the same value."""

import copy
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema_rs import Draft202012Validator

Schema = Mapping[str, Any]
_TEXTS: Final = (
    "", " ", "a", "Zoë", "O'Neil", "王小明", "محمد", "x" * 300, "1", "1.5", "<b>&amp;", "a\nb", "\u202eabc", "null",
    "😀", "2026-03-10T12:00:00.000Z", "1990-02-03", "9999-99-99", "a@example.org", "%s%n", "'; --", "\\",
)  # fmt: skip
_NUMBERS: Final = (0, 1, -1, 2.5, 1e15, 2**53, -0.001)
_DEEPEST: Final = 9


@cache
def document(path: Path) -> dict[str, Any]:
    """A published file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=loader)
    return loaded


class Schemas:
    """The schemas of one file."""

    def __init__(self, path: Path) -> None:
        self.document = document(path)
        self.named: dict[str, Any] = self.document["components"]["schemas"]

    def make(self, schema: Schema, dice: random.Random, depth: int = 0) -> Any:
        """A value that the schema allows."""
        schema = self._resolved(schema)
        if schema.get("nullable") and dice.random() < 0.2:
            return None
        for name in ("oneOf", "anyOf"):
            if schema.get(name):
                return self.make(dice.choice(schema[name]), dice, depth)
        if "enum" in schema:
            return dice.choice(schema["enum"])
        match schema.get("type") or (
            "object" if "properties" in schema else "array" if "items" in schema else "string"
        ):
            case "object":
                return self._object(schema, dice, depth)
            case "array":
                most = 0 if depth > _DEEPEST else 3
                return [self.make(schema.get("items", {}), dice, depth + 1) for _ in range(dice.randint(0, most))]
            case "number":
                return dice.choice(_NUMBERS)
            case "integer":
                return dice.choice((0, 1, -1, 2**53))
            case "boolean":
                return dice.random() < 0.5
        text = dice.choice(_TEXTS)
        return text if len(text) >= schema.get("minLength", 0) else "a"

    def _object(self, schema: Schema, dice: random.Random, depth: int) -> dict[str, Any]:
        needed = schema.get("required", ())
        wanted = 0.0 if depth > _DEEPEST else 0.7
        return {
            name: self.make(part, dice, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if name in needed or dice.random() < wanted
        }

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.named[schema["$ref"].rsplit("/", 1)[-1]]
        if "allOf" in schema:
            whole: dict[str, Any] = {name: part for name, part in schema.items() if name != "allOf"}
            for part in map(self._resolved, schema["allOf"]):
                merged = {**whole.get("properties", {}), **part.get("properties", {})}
                needed = [*whole.get("required", []), *part.get("required", [])]
                whole = {**whole, **part, "properties": merged, "required": needed}
            return whole
        return schema

    def faults(self, schema: Schema, value: Any) -> list[str]:
        """What a validator of others finds wrong."""
        whole = {**_nulls_said(copy.deepcopy(dict(schema))), "components": {"schemas": _nulls_said(self.named)}}
        return [
            f"{'/'.join(map(str, one.instance_path))}: {one.message[:200]}"
            for one in Draft202012Validator(whole).iter_errors(value)
        ]


def _nulls_said(value: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema a type of its own. An alternative may fit into another one, too."""
    if isinstance(value, list):
        return [_nulls_said(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {("anyOf" if name == "oneOf" else name): _nulls_said(part) for name, part in value.items()}
    if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made
