"""Visit notes and patient documents."""

import re
from typing import Any
from uuid import uuid4

import pytest

from openward.care import accounts, documentation, identity, organizations, visits
from openward.care.identity import Identifier, System
from openward.care.organizations import Role
from openward.care.visits import Status
from openward.care.work import PersonKey
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

SEX = "923c5621-66a1-49a3-aa7b-a7753cbfd139"
SIGNS = "0b4f1111-66a1-49a3-aa7b-a7753cbfd139"
WHAT = "1b4f1111-66a1-49a3-aa7b-a7753cbfd139"
FORM = {
    "name": "Exam",
    "sections": [
        {
            "name": "Person",
            "questions": [{"id": SEX, "name": "Sex", "type": "single", "choices": ["Female", "Male"]}],
        },
        {
            "name": "Findings",
            "questions": [
                {"id": SIGNS, "name": "Signs", "type": "multiple", "choices": ["Rash", "Fever", "Cough"]},
                {"id": WHAT, "name": "What else", "type": "text", "tag": "more"},
            ],
        },
    ],
}
SOLO = {
    "templates": [FORM, {"name": "Advice", "sections": []}],
    "waiting_rooms": [
        {"name": "Great", "timezone": "America/New_York", "templates": ["Exam", "Advice"]},
        {"name": "Bare"},
    ],
}


async def _visit(practice: Practice, room: str = "Great") -> int:
    patient = f"P-{uuid4()}"
    assert (await practice("POST", "/patients", {"id": patient})).status_code == 201
    made = await practice("POST", f"/patients/{patient}/appointments", {"waitingRoom": room})
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def _answers(*pairs: tuple[str, list[str]], name: str = "Exam") -> dict[str, Any]:
    return {"name": name, "questions": [{"id": question, "value": value} for question, value in pairs]}


async def test_a_visit_carries_the_templates_of_its_room(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    visit = await _visit(practice)
    answer = await practice("GET", f"/appointments/{visit}/visit-note")
    assert answer.status_code == 200, answer.text
    exam, advice = answer.json()
    assert exam["id"] == next(one["id"] for one in practice.provisioned["templates"] if one["name"] == "Exam")
    assert exam["template"] == {"name": "Exam", "flow": {"sections": FORM["sections"]}}
    assert (exam["comments"], exam["responses"]) == ([], [])
    assert advice["template"]["name"] == "Advice"
    assert (await practice("GET", f"/appointments/{await _visit(practice, 'Bare')}/visit-note")).json() == []


async def test_answers_are_kept_and_read_back(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    path = f"/appointments/{await _visit(practice)}/visit-note"
    body = _answers((SEX, ["Male"]))
    answer = await practice("PUT", path, body)
    assert (answer.status_code, answer.json()) == (200, body)
    more = await practice("PUT", path, _answers((WHAT, ["Nothing"]), (SIGNS, ["Fever", "Rash"])))
    assert more.json() == _answers((SEX, ["Male"]), (SIGNS, ["Fever", "Rash"]), (WHAT, ["Nothing"]))
    read = (await practice("GET", path)).json()[0]["responses"]
    assert [(one["question"], one["response"]) for one in read] == [
        (["Person", "Sex"], ["Male"]),
        (["Findings", "Signs"], ["Fever", "Rash"]),
        (["Findings", "What else"], ["Nothing"]),
    ]
    assert read[0]["dateTime"]["timezone_type"] == 3
    assert read[0]["dateTime"]["timezone"] == "America/New_York"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", read[0]["dateTime"]["date"])
    cleared = await practice("PUT", path, _answers((SEX, [])))
    assert cleared.json()["questions"][0] == {"id": SEX, "value": []}
    assert [one["question"][1] for one in (await practice("GET", path)).json()[0]["responses"]] == [
        "Signs",
        "What else",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_answers(name="Nothing"), "name: Template not found."),
        ({"name": "Exam"}, "questions: This value should not be blank."),
        (_answers(("1", ["Male"])), "questions[0].id: This is not a valid UUID."),
        (_answers((SEX, ["Male", "Female"])), "questions[0].value: This collection should contain 1 element or less."),
        (_answers((SEX, ["male"])), "questions[0].value: The value you selected is not a valid choice."),
        (_answers((WHAT, ["a", "b"])), "questions[0].value: This collection should contain 1 element or less."),
        (
            _answers((WHAT, ["kept?"]), (str(uuid4()), ["x"]), (SIGNS, ["Ache"])),
            "questions[1].id: Question not found., questions[2].value: The value you selected is not a valid choice.",
        ),
        (_answers((WHAT, ["a"]), (WHAT, ["b"])), "questions[1].id: This value is already used."),
    ],
    ids=["template", "no questions", "no uuid", "two of one", "no choice", "two texts", "several", "twice"],
)
async def test_one_bad_answer_writes_nothing(a_practice: MakePractice, body: dict[str, Any], message: str) -> None:
    practice = await a_practice(SOLO)
    path = f"/appointments/{await _visit(practice)}/visit-note"
    answer = await practice("PUT", path, body)
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{message}]"}})
    assert (await practice("GET", path)).json()[0]["responses"] == []


async def test_a_signed_visit_is_not_written_in(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    visit = await _visit(practice)
    async with practice.work() as work:
        key = await identity.resolve(work, Identifier(System.SAID, str(visit)))
        for status in (Status.ARRIVED, Status.COMPLETED, Status.SIGNED):
            await visits.move(work, practice.organization, key, status)
    answer = await practice("PUT", f"/appointments/{visit}/visit-note", _answers((SEX, ["Male"])))
    assert answer.status_code == 422
    assert answer.json() == {"error": {"message": 'Appointment can not be changed in status "sign off"'}}


async def test_comments_have_authors_with_numbers(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    visit = await _visit(practice)
    email = f"dr{uuid4().hex[:8]}@example.org"
    async with practice.work() as work:
        key = await identity.resolve(work, Identifier(System.SAID, str(visit)))
        doctor = await accounts.create(work, email=email, is_verified=True, full_name="Clara Oswald")
        await organizations.add_member(
            work, practice.organization, person=doctor.key, email=email, roles=(Role.MEMBER,), name="Clara Oswald"
        )
        await documentation.remark(work, practice.organization, key, "Exam", doctor.key, " Look again ")
    comment = (await practice("GET", f"/appointments/{visit}/visit-note")).json()[0]["comments"][0]
    assert (comment["message"], comment["author"]["username"]) == ("Look again", email)
    assert isinstance(comment["author"]["id"], int)
    assert comment["templateId"] == (await practice("GET", f"/appointments/{visit}/visit-note")).json()[0]["id"]


async def test_a_visit_keeps_the_form_that_it_began_with(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    visit = await _visit(practice)
    async with practice.work() as work:
        await documentation.put_template(work, practice.organization, "Exam", ())
    old = (await practice("GET", f"/appointments/{visit}/visit-note")).json()[0]
    assert old["template"]["flow"]["sections"] == FORM["sections"]
    new = (await practice("GET", f"/appointments/{await _visit(practice)}/visit-note")).json()[0]
    assert (new["template"]["flow"]["sections"], new["id"]) == ([], old["id"])


async def test_notes_of_another_practice_are_not_found(a_practice: MakePractice) -> None:
    one, other = await a_practice(SOLO), await a_practice(SOLO)
    visit = await _visit(one)
    for method, body in (("GET", None), ("PUT", _answers((SEX, ["Male"])))):
        answer = await other(method, f"/appointments/{visit}/visit-note", body)
        assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Appointment not found"}})


DOCUMENT = {"name": "Intake", "dateTime": 1510367140, "responses": [{"question": "Pain?", "response": "No"}]}


async def test_a_document_is_kept_as_it_came(practice: Practice) -> None:
    patient = f"P-{uuid4()}"
    await practice("POST", "/patients", {"id": patient})
    answer = await practice("POST", f"/patients/{patient}/documents", DOCUMENT)
    assert (answer.status_code, answer.json()) == (201, [])
    async with practice.work() as work:
        person = await identity.resolve(work, Identifier(System.PRACTICE_PATIENT, patient, practice.organization))
        kept = await documentation.documents(work, practice.organization, PersonKey(person))
    assert [(one.name, one.responses, int(one.dated_at.timestamp())) for one in kept] == [
        ("Intake", (("Pain?", "No"),), 1510367140)
    ]
    assert (await practice("POST", "/patients/nobody/documents", DOCUMENT)).status_code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name: This value should not be blank."),
        ({"dateTime": "now"}, "dateTime: This value should be of type integer."),
        ({"dateTime": -(10**17)}, "dateTime: This value is not valid."),
        ({"responses": []}, "responses: This value should not be blank."),
        ({"responses": [{"question": "a"}]}, "responses[0].response: This value should not be blank."),
        ({"responses": [{"question": "a", "response": " "}]}, "responses[0].response: This value should not be blank."),
    ],
)
async def test_a_bad_document_is_refused(practice: Practice, change: dict[str, Any], message: str) -> None:
    patient = f"P-{uuid4()}"
    await practice("POST", "/patients", {"id": patient})
    answer = await practice("POST", f"/patients/{patient}/documents", DOCUMENT | change)
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{message}]"}})
