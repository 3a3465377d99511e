"""Patients with plans, and requests for what hangs from them."""

import secrets
from typing import Any

from tests.wire.twine.conftest import Coaching

THE_EXAMPLE = {
    "effective_from": "2017-02-20T11:12:13.000Z",
    "title": "Record Blood Pressure",
    "type": "blood_pressure",
    "frequency_goal": {"weeks": {"days": [0]}},
    "metrics": [
        {
            "metric_type": "blood_pressure",
            "unit": "mmHg",
            "goal": {"data": {"systolic": {"value": 150, "unit": "mmHg"}, "diastolic": {"value": 95, "unit": "mmHg"}}},
        }
    ],
}


async def a_patient(coaching: Coaching, *groups: str) -> str:
    """A new patient's id."""
    related = {"groups": {"data": [{"type": "group", "id": coaching.group(name)} for name in groups or ("Lead",)]}}
    attributes = {"first_name": "Ada", "last_name": secrets.token_hex(3)}
    answer = await coaching(
        "POST", "/patient", {"data": {"type": "patient", "attributes": attributes, "relationships": related}}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


async def a_plan(coaching: Coaching, patient: str | None = None) -> str:
    """The id of the plan of a patient, a new one unless said."""
    patient = patient or await a_patient(coaching)
    listed = await coaching("GET", "/patient_plan_summary", params={"filter[patient]": patient})
    assert listed.status_code == 200, listed.text
    return str(listed.json()["data"][0]["id"])


def a_document(kind: str, plan: str, attributes: dict[str, Any], **related: list[str]) -> dict[str, Any]:
    """A request for a new action or bundle."""
    relationships: dict[str, Any] = {"plan": {"data": {"type": "patient_plan_summary", "id": plan}}}
    for name, ids in related.items():
        relationships[name] = {"data": [{"type": name[:-1], "id": one} for one in ids]}
    return {"data": {"type": kind, "attributes": attributes, "relationships": relationships}}


async def made(coaching: Coaching, kind: str, plan: str, attributes: dict[str, Any], **related: list[str]) -> Any:
    """A new action or bundle as it was answered."""
    answer = await coaching("POST", f"/{kind}", a_document(kind, plan, attributes, **related))
    assert answer.status_code == (201 if kind == "action" else 200), answer.text
    return answer.json()["data"]


def pointers(answer: Any) -> list[str]:
    """Where the faults of a 409 are."""
    assert answer.status_code == 409, answer.text
    errors = answer.json()["errors"]
    assert {one["code"] for one in errors} == {"InvalidBodyParameter"}
    return [one["source"]["pointer"] for one in errors]
