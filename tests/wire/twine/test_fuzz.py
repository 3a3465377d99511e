"""Generated requests against the published files: no 5xx, no status and no body that they do not name."""

import json
import random
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from openward.openapi.published import load
from tests.wire.twine.contract import FILES, JSON_API, PLAIN, contract_of, faults, statuses
from tests.wire.twine.live import Live, live
from tests.wire.twine.operations import KEYED, TOKEN, Operation

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

__all__ = ["live"]
OPERATIONS = [TOKEN, *KEYED]
# Patients and metrics have some thousand boundary cases, most of them of one text after the other.
MOST_CASES = 24
MOST_DRAWN = 3
# A request for a path with an empty segment is one for another path.
ELSEWHERE = {404, 405}


@pytest.fixture(scope="module")
def schemas() -> "dict[str, OpenApiSchema]":
    """The published files, read by the one process that runs these tests and not by each that collects them."""
    import schemathesis  # late, for the same reason: it takes seconds

    return {name: schemathesis.openapi.from_dict(load("twine", name)) for name in FILES}


BY_TYPE = {
    "patient_plan_summary": "plan",
    "calendar_event": "event",
    "reward_program": "free_program",
    "reward_program_activation": "activation",
    "reward": "free_reward",
    "reward_earning": "free_earning",
}
"""The word of the ids for a type of resources, where it is another one than the type."""


def _with_known(value: Any, ids: dict[str, str]) -> Any:
    """A body whose pointers to others name somebody."""
    if isinstance(value, list):
        return [_with_known(one, ids) for one in value]
    if not isinstance(value, dict):
        return value
    known = {name: _with_known(inner, ids) for name, inner in value.items()}
    kind = value.get("type")
    if "id" in value and "attributes" not in value and isinstance(kind, str) and BY_TYPE.get(kind, kind) in ids:
        known["id"] = ids[BY_TYPE.get(kind, kind)]
    for name, word in (("user", "patient"), ("completed_by", "coach"), ("attendee", "attendee")):
        if isinstance(value.get(name), str):
            known[name] = ids[word]
    return known


def _filtered(query: Any, ids: dict[str, str]) -> Any:
    """A query whose filters name somebody."""
    words = {"groups": "group", "attendees": "patient", "actions": "action", "receiver": "patient", "sender": "coach"}
    named = {f"filter[{name}]": ids[word] for name, word in words.items()}
    named |= {f"filter[{name}]": ids[name] for name in ("patient", "organization")}
    return {name: named.get(name, value) for name, value in query.items()} if isinstance(query, dict) else query


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.name for one in OPERATIONS])
def test_every_answer_is_published(operation: Operation, schemas: "dict[str, OpenApiSchema]", live: Live) -> None:
    schema = schemas[contract_of(operation.name).name]
    described = schema[operation.published_path][operation.method]
    send = _sender(operation, live)
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


def _sender(operation: Operation, live: Live) -> "Callable[[schemathesis.Case[Any]], None]":
    # The same choices in each run, so that a failure can be repeated.
    dice = random.Random(operation.name)
    own = operation.path.partition("{")[2].partition("}")[0]

    def send(case: "schemathesis.Case[Any]") -> None:
        if case.method.upper() == "OPTIONS":
            return  # what browsers ask before a call from another site is the router's to answer
        if own and dice.random() < 0.7:
            case.path_parameters = {"id": live.ids[own]}
        if dice.random() < 0.7:
            case.body = _with_known(case.body, live.ids)
            case.query = _filtered(case.query, live.ids)
        token = live.tokens[dice.random() < 0.2]
        answer = case.call(base_url=f"{live.url}/pub", headers={"authorization": f"Bearer {token}"})
        where = (case.method, case.formatted_path, case.query, case.body, answer.status_code, answer.content[:500])
        assert answer.headers.get("x-request-id"), where
        if case.method.upper() != operation.method:
            assert answer.status_code in ELSEWHERE, where
            return
        assert answer.status_code in statuses(operation.name), where
        [media] = answer.headers["content-type"]
        body = json.loads(answer.content)
        assert [body["meta"]["req_id"]] == answer.headers["x-request-id"], where
        if media == JSON_API:
            assert faults(operation.name, answer.status_code, body) == [], where
        else:
            assert (operation, media) == (TOKEN, "application/json"), where
            assert PLAIN.faults(operation.name, answer.status_code, body) == [], where

    return send
