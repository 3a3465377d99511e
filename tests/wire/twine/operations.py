"""All published operations with a request of each that succeeds, and the organization in which it does."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from httpx import Response

Ids = Mapping[str, str]
Send = Callable[..., Awaitable[Response]]
"""`(method, path, json)` with a token of the whole organization; the path is below `/pub`."""
Body = Callable[[Ids], Any]

NOBODY = "f" * 24
NO_DEFINITION = "9999"
WORDS = ("fresh", "email", "client_id", "client_secret")
"""What of the ids is no id."""


@dataclass(frozen=True)
class Operation:
    """One operation: its published id and place, and how to make it succeed with the ids of `settle`."""

    name: str
    method: str
    path: str
    status: int = 200
    body: Body | None = None
    query: Mapping[str, str] | None = None
    stranger: int = 403
    """What another organization is answered."""
    unknown: int | None = None
    """What is answered when every id is one that nobody has; by default as the contract has it for its kind."""

    @property
    def published_path(self) -> str:
        """The path as the file has it, where the one word is always `id`."""
        return re.sub(r"\{\w+\}", "{id}", self.path)

    @property
    def for_unknown(self) -> int:
        """404 for a path, 409 at the member of a body, an empty list for a filter."""
        if self.unknown is not None:
            return self.unknown
        return 404 if "{" in self.path else 409 if self.body else 200

    def request(self, ids: Ids) -> tuple[str, str, Any, dict[str, str]]:
        """Method, path with ids, document and query."""
        query = {name: value.format_map(ids) for name, value in (self.query or {}).items()}
        return self.method, self.path.format_map(ids), self.body(ids) if self.body else None, query


def organization_part() -> dict[str, Any]:
    """What a provisioning file says of an organization in which every operation has something to do."""
    coach = {"email": f"{secrets.token_hex(6)}@example.org", "first_name": "Joe", "last_name": "Coach"}
    return {
        "groups": [{"name": "Lead"}, {"name": "Other"}],
        "clients": [
            {"name": "All", "client_id": secrets.token_hex(8)},
            {"name": "Other", "client_id": secrets.token_hex(8), "groups": ["Other"]},
        ],
        "coaches": [coach | {"groups": ["Lead"]}],
    }


def _document(kind: str, attributes: Mapping[str, Any], **relations: tuple[str, str]) -> dict[str, Any]:
    related = {name: {"data": {"type": other, "id": key}} for name, (other, key) in relations.items()}
    return {"data": {"type": kind, "attributes": dict(attributes), "relationships": related}}


def _change(kind: str, word: str, **attributes: Any) -> Body:
    return lambda ids: {"data": {"type": kind, "id": ids[word], "attributes": attributes}}


def _token(ids: Ids) -> Any:
    said = {"grant_type": "client_credentials"} | {name: ids[name] for name in ("client_id", "client_secret")}
    return {"data": {"type": "token", "attributes": said}}


def _group(ids: Ids) -> Any:
    name = f"Group {secrets.token_hex(6)}"
    return _document("group", {"name": name}, organization=("organization", ids["organization"]))


def _patient(ids: Ids) -> Any:
    named = {"first_name": "Ada", "last_name": "Byron", "email_address": f"{secrets.token_hex(6)}@example.org"}
    body = _document("patient", named)
    body["data"]["relationships"] = {
        "groups": {"data": [{"type": "group", "id": ids["group"]}]},
        "coaches": {"data": [{"type": "coach", "id": ids["coach"], "meta": {"primary": True}}]},
    }
    return body


def _upsert(ids: Ids) -> Any:
    query = {"identifier": {"system": "fresh", "value": secrets.token_hex(8)}, "groups": [ids["group"]]}
    body = _patient(ids)
    return body | {"meta": {"query": query}}


def _metric(ids: Ids) -> Any:
    said = {"type": "weight", "value": 180.5, "unit": "lb", "occurred_at": "2024-02-20T14:00:00Z"}
    said["code"] = {"system": "LOINC", "value": "29463-7"}
    return _document("patient_health_metric", said, patient=("patient", ids["patient"]))


def _event(ids: Ids) -> Any:
    said = {
        "type": "telephone-call",
        "time_zone": "America/New_York",
        "start_at": "2018-02-20T14:00:00Z",
        "end_at": "2018-02-20T18:00:00Z",
        "title": "Telephone Call",
        "attendees": [{"user": ids["coach"]}, {"user": ids["patient"]}],
    }
    return _document("calendar_event", said, owner=("patient", ids["patient"]))


def _reply(ids: Ids) -> Any:
    said = {"attendee": ids["attendee"], "response_status": "accepted"}
    there = {"user": ("patient", ids["patient"]), "calendar_event": ("calendar_event", ids["event"])}
    return _document("calendar_event_response", said, **there)


def _planned(kind: str) -> Body:
    said = {"type": "other_lifestyle", "title": "Walk", "effective_from": "2024-02-20T11:12:13.000Z"}
    return lambda ids: _document(kind, said, plan=("patient_plan_summary", ids["plan"]))


def _program(ids: Ids) -> Any:
    said = {"name": "Walk", "start_at": "2024-01-01T00:00:00Z", "end_at": "2099-01-01T00:00:00Z", "budget_value": 100}
    return _document("reward_program", said, group=("group", ids["group"]))


def _activation(ids: Ids, program: str = "free_program") -> Any:
    there = {"patient": ("patient", ids["patient"]), "reward_program": ("reward_program", ids[program])}
    return _document("reward_program_activation", {"activated_at": "2024-01-02T00:00:00Z"}, **there)


def _reward(ids: Ids) -> Any:
    said = {"description": "Walk daily", "allocated_value": 10, "allocated_at": "2024-01-03T00:00:00Z"}
    activation = ("reward_program_activation", ids["activation"])
    return _document("reward", said, reward_program_activation=activation)


def _earning(ids: Ids, reward: str = "free_reward") -> Any:
    said = {"earned_value": 5, "earned_at": "2024-01-04T00:00:00Z"}
    return _document("reward_earning", said, reward=("reward", ids[reward]))


def _fulfillment(ids: Ids, earning: str = "free_earning") -> Any:
    said = {"fulfilled_value": 5, "fulfilled_at": "2024-01-05T00:00:00Z"}
    return _document("reward_earning_fulfillment", said, reward_earning=("reward_earning", ids[earning]))


async def settle(send: Send, provisioned: Mapping[str, Any], token: str, organization: str) -> dict[str, str]:
    """One of everything that can be made here; what the other pages alone make has an id that nobody has."""
    ids = {
        "token": token,
        "organization": organization,
        "group": provisioned["groups"][0]["id"],
        "coach": provisioned["coaches"][0]["id"],
        "result": NOBODY,
        "answer": NOBODY,
        "mail": NOBODY,
    }

    async def made(body: Any) -> Any:
        answer = await send("POST", f"/{body['data']['type']}", body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["data"]

    async def first(path: str) -> str:
        answer = await send("GET", f"{path}?filter[patient]={ids['patient']}")
        return str(answer.json()["data"][0]["id"])

    async def put(word: str, body: Any) -> None:
        ids[word] = (await made(body))["id"]

    await put("patient", _patient(ids))
    ids["plan"] = await first("/patient_plan_summary")
    ids["profile"] = await first("/health_profile")
    ids["question"] = await first("/health_profile_question")
    ids["definition"] = (await send("GET", "/health_question_definition")).json()["data"][0]["id"]
    await put("action", _planned("action")(ids))
    await put("bundle", _planned("bundle")(ids))
    await put("metric", _metric(ids))
    event = await made(_event(ids))
    ids |= {"event": event["id"], "attendee": event["attributes"]["attendees"][1]["_id"]}
    await put("program", _program(ids))
    await put("free_program", _program(ids))
    await put("activation", _activation(ids, "program"))
    for word in ("reward", "free_reward", "owed_reward"):
        await put(word, _reward(ids))
    await put("earning", _earning(ids, "reward"))
    await put("free_earning", _earning(ids, "owed_reward"))
    await put("fulfillment", _fulfillment(ids, "earning"))
    return ids


def nobodys(ids: Ids) -> dict[str, str]:
    """The same words with ids that nobody has."""
    kept = {word: ids[word] for word in WORDS if word in ids}
    return dict.fromkeys(ids, NOBODY) | {"definition": NO_DEFINITION} | kept


def _list(name: str, kind: str) -> Operation:
    return Operation(name, "GET", f"/{kind}", query={"filter[patient]": "{patient}"})


_OF_GROUP = {"filter[groups]": "{group}"}
_OF_HOUSE = {"filter[organization]": "{organization}"}
_EVENT, _PLAN = "/calendar_event/{event}", "/patient_plan_summary/{plan}"

TOKEN = Operation("createToken", "POST", "/oauth/token", 201, _token)
# In an order in which each finds what it needs: what takes something away comes last.
KEYED = [
    Operation("fetchTokenGroups", "GET", "/oauth/token/{token}/groups", unknown=403),
    Operation("fetchTokenOrganization", "GET", "/oauth/token/{token}/organization", unknown=403),
    Operation("fetchOrganization", "GET", "/organization/{organization}"),
    Operation("createGroup", "POST", "/group", 201, _group, unknown=403),
    Operation("fetchGroups", "GET", "/group", query=_OF_HOUSE),
    Operation("fetchGroup", "GET", "/group/{group}"),
    Operation("fetchCoaches", "GET", "/coach", query=_OF_GROUP),
    Operation("fetchCoach", "GET", "/coach/{coach}"),
    Operation("createPatient", "POST", "/patient", 201, _patient),
    Operation("upsertPatient", "PUT", "/patient", 200, _upsert),
    Operation("fetchPatients", "GET", "/patient", query=_OF_GROUP),
    Operation("fetchPatient", "GET", "/patient/{patient}"),
    Operation("updatePatient", "PATCH", "/patient/{patient}", 200, _change("patient", "patient", note="Likes snow")),
    Operation("fetchPatientCoaches", "GET", "/patient/{patient}/coaches"),
    Operation("fetchPatientGroups", "GET", "/patient/{patient}/groups"),
    Operation("createPatientHealthMetric", "POST", "/patient_health_metric", 200, _metric),
    _list("fetchPatientHealthMetrics", "patient_health_metric"),
    Operation("fetchPatientHealthMetric", "GET", "/patient_health_metric/{metric}"),
    Operation("createCalendarEvent", "POST", "/calendar_event", 201, _event),
    _list("fetchCalendarEvents", "calendar_event"),
    Operation("fetchCalendarEvent", "GET", _EVENT),
    Operation("updateCalendarEvent", "PATCH", _EVENT, 200, _change("calendar_event", "event", title="Call")),
    Operation("createCalendarEventResponse", "POST", "/calendar_event_response", 201, _reply),
    Operation("fetchEmailHistories", "GET", "/email_history", query={"filter[receiver]": "{patient}"}),
    Operation("fetchEmailHistory", "GET", "/email_history/{mail}"),
    _list("fetchPatientPlanSummaries", "patient_plan_summary"),
    Operation("fetchPatientPlanSummary", "GET", _PLAN),
    Operation("updatePatientPlanSummary", "PATCH", _PLAN, 200, _change("patient_plan_summary", "plan")),
    Operation("createAction", "POST", "/action", 201, _planned("action")),
    Operation("fetchAction", "GET", "/action/{action}"),
    Operation("updateAction", "PATCH", "/action/{action}", 200, _change("action", "action", title="Run")),
    Operation("createBundle", "POST", "/bundle", 200, _planned("bundle")),
    Operation("fetchBundle", "GET", "/bundle/{bundle}"),
    Operation("updateBundle", "PATCH", "/bundle/{bundle}", 200, _change("bundle", "bundle", title="Run")),
    _list("fetchPatientHealthResults", "result"),
    Operation("fetchPatientHealthResult", "GET", "/result/{result}"),
    _list("fetchHealthProfiles", "health_profile"),
    Operation("fetchHealthProfile", "GET", "/health_profile/{profile}"),
    _list("fetchHealthProfileQuestions", "health_profile_question"),
    Operation("fetchHealthProfileQuestion", "GET", "/health_profile_question/{question}"),
    _list("fetchHealthProfileAnswers", "health_profile_answer"),
    Operation("fetchHealthProfileAnswer", "GET", "/health_profile_answer/{answer}"),
    Operation("fetchHealthQuestionDefinitions", "GET", "/health_question_definition", stranger=200),
    Operation("fetchHealthQuestionDefinition", "GET", "/health_question_definition/{definition}", stranger=200),
    Operation("createRewardProgram", "POST", "/reward_program", 200, _program),
    Operation("fetchRewardPrograms", "GET", "/reward_program", query=_OF_GROUP),
    Operation("fetchRewardProgram", "GET", "/reward_program/{program}"),
    Operation("fetchRewardProgramGroup", "GET", "/reward_program/{program}/group"),
    Operation("createRewardProgramActivation", "POST", "/reward_program_activation", 200, _activation),
    _list("fetchRewardProgramActivations", "reward_program_activation"),
    Operation("fetchRewardProgramActivation", "GET", "/reward_program_activation/{activation}"),
    Operation("createReward", "POST", "/reward", 200, _reward),
    _list("fetchRewards", "reward"),
    Operation("fetchReward", "GET", "/reward/{reward}"),
    Operation("createRewardEarning", "POST", "/reward_earning", 200, _earning),
    _list("fetchRewardEarnings", "reward_earning"),
    Operation("fetchRewardEarning", "GET", "/reward_earning/{earning}"),
    Operation("createRewardEarningFulfillment", "POST", "/reward_earning_fulfillment", 200, _fulfillment),
    _list("fetchRewardEarningFulfillments", "reward_earning_fulfillment"),
    Operation("fetchRewardEarningFulfillment", "GET", "/reward_earning_fulfillment/{fulfillment}"),
    Operation("deleteCalendarEvent", "DELETE", _EVENT),
]
