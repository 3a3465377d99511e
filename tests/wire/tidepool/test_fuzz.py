"""Generated requests against the served OpenAPI document: no 5xx, and successes look as they are published."""

import json
import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.schemas import OpenApiSchema

from openward.app import wirings
from openward.gateway.wiring import Route
from openward.openapi import document
from tests.wire.tidepool.contract import faults

TOKEN = "x-tidepool-session-token"
ROUTES = [route for wire in wirings() if wire.name == "tidepool" for route in wire.routes if route.is_documented]
CLINIC = {"name": "Fuzz", "preferredBgUnits": "mg/dL"}


@pytest.fixture(scope="module")
def schema() -> OpenApiSchema:
    """The served document, read by the one process that runs these tests and not by each that collects them."""
    return schemathesis.openapi.from_dict(document("tidepool", wirings()))


@pytest.fixture(scope="module")
def callers(live_server: tuple[str, Path]) -> dict[str, Any]:
    """A service, somebody who will be an admin, and a patient."""
    found: dict[str, Any] = {"url": live_server[0]}
    headers = {"x-tidepool-server-name": "fuzz", "x-tidepool-server-secret": "test-service-secret"}
    with urlopen(Request(found["url"] + "/auth/serverlogin", method="POST", headers=headers)) as answer:
        found["service"] = answer.headers[TOKEN]
    for name in ("admin", "patient"):
        email = f"{name}-{secrets.token_hex(4)}@example.org"
        body = json.dumps({"username": email, "emails": [email], "password": "Correct-horse-7"}).encode()
        with urlopen(Request(found["url"] + "/auth/user", data=body, method="POST")) as answer:
            found[name], found[f"{name}Id"] = answer.headers[TOKEN], json.load(answer)["userid"]
    return found


@pytest.fixture
def known(callers: dict[str, Any], route: Route) -> dict[str, Any]:
    """Ids that are there, so that half of the requests get past the first checks; a clinic for each operation."""
    ids = {"userId": callers["adminId"], "patientId": callers["patientId"], "clinicianId": callers["adminId"]}
    ids |= {"providerId": "dexcom", "permission": "view", "summaryId": "0" * 24}
    if "{clinicId}" not in route.path:
        return ids

    def post(path: str, body: Any, by: str = "admin") -> Any:
        data = json.dumps(body).encode()
        headers = {TOKEN: callers[by]}
        with urlopen(Request(callers["url"] + path, data=data, method="POST", headers=headers)) as answer:
            return json.load(answer)

    clinic = post("/v1/clinics", CLINIC)
    at = f"/v1/clinics/{clinic['id']}"
    post(f"{at}/patients/{callers['patientId']}", {"permissions": {"view": {}, "upload": {}}}, "service")
    invite = {"email": f"i-{secrets.token_hex(4)}@example.org", "roles": ["CLINIC_MEMBER"]}
    return ids | {
        "clinicId": clinic["id"],
        "shareCode": clinic["shareCode"],
        "patientTagId": post(f"{at}/patient_tags", {"name": "Tag"})["id"],
        "siteId": post(f"{at}/sites", {"name": "Site"})["id"],
        "inviteId": post(f"{at}/invites/clinicians", invite)["inviteId"],
    }


@pytest.fixture
def send(callers: dict[str, Any], known: dict[str, Any], route: Route) -> Callable[[schemathesis.Case[Any]], None]:
    """Send one request and look at the answer."""
    # The same choices in each run, so that a failure can be repeated.
    dice = random.Random(f"{route.method} {route.path}")
    file, _, operation_id = route.operation.partition(":")

    def call(case: schemathesis.Case[Any]) -> None:
        if dice.random() < 0.5:
            given_ids = case.path_parameters or {}
            case.path_parameters = {name: known.get(name, value) for name, value in given_ids.items()}
        token = callers[dice.choice(("service", "admin"))]
        answer = case.call(base_url=callers["url"], headers={TOKEN: token})
        where = (case.method, case.formatted_path)
        assert answer.status_code < 500, (*where, answer.text[:300])
        is_json = "json" in "".join(answer.headers.get("content-type", ()))
        if file == "clinic.v1" and answer.status_code < 300 and is_json:
            assert faults(operation_id, answer.status_code, json.loads(answer.content)) == [], where

    return call


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_no_request_makes_the_server_fail(
    route: Route, schema: OpenApiSchema, send: Callable[[schemathesis.Case[Any]], None]
) -> None:
    operation = schema[route.path][route.method]
    generation = schema.config.generation_for(operation=operation, phase="coverage")
    if not _is_alias(route):
        for case in schema.iter_coverage_cases(
            operation,
            generation_modes=generation.modes,
            generation_config=generation,
            extra_data_source=None,
            error_feedback=None,
        ):
            send(case)

    @given(case=operation.as_strategy())
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    def send_drawn(case: schemathesis.Case[Any]) -> None:
        send(case)

    send_drawn()


def _is_alias(route: Route) -> bool:
    """Whether an earlier path leads to the same handler, as `/data_sets` does: boundary cases need one run."""
    return next(one for one in ROUTES if one.handler is route.handler) is not route
