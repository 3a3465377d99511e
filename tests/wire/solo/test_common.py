"""What holds for every call: the key, the envelope of errors, the id of a request."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from openward.care import accounts
from openward.care.errors import Invalid
from openward.wire.solo.schema import checked
from tests.wire.solo.conftest import MakePractice, Practice, revoke_keys
from tests.wire.solo.visiting import ROOM

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("key", ["", "nobody's"])
async def test_without_a_known_key_nothing_is_said(practice: Practice, key: str) -> None:
    answer = await practice("GET", "/nothing-here", headers={"api-key": key})
    assert (answer.status_code, answer.json()) == (401, {"error": {"message": ""}})
    assert UUID(answer.headers["x-correlation-id"])


async def test_a_revoked_key_is_unknown(practice: Practice) -> None:
    assert (await practice("GET", "/nothing-here")).status_code == 404
    await revoke_keys(practice)
    assert (await practice("GET", "/nothing-here")).status_code == 401


async def test_an_unknown_path_is_answered_in_this_manner(practice: Practice) -> None:
    answer = await practice("GET", "/nothing-here")
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "not found"}})
    other = await practice("GET", "/nothing-here")
    assert UUID(other.headers["x-correlation-id"]) != UUID(answer.headers["x-correlation-id"])


async def test_a_slash_at_the_end_is_no_part_of_a_path(practice: Practice) -> None:
    assert (await practice("GET", "/waiting-rooms")).status_code == 200
    for path in ("/waiting-rooms/", "/waiting-rooms//"):
        assert (await practice("GET", path)).status_code == 404, path


@pytest.mark.parametrize("headers", [{}, {"origin": "https://a.example", "access-control-request-method": "PUT"}])
async def test_asking_what_is_allowed_has_an_id_too(practice: Practice, headers: dict[str, str]) -> None:
    answers = [await practice("OPTIONS", path, headers=headers) for path in ("/waiting-rooms", "/patients/P-1")]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len({UUID(answer.headers["x-correlation-id"]) for answer in answers}) == 2
    if not headers:
        assert set(answers[1].headers["allow"].split(", ")) == {"GET", "PUT", "OPTIONS"}


# Whether the name is written in a path as it stands is for the caller: what is not a letter is percent-encoded here.
@pytest.mark.parametrize("name", ["id", "HSID", "a/b", "/", "ä/ü", "a?b#c d+e", "..a"])
async def test_any_name_can_be_asked_for(a_practice: MakePractice, name: str) -> None:
    practice = await a_practice({"waiting_rooms": [ROOM]})
    path = f"/patients/{quote(name, safe='')}"
    assert (await practice("GET", path)).status_code == 404
    assert (await practice("POST", "/patients", {"id": name, "birthDate": "1990-02-03"})).status_code == 201
    assert (await practice("GET", path)).json()["birthDate"] == "1990-02-03"
    assert (await practice("PUT", path, {"gender": "other"})).json() == []
    made = await practice("POST", f"{path}/appointments", {"waitingRoom": "GreatRoom", "externalId": name})
    assert made.status_code == 201, made.text
    links = await practice("GET", f"/appointments/{quote(name, safe='')}/video-call-links")
    assert links.json()["appointmentExternalId"] == name
    by_hsid = await practice(
        "POST", f"/patients/HSID/{quote(name, safe='')}/appointments", {"waitingRoom": "GreatRoom"}
    )
    assert by_hsid.status_code == 201, by_hsid.text
    said = {"name": "Letter", "dateTime": 1767607200, "responses": [{"question": "Q", "response": "R"}]}
    assert (await practice("POST", f"{path}/documents", said)).status_code in (200, 201)
    assert (await practice("GET", f"{path}/episodes")).json() == {"episodes": []}


async def test_a_reading_key_changes_nothing(practice: Practice) -> None:
    async with practice.work() as work:
        given = await accounts.put_api_key(work, practice.organization, "reader", is_read_only=True)
    headers = {"api-key": str(given.secret)}
    assert (await practice("GET", "/nothing-here", headers=headers)).status_code == 404
    answer = await practice("POST", "/nothing-here", {}, headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"error": {"message": "This key may only read"}})


def refused(value: Any, name: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        checked(value, name)
    return [f"{fault.pointer}: {fault.detail}" for fault in caught.value.faults]


def test_every_fault_of_a_body_is_said_in_the_order_of_the_schema() -> None:
    body = {"telecom": {}, "gender": "blue", "birthDate": "1990-02-30", "id": " ", "active": "yes", "more": 1}
    assert refused(body, "PatientCreate") == [
        "id: This value should not be blank.",
        "birthDate: This value is not a valid date.",
        "gender: The value you selected is not a valid choice.",
        "telecom: This value should be of type array.",
        "active: This value should be of type boolean.",
    ]
    assert refused([], "PatientCreate") == ["body: This value should be of type object."]
    assert refused({"waitingRoom": "a", "duration": 0}, "AppointmentCreate") == [
        "duration: This value should be between 1 and 86400."
    ]
    assert refused({"waitingRoom": "a", "episodeOfCareId": "1"}, "AppointmentCreate") == [
        "episodeOfCareId: This is not a valid UUID."
    ]


async def test_faults_of_the_schema_and_of_its_meaning_are_said_together(practice: Practice) -> None:
    """One answer, in the order of the fields; what depends on a field that cannot be read is left open."""
    blank = "This value should not be blank."
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        (
            "/patients",
            {"id": "", "gender": "blue", "deceased": True, "isLinkedByEmail": True, "groupType": "family"},
            [
                f"id: {blank}",
                "gender: The value you selected is not a valid choice.",
                f"deceasedAt: {blank}",
                f"groupName: {blank}",
            ],
        ),
        (
            "/patients",
            {"id": "P", "deceased": "yes", "deceasedAt": "2020-03-31 10:12 AM"},
            ["deceased: This value should be of type boolean."],
        ),
        (
            "/encounter-report/create",
            {"from": "2024-08-15T15:52:01", "to": 1, "presetId": "x"},
            [
                "from: This value is not a valid date.",
                "to: This value should be of type string.",
                "presetId: This is not a valid UUID.",
                f"password: {blank}",
            ],
        ),
        (
            "/webhooks",
            {"endpoint": "ftp://a.example/", "events": []},
            ["endpoint: This value is not a valid URL.", f"events: {blank}"],
        ),
    ]
    for path, body, faults in cases:
        answer = await practice("POST", path, body)
        assert answer.json() == {"error": {"message": f"Bad parameters [{', '.join(faults)}]"}}, path
        assert answer.status_code == 400


def test_unknown_fields_are_ignored_and_null_is_as_if_missing() -> None:
    assert checked({"id": "P1", "mrn": None, "more": 1}, "PatientCreate") == {"id": "P1"}
    assert checked({"id": "P1", "deceasedAt": None}, "PatientCreate") == {"id": "P1", "deceasedAt": None}
