"""What holds for every call: the key, the envelope of errors, the id of a request."""

from typing import Any
from uuid import UUID

import pytest

from openward.care import accounts
from openward.care.errors import Invalid
from openward.wire.solo.schema import checked
from tests.wire.solo.conftest import Practice, revoke_keys

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
