"""The published files and what is served: every operation has a handler, and every handler an operation."""

import pytest

from openward.app import wirings
from openward.openapi import document
from openward.openapi.published import METHODS, load
from openward.wire.twine.routes import ROUTES
from tests.wire.twine.contract import CONTRACTS, FILES, JSON_API
from tests.wire.twine.operations import KEYED, TOKEN

PUBLISHED = {
    (method.upper(), f"/pub{path}"): (name, operation)
    for name in FILES
    for path, item in load("twine", name)["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    served = {(route.method, route.path): route.operation for route in ROUTES}
    assert len(ROUTES) == len(served)
    assert served == {place: f"{name}:{one['operationId']}" for place, (name, one) in PUBLISHED.items()}
    assert {name: len(one.operation_ids()) for name, one in CONTRACTS.items()} == {"twine.v7": 46, "rewards.v7": 16}


def test_every_operation_is_tried() -> None:
    tried = [(one.method, f"/pub{one.published_path}", one.name) for one in (TOKEN, *KEYED)]
    assert sorted(tried) == sorted((*place, one["operationId"]) for place, (_, one) in PUBLISHED.items())


def test_the_served_document_offers_every_operation() -> None:
    offered = document("twine", wirings())["paths"]
    assert {place for place in PUBLISHED if place[0].lower() not in offered.get(place[1], {})} == set()


def test_only_tokens_are_given_without_one() -> None:
    free = [one["operationId"] for _, one in PUBLISHED.values() if one.get("security") == []]
    assert free == [TOKEN.name]
    assert [route.operation for route in ROUTES if route.identify is not None] == [f"twine.v7:{TOKEN.name}"]


@pytest.mark.parametrize("name", FILES)
def test_examples_of_answers_fit_their_schemas(name: str) -> None:
    for _, (file, operation) in PUBLISHED.items():
        if file != name:
            continue
        for status, response in operation["responses"].items():
            said = response.get("content", {}).get(JSON_API, {})
            if "example" in said:
                found = CONTRACTS[name].faults(operation["operationId"], int(status), said["example"])
                assert found == [], (operation["operationId"], status)
