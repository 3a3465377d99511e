"""One document per system: each route with what its published operation says, and with how we refuse."""

import re
from collections.abc import Sequence
from typing import Any

from openward import __version__
from openward.gateway.wiring import Route, Wiring
from openward.openapi.published import Gathering, home

SYSTEMS = ("tidepool", "solo", "twine")

_TITLES = {
    "tidepool": "Openward: clinics and device data, in the language of the Tidepool platform",
    "solo": "Openward: virtual care, in the language of the Solo External API",
    "twine": "Openward: coaching, in the language of the Twine Health API",
    "all": "Openward: everything that this server serves",
}

_REFUSALS = {
    "400": "The request breaks a rule; the body says which.",
    "401": "The credential is missing or not valid.",
    "403": "The caller is known and may not do this.",
    "404": "There is no such thing.",
    "409": "It clashes with something that exists.",
    "413": "The body is too large.",
    "422": "Well formed, but the present state forbids it.",
    "429": "Too many tries; Retry-After says how many seconds to wait.",
    "500": "Something failed on our side; the trace id in the headers helps to find it.",
    "503": "The database does not answer; try again.",
}

_PARAMETER = re.compile(r"\{([^}]+)\}")


def document(system: str, wires: Sequence[Wiring]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of one system, or of `all`; KeyError for an unknown one."""
    title = _TITLES[system]
    paths: dict[str, dict[str, Any]] = {}
    components: dict[str, dict[str, Any]] = {}
    for wire in wires:
        gathering = Gathering(wire.name, components)
        for route in wire.routes:
            belongs = system in ("all", wire.name, home(wire.name, route.operation.partition(":")[0]))
            if route.is_documented and belongs:
                paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, gathering)
    info = {"title": title, "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": "/"}], "paths": paths, "components": components}


def _operation(route: Route, gathering: Gathering) -> dict[str, Any]:
    if route.operation:
        name, _, operation_id = route.operation.partition(":")
        published_path, operation = gathering.operation(name, operation_id)
        operation |= route.describe or {}
        _rename_parameters(operation, gathering, published_path, route.path)
        if _PARAMETER.sub("{}", published_path) != _PARAMETER.sub("{}", route.path):
            # An alias such as `/data_sets` beside `/datasets` needs an id of its own.
            operation["operationId"] = f"{operation_id}At{_words(route.path)}"
    else:
        operation = {"operationId": f"{route.method.title()}{_words(route.path)}", **(route.describe or {})}
    operation["parameters"] = _with_path_parameters(operation.get("parameters", []), route.path)
    if not operation["parameters"]:
        del operation["parameters"]
    responses = operation.setdefault("responses", {})
    for status, meaning in _REFUSALS.items():
        responses.setdefault(status, {"description": meaning})
    operation["responses"] = {str(status): body for status, body in responses.items()}
    return operation


def _rename_parameters(operation: dict[str, Any], gathering: Gathering, published: str, served: str) -> None:
    """Our route may call a path parameter by another name than the file does; the document follows the route."""
    names = dict(zip(_PARAMETER.findall(published), _PARAMETER.findall(served), strict=False))
    for place, parameter in enumerate(operation.get("parameters", [])):
        found = parameter
        if "$ref" in parameter:
            found = gathering.components["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
        if found.get("in") == "path" and names.get(found["name"], found["name"]) != found["name"]:
            operation["parameters"][place] = found | {"name": names[found["name"]]}


def _with_path_parameters(parameters: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    wanted = _PARAMETER.findall(path)
    named = {parameter["name"] for parameter in parameters if parameter.get("in") == "path"}
    plain = [name for name in wanted if name not in named]
    if any("$ref" in parameter for parameter in parameters):
        return parameters
    extra = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in plain]
    return [*parameters, *extra]


def _words(path: str) -> str:
    return "".join(part.strip("{}").replace("_", " ").title().replace(" ", "") for part in path.split("/") if part)
