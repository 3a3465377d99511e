"""Episodes of care: written, read and replaced; visits go into them and leave them."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import identity
from openward.care.identity import System
from openward.wire.solo import episodes as wire
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

COVID = {
    "name": "covid care",
    "type": "covid",
    "from": "2023-03-29",
    "to": "2023-04-12",
    "status": "ACTIVE",
    "objective": "care covid patient",
    "reasonIncomplete": "unknown",
}


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    return await a_practice({"episode_types": ["covid", "neddie"], "waiting_rooms": [{"name": "GreatRoom"}]})


async def a_patient(practice: Practice, external_id: str = "P-1") -> int:
    """Somebody with an external id; returns the SPID."""
    answer = await practice("POST", "/patients", {"id": external_id})
    assert answer.status_code == 201, answer.text
    return int(answer.json())


async def written(practice: Practice, **changed: Any) -> str:
    answer = await practice("POST", "/patients/P-1/episodes", COVID | changed)
    assert answer.status_code == 201, answer.text
    assert list(answer.json()) == ["episodeId"]
    return str(UUID(answer.json()["episodeId"]))


async def test_an_episode_is_written_and_read(practice: Practice) -> None:
    number = await a_patient(practice)
    key = await written(practice)
    stored = COVID | {"id": key, "status": "active", "soloPatientId": number, "externalPatientId": "P-1"}
    answer = await practice("GET", f"/episodes/{key.upper()}")
    assert (answer.status_code, answer.json()) == (200, stored)
    least = await practice(
        "POST",
        "/patients/P-1/episodes",
        {"name": "n", "type": "neddie", "from": "2023-03-30", "status": "planning", "to": None},
    )
    listed = (await practice("GET", "/patients/P-1/episodes")).json()["episodes"]
    empty = {"to": None, "objective": None, "reasonIncomplete": None}
    assert listed == [
        {
            "id": least.json()["episodeId"],
            "name": "n",
            "type": "neddie",
            "from": "2023-03-30",
            "status": "planning",
            "patientId": "P-1",
        }
        | empty,
        COVID | {"id": key, "status": "active", "patientId": "P-1"},
    ]


async def test_an_update_replaces_everything(practice: Practice) -> None:
    number = await a_patient(practice)
    key = await written(practice)
    body = {"name": "later", "type": "neddie", "from": "2024-01-01", "status": "Canceled"}
    stored = body | {
        "id": key,
        "status": "canceled",
        "to": None,
        "objective": None,
        "reasonIncomplete": None,
        "soloPatientId": number,
        "externalPatientId": "P-1",
    }
    answer = await practice("PUT", f"/episodes/{key}", body)
    assert (answer.status_code, answer.json()) == (200, stored)
    assert (await practice("GET", f"/episodes/{key}")).json() == stored
    again = await practice("PUT", f"/episodes/{key}", body | {"status": "PLANNING"})
    assert again.json()["status"] == "planning"


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"name": " "}, "name: This value should not be blank."),
        ({"name": "n" * 256}, "name: This value is too long. It should have 255 characters or less."),
        ({"type": "cold"}, "type: The value you selected is not a valid choice."),
        ({"from": None}, "from: This value should not be blank."),
        ({"from": "2023-02-30"}, "from: This value is not a valid date."),
        ({"to": "2023-03-28"}, "to: This value should not be before from."),
        ({"status": "done"}, "status: The value you selected is not a valid choice."),
        ({"status": 1}, "status: This value should be of type string."),
        (
            {"type": "cold", "to": "2023-03-28"},
            "type: The value you selected is not a valid choice., to: This value should not be before from.",
        ),
    ],
)
async def test_what_cannot_be_is_refused(practice: Practice, changed: dict[str, Any], faults: str) -> None:
    await a_patient(practice)
    key = await written(practice)
    refused = (400, {"error": {"message": f"Bad parameters [{faults}]"}})
    answer = await practice("POST", "/patients/P-1/episodes", COVID | changed)
    assert (answer.status_code, answer.json()) == refused
    answer = await practice("PUT", f"/episodes/{key}", COVID | changed)
    assert (answer.status_code, answer.json()) == refused
    assert len((await practice("GET", "/patients/P-1/episodes")).json()["episodes"]) == 1
    assert (await practice("GET", f"/episodes/{key}")).json()["name"] == COVID["name"]


async def test_the_unknown_and_the_foreign_are_not_found(practice: Practice, a_practice: MakePractice) -> None:
    await a_patient(practice)
    key = await written(practice)
    other = await a_practice({"episode_types": ["covid"]})
    nobody = {"error": {"message": "Patient not found"}}
    for method, body in (("GET", None), ("POST", COVID)):
        answer = await other(method, "/patients/P-1/episodes", body)
        assert (answer.status_code, answer.json()) == (404, nobody)
    await a_patient(other)
    for method, body in (("GET", None), ("PUT", COVID)):
        for place in (key, str(uuid4()), "1"):
            answer = await other(method, f"/episodes/{place}", body)
            assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Episode not found"}})
    assert (await practice("GET", f"/episodes/{key}", headers={"api-key": "x"})).status_code == 401


async def a_visit(practice: Practice, patient: str = "P-1", **more: Any) -> int:
    body = {"waitingRoom": "GreatRoom", "date": 1679667900} | more
    answer = await practice("POST", f"/patients/{patient}/appointments", body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def updates(practice: Practice) -> list[str]:
    """The episodes that were told to be updated, by their ids, in order."""
    async with practice.work() as work:
        rows = await work.tx.fetch(
            "select data->>'episode' as key from events.event where kind = 'EpisodeUpdated'"
            " and data->>'organization' = $1 order by key, at",
            str(practice.organization),
        )
        names = await identity.names(work, [UUID(row["key"]) for row in rows], System.SOLO)
        return [names[UUID(row["key"])] for row in rows]


async def test_visits_go_into_an_episode_and_out_of_it(practice: Practice) -> None:
    await a_patient(practice)
    first, second = await written(practice), await written(practice, name="second")
    born = await a_visit(practice, episodeOfCareId=first, reasons=["cough"], date=1679667901)
    visit = await a_visit(practice)
    answer = await practice("PUT", f"/appointments/{visit}/episode/assign", {"episodeId": first.upper()})
    assert (answer.status_code, answer.json()) == (200, [])
    shown = (await practice("GET", f"/episodes/{first}")).json()
    listed = await practice("GET", f"/episodes/{first}/appointments")
    common = {"hasNotes": False, "episodeOfCareId": first}
    assert (listed.status_code, listed.json()) == (
        200,
        {
            "episode": shown,
            "appointments": [
                {"appointmentId": visit, "date": 1679667900, "reasons": []} | common,
                {"appointmentId": born, "date": 1679667901, "reasons": ["cough"]} | common,
            ],
        },
    )
    assert await updates(practice) == [first]
    for _ in range(2):  # the second time changes nothing, and tells nobody
        assert (await practice("PUT", f"/appointments/{visit}/episode/assign", {"episodeId": second})).json() == []
    assert sorted(await updates(practice)) == sorted([first, first, second])
    assert (await practice("PUT", f"/appointments/{visit}/episode/assign")).json() == []
    assert (await practice("PUT", f"/appointments/{born}/episode/assign", {"episodeId": None})).json() == []
    for key in (first, second):
        assert (await practice("GET", f"/episodes/{key}/appointments")).json()["appointments"] == []
    assert sorted(await updates(practice)) == sorted([first, first, first, second, second])


async def test_a_visit_goes_into_episodes_of_its_patient_only(practice: Practice, a_practice: MakePractice) -> None:
    await a_patient(practice)
    key = await written(practice)
    await a_patient(practice, "P-2")
    visit = await a_visit(practice, "P-2")
    path = f"/appointments/{visit}/episode/assign"
    for wanted in (key, str(uuid4())):
        answer = await practice("PUT", path, {"episodeId": wanted})
        said = "Bad parameters [episodeId: Episode not found.]"
        assert (answer.status_code, answer.json()) == (400, {"error": {"message": said}})
    answer = await practice("PUT", path, {"episodeId": "1"})
    said = "Bad parameters [episodeId: This is not a valid UUID.]"
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": said}})
    other = await a_practice()
    answer = await other("PUT", path, {})
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Appointment not found"}})
    answer = await other("GET", f"/episodes/{key}/appointments")
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Episode not found"}})
    assert await updates(practice) == []


async def test_a_visit_with_an_answer_has_notes(a_practice: MakePractice) -> None:
    question = {"id": "923c5621-66a1-49a3-aa7b-a7753cbfd139", "name": "Caller", "type": "text"}
    practice = await a_practice(
        {
            "episode_types": ["covid"],
            "templates": [{"name": "EEG", "sections": [{"name": "Call", "questions": [question]}]}],
            "waiting_rooms": [{"name": "GreatRoom", "templates": ["EEG"]}],
        }
    )
    await a_patient(practice)
    key = await written(practice)
    visit, other = await a_visit(practice, episodeOfCareId=key), await a_visit(practice, episodeOfCareId=key)
    note = {"name": "EEG", "questions": [{"id": question["id"], "value": ["Amy"]}]}
    assert (await practice("PUT", f"/appointments/{visit}/visit-note", note)).status_code == 200
    listed = (await practice("GET", f"/episodes/{key}/appointments")).json()["appointments"]
    assert {one["appointmentId"]: one["hasNotes"] for one in listed} == {visit: True, other: False}


@pytest.mark.parametrize("count", [3, 4, 5])
async def test_an_episode_of_any_length_is_listed_whole(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Also where many visits begin together, and where the last lot is full."""
    await a_patient(practice)
    key = await written(practice)
    made = [await a_visit(practice, episodeOfCareId=key, date=1679667900 + number // 3) for number in range(count)]
    whole = (await practice("GET", f"/episodes/{key}/appointments")).json()
    assert [one["appointmentId"] for one in whole["appointments"]] == made
    monkeypatch.setattr(wire, "_AT_ONCE", 2)
    answer = await practice("GET", f"/episodes/{key}/appointments")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == whole
