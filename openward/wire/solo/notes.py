"""Visit notes: read with their forms, answered; and documents about patients."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import accounts, documentation, visits
from openward.care.documentation import Note, Question, Section, TemplateUnknown
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.visits import Staff
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import addresses, schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad

_SENTENCES = {
    documentation.UNKNOWN: ("id", "Question not found."),
    documentation.REPEATED: ("id", "This value is already used."),
    documentation.NOT_OFFERED: ("value", schema.NOT_CHOICE),
    documentation.TOO_MANY: ("value", "This collection should contain 1 element or less."),
}


async def get_note(work: Work, call: Call) -> Reply:
    """`GET /appointments/{appointment_id}/visit-note`: one element a template."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    found = await documentation.notes(work, practice(work), key)
    if not found:
        return json_reply([])
    visit = await visits.get(work, practice(work), key)
    zone = await visits.zone_of(work, await visits.room(work, practice(work), visit.room))
    authors = [comment.author for note in found for comment in note.comments]
    staff = await visits.staff_of(work, practice(work), authors)
    people = await accounts.get_many(work, list(staff))
    emails = {key: account.email for key, account in people.items() if account.email}
    return json_reply([_note(note, zone, staff, emails) for note in found])


def _note(
    note: Note, zone: ZoneInfo, staff: Mapping[PersonKey, Staff], emails: Mapping[PersonKey, str]
) -> dict[str, Any]:
    template = str(note.template.key)
    return {
        "id": template,
        "template": {
            "name": note.template.name,
            "flow": {"sections": [_section(section) for section in note.template.sections]},
        },
        "comments": [
            {
                "id": str(comment.key),
                "templateId": template,
                "message": comment.body,
                "postedAt": int(comment.posted_at.timestamp()),
                "author": {
                    "id": staff[comment.author].number,
                    "username": emails.get(comment.author) or staff[comment.author].username or "",
                },
            }
            for comment in note.comments
            if comment.author in staff
        ],
        "responses": [
            {
                "dateTime": _local(note.answers[question.id].at, zone),
                "question": [section.name, question.name],
                "response": list(note.answers[question.id].response),
            }
            for section, question in note.questions
            if question.id in note.answers
        ],
    }


def _section(section: Section) -> dict[str, Any]:
    return {"name": section.name, "questions": [_question(question) for question in section.questions]}


def _question(question: Question) -> dict[str, Any]:
    made: dict[str, Any] = {"id": str(question.id), "name": question.name, "type": question.type.value}
    if question.choices:
        made["choices"] = list(question.choices)
    return made | ({"tag": question.tag} if question.tag else {})


def _local(moment: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Wall time with six decimals, and the zone that it is read in."""
    return {
        "date": moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "timezone_type": 3,
        "timezone": str(zone),
    }


async def put_note(work: Work, call: Call) -> Reply:
    """`PUT /appointments/{appointment_id}/visit-note`: answers into the named template; all of them or none."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    await visits.require(work, practice(work), key)
    body = await schema.read(call, "VisitNoteAnswers")
    given = [(UUID(item["id"]), item["value"]) for item in body["questions"]]
    try:
        note = await documentation.answer(work, practice(work), key, body["name"], given)
    except TemplateUnknown:
        raise bad("name", "Template not found.") from None
    except Invalid as error:
        raise Invalid([_said(fault) for fault in error.faults]) from None
    named = {question for question, _ in given}
    responses = {key: list(answer.response) for key, answer in note.answers.items()}
    stored = [
        {"id": str(question.id), "value": responses.get(question.id, [])}
        for _, question in note.questions
        if question.id in responses or question.id in named
    ]
    return json_reply({"name": note.template.name, "questions": stored})


def _said(fault: Fault) -> Fault:
    field, sentence = _SENTENCES[fault.code]
    return schema.fault(f"questions[{fault.pointer}].{field}", sentence)


async def add_document(work: Work, call: Call) -> Reply:
    """`POST /patients/{patient_id}/documents`."""
    person = await addresses.patient(work, call)
    body = await schema.read(call, "PatientDocument", _check_document)
    said = [(item["question"], item["response"]) for item in body["responses"]]
    at = datetime.fromtimestamp(body["dateTime"], UTC)
    try:
        await documentation.add_document(work, practice(work), person, body["name"], at, said)
    except NotFound:
        raise NotFound(addresses.PATIENT) from None
    return json_reply([], 201)


def _check_document(body: Mapping[str, Any]) -> list[Fault]:
    """Not one field may be empty, and its time has to be one that a calendar holds."""
    at, responses = body.get("dateTime"), body.get("responses")
    faults = [] if at is None or _is_moment(at) else [schema.fault("dateTime", schema.NOT_VALID)]
    if responses == []:
        faults.append(schema.fault("responses", schema.BLANK))
    return faults + [
        schema.fault(f"responses[{place}].response", schema.BLANK)
        for place, item in enumerate(responses or ())
        if not item["response"].strip()
    ]


def _is_moment(seconds: int) -> bool:
    try:
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return True


ROUTES = [
    Route("GET", "/qapi/v1/appointments/{appointment_id}/visit-note", get_note, "solo.v1:getVisitNote"),
    Route("PUT", "/qapi/v1/appointments/{appointment_id}/visit-note", put_note, "solo.v1:updateVisitNote"),
    Route("POST", "/qapi/v1/patients/{patient_id}/documents", add_document, "solo.v1:addPatientDocument"),
]
