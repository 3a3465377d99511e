"""Messages made of the published schemas: each is kept, none stops a job, and what is sent has its published shape."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import openward.wire.redox
from tests.wire.made_of_schemas import Schemas
from tests.wire.redox.conftest import CODES, TOKEN, Link
from tests.wire.redox.stand_in import Sending, standing_in, stats

pytestmark = pytest.mark.anyio
SCHEMAS = Schemas(Path(openward.wire.redox.__file__).parent / "spec" / "redox.v1.yaml")
MODELS = {"newOrder": ("Order", "New"), "newFlowsheet": ("Flowsheet", "New"), "newNotes": ("Notes", "New"),
          "newResults": ("Results", "New"), "replaceNotes": ("Notes", "Replace")}  # fmt: skip


def a_message(name: str, seed: int) -> dict[str, Any]:
    """A message of a model, valid by its schema."""
    model, event = MODELS[name]
    found: dict[str, Any] = SCHEMAS.make(SCHEMAS.named[name], random.Random(seed))
    found["Meta"] = {**found["Meta"], "DataModel": model, "EventType": event}
    assert SCHEMAS.faults(SCHEMAS.named[name], found) == []
    return found


@pytest.mark.parametrize("name", list(MODELS))
async def test_every_model_is_kept_to_the_letter(link: Link, name: str) -> None:
    for seed in range(15):
        message = a_message(name, seed)
        answer = await link.client.post("/v1/redox", json=message, headers={"verification-token": TOKEN})
        assert answer.status_code == 200, (seed, answer.text)
        document = answer.headers["x-openward-message-id"]
        status, _ = await link.outcome(document)
        assert status == ("waiting" if name == "newOrder" else "ignored")
        body = {"messageRef": {"dataModel": "Order", "eventType": "New", "documentId": document}}
        for wish in ({}, {"patients": {"criteria": ["MRN", "MRN_DOB", "DOB_FULLNAME"]}}):
            matched = await link.call("POST", "/v1/redox/match", body | wish)
            assert matched.status_code in (400, 404), (seed, matched.text)


def an_order(link: Link, seed: int) -> dict[str, Any]:
    """A generated order that the clinic acts upon; every third one is for its patient."""
    order, dice = a_message("newOrder", seed), random.Random(seed)
    order["Meta"] |= {"Source": {"ID": link.source}, "Message": {"ID": seed}}
    order["Meta"]["EventDateTime"] = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    procedure = order.setdefault("Order", {}).get("Procedure")
    order["Order"]["Procedure"] = {**(procedure or {}), "Code": dice.choice(list(CODES.values()))}
    order["Order"]["ID"] = f"order-{seed}"
    if seed % 3 == 0:
        order.setdefault("Patient", {})["Identifiers"] = [{"ID": "A1", "IDType": "MR"}]
        order["Patient"]["Demographics"] = {**(order["Patient"].get("Demographics") or {}), "DOB": "1990-02-03"}
        order["Patient"]["Demographics"] |= {"FirstName": "Pat", "LastName": "Smith"}
        order["Order"]["Procedure"]["Code"] = "ENABLE"
    return order


async def test_whatever_an_order_holds_the_answer_and_the_report_have_the_published_shape(link: Link) -> None:
    with standing_in() as (redox, url):
        sending = Sending(link, redox, url)
        await sending.connect()
        user = (await link.patient())["id"]
        await sending.summarize(user, stats(datetime.now(UTC)))
        for seed in range(45):
            name = await link.deliver(an_order(link, seed))
            await link.handle(name)
            status, reason = await link.outcome(name)
            assert status in ("done", "failed", "repeated"), (seed, status, reason)
        await sending.settle()
        assert redox.refused == []
        assert {state for _, state, _ in await sending.states()} == {"sent"}
        said = {"New": "new", "Replace": "replace"}
        for message in redox.messages:
            schema = SCHEMAS.named[said[message["Meta"]["EventType"]] + message["Meta"]["DataModel"]]
            assert SCHEMAS.faults(schema, message) == []
        assert sending.kinds().count("Notes/New") == 15
        assert sending.kinds().count("Results/New") >= 40


async def test_messages_of_ten_megabytes_and_broken_ones(link: Link) -> None:
    large = {"Meta": {"DataModel": "Media", "EventType": "New"}, "Media": {"FileContents": "A" * (10 << 20)}}
    answer = await link.client.post("/v1/redox", json=large, headers={"verification-token": TOKEN})
    assert answer.status_code == 200
    kept = await link.pool.fetchval(
        "select length(content) from ehr.message where name = $1", answer.headers["x-openward-message-id"]
    )
    assert kept > 10 << 20
    verify = {"verification-token": TOKEN, "challenge": "A" * (10 << 20)}
    assert (await link.client.post("/v1/redox/verify", json=verify)).status_code in (200, 413)
    deep = b'{"Meta":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001
    for body in (
        deep,
        b"\xff\xfe{}",
        b'{"Meta": {"DataModel": "\\ud800", "EventType": "New"}}',
        b"\x00" * 1000,
        b"1e999",
    ):
        answer = await link.client.post("/v1/redox", content=body, headers={"verification-token": TOKEN})
        assert answer.status_code == 400, body[:40]
        assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize("name", ["a", "0" * 24, "' or 1=1", "\u0000", "x" * 5000, 5, None, ["0" * 24]])
async def test_match_with_a_bad_reference(link: Link, name: Any) -> None:
    body = {"messageRef": {"dataModel": "Order", "eventType": "New", "documentId": name}}
    assert (await link.call("POST", "/v1/redox/match", body)).status_code in (400, 404)
