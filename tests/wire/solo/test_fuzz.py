"""Generated requests against the published file: no 5xx, no status and no body that it does not name."""

import asyncio
import json
import random
import secrets
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings

from openward.openapi.published import load
from tests.cli.running import openward
from tests.wire.solo.contract import SOLO
from tests.wire.solo.operations import KEYED, LINK, LOCATION, SERIAL, STROKE, Operation, practice_part, settle

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

OPERATIONS = [*KEYED, LINK]
# Patients have some two thousand boundary cases, most of them of one text after the other.
MOST_CASES = 60
MOST_DRAWN = 4
# A request for a path with an empty segment is one for another path.
ELSEWHERE = {404, 405}


@pytest.fixture(scope="module")
def schema() -> "OpenApiSchema":
    """The published file, read by the one process that runs these tests and not by each that collects them."""
    import schemathesis  # late, for the same reason: it takes seconds

    return schemathesis.openapi.from_dict(load("solo", "solo.v1"))


class Live:
    """A practice on a server of its own process; ids of things there, anew for each operation."""

    def __init__(self, url: str, provisioned: dict[str, Any], secret: str) -> None:
        self.url, self.provisioned, self.secret = url, provisioned, secret
        self.key = provisioned["api_keys"][0]["key"]

    def settle(self) -> dict[str, str]:
        """One of everything."""

        async def made() -> dict[str, str]:
            async with AsyncClient(base_url=f"{self.url}/qapi/v1", headers={"api-key": self.key}) as client:

                async def send(method: str, path: str, body: Any = None, **more: Any) -> Any:
                    return await client.request(method, path, **({"json": body} if body is not None else {}), **more)

                return await settle(send, self.provisioned, self.secret)

        return asyncio.run(made())


@pytest.fixture(scope="module")
def live(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A practice that a provisioning file has made."""
    url, data_dir = live_server
    secret = secrets.token_hex(16)
    part = {"api_keys": [{"name": "fuzz"}]} | practice_part(secret)
    file = tmp_path_factory.mktemp("practice") / "provision.json"
    named = {"key": secrets.token_hex(4), "name": "Fuzz", "solo": part}
    file.write_text(json.dumps({"organizations": [named]}), "utf-8")
    said = json.loads(openward("provision", str(file), "--data-dir", str(data_dir)).stdout)
    return Live(url, said["organizations"][0]["solo"], secret)


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
