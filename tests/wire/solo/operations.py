"""All published operations with a request of each that succeeds, and the practice in which it does."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
from httpx import Response

from openward.infra.salted_text import encrypt

Ids = Mapping[str, str]
Send = Callable[..., Awaitable[Response]]
"""`(method, path, json, content=, headers=)` with the key of a practice; the path is below `/qapi/v1`."""

STROKE, EEG = "Acute Neurology - Physician Services", "EEG - Physician Services"
QUESTION = "923c5621-66a1-49a3-aa7b-a7753cbfd139"
LOCATION = "0d0b5c0e-54f6-4c64-9f0b-2a2b6f0ab101"
SERIAL = "123457"
PDF = b"%PDF-1.4 a file"
_SEX = {"id": QUESTION, "name": "Sex", "type": "single", "choices": ["Female", "Male"]}
_CALLER = {"name": "Caller", "type": "text", "tag": "caller"}
_ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def practice_part(linking_secret: str) -> dict[str, Any]:
    """What a provisioning file says of a practice in which every operation has something to do."""
    return {
        "linking_secret": linking_secret,
        "templates": [
            {"name": STROKE, "sections": [{"name": "Call", "questions": [_SEX, _CALLER]}]},
            {"name": EEG, "sections": [{"name": "Call", "questions": [_CALLER]}]},
        ],
        "waiting_rooms": [
            {
                "name": "my waiting room",
                "service_line": "Demo",
                "service_type": "Demo",
                "hours": _ALWAYS,
                "timezone": "UTC",
                "templates": [STROKE, EEG],
            },
            {"name": "GreatRoom", "service_line": "Demo", "service_type": "Other", "hours": _ALWAYS},
        ],
        "locations": [{"name": "First Location", "geolocation_id": LOCATION, "waiting_room": "my waiting room"}],
        "devices": [
            {
                "serial_number": SERIAL,
                "care_location": "CL-01-02",
                "location": "First Location",
                "building": "hospital",
                "floor": "floor 2",
                "department": "emergency department",
                "room": "431",
                "bed": "bed 2",
                "patient_mrn": "1234",
            }
        ],
        "episode_types": ["covid", "neddie"],
        "report_presets": [{"name": "Default"}],
        "providers": [{"email": f"{secrets.token_hex(6)}@example.org", "first_name": "Clara", "last_name": "Oswald"}],
    }


async def settle(send: Send, provisioned: Mapping[str, Any], linking_secret: str) -> dict[str, str]:
    """A patient, a visit with a file, an episode, a webhook and a report; every word of the paths has an id."""
    patient, visit = f"P-{secrets.token_hex(4)}", f"V-{secrets.token_hex(4)}"
    born = {"id": patient, "mrn": f"MRN-{patient}", "birthDate": "1990-02-28"}
    born["name"] = [{"use": "usual", "firstName": "Ada", "lastName": "Byron"}]  # type: ignore[assignment]
    spid = str(_made(await send("POST", "/patients", born)))
    booked = _made(
        await send("POST", f"/patients/{patient}/appointments", {"waitingRoom": "my waiting room", "externalId": visit})
    )
    said = str(booked["id"])
    file = _made(
        await send(
            "POST", f"/appointments/{said}/attachments", content=PDF, headers={"content-type": "application/pdf"}
        )
    )
    preset = provisioned["report_presets"][0]["id"]
    ids = {"preset": preset, "linking_secret": linking_secret, "fresh": secrets.token_hex(6), "visit": visit}
    return ids | {
        "patient_id": patient,
        "solo_patient_id": spid,
        "hsid": patient,
        "appointment_id": said,
        "solo_appointment_id": said,
        "appointmentId": str(file["appointmentId"]),
        "external_appointment_id": visit,
        "attachmentId": str(file["id"]),
        "episode_id": _made(await send("POST", f"/patients/{patient}/episodes", EPISODE))["episodeId"],
        "webhookId": _made(await send("POST", "/webhooks", WEBHOOK))["id"],
        "reportId": _made(await send("POST", "/encounter-report/create", _report({"preset": preset})))["id"],
    }


def _made(answer: Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()


EPISODE = {"name": "covid care", "type": "covid", "from": "2023-03-29", "status": "ACTIVE"}
WEBHOOK = {"endpoint": "https://hooks.invalid/solo", "events": ["episode:created"]}  # a name that is never found


def _report(ids: Ids) -> dict[str, Any]:
    moments = {"from": "2024-08-15T15:52:01+00:00", "to": "2024-08-15T15:52:01+00:00"}
    return moments | {"presetId": ids["preset"], "password": "IK5adv2N5V-gr£9v6"}


def _consult(ids: Ids) -> dict[str, Any]:
    patient = {"firstName": "John", "lastName": "Doe", "dob": "2001-01-20", "mrn": f"AA-{secrets.token_hex(6)}"}
    return patient | {
        "locationId": LOCATION,
        "requestingProvider": "Bob Dylan",
        "consultType": "new",
        "reason": "EEG Stat",
        "caller": "Caller name",
    }


def link_text(ids: Ids) -> str:
    """`arg` of a link into the visit, followed by its patient."""
    patient = {"id": ids["patient_id"], "sex": "female", "dob": "1990-02-28", "firstName": "Ada", "lastName": "Byron"}
    said = {"user": "ada", "type": "patient", "visit": ids["visit"], "date": 1735732800, "patient": patient}
    return encrypt(ids["linking_secret"], msgspec.json.encode(said))


@dataclass(frozen=True)
class Operation:
    """One operation: its published id and place, and how to make it succeed with the ids of `settle`."""

    name: str
    method: str
    path: str
    status: int = 200
    body: Callable[[Ids], Any] | None = None
    content: bytes | None = None
    query: Callable[[Ids], dict[str, Any]] | None = None
    headers: Mapping[str, str] | None = None
    unknown: str = ""
    """What is said when the path names nothing of the practice; "" when it names nothing at all."""

    def request(self, ids: Ids) -> tuple[str, str, dict[str, Any]]:
        """Method, path with ids, and what goes with them as httpx has it."""
        more: dict[str, Any] = {"headers": dict(self.headers or {})}
        if self.query is not None:
            more["params"] = self.query(ids)
        if self.content is not None:
            more["content"] = self.content
        if self.body is not None:
            more["content"] = msgspec.json.encode(self.body(ids))
            more["headers"]["content-type"] = "application/json"
        return self.method, self.path.format_map(ids), more


def _device(_ids: Ids) -> dict[str, Any]:
    return {"deviceSerialNumber": SERIAL}


def _always(body: Any) -> Callable[[Ids], Any]:
    return lambda _ids: body


_ROOM = _always({"waitingRoom": "my waiting room"})
_SLOTS = {"after": 1505053200, "before": 1505057400, "waitingRoom": "GreatRoom"}
_DOCUMENT = {"name": "a", "dateTime": 1510367140, "responses": [{"question": "q", "response": "r"}]}
_ANSWERS = {"name": STROKE, "questions": [{"id": QUESTION, "value": ["Male"]}]}
_PATIENT, _VISIT, _EPISODE = "Patient not found", "Appointment not found", "Episode not found"
_BY_ID, _BY_NUMBER = "/patients/{patient_id}", "/patients/id/type/SPID/value/{solo_patient_id}"
_ONE = "/appointments/{appointment_id}"
_FILES = "/appointments/{appointmentId}/attachments"
_HOOK = "/webhooks/{webhookId}"
_RACE = _always({"race": "White"})
_ASK = "/request-assistance"

# In an order in which each finds what it needs: what takes something away comes last.
KEYED = [
    Operation("createPatient", "POST", "/patients", 201, lambda ids: {"id": ids["fresh"]}),
    Operation("getPatient", "GET", _BY_ID, unknown=_PATIENT),
    Operation("getPatientBySpid", "GET", _BY_NUMBER, unknown=_PATIENT),
    Operation("updatePatient", "PUT", _BY_ID, 200, _RACE, unknown=_PATIENT),
    Operation("updatePatientBySpid", "PUT", _BY_NUMBER, 200, _RACE, unknown=_PATIENT),
    Operation("createAppointment", "POST", f"{_BY_ID}/appointments", 201, _ROOM, unknown=_PATIENT),
    Operation("createAppointmentByHsid", "POST", "/patients/HSID/{hsid}/appointments", 201, _ROOM, unknown=_PATIENT),
    Operation("createAppointmentBySpid", "POST", f"{_BY_NUMBER}/appointments", 201, _ROOM, unknown=_PATIENT),
    Operation("getAppointment", "GET", _ONE, unknown=_VISIT),
    Operation("updateAppointment", "PUT", _ONE, 200, _always({"reasons": ["cough"]}), unknown=_VISIT),
    Operation("getProviderLink", "GET", f"{_ONE}/provider-link", unknown=_VISIT),
    Operation(
        "getTeamsProviderLink",
        "GET",
        f"{_ONE}/msteams-provider-link",
        409,  # the practice has none
        headers={"teams-auth-token": "a token"},
        unknown=_VISIT,
    ),
    Operation("getVideoCallLinks", "GET", "/appointments/{external_appointment_id}/video-call-links", unknown=_VISIT),
    Operation(
        "getVideoCallLinksBySaid",
        "GET",
        "/appointments/id/type/SAID/value/{solo_appointment_id}/video-call-links",
        unknown=_VISIT,
    ),
    Operation("listWaitingRooms", "GET", "/waiting-rooms"),
    Operation("getVisitNote", "GET", f"{_ONE}/visit-note", unknown=_VISIT),
    Operation("updateVisitNote", "PUT", f"{_ONE}/visit-note", 200, _always(_ANSWERS), unknown=_VISIT),
    Operation("listSlots", "GET", "/appointment-slots", query=lambda _ids: _SLOTS),
    Operation(
        "uploadAttachment",
        "POST",
        _FILES,
        201,
        content=PDF,
        headers={"content-type": "application/pdf"},
        unknown=_VISIT,
    ),
    Operation("listAttachments", "GET", _FILES, unknown=_VISIT),
    Operation("addPatientDocument", "POST", f"{_BY_ID}/documents", 201, _always(_DOCUMENT), unknown=_PATIENT),
    Operation("createEpisode", "POST", f"{_BY_ID}/episodes", 201, _always(EPISODE), unknown=_PATIENT),
    Operation("listPatientEpisodes", "GET", f"{_BY_ID}/episodes", unknown=_PATIENT),
    Operation("getEpisode", "GET", "/episodes/{episode_id}", unknown=_EPISODE),
    Operation("updateEpisode", "PUT", "/episodes/{episode_id}", 200, _always(EPISODE), unknown=_EPISODE),
    Operation(
        "assignEpisode",
        "PUT",
        f"{_ONE}/episode/assign",
        200,
        lambda ids: {"episodeId": ids["episode_id"]},
        unknown=_VISIT,
    ),
    Operation("listEpisodeAppointments", "GET", "/episodes/{episode_id}/appointments", unknown=_EPISODE),
    Operation(
        "getCsvDataDump",
        "GET",
        "/reports/csv-data-dump",
        query=lambda _ids: {"from": "2020-02-10", "to": "2020-02-11"},
    ),
    Operation("createEncounterReport", "POST", "/encounter-report/create", 201, _report),
    Operation("getEncounterReportStatus", "GET", "/encounter-report/status/{reportId}", unknown="Report not found"),
    Operation(
        "downloadEncounterReport",
        "GET",
        "/encounter-report/download/{reportId}",
        409,  # nobody builds it here
        unknown="Report not found",
    ),
    Operation("perfectAnswer", "POST", "/perfect-answer", 201, _consult),
    Operation("createWebhook", "POST", "/webhooks", 201, _always(WEBHOOK)),
    Operation("listWebhooks", "GET", "/webhooks"),
    Operation("getWebhook", "GET", _HOOK, unknown="Webhook not found"),
    Operation("updateWebhook", "PUT", _HOOK, 200, _always(WEBHOOK), unknown="Webhook not found"),
    Operation("createAssistanceRequest", "POST", _ASK, 201, _device),
    Operation("getAssistanceRequest", "GET", _ASK, 200, _device),
    Operation("cancelAssistanceRequest", "DELETE", _ASK, 200, _device),
    Operation("deleteAttachment", "DELETE", f"{_FILES}/{{attachmentId}}", unknown=_VISIT),
    Operation("deleteWebhook", "DELETE", _HOOK, unknown="Webhook not found"),
]
LINK = Operation("contextLink", "GET", "/integrations/linking", 302, query=lambda ids: {"arg": link_text(ids)})


def nobodys(ids: Ids) -> dict[str, str]:
    """The same words with ids that nobody has."""
    numbers = {"solo_patient_id", "appointment_id", "solo_appointment_id"}
    return dict(ids) | {word: "999999999" if word in numbers else str(uuid4()) for word in ids if word != "preset"}
