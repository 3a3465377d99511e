"""Requests made of Xealth's published file: none breaks anything, and what is answered has its published shape."""

import base64
import json
import random
import secrets
from pathlib import Path
from typing import Any

import pytest

import openward.wire.xealth
from tests.wire.made_of_schemas import Schemas
from tests.wire.xealth.conftest import BEARER, Linked

pytestmark = pytest.mark.anyio
SCHEMAS = Schemas(Path(openward.wire.xealth.__file__).parent / "spec" / "xealth.v2.yaml")
CALLS = {"preorder": ("POST", "preorder"), "getPrograms": ("PUT", "programs"), "getProgramUrl": ("PUT", "program")}


def operation(name: str) -> dict[str, Any]:
    """The published operation."""
    (found,) = SCHEMAS.document["webhooks"][name].values()
    return dict(found)


def said(part: dict[str, Any]) -> Any:
    """The schema of a JSON body."""
    return part["content"]["application/json"]["schema"]


def of_our_patient(linked: Linked, body: Any, dice: random.Random, mrn: str) -> Any:
    """The body for the linked clinic and, mostly, for one of its patients."""
    body["deployment"] = linked.deployment
    if dice.random() < 0.8:
        real = linked.patient(mrn, email=dice.choice([None, "pat@example.org"]))
        body["patientIdentity"] = real["patientIdentity"]
        body["datasets"] = {**(body.get("datasets") or {}), **real["datasets"]}
    return body


@pytest.mark.parametrize("name", list(CALLS))
async def test_answers_have_the_published_shape(linked: Linked, name: str) -> None:
    method, path = CALLS[name]
    published = operation(name)
    answered, schema = published["responses"]["200"], said(published["requestBody"])
    dice, good = random.Random(name), 0
    known = secrets.token_hex(4)
    await linked.clinic.member(
        "POST", f"{linked.clinic.path}/patients", {"fullName": "Pat Q Smith", "birthDate": "1990-02-03", "mrn": known}
    )
    for seed in range(40):
        body = SCHEMAS.make(schema, random.Random(seed))
        answer = await linked(method, path, of_our_patient(linked, body, dice, dice.choice([known, f"new-{seed}"])))
        assert answer.status_code in (200, 400, 404, 422), (seed, answer.text)
        if answer.status_code == 200:
            good += 1
            assert SCHEMAS.faults(said(answered), answer.json()) == [], seed
        else:
            assert set(answer.json()) == {"code", "message"}
    assert good >= 5


async def test_events_and_orders_of_every_shape(linked: Linked) -> None:
    schema = said(operation("eventNotification")["requestBody"])
    order_schema = SCHEMAS.named["ReadOrderResponse"]
    for seed in range(40):
        dice = random.Random(seed)
        event = SCHEMAS.make(schema, dice)
        order = SCHEMAS.make(order_schema, dice)
        number, mrn = f"generated-{seed}", f"G{seed}"
        if seed % 2:  # one that is ours, of a patient who can be told
            event |= {"eventType": "order", "eventContext": dice.choice(["new", "cancel"]), "programId": linked.program}
            event |= {"deployment": linked.deployment, "orderId": number}
            order |= {name: part for name, part in linked.patient(mrn).items() if name != "deployment"}
        linked.partner.orders[linked.deployment, number] = order
        answer = await linked("POST", "notification", event)
        assert answer.status_code in (200, 400, 404), (seed, answer.text)
        again = await linked("POST", "notification", event)
        assert again.status_code == answer.status_code, seed
        assert len(await linked.patients(mrn)) <= 1


def forged() -> list[str]:
    """Bearers that are none: of the wrong form, unsigned, expired, for somebody else."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": "xealth", "aud": "openward", "exp": 4_000_000_000}
    return [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.",
        f"{part({'alg': 'RS256', 'kid': 'unknown'})}.{part(claims)}.AAAA",
        f"{part({'alg': 'HS256'})}.{part(claims | {'exp': 1})}.{part({})}",
        "",
        BEARER[:-1],
        BEARER + "x",
        BEARER.upper(),
        "a" * 20_000,
        "\u00e9" * 10,
    ]


@pytest.mark.parametrize("place", range(9))
async def test_forged_bearers_open_nothing(linked: Linked, place: int) -> None:
    token = forged()[place]
    for method, path in (*CALLS.values(), ("POST", "notification")):
        header = {b"authorization": f"Bearer {token}".encode()}
        answer = await linked.clinic.house.client.request(method, f"/v1/xealth/{path}", json={}, headers=header)
        assert answer.status_code in (400, 401, 431), (path, answer.text)
        if answer.status_code == 401:
            assert answer.json()["code"] == 401


async def test_other_schemes_and_bodies_of_ten_megabytes(linked: Linked) -> None:
    client = linked.clinic.house.client
    for header in ("Basic " + base64.b64encode(BEARER.encode()).decode(), BEARER, f"Token {BEARER}"):
        answer = await client.post("/v1/xealth/preorder", json={}, headers={"authorization": header})
        assert answer.status_code == 401
    for method, path in (*CALLS.values(), ("POST", "notification")):
        answer = await linked(method, path, {"deployment": linked.deployment, "x": "A" * (10 << 20)})
        assert (answer.status_code, answer.json()["code"]) == (413, 413)
