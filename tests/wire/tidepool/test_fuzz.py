"""Generated requests against the served OpenAPI document: nothing may answer with a 5xx."""

import json
import random
import secrets
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

TOKEN = "x-tidepool-session-token"
ROUTES = [route for wire in wirings() if wire.name == "tidepool" for route in wire.routes if route.is_documented]


@pytest.fixture(scope="module")
def schema() -> OpenApiSchema:
    """The served document, read by the one process that runs these tests and not by each that collects them."""
    return schemathesis.openapi.from_dict(document("tidepool", wirings()))


@pytest.fixture(scope="module")
def known(live_server: tuple[str, Path]) -> dict[str, Any]:
    """A service token and real ids, so that half of the requests get past the first check."""
    url, _ = live_server
    headers = {"x-tidepool-server-name": "fuzz", "x-tidepool-server-secret": "test-service-secret"}
    with urlopen(Request(url + "/auth/serverlogin", method="POST", headers=headers)) as answer:
        token = answer.headers[TOKEN]
    email = f"fuzz-{secrets.token_hex(4)}@example.org"
    body = json.dumps({"username": email, "emails": [email], "password": "Correct-horse-7"}).encode()
    with urlopen(Request(url + "/auth/user", data=body, method="POST", headers={TOKEN: token})) as answer:
        user, own = json.load(answer)["userid"], answer.headers[TOKEN]
    clinic = json.dumps({"name": "Fuzz", "preferredBgUnits": "mg/dL"}).encode()
    with urlopen(Request(url + "/v1/clinics", data=clinic, method="POST", headers={TOKEN: own})) as answer:
        clinic_id = json.load(answer)["id"]
    return {"url": url, "tokens": [token, own], "userId": user, "patientId": user, "clinicId": clinic_id}


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_no_request_makes_the_server_fail(route: Route, schema: OpenApiSchema, known: dict[str, Any]) -> None:
    operation = schema[route.path][route.method]
    # The same choices in each run, so that a failure can be repeated.
    dice = random.Random(f"{route.method} {route.path}")

    def send(case: schemathesis.Case[Any]) -> None:
        if dice.random() < 0.5:
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        answer = case.call(base_url=known["url"], headers={TOKEN: dice.choice(known["tokens"])})
        assert answer.status_code < 500, (case.method, case.formatted_path, answer.text[:300])

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
