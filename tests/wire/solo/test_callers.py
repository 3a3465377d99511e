"""Every operation by every kind of caller: what is let in, and what the refusals look like."""

import secrets
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from openward.care import accounts
from tests.wire.solo.conftest import MakePractice, Practice, revoke_keys
from tests.wire.solo.contract import SOLO
from tests.wire.solo.operations import KEYED, LINK, Operation, nobodys, practice_part, settle

pytestmark = pytest.mark.anyio

NO_REQUEST = "Service Request Error: Request not found"
NO_DEVICE = "Device could not be found from the data submitted"


class House:
    """A practice in which there is one of everything."""

    def __init__(self, practice: Practice, ids: dict[str, str]) -> None:
        self.practice = practice
        self.ids = ids

    async def call(self, operation: Operation, key: str | None, ids: dict[str, str] | None = None) -> Response:
        """One operation with this key."""
        method, path, more = operation.request(ids or self.ids)
        path = path if path.startswith("/integrations") else f"/qapi/v1{path}"
        more["headers"] |= {} if key is None else {"api-key": key}
        answer = await self.practice.client.request(method, path, follow_redirects=False, **more)
        assert UUID(answer.headers["x-correlation-id"]), operation.name
        return answer


@pytest.fixture
async def house(a_practice: MakePractice) -> House:
    return await build(a_practice)


async def build(a_practice: MakePractice) -> House:
    secret = secrets.token_hex(16)
    practice = await a_practice(practice_part(secret))
    return House(practice, await settle(practice, practice.provisioned, secret))


def nested(text: str) -> dict[str, Any]:
    return {"error": {"message": text}}


def test_every_published_operation_is_tried() -> None:
    assert {one.name for one in (*KEYED, LINK)} == SOLO.operation_ids()
    assert len(KEYED) == 41


async def test_the_key_of_the_practice_is_let_in_everywhere(house: House) -> None:
    seen = set()
    for operation in (*KEYED, LINK):
        answer = await house.call(operation, None if operation is LINK else house.practice.key)
        assert answer.status_code == operation.status, (operation.name, answer.text)
        if answer.headers["content-type"] == "application/json":
            assert SOLO.faults(operation.name, answer.status_code, answer.json()) == [], operation.name
        seen.add(answer.headers["x-correlation-id"])
    assert len(seen) == 42


async def test_without_a_known_key_nothing_is_said_anywhere(house: House) -> None:
    for key in (None, "", "nobody's"):
        for operation in KEYED:
            for ids in (house.ids, nobodys(house.ids)):
                answer = await house.call(operation, key, ids)
                assert (answer.status_code, answer.json()) == (401, nested("")), (operation.name, key)
    await revoke_keys(house.practice)
    for operation in KEYED:
        answer = await house.call(operation, house.practice.key)
        assert (answer.status_code, answer.json()) == (401, nested("")), operation.name


async def test_a_key_for_reading_reads_and_changes_nothing(house: House) -> None:
    async with house.practice.work() as work:
        given = await accounts.put_api_key(work, house.practice.organization, "reader", is_read_only=True)
    for operation in KEYED:
        answer = await house.call(operation, str(given.secret))
        if operation.method != "GET":
            assert (answer.status_code, answer.json()) == (403, nested("This key may only read")), operation.name
        elif operation.name == "getAssistanceRequest":
            assert (answer.status_code, answer.json()) == (404, {"message": NO_REQUEST})
        else:
            assert answer.status_code == operation.status, (operation.name, answer.text)
    method, path, more = LINK.request(house.ids)
    assert (await house.practice.client.request(method, path, follow_redirects=False, **more)).status_code == 302


async def test_what_belongs_to_another_practice_is_as_if_it_were_nowhere(
    house: House, a_practice: MakePractice
) -> None:
    stranger = await a_practice()
    for operation in KEYED:
        if not operation.unknown:
            continue
        for ids in (house.ids, nobodys(house.ids)):
            answer = await house.call(operation, stranger.key, ids)
            assert (answer.status_code, answer.json()) == (404, nested(operation.unknown)), operation.name
    by_name = {one.name: one for one in KEYED}

    async def said(name: str) -> tuple[int, Any]:
        answer = await house.call(by_name[name], stranger.key)
        return answer.status_code, answer.json()

    assert await said("createAssistanceRequest") == (404, {"message": NO_DEVICE})
    assert await said("getAssistanceRequest") == (404, {"message": NO_REQUEST})
    assert await said("cancelAssistanceRequest") == (404, {"message": NO_REQUEST})
    assert await said("listWaitingRooms") == (200, [])
    assert await said("listWebhooks") == (200, [])
    assert await said("listSlots") == (400, nested("Bad parameters [waitingRoom: Waiting room not found.]"))
    assert await said("createEncounterReport") == (400, nested("Bad parameters [presetId: Preset not found.]"))
    assert await said("perfectAnswer") == (400, nested("Bad parameters [locationId: Location not found.]"))
    dump = await house.call(by_name["getCsvDataDump"], stranger.key)
    assert dump.text.count("\r\n") == 1
    # The stranger may have the same ids for patients and visits of his own.
    assert (await house.call(by_name["createPatient"], stranger.key)).status_code == 201


async def test_names_inside_bodies_reach_no_other_practice(house: House, a_practice: MakePractice) -> None:
    other = await build(a_practice)
    mine, theirs = house.ids, other.ids
    book = f"/patients/{mine['patient_id']}/appointments"
    room = {"waitingRoom": "my waiting room"}
    answer = await house.practice("POST", book, room | {"episodeOfCareId": theirs["episode_id"]})
    assert (answer.status_code, answer.json()) == (
        400,
        nested("Bad parameters [episodeOfCareId: Episode not found.]"),
    )
    assert (await house.practice("POST", book, room | {"externalId": theirs["visit"]})).status_code == 201
    assign = f"/appointments/{mine['appointment_id']}/episode/assign"
    answer = await house.practice("PUT", assign, {"episodeId": theirs["episode_id"]})
    assert (answer.status_code, answer.json()) == (400, nested("Bad parameters [episodeId: Episode not found.]"))
    file = f"/appointments/{mine['appointment_id']}/attachments/{theirs['attachmentId']}"
    answer = await house.practice("DELETE", file)
    assert (answer.status_code, answer.json()) == (404, nested("Attachment not found"))
