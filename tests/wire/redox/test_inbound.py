"""Messages are kept whole before they are answered; only who knows the token is let in."""

from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from openward.care import ehr
from openward.care.ehr import Provider
from openward.infra.crypto import equal

pytestmark = pytest.mark.anyio

PATIENT = {"Meta": {"DataModel": "PatientAdmin", "EventType": "Arrival"}, "Patient": {"Identifiers": []}}


async def test_any_message_is_kept_to_the_letter(link: Any) -> None:
    raw = b'{"Patient":  {"Notes": [1.50, "\\u00e9"]}, "Meta": {"EventType":"Arrival","DataModel":"PatientAdmin"}}\n'
    answer = await link.client.post("/v1/redox", content=raw, headers={"verification-token": "redox-test-token"})
    assert answer.status_code == 200
    assert answer.content == b""
    name = answer.headers["x-openward-message-id"]
    assert len(name) == 24
    assert await link.pool.fetchval("select content from ehr.message where name = $1", name) == raw
    assert await link.outcome(name) == ("ignored", None)
    assert await link.queued(name) == 0
    async with link.work() as work:
        key = await link.pool.fetchval("select key from ehr.message where name = $1", name)
        assert await ehr.message_content(work, key) == raw


async def test_an_order_waits_for_its_job(link: Any) -> None:
    order = {"Meta": {"DataModel": "Order", "EventType": "New"}, "Patient": {"Identifiers": []}, "Order": {"ID": "1"}}
    name = await link.deliver(order)
    assert await link.outcome(name) == ("waiting", None)
    assert await link.queued(name) == 1


@pytest.mark.parametrize("token", [None, "", "wrong", "redox-test-token ", "redox-test-toke"])
async def test_a_wrong_token_is_refused(link: Any, token: str | None) -> None:
    headers = {} if token is None else {"verification-token": token.rstrip() + ("x" if token.endswith(" ") else "")}
    answer = await link.client.post("/v1/redox", json=PATIENT, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == 401
    body = {"verification-token": token, "challenge": "abc"}
    assert (await link.client.post("/v1/redox/verify", json=body)).status_code == 401


async def test_a_session_token_does_not_open_it(link: Any) -> None:
    assert (await link.call("POST", "/v1/redox", PATIENT)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"Meta": 1}',
        b'{"Meta": {"DataModel": "Order"}}',
        b'{"Meta": {"DataModel": "", "EventType": "New"}}',
        b'{"Meta": {"DataModel": "Order", "EventType": ""}}',
        b'{"Meta": {"DataModel": ["Order"], "EventType": "New"}}',
    ],
)
async def test_what_is_no_message_is_refused(link: Any, body: bytes) -> None:
    answer = await link.client.post("/v1/redox", content=body, headers={"verification-token": "redox-test-token"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize(
    "order",
    [
        {"Patient": [], "Order": "x"},
        {"Patient": {"Identifiers": [None, 3, {"ID": None}], "Demographics": []}, "Order": {"Procedure": 1}},
        {"Patient": {"Demographics": {"EmailAddresses": {"a": 1}, "DOB": 5}}, "Visit": {"Guarantor": [1]}},
        {"Order": {"ID": "9" * 5000, "Procedure": {"Code": "x" * 5000}, "ClinicalInfo": [{"Code": 1, "Value": []}]}},
    ],
)
async def test_an_order_of_an_odd_shape_is_kept_too(link: Any, order: dict[str, Any]) -> None:
    meta = {"DataModel": "Order", "EventType": "New", "Source": {"ID": link.source}}
    name = await link.deliver({"Meta": meta} | order)
    await link.handle(name)
    assert await link.outcome(name) == ("ignored", "procedure-unknown")


async def test_the_challenge_is_given_back(link: Any) -> None:
    body = {"verification-token": "redox-test-token", "challenge": "abc-123"}
    answer = await link.client.post("/v1/redox/verify", json=body)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "abc-123"})
    without = await link.client.post("/v1/redox/verify", json={"verification-token": "redox-test-token"})
    assert without.status_code == 400
    assert (await link.client.post("/v1/redox/verify", content=b"[1")).status_code == 400


async def test_without_a_token_of_our_own_nothing_is_let_in(link: Any) -> None:
    async with link.work() as work:
        await work.tx.execute("delete from ehr.link")
    for token in ("", "redox-test-token"):
        answer = await link.client.post("/v1/redox", json=PATIENT, headers={"verification-token": token})
        assert answer.status_code == 401
        body = {"verification-token": token, "challenge": "c"}
        assert (await link.client.post("/v1/redox/verify", json=body)).status_code == 401


async def test_secrets_of_the_link_are_sealed(link: Any) -> None:
    async with link.work() as work:
        await ehr.put_link(work, Provider.REDOX, {"private_key_pem": "-----BEGIN SECRET-----"})
        kept = await ehr.link(work, Provider.REDOX)
        assert equal(kept["verification_token"], "redox-test-token")
        assert kept["private_key_pem"].startswith("-----BEGIN")
        sealed = await work.tx.fetchval("select sealed from ehr.link where provider = 'redox'")
    assert b"BEGIN" not in sealed
    assert b"redox-test-token" not in sealed


async def test_unknown_paths_below_it_are_answered_in_its_manner(http: AsyncTestClient[Any], link: Any) -> None:
    answer = await http.post("/v1/redox/other", headers={"verification-token": "redox-test-token"})
    assert answer.status_code == 404
    assert answer.json()["code"] == 404
