"""Plans: one for each patient, with all that hangs from it."""

import asyncio
from typing import Any

import pytest

from openward.care import coaching as room
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.planning import THE_EXAMPLE, a_patient, a_plan, made, pointers

pytestmark = pytest.mark.anyio

CRITICAL = {
    "blood_glucose": {"data": {"maximum": {"unit": "mg/dL", "value": 300}, "minimum": {"unit": "mg/dL", "value": 70}}},
    "effective_from": "2017-07-01T04:00:00.000Z",
}


async def listed(coaching: Coaching, **query: str) -> Any:
    """What the list says."""
    names = {name if name == "include" else f"filter[{name}]": value for name, value in query.items()}
    answer = await coaching("GET", "/patient_plan_summary", params=names)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_everybody_has_one_plan_from_the_beginning(coaching: Coaching) -> None:
    first = await a_patient(coaching)
    second = await a_patient(coaching, "Other")
    found = await listed(coaching)
    assert [one["relationships"]["patient"]["data"]["id"] for one in found["data"]] == [first, second]
    assert (found["meta"]["count"], found["links"]) == (2, {"self": "/pub/patient_plan_summary"})
    assert await listed(coaching) | {"meta": 0} == found | {"meta": 0}
    plan = found["data"][0]
    patient = (await coaching("GET", f"/patient/{first}")).json()["data"]
    assert plan["attributes"] == {
        "adherence": {"due": 0, "complete": 0, "streak": {"count": 0}},
        "critical": {},
        "effective_from": patient["attributes"]["created_at"],
        "window_order": [],
        "window_notification_times": {"morning": 25200, "afternoon": 43200, "evening": 64800, "night": 75600},
    }
    related = f"/pub/patient_plan_summary/{plan['id']}"
    assert plan["relationships"] == {
        "patient": {"data": {"type": "patient", "id": first}, "links": {"related": f"{related}/patient"}},
        "actions": {"data": [], "links": {"related": f"{related}/actions"}},
        "bundles": {"data": [], "links": {"related": f"{related}/bundles"}},
        "current_results": {"data": [], "links": {"related": f"{related}/current_results"}},
    }
    assert (await coaching("GET", f"/patient_plan_summary/{plan['id']}")).json()["data"] == plan


async def test_a_plan_is_written_down_once(coaching: Coaching) -> None:
    patient = await a_patient(coaching)

    async def look() -> list[str]:
        async with coaching.work() as work:
            return [str(plan.key) for plan in await room.plans_of(work, coaching.organization)]

    found = await asyncio.gather(*(look() for _ in range(4)))
    assert len({tuple(keys) for keys in found}) == 1
    assert len((await listed(coaching, patient=patient))["data"]) == 1


async def test_what_goes_along(coaching: Coaching) -> None:
    patient = await a_patient(coaching)
    plan = await a_plan(coaching, patient)
    bundle = await made(coaching, "bundle", plan, {"type": "b", "title": "B", "effective_from": "2017-07-01T00:00:00Z"})
    action = await made(coaching, "action", plan, THE_EXAMPLE | {"frequency_goal": None}, bundles=[bundle["id"]])
    metric = {
        "type": "patient_health_metric",
        "attributes": {
            "type": "blood_pressure",
            "systolic": 120,
            "diastolic": 80,
            "occurred_at": "2018-09-18T12:24:37.000Z",
        },
        "relationships": {"patient": {"data": {"type": "patient", "id": patient}}},
    }
    assert (await coaching("POST", "/patient_health_metric", {"data": metric})).status_code == 200
    every = "actions, bundles,patient,current_results"
    for found in (
        (await coaching("GET", f"/patient_plan_summary/{plan}", params={"include": every})).json(),
        await listed(coaching, patient=patient, include=every),
    ):
        along = {one["type"]: one for one in found["included"]}
        assert len(along) == len(found["included"]) == 4
        assert along["action"] == action
        assert along["bundle"]["attributes"]["_actions"] == [action["id"]]
        assert along["patient"] == (await coaching("GET", f"/patient/{patient}")).json()["data"]
        data = found["data"][0] if isinstance(found["data"], list) else found["data"]
        assert data["relationships"]["current_results"]["data"] == [{"type": "result", "id": along["result"]["id"]}]
        assert along["result"]["attributes"]["data"] == {"value": {"systolic": 120, "diastolic": 80}, "unit": "mmHg"}
    assert (await coaching("GET", f"/patient_plan_summary/{plan}?include=owner")).status_code == 409


async def test_a_change_replaces_what_is_given(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    action = await made(coaching, "action", plan, THE_EXAMPLE)
    path = f"/patient_plan_summary/{plan}"

    async def change(**attributes: Any) -> Any:
        data = {"type": "patient_plan_summary", "id": plan, "attributes": attributes}
        return await coaching("PATCH", path, {"data": data})

    order = [{"type": "morning", "_actions": [action["id"]]}, {"type": "night"}]
    answer = await change(critical=CRITICAL, time_zone="America/New_York", window_order=order, adherence={"due": 9})
    assert answer.status_code == 200, answer.text
    shown = answer.json()["data"]["attributes"]
    assert (shown["critical"], shown["time_zone"]) == (CRITICAL, "America/New_York")
    assert shown["adherence"]["due"] < 9
    assert shown["window_order"] == [order[0], {"type": "night", "_actions": []}]
    shown = (await change(time_zone=None, window_order=None)).json()["data"]["attributes"]
    assert (shown["critical"], shown["window_order"], "time_zone" in shown) == (CRITICAL, [], False)
    foreign = await made(coaching, "action", await a_plan(coaching), THE_EXAMPLE)
    wrong = [{"type": "morning", "_actions": [action["id"], foreign["id"], "0" * 24]}]
    assert pointers(await change(time_zone="Mars/Olympus", window_order=wrong)) == [
        "/data/attributes/time_zone",
        "/data/attributes/window_order/0/_actions/1",
        "/data/attributes/window_order/0/_actions/2",
    ]
    limits = {"weight": 7, "a/b": {"data": {"minimum": {"value": "x"}}}, "effective_from": "soon"}
    assert pointers(await change(critical=limits)) == [
        "/data/attributes/critical/weight",
        "/data/attributes/critical/a~1b/data/minimum",
        "/data/attributes/critical/effective_from",
    ]
    assert pointers(await coaching("PATCH", path, {"data": {"type": "patient_plan_summary", "id": plan}})) == [
        "/data/attributes"
    ]


async def test_whose_plans_a_token_reaches(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    mine, other = await a_patient(coaching), await a_patient(coaching, "Other")
    plan = await a_plan(coaching, mine)
    confined = await coaching.confined_to("Other")
    assert [one["relationships"]["patient"]["data"]["id"] for one in (await listed(confined))["data"]] == [other]
    assert len((await listed(coaching, groups=coaching.group("Other")))["data"]) == 1
    assert len((await listed(coaching, organization=coaching.id, patient=mine))["data"]) == 1
    assert (await listed(coaching, groups=coaching.group("Other"), patient=mine))["data"] == []
    assert (await listed(coaching, patient="0" * 24))["data"] == []
    data = {"data": {"type": "patient_plan_summary", "id": plan, "attributes": {}}}
    for caller in (confined, await a_coaching()):
        assert (await caller("GET", f"/patient_plan_summary/{plan}")).status_code == 403
        assert (await caller("PATCH", f"/patient_plan_summary/{plan}", data)).status_code == 403
        assert (await caller("GET", "/patient_plan_summary", params={"filter[patient]": mine})).status_code == 403
    for name in ("0" * 24, mine, "x"):
        assert (await coaching("GET", f"/patient_plan_summary/{name}")).status_code == 404
    assert (await coaching("GET", "/patient_plan_summary?page[size]=1")).status_code == 409
