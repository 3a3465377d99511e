"""Reading published descriptions (OpenAPI 3.0 as data in a wire's `spec/` folder) as parts of a 3.1 document."""

import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_WIRES = Path(__file__).parent.parent / "wire"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def home(wire: str, name: str) -> str:
    """The wire whose folder has this file: the wire itself, or the one of whose operations it serves some."""
    found = [path.parent.parent.name for path in sorted(_WIRES.glob(f"*/spec/{name}.yaml"))]
    return wire if wire in found or not found else found[0]


@functools.cache
def load(wire: str, name: str) -> dict[str, Any]:
    """One published file, as it came."""
    text = (_WIRES / home(wire, name) / "spec" / f"{name}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=_loader)  # noqa: S506 -- a safe loader, in C where there is one
    return loaded


@functools.cache
def _operations(wire: str, name: str) -> dict[str, tuple[str, str]]:
    return {
        item[method]["operationId"]: (path, method)
        for path, item in load(wire, name)["paths"].items()
        for method in METHODS
        if method in item and "operationId" in item[method]
    }


def to_31(node: Any) -> Any:
    """A 3.0 schema tree as 3.1: `nullable` becomes a type, exclusive bounds become numbers, `example` a list."""
    if isinstance(node, list):
        return [to_31(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: to_31(value) for key, value in node.items()}
    is_schema = not isinstance(out.get("in"), str)
    if out.pop("nullable", None) is True:
        if isinstance(out.get("type"), str):
            out["type"] = [out["type"], "null"]
            if "enum" in out and None not in out["enum"]:
                out["enum"] = [*out["enum"], None]
        elif "$ref" in out or "allOf" in out:
            out = {"anyOf": [out, {"type": "null"}]}
    for bound, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if out.get(bound) is True and plain in out:
            out[bound] = out.pop(plain)
        elif isinstance(out.get(bound), bool):
            del out[bound]
    if is_schema and "example" in out and ("type" in out or "$ref" in out) and "schema" not in out:
        out["examples"] = [out.pop("example")]
    return out


@dataclass(slots=True)
class Gathering:
    """Components taken from several files into one document; a name used twice with other content is prefixed."""

    wire: str
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    _known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def operation(self, name: str, operation_id: str) -> tuple[str, dict[str, Any]]:
        """The published path and the operation (with its path's parameters), its references pulled in."""
        path, method = _operations(self.wire, name)[operation_id]
        item = load(self.wire, name)["paths"][path]
        operation = copy.deepcopy(item[method])
        shared = copy.deepcopy(item.get("parameters", []))
        operation["parameters"] = _without_repeats([*shared, *operation.get("parameters", [])])
        if "security" not in operation and load(self.wire, name).get("security"):
            operation["security"] = load(self.wire, name)["security"]
        for requirement in operation.get("security", []):
            for scheme in requirement:
                self._pull(name, "securitySchemes", scheme)
        return path, self._adopt(name, to_31(operation))

    def schema(self, name: str, schema: str) -> dict[str, str]:
        """A reference to one published schema."""
        return {"$ref": f"#/components/schemas/{self._pull(name, 'schemas', schema)}"}

    def _adopt(self, name: str, node: Any) -> Any:
        return _walk_refs(node, lambda kind, component: self._pull(name, kind, component))

    def _pull(self, name: str, kind: str, component: str) -> str:
        known = self._known.get((name, kind, component))
        if known is not None:
            return known
        body = to_31(copy.deepcopy(load(self.wire, name)["components"][kind][component]))
        taken = self.components.setdefault(kind, {})
        final = component
        if component in taken and kind != "securitySchemes":
            final = f"{name}-{component}"
        self._known[(name, kind, component)] = final
        taken[final] = {}  # stands in while the body refers to itself
        adopted = self._adopt(name, body)
        twin = taken.get(component)
        if final != component and json.dumps(twin, sort_keys=True) == json.dumps(adopted, sort_keys=True):
            del taken[final]
            self._known[(name, kind, component)] = component
            return component
        taken[final] = adopted
        return final


def _walk_refs(node: Any, rename: Callable[[str, str], str]) -> Any:
    if isinstance(node, list):
        return [_walk_refs(item, rename) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _walk_refs(value, rename) for key, value in node.items() if key != "$ref"}
    target = node.get("$ref")
    if isinstance(target, str) and target.startswith("#/components/"):
        kind, component = target.removeprefix("#/components/").split("/", 1)
        out["$ref"] = f"#/components/{kind}/{rename(kind, component)}"
    elif target is not None:
        out["$ref"] = target
    if isinstance(out.get("discriminator"), dict) and "mapping" in out["discriminator"]:
        targets = {key: value.rsplit("/", 1)[-1] for key, value in out["discriminator"]["mapping"].items()}
        out["discriminator"] = out["discriminator"] | {
            "mapping": {key: f"#/components/schemas/{rename('schemas', name)}" for key, name in targets.items()}
        }
    return out


def _without_repeats(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for parameter in parameters:
        key = parameter.get("$ref") or f"{parameter.get('in')}:{parameter.get('name')}"
        seen[key] = parameter
    return list(seen.values())
