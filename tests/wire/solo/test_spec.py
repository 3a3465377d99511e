"""The published file and what is served: every operation has a handler, and its examples are accepted and answered."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from openward.app import wirings
from openward.openapi import document
from openward.openapi.published import METHODS, load
from openward.wire.solo.routes import ROUTES
from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.contract import SOLO
from tests.wire.solo.operations import KEYED, LINK, Operation, practice_part, settle

pytestmark = pytest.mark.anyio

PUBLISHED = {
    (method.upper(), path): operation
    for path, item in load("solo", "solo.v1")["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
BY_NAME = {operation["operationId"]: operation for operation in PUBLISHED.values()}


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    shown = [route for route in ROUTES if route.is_documented]
    served = {(route.method, route.path): route for route in shown}
    assert len(shown) == len(served)
    assert PUBLISHED.keys() <= served.keys()
    assert len(PUBLISHED) == 42
    for place, route in served.items():
        if place in PUBLISHED:
            assert route.operation == f"solo.v1:{PUBLISHED[place]['operationId']}"
        else:
            assert not route.operation
            assert route.describe, place  # our own


def test_the_served_document_offers_every_published_operation() -> None:
    offered = document("solo", wirings())["paths"]
    assert {place for place in PUBLISHED if place[0].lower() not in offered.get(place[1], {})} == set()


def _examples(described: Mapping[str, Any]) -> Iterator[Any]:
    for content in described.get("content", {}).values():
        yield from (one["value"] for one in content.get("examples", {}).values())
        if "example" in content:
            yield content["example"]


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    """One in which there is whatever the examples name."""
    return await a_practice(practice_part(secrets.token_hex(16)))


@pytest.fixture
async def ids(practice: Practice) -> dict[str, str]:
    return await settle(practice, practice.provisioned, secrets.token_hex(16))


WITH_BODY = [one for one in KEYED if any(_examples(BY_NAME[one.name].get("requestBody", {})))]


def _in_use(example: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The example with ids of this practice where it names what has to be there."""
    there = {"episodeOfCareId": ids["episode_id"], "episodeId": ids["episode_id"], "presetId": ids["preset"]}
    said = {field: there.get(field, value) for field, value in example.items()}
    if "telecom" in said:  # another patient of the examples may have the address
        said["telecom"] = [one for one in said["telecom"] if one["system"] != "email"]
    return said


@pytest.mark.parametrize("operation", WITH_BODY, ids=[one.name for one in WITH_BODY])
async def test_examples_of_requests_are_accepted(operation: Operation, practice: Practice, ids: dict[str, str]) -> None:
    _, path, more = operation.request(ids)
    for example in _examples(BY_NAME[operation.name]["requestBody"]):
        if operation.method != "POST" and "assistance" in path:
            assert (await practice("POST", path, example)).status_code in (200, 201)  # there is one to find
        answer = await practice.client.request(
            operation.method,
            f"/qapi/v1{path}",
            json=_in_use(example, ids),
            headers={"api-key": practice.key} | more["headers"],
        )
        assert 200 <= answer.status_code < 300, answer.text
        assert SOLO.faults(operation.name, answer.status_code, answer.json()) == []


def test_examples_of_answers_fit_their_schemas() -> None:
    for name, operation in BY_NAME.items():
        for status, response in operation["responses"].items():
            for example in _examples(response):
                if isinstance(example, list | dict | int):
                    assert SOLO.faults(name, int(status), example) == [], (name, status)


def _shape(value: Any) -> Any:
    """Which fields there are, and of which kind they are."""
    if isinstance(value, dict):
        return {field: _shape(inner) for field, inner in value.items()}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return type(value).__name__


def _fits(ours: Any, theirs: Any) -> bool:
    """Whether two shapes are the same; an empty list and null leave open what might be there."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_fits(ours[field], theirs[field]) for field in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return not ours or not theirs or _fits(ours[0], theirs[0])
    return ours == theirs or "NoneType" in (ours, theirs)


async def test_answers_have_the_fields_of_the_examples(practice: Practice, ids: dict[str, str]) -> None:
    full = next(iter(_examples(BY_NAME["updatePatient"]["requestBody"])))
    assert (await practice("PUT", f"/patients/{ids['patient_id']}", full)).status_code == 200
    silent = set()
    for operation in KEYED:
        described = BY_NAME[operation.name]["responses"].get(str(operation.status), {})
        if operation.name == "createAppointment":  # the example's patient is dead, and gets no new visits
            alive = {"deceased": False}
            assert (await practice("PUT", f"/patients/{ids['patient_id']}", alive)).status_code == 200
        method, path, more = operation.request(ids)
        more["headers"] |= {"api-key": practice.key}
        answer = await practice.client.request(method, f"/qapi/v1{path}", **more)
        assert answer.status_code == operation.status, (operation.name, answer.text)
        examples = list(_examples(described))
        if not examples:
            silent.add(operation.name)
        for example in examples:
            assert _fits(_shape(answer.json()), _shape(example)), (operation.name, answer.json(), example)
    assert silent == {"getTeamsProviderLink", "getCsvDataDump", "downloadEncounterReport"}


async def test_demographics_are_read_as_they_were_written(practice: Practice, ids: dict[str, str]) -> None:
    full = next(iter(_examples(BY_NAME["createPatient"]["requestBody"])))
    made = await practice("POST", "/patients", full)
    assert made.status_code == 201, made.text
    expected = {field: value for field, value in full.items() if field not in ("id", "groupType", "groupName")}
    for path in (f"/patients/{full['id']}", f"/patients/id/type/SPID/value/{made.json()}"):
        # The example is not linked, hence shares its address with nobody.
        assert (await practice("GET", path)).json() == expected | {"sharedEmailGroup": None}


def test_only_links_need_no_key() -> None:
    free = [operation["operationId"] for operation in PUBLISHED.values() if operation.get("security") == []]
    assert free == [LINK.name]
    assert [route.operation for route in ROUTES if route.identify is not None] == [f"solo.v1:{LINK.name}"]
