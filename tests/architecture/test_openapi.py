"""The served documents are OpenAPI 3.1, resolve, and say what is really routed."""

import re
from typing import Any

import pytest

from openward.app import wirings
from openward.openapi import document

DOCUMENTS = {system: document(system, wirings()) for system in ("tidepool", "all")}


def _refs(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_refs, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = set().union(*(_refs(value) for value in node.values())) if node else set()
    return found | ({node["$ref"]} if isinstance(node.get("$ref"), str) else set())


@pytest.mark.parametrize("system", DOCUMENTS)
def test_every_reference_resolves(system: str) -> None:
    doc = DOCUMENTS[system]
    for ref in _refs(doc):
        node: Any = doc
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
        assert node, ref


@pytest.mark.parametrize("system", DOCUMENTS)
def test_operation_ids_are_unique_and_parameters_complete(system: str) -> None:
    doc = DOCUMENTS[system]
    ids = [operation["operationId"] for item in doc["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))
    for path, item in doc["paths"].items():
        for method, operation in item.items():
            parameters = operation.get("parameters", [])
            named = {
                (doc["components"]["parameters"][p["$ref"].rsplit("/", 1)[-1]] if "$ref" in p else p)["name"]
                for p in parameters
            }
            missing = set(re.findall(r"\{([^}]+)\}", path)) - named
            assert not missing, (method, path, missing)


def test_every_documented_route_is_in_the_document() -> None:
    served = {(route.method.lower(), route.path) for wire in wirings() for route in wire.routes if route.is_documented}
    said = {(method, path) for path, item in DOCUMENTS["all"]["paths"].items() for method in item}
    assert served == said
