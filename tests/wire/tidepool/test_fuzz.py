"""Generated requests against the served OpenAPI document: no 5xx, and successes look as they are published."""

import json
import random
import secrets
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, given, settings

from openward.app import wirings
from openward.gateway.wiring import Route
from openward.openapi import document
from tests.cli.running import openward
from tests.scale import IS_LONG, scaled
from tests.wire.tidepool.contract import CLINIC as PUBLISHED

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

TOKEN = "x-tidepool-session-token"
HOME = ("tidepool", "redox", "xealth")
ROUTES = [route for wire in wirings() if wire.name in HOME for route in wire.routes if route.is_documented]
CLINIC = {"name": "Fuzz", "preferredBgUnits": "mg/dL"}
SECRETS = {"redox": {"verification_token": "fuzz-redox-token"}, "xealth": {"bearer_token": "fuzz-xealth-token"}}
SHOWN = {
    "/v1/redox": {"verification-token": SECRETS["redox"]["verification_token"]},
    "/v1/xealth": {"authorization": f"Bearer {SECRETS['xealth']['bearer_token']}"},
}


@pytest.fixture(scope="module")
def schema() -> "OpenApiSchema":
    """The served document, read by the one process that runs these tests and not by each that collects them."""
    import schemathesis  # late, for the same reason: it takes seconds

    return schemathesis.openapi.from_dict(document("tidepool", wirings()))


class Callers:
    """A service, somebody who will be an admin, and a patient; anew when a request ended their sessions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}

    def open(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """One call that has to succeed: its headers and what it said."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data=data, method=method, headers=headers or {})) as answer:
            text = answer.read()
            return answer.headers, json.loads(text) if text else None

    def refresh(self) -> None:
        """See to it that everybody is signed in."""
        for name in ("service", "admin", "patient"):
            try:
                self.open("GET", "/auth/token", headers={TOKEN: self.tokens.get(name, "none")})
            except HTTPError:
                self._sign_in(name)

    def _sign_in(self, name: str) -> None:
        if name == "service":
            secret = {"x-tidepool-server-name": "fuzz", "x-tidepool-server-secret": "test-service-secret"}
            self.tokens[name] = self.open("POST", "/auth/serverlogin", headers=secret)[0][TOKEN]
            return
        email = f"{name}-{secrets.token_hex(4)}@example.org"
        body = {"username": email, "emails": [email], "password": "Correct-horse-7"}
        headers, made = self.open("POST", "/auth/user", body)
        self.tokens[name], self.ids[name] = headers[TOKEN], made["userid"]


@pytest.fixture(scope="module")
def server(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callers:
    """The server, which knows the secrets of record systems."""
    url, data_dir = live_server
    file = tmp_path_factory.mktemp("secrets") / "provision.json"
    file.write_text(json.dumps({"organizations": [], **SECRETS}), "utf-8")
    openward("provision", str(file), "--data-dir", str(data_dir))
    return Callers(url)


@pytest.fixture
def callers(server: Callers) -> Callers:
    server.refresh()
    return server


@pytest.fixture
def known(callers: Callers, route: Route) -> dict[str, Any]:
    """Ids that are there, so that half of the requests get past the first checks; a clinic for each operation."""
    admin, patient = callers.ids["admin"], callers.ids["patient"]
    ids = {"userId": admin, "patientId": patient, "clinicianId": admin}
    ids |= {"providerId": "dexcom", "permission": "view", "summaryId": "0" * 24}
    if "{clinicId}" not in route.path:
        return ids

    def post(path: str, body: Any, by: str = "admin") -> Any:
        return callers.open("POST", path, body, {TOKEN: callers.tokens[by]})[1]

    clinic = post("/v1/clinics", CLINIC)
    at = f"/v1/clinics/{clinic['id']}"
    post(f"{at}/patients/{patient}", {"permissions": {"view": {}, "upload": {}}}, "service")
    invite = {"email": f"i-{secrets.token_hex(4)}@example.org", "roles": ["CLINIC_MEMBER"]}
    return ids | {
        "clinicId": clinic["id"],
        "shareCode": clinic["shareCode"],
        "patientTagId": post(f"{at}/patient_tags", {"name": "Tag"})["id"],
        "siteId": post(f"{at}/sites", {"name": "Site"})["id"],
        "inviteId": post(f"{at}/invites/clinicians", invite)["inviteId"],
    }


# Uploads of data have some twenty thousand boundary cases, a kind of datum after the other; the rules of data have
# tests of their own, so only the long way looks at some of them.
MOST_CASES = 400


@pytest.fixture
def send(callers: Callers, known: dict[str, Any], route: Route) -> "Callable[[schemathesis.Case[Any]], None]":
    """Send one request and look at the answer."""
    # The same choices in each run, so that a failure can be repeated.
    dice = random.Random(f"{route.method} {route.path}")
    file, _, operation_id = route.operation.partition(":")

    def call(case: "schemathesis.Case[Any]") -> None:
        if dice.random() < 0.5:
            given_ids = case.path_parameters or {}
            case.path_parameters = {name: known.get(name, value) for name, value in given_ids.items()}
        headers = {TOKEN: callers.tokens[dice.choice(("service", "admin"))]}
        headers |= next((shown for path, shown in SHOWN.items() if route.path.startswith(path)), {})
        answer = case.call(base_url=callers.url, headers=headers)
        where = (case.method, case.formatted_path)
        assert answer.status_code < 500, (*where, answer.text[:300])
        is_json = "json" in "".join(answer.headers.get("content-type", ()))
        if file == "clinic.v1" and answer.status_code < 300 and is_json:
            assert PUBLISHED.faults(operation_id, answer.status_code, json.loads(answer.content)) == [], where

    return call


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("route", ROUTES, ids=[f"{route.method} {route.path}" for route in ROUTES])
def test_no_request_makes_the_server_fail(
    route: Route, schema: "OpenApiSchema", send: "Callable[[schemathesis.Case[Any]], None]"
) -> None:
    operation = schema[route.path][route.method]
    generation = schema.config.generation_for(operation=operation, phase="coverage")
    if not _is_alias(route) and (IS_LONG or not _is_bulk(route)):
        cases = schema.iter_coverage_cases(
            operation,
            generation_modes=generation.modes,
            generation_config=generation,
            extra_data_source=None,
            error_feedback=None,
        )
        for case in islice(cases, MOST_CASES):
            send(case)

    @given(case=operation.as_strategy())
    @settings(
        max_examples=scaled(1, 6) if _is_bulk(route) else 6,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def send_drawn(case: "schemathesis.Case[Any]") -> None:
        send(case)

    send_drawn()


def _is_bulk(route: Route) -> bool:
    """Whether it takes data by the thousand, which take long to draw."""
    return route.path.endswith(("/data", "/data/{linkId}", "/data/{userId}"))


def _is_alias(route: Route) -> bool:
    """Whether an earlier path leads to the same handler, as `/data_sets` does: boundary cases need one run."""
    return next(one for one in ROUTES if one.handler is route.handler) is not route
