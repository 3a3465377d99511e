"""`/openapi/<system>.json` and readable pages of the same at `/docs`, without a CDN."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader

from openward.care.errors import CareError, NotFound
from openward.care.work import NOBODY, Actor, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, Wiring
from openward.openapi.document import SYSTEMS, document

_SECURITY = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'"


def wiring(wires: Sequence[Wiring]) -> Wiring:
    """The routes of the documents of these wires."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)

    @functools.cache
    def made(system: str) -> dict[str, Any]:
        return document(system, wires)

    @functools.cache
    def raw(system: str) -> bytes:
        return msgspec.json.encode(made(system))

    async def as_json(_work: Work, call: Call) -> Reply:
        system = call.path["file"].removesuffix(".json")
        if system not in (*SYSTEMS, "all"):
            raise NotFound("no such document")
        return Reply(200, raw(system), "application/json", {"cache-control": "no-cache"})

    async def index(_work: Work, _call: Call) -> Reply:
        counts = {system: _count(made(system)) for system in SYSTEMS}
        return _page(templates.get_template("index.html").render(counts=counts))

    async def page(_work: Work, call: Call) -> Reply:
        system = call.path["system"]
        if system not in (*SYSTEMS, "all"):
            raise NotFound("no such document")
        shown = _groups(made(system))
        return _page(templates.get_template("system.html").render(system=system, doc=made(system), groups=shown))

    routes = [
        Route("GET", "/openapi/{file}", as_json, identify=_anyone, is_documented=False),
        Route("GET", "/docs", index, identify=_anyone, is_documented=False),
        Route("GET", "/docs/{system}", page, identify=_anyone, is_documented=False),
    ]
    return Wiring("openapi", ("/openapi", "/docs"), routes, _anyone, _render)


async def _anyone(_work: Work, _call: Call) -> Actor:
    return NOBODY


def _render(error: CareError, _call: Call) -> Reply:
    status = 404 if isinstance(error, NotFound) else 500
    return Reply(status, b"There is no such document. See /docs.\n", "text/plain")


def _page(html: str) -> Reply:
    return Reply(200, html.encode(), "text/html", {"content-security-policy": _SECURITY, "cache-control": "no-cache"})


def _count(doc: dict[str, Any]) -> int:
    return sum(len(item) for item in doc["paths"].values())


def _groups(doc: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by their first tag, each with its parameters and bodies resolved far enough to be read."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in doc["paths"].items():
        for method, operation in item.items():
            tag = (operation.get("tags") or [path.split("/")[1]])[0]
            groups.setdefault(tag, []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": [_resolve(doc, parameter) for parameter in operation.get("parameters", [])],
                    "body": _sample(doc, _resolve(doc, operation.get("requestBody", {}))),
                    "responses": [
                        {"status": status, "text": _resolve(doc, body).get("description", "")}
                        | {"body": _sample(doc, _resolve(doc, body))}
                        for status, body in sorted(operation["responses"].items())
                    ],
                }
            )
    return dict(sorted(groups.items()))


def _resolve(doc: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for _ in range(8):
        if "$ref" not in node:
            return node
        kind, name = node["$ref"].removeprefix("#/components/").split("/", 1)
        node = doc["components"][kind][name]
    return node


def _sample(doc: dict[str, Any], holder: dict[str, Any]) -> str:
    """The schema of a JSON body as indented lines: name, type, what is required."""
    content = holder.get("content", {})
    media = content.get("application/json") or next(iter(content.values()), None)
    if not media or "schema" not in media:
        return ""
    lines: list[str] = []
    _lines(doc, media["schema"], "", lines, 0)
    return "\n".join(lines[:120])


def _lines(doc: dict[str, Any], schema: dict[str, Any], label: str, lines: list[str], depth: int) -> None:
    schema = _resolve(doc, schema)
    pad = "  " * depth
    kind = schema.get("type") or next((word for word in ("oneOf", "anyOf", "allOf") if word in schema), "any")
    kind = " | ".join(kind) if isinstance(kind, list) else kind
    if "enum" in schema:
        kind = " | ".join(str(value) for value in schema["enum"][:12]) + (" …" if len(schema["enum"]) > 12 else "")
    lines.append(f"{pad}{label}{kind}")
    if depth > 5:
        return
    required = set(schema.get("required", []))
    for name, part in schema.get("properties", {}).items():
        _lines(doc, part, f"{name}{'' if name in required else '?'}: ", lines, depth + 1)
    if isinstance(schema.get("items"), dict):
        _lines(doc, schema["items"], "each: ", lines, depth + 1)
    for word in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(word, [])[:6]:
            _lines(doc, part, "– ", lines, depth + 1)
