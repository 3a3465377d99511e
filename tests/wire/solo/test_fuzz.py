"""Generated requests against the published file: no 5xx, no status and no body that it does not name."""

import json
import random
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from openward.openapi.published import load
from tests.wire.solo.contract import SOLO
from tests.wire.solo.live import Live, live
from tests.wire.solo.operations import KEYED, LINK, LOCATION, SERIAL, STROKE, Operation

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

__all__ = ["live"]
OPERATIONS = [*KEYED, LINK]
# Patients have some two thousand boundary cases, most of them of one text after the other.
MOST_CASES = 40
MOST_DRAWN = 4
# A request for a path with an empty segment is one for another path.
ELSEWHERE = {404, 405}


@pytest.fixture(scope="module")
def schema() -> "OpenApiSchema":
    """The published file, read by the one process that runs these tests and not by each that collects them."""
    import schemathesis  # late, for the same reason: it takes seconds

    return schemathesis.openapi.from_dict(load("solo", "solo.v1"))


# What names something: half of the bodies and queries say something that is there.
KNOWN = {
    "waitingRoom": "GreatRoom",
    "type": "covid",
    "locationId": LOCATION,
    "deviceSerialNumber": SERIAL,
    "name": STROKE,
}
# Only what is to be a web address is replaced: nobody is to be called by a test.
ENDPOINT = "https://hooks.invalid/fuzz"


def _with_known(given_values: Any, ids: dict[str, str]) -> Any:
    if not isinstance(given_values, dict):
        return given_values
    known = KNOWN | {"presetId": ids["preset"], "episodeId": ids["episode_id"], "episodeOfCareId": ids["episode_id"]}
    return {
        field: known.get(field, value) if isinstance(value, str) else value for field, value in given_values.items()
    }


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.name for one in OPERATIONS])
def test_every_answer_is_published(operation: Operation, schema: "OpenApiSchema", live: Live) -> None:
    path = operation.path if operation is LINK else f"/qapi/v1{operation.path}"
    described = schema[path][operation.method]
    ids = live.settle()
    send = _sender(operation, ids, live)
    generation = schema.config.generation_for(operation=described, phase="coverage")
    cases = schema.iter_coverage_cases(
        described,
        generation_modes=generation.modes,
        generation_config=generation,
        extra_data_source=None,
        error_feedback=None,
    )
    for case in islice(cases, MOST_CASES):
        send(case)

    @given(case=described.as_strategy())
    @settings(
        max_examples=MOST_DRAWN, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    def send_drawn(case: "schemathesis.Case[Any]") -> None:
        send(case)

    send_drawn()


def _sender(operation: Operation, ids: dict[str, str], live: Live) -> "Callable[[schemathesis.Case[Any]], None]":
    from schemathesis.core import NOT_SET as nothing  # late, like the rest of it

    # The same choices in each run, so that a failure can be repeated.
    dice = random.Random(operation.name)

    def send(case: "schemathesis.Case[Any]") -> None:
        if case.method.upper() == "OPTIONS":
            return  # what browsers ask before a call from another site is the router's to answer
        if dice.random() < 0.7:
            case.path_parameters = {name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
        if dice.random() < 0.5:
            case.body = _with_known(case.body, ids)
            case.query = _with_known(case.query, ids)
        if isinstance(case.body, dict) and str(case.body.get("endpoint", "")).startswith("http"):
            case.body["endpoint"] = ENDPOINT
        headers, more = {"api-key": live.key}, dict[str, Any]()
        if operation.content is not None:  # bodies that schemathesis cannot write
            more["data"] = case.body if isinstance(case.body, bytes) else operation.content
            headers["content-type"] = case.media_type or "text/plain"
            case.body = nothing
        answer = case.call(base_url=live.url, headers=headers, **more)
        where = (case.method, case.formatted_path, answer.status_code, answer.content[:300])
        assert answer.headers.get("x-correlation-id"), where
        if case.method.upper() != operation.method:
            assert answer.status_code in ELSEWHERE, where
            return
        assert answer.status_code in SOLO.statuses(operation.name), where
        if answer.headers["content-type"] == ["application/json"]:
            assert SOLO.faults(operation.name, answer.status_code, json.loads(answer.content)) == [], where

    return send
