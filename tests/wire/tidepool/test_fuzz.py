"""Generated requests against the served OpenAPI document: nothing may answer with a 5xx."""

import json
import random
import secrets
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from openward.app import wirings
from openward.openapi import document

TOKEN = "x-tidepool-session-token"
# The same choices in each run, so that a failure can be repeated.
DICE = random.Random(20)
SCHEMA = schemathesis.openapi.from_dict(document("tidepool", wirings()))


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
@SCHEMA.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_no_request_makes_the_server_fail(case: schemathesis.Case, known: dict[str, Any]) -> None:
    if DICE.random() < 0.5:
        case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
    headers = {TOKEN: DICE.choice(known["tokens"])}
    answer = case.call(base_url=known["url"], headers=headers)
    assert answer.status_code < 500, (case.method, case.formatted_path, answer.text[:300])
