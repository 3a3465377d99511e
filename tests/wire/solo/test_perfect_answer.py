"""Consults: one transaction, once a day."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import identity
from openward.care.identity import Identifier, System
from openward.config import Settings
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

STROKE, EEG = "Acute Neurology - Physician Services", "EEG - Physician Services"


def _form(name: str) -> dict[str, Any]:
    tags = ("caller", "callCenterNotified", "requestingProvider", "reason")
    questions: list[dict[str, Any]] = [{"name": tag, "type": "text", "tag": tag} for tag in tags]
    questions.append({"name": "Type", "type": "single", "choices": ["new", "update"], "tag": "consultType"})
    questions.append({"name": "Plain", "type": "text"})
    return {"name": name, "sections": [{"name": "Call", "questions": questions}]}


def _solo(place: str, *templates: str) -> dict[str, Any]:
    return {
        "templates": [_form(STROKE), _form(EEG)],
        "waiting_rooms": [{"name": "Great", "templates": list(templates)}],
        "locations": [{"name": "ICC", "geolocation_id": place, "waiting_room": "Great"}],
    }


def _body(place: str, **more: Any) -> dict[str, Any]:
    return {
        "firstName": "John",
        "lastName": "Doe",
        "dob": "2001-01-20",
        "locationId": place,
        "mrn": f"AA-{uuid4().hex[:8]}",
        "requestingProvider": "Bob Dylan",
        "consultType": "new",
        "reason": "EEG Stat",
        "caller": "Caller name",
        "callCenterNotified": "2019-12-03T14:32:12Z",
    } | more


@pytest.fixture
def place() -> str:
    return str(uuid4())


@pytest.fixture
async def practice(a_practice: MakePractice, place: str) -> Practice:
    return await a_practice(_solo(place, STROKE, EEG))


async def test_patient_visit_and_answers_come_together(practice: Practice, place: str) -> None:
    body = _body(place)
    answer = await practice("POST", "/perfect-answer", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert UUID(made["patientId"])
    visit = (await practice("GET", f"/appointments/{made['encounterId']}")).json()
    assert (visit["reasons"], visit["status"]) == (["EEG Stat"], "scheduled")
    demographics = visit["patient"]["demographics"]
    assert (demographics["mrn"], demographics["birthDate"]) == (body["mrn"], "2001-01-20")
    assert (demographics["name"][0]["firstName"], demographics["name"][0]["lastName"]) == ("John", "Doe")
    notes = {
        note["template"]["name"]: {one["question"][1]: one["response"] for one in note["responses"]}
        for note in (await practice("GET", f"/appointments/{visit['id']}/visit-note")).json()
    }
    assert notes == {
        STROKE: {},
        EEG: {
            "caller": ["Caller name"],
            "callCenterNotified": ["2019-12-03T14:32:12Z"],
            "requestingProvider": ["Bob Dylan"],
            "reason": ["EEG Stat"],
            "Type": ["new"],
        },
    }


async def test_a_known_patient_is_updated_and_a_second_call_in_a_day_changes_nothing(
    practice: Practice, place: str
) -> None:
    patient, mrn = f"P-{uuid4()}", uuid4().hex
    await practice("POST", "/patients", {"id": patient, "mrn": mrn, "gender": "male"})
    first = await practice("POST", "/perfect-answer", _body(place, mrn=mrn, reason="Stroke"))
    assert first.status_code == 201, first.text
    known = (await practice("GET", f"/patients/{patient}")).json()
    assert (known["gender"], known["birthDate"], known["name"][0]["lastName"]) == ("male", "2001-01-20", "Doe")
    second = await practice("POST", "/perfect-answer", _body(place, mrn=mrn, lastName="Other", consultType="update"))
    assert second.status_code == 422
    assert second.json() == {"error": {"message": "A visit has already been created for the patient within 24 hours"}}
    assert (await practice("GET", f"/patients/{patient}")).json() == known


async def test_a_cancelled_visit_and_one_of_a_day_ago_do_not_count(practice: Practice, place: str) -> None:
    body = _body(place)
    first = (await practice("POST", "/perfect-answer", body)).json()["encounterId"]
    assert (await practice("PUT", f"/appointments/{first}", {"status": "cancelled"})).status_code == 200
    second = await practice("POST", "/perfect-answer", body)
    assert second.status_code == 201, second.text
    assert (await practice("POST", "/perfect-answer", body)).status_code == 422
    await practice.pool.execute(
        "update consults.consult set created_at = created_at - interval '86400 seconds' where mrn = $1", body["mrn"]
    )
    third = await practice("POST", "/perfect-answer", body)
    assert third.status_code == 201
    assert third.json()["patientId"] == second.json()["patientId"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"locationId": "123"}, "locationId: This is not a valid UUID."),
        ({"locationId": str(UUID(int=1))}, "locationId: Location not found."),
        ({"mrn": ""}, "mrn: This value should not be blank."),
        ({"reason": "Flu"}, "reason: The value you selected is not a valid choice."),
        (
            {"dob": "2001-02-30", "consultType": None},
            "dob: This value is not a valid date., consultType: This value should not be blank.",
        ),
    ],
    ids=["place", "unknown place", "mrn", "reason", "two"],
)
async def test_bad_input(practice: Practice, place: str, change: dict[str, Any], message: str) -> None:
    answer = await practice("POST", "/perfect-answer", _body(place) | change)
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{message}]"}})


async def test_a_room_without_both_templates_is_not_configured(a_practice: MakePractice, place: str) -> None:
    practice = await a_practice(_solo(place, EEG))
    answer = await practice("POST", "/perfect-answer", _body(place))
    assert answer.status_code == 422
    assert answer.json() == {"error": {"message": "Waiting room is not configured for perfect answer"}}
    async with practice.work() as work:
        assert await identity.match(work, Identifier(System.MRN, "x", practice.organization)) == []


async def test_of_many_at_once_one_wins(practice: Practice, place: str, settings: Settings, dsn: str) -> None:
    body = _body(place)

    async def call() -> int:
        async with AsyncTestClient(build(settings, dsn), base_url="http://openward.test") as client:
            answer = await client.post("/qapi/v1/perfect-answer", json=body, headers={"api-key": practice.key})
            return int(answer.status_code)

    answers = await asyncio.gather(*(asyncio.to_thread(asyncio.run, call()) for _ in range(6)))
    assert sorted(answers) == [201] + [422] * 5
    async with practice.work() as work:
        assert len(await identity.match(work, Identifier(System.MRN, body["mrn"], practice.organization))) == 1
