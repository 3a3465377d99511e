"""Faults of form, of rules and of what a body names, told in one answer; what comes before; lists that are whole."""

from typing import Any

import pytest

from tests.wire.twine.conftest import JSON_API, Coaching
from tests.wire.twine.planning import a_document, a_patient, a_plan, pointers
from tests.wire.twine.test_rewards import a_chain, activation, at, earning, fulfillment, program, reward

pytestmark = pytest.mark.anyio

_NOBODY = "0123456789abcdef01234567"
_AT = "/data/attributes"
_BEGINS = "2026-01-01T00:00:00Z"
_EARLIER = "2025-01-01T00:00:00Z"


def _event(owner: str, *coming: str, **more: Any) -> dict[str, Any]:
    said = {"type": "video-call", "title": "Call", "start_at": "2026-06-01T14:00:00Z", "end_at": "2026-06-01T15:00:00Z"}
    attributes = said | {"attendees": [{"user": one} for one in coming or (owner,)]} | more
    relationships = {"owner": {"data": {"type": "patient", "id": owner}}}
    return {"data": {"type": "calendar_event", "attributes": attributes, "relationships": relationships}}


async def test_events(coaching: Coaching) -> None:
    patient = await a_patient(coaching)

    async def faults(*coming: str, owner: str = patient, **more: Any) -> list[str]:
        found = pointers(await coaching("POST", "/calendar_event", _event(owner, *coming, **more)))
        return [one.removeprefix(f"{_AT}/") for one in found]

    owner = "/data/relationships/owner/data/id"
    assert await faults(title=5, time_zone="Nowhere") == ["title", "time_zone"]
    assert await faults(_NOBODY, owner=_NOBODY, title="") == ["title", owner, "attendees/0/user"]
    assert await faults(_NOBODY, end_at=None) == ["attendees/0/user", "end_at"]
    assert await faults(patient, patient, title="", time_zone="Nowhere") == ["title", "time_zone", "attendees/1/user"]
    assert await faults(type="plan-check-in", title=None) == ["title", "all_day", "end_at"]
    assert await faults(time_zone="Nowhere", end_at="2026-06-01T13:00:00Z") == ["time_zone", "end_at"]
    completed = {"completed_at": _BEGINS, "completed_by": _NOBODY}
    assert await faults(**completed, time_zone="Nowhere") == ["completed_by", "time_zone"]
    # What cannot be read is told once, and nothing is concluded from it.
    assert await faults(start_at="soon", all_day="yes") == ["all_day", "start_at"]
    assert await faults(type="party", end_at=None) == ["type"]
    answer: dict[str, Any] = {
        "type": "calendar_event_response",
        "attributes": {"attendee": _NOBODY, "response_status": "maybe"},
    }
    named = {"user": {"data": {"type": "patient", "id": patient}}}
    named["calendar_event"] = {"data": {"type": "calendar_event", "id": _NOBODY}}
    answer["relationships"] = named
    assert pointers(await coaching("POST", "/calendar_event_response", {"data": answer})) == [
        f"{_AT}/response_status",
        "/data/relationships/calendar_event/data/id",
    ]


@pytest.mark.parametrize(("kind", "beside"), [("action", "bundles"), ("bundle", "actions")])
async def test_actions_and_bundles(coaching: Coaching, kind: str, beside: str) -> None:
    plan, other = await a_plan(coaching), await a_plan(coaching)
    late = {"type": "weight", "title": "Weigh", "effective_from": _BEGINS, "effective_to": _EARLIER}
    there = f"/data/relationships/{beside}"
    sent = a_document(kind, plan, late, **{beside: [_NOBODY]})
    assert pointers(await coaching("POST", f"/{kind}", sent)) == [f"{_AT}/effective_to", there]
    sent = a_document(kind, _NOBODY, late | {"title": 5}, **{beside: [_NOBODY]})
    found = [f"{_AT}/title", f"{_AT}/effective_to", "/data/relationships/plan", there]
    assert pointers(await coaching("POST", f"/{kind}", sent)) == found
    made = await coaching("POST", f"/{kind}", a_document(kind, plan, late | {"effective_to": None}))
    changed = a_document(kind, other, {"title": 5}, **{beside: [_NOBODY]})
    name = made.json()["data"]["id"]
    changed["data"]["id"] = name
    assert pointers(await coaching("PATCH", f"/{kind}/{name}", changed)) == [found[0], *found[2:]]


async def test_metrics_plans_and_groups(coaching: Coaching) -> None:
    patient = await a_patient(coaching)
    said = {"type": "weight", "occurred_at": _BEGINS, "value": "heavy"}
    query = {"meta": {"query": {"identifier": {"system": "s", "value": "nobody's"}}}}
    items = [
        {"type": "patient_health_metric", "attributes": attributes, "relationships": {"patient": {"data": pointer}}}
        for attributes, pointer in (
            (said, {"type": "patient", "id": patient}),
            (said | {"value": 1}, {"type": "patient", "id": _NOBODY}),
            (said | {"value": 1}, {"type": "patient"} | query),
        )
    ]
    assert pointers(await coaching("POST", "/patient_health_metric", {"data": items})) == [
        "/data/0/attributes/value",
        "/data/1/relationships/patient/data/id",
        "/data/2/relationships/patient/data/meta/query",
    ]
    plan = await a_plan(coaching, patient)
    attributes = {"time_zone": "Nowhere", "critical": 5, "window_order": [{}, {"type": "morning", "_actions": [plan]}]}
    changed = {"type": "patient_plan_summary", "id": plan, "attributes": attributes}
    assert sorted(pointers(await coaching("PATCH", f"/patient_plan_summary/{plan}", {"data": changed}))) == [
        f"{_AT}/critical",
        f"{_AT}/time_zone",
        f"{_AT}/window_order/0/type",
        f"{_AT}/window_order/1/_actions/0",
    ]
    group = {"type": "group", "attributes": {"name": "Lead", "bio": 5}}
    assert pointers(await coaching("POST", "/group", {"data": group})) == [f"{_AT}/bio", f"{_AT}/name"]
    assert (await coaching("GET", "/group?filter[name]=Lead")).json()["meta"]["count"] == 1


async def test_rewards(coaching: Coaching) -> None:
    made = await a_chain(coaching)
    relations, unread = "/data/relationships", {"attributes": 5}

    async def told(body: dict[str, Any]) -> list[str]:
        return pointers(await coaching("POST", f"/{body['data']['type']}", body))

    body = program(_NOBODY, name=5, budget_value=0, end_at=at(0), budget_unit="euro")
    found = [f"{_AT}/name", f"{_AT}/budget_unit", f"{relations}/group", f"{_AT}/end_at", f"{_AT}/budget_value"]
    assert await told(body) == found
    assert await told(program(coaching.group("Lead"), start_at="soon", end_at=at(0))) == [f"{_AT}/start_at"]

    times = {"activated_at": at(90), "deactivated_at": at(89), "active": "yes"}
    found = [f"{_AT}/active", f"{_AT}/activated_at", f"{_AT}/deactivated_at", f"{relations}/reward_program"]
    assert await told(activation(made.patient, made.program, **times)) == found
    body = activation(_NOBODY, made.program, **times)
    assert await told(body) == [found[0], f"{relations}/patient", *found[1:3]]
    body = activation(made.patient, _NOBODY, activated_at=None, deactivated_at=5, active=False)
    assert await told(body) == [found[1], found[2], found[3]]
    assert await told({"data": activation(made.patient, made.program)["data"] | unread}) == [_AT, found[3]]

    body = reward(made.activation, description=" ", allocated_value=61, target_at=at(1))
    assert await told(body) == [f"{_AT}/description", f"{_AT}/allocated_value", f"{_AT}/target_at"]
    body = reward(_NOBODY, allocated_value=0, target_at=at(1))
    there = f"{relations}/reward_program_activation"
    assert await told(body) == [there, f"{_AT}/allocated_value", f"{_AT}/target_at"]
    body = reward(made.activation, allocated_at="soon", target_at=at(1), allocated_value="much")
    assert await told(body) == [f"{_AT}/allocated_value", f"{_AT}/allocated_at"]

    body = earning(made.reward, earned_value=-1, earned_at=at(1))
    assert await told(body) == [f"{_AT}/earned_value", f"{relations}/reward", f"{_AT}/earned_at"]
    items = [earning(_NOBODY, earned_at="soon"), body, earning(made.reward), {"data": 5}]
    several = {"data": [item["data"] for item in items]}
    assert pointers(await coaching("POST", "/reward_earning", several)) == [
        "/data/0/attributes/earned_at",
        "/data/0/relationships/reward",
        "/data/1/attributes/earned_value",
        "/data/1/relationships/reward",
        "/data/1/attributes/earned_at",
        "/data/2/relationships/reward",
        "/data/3",
    ]
    assert pointers(await coaching("POST", "/reward_earning", {"data": 5})) == ["/data"]

    body = fulfillment(made.earning, fulfilled_value="all", fulfilled_at=at(4))
    found = [f"{_AT}/fulfilled_value", f"{_AT}/fulfilled_at", f"{relations}/reward_earning"]
    assert await told(body) == found
    assert await told(fulfillment(_NOBODY, fulfilled_value=None)) == [found[0], found[2]]
    body = fulfillment(made.earning)
    body["data"]["relationships"] = {"reward_earning": {"data": {"type": "reward", "id": "x"}}}
    assert await told(body) == [f"{relations}/reward_earning/data/type", f"{relations}/reward_earning/data/id"]
    for kind in made.by_kind:
        assert (await coaching("GET", f"/{kind}")).json()["meta"]["count"] == 1, "nothing was made"
        assert pointers(await coaching("POST", f"/{kind}", {"data": 5})) == ["/data"]


async def test_of_what_is_in_a_member_that_cannot_be_read_nothing_is_told(coaching: Coaching) -> None:
    query = {"identifier": {"system": "s", "value": "nobody's"}, "groups": [coaching.group("Lead")]}
    for data, found in ((5, ["/data"]), ({"type": "patient", "attributes": 5}, [_AT])):
        answer = await coaching("PUT", "/patient", {"meta": {"query": query}, "data": data})
        assert pointers(answer) == found


async def test_tokens_and_parameters(coaching: Coaching) -> None:
    flat = {"grant_type": "client_credentials"}
    answer = await coaching("POST", "/oauth/token", flat, headers={"content-type": "application/json"})
    assert pointers(answer) == ["/client_id", "/client_secret"]
    answer = await coaching("GET", "/calendar_event?filter[type]=party&filter[completed]=1&page[size]=x&include=all")
    named = {error["source"]["parameter"] for error in answer.json()["errors"]}
    assert (answer.status_code, named) == (409, {"filter[type]", "filter[completed]", "page[size]", "include"})
    answer = await coaching("GET", "/email_history?sort=")
    assert answer.json()["errors"][0]["source"] == {"parameter": "sort"}


async def test_a_change_of_another_media_type_is_refused_before_anything_is_looked_up(coaching: Coaching) -> None:
    for kind in ("action", "bundle", "calendar_event", "patient", "patient_plan_summary"):
        sent = {"content": b"{}", "headers": {"content-type": "text/plain"}}
        assert (await coaching("PATCH", f"/{kind}/{_NOBODY}", **sent)).status_code == 403, kind


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/json;q=0.9, application/vnd.api+json;q=0", "application/json"),
        ("application/json, application/vnd.api+json; q=0.0", "application/json"),
        ("application/json;q=0.9, application/vnd.api+json;q=0.1", JSON_API),
        ("application/json;q=0", JSON_API),
        ("application/json, */*;q=0", "application/json"),
        ("", JSON_API),
    ],
)
async def test_what_is_accepted_with_no_weight_is_not_admitted(coaching: Coaching, accept: str, given: str) -> None:
    answer = await coaching("GET", "/group", headers={"accept": accept})
    assert answer.headers["content-type"] == given


async def test_all_questions_of_a_patient_are_listed_at_once(coaching: Coaching) -> None:
    patient = await a_patient(coaching)
    answer = (await coaching("GET", "/health_profile_question", params={"filter[patient]": patient})).json()
    profile = (await coaching("GET", "/health_profile", params={"filter[patient]": patient})).json()["data"][0]
    assert [one["id"] for one in answer["data"]] == [one["id"] for one in profile["relationships"]["questions"]["data"]]
    assert len(answer["data"]) == answer["meta"]["count"] > 10
