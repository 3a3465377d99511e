"""Actions of a plan: made, read, changed, and computed from the results of the days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.planning import THE_EXAMPLE, a_document, a_patient, a_plan, made, pointers

pytestmark = pytest.mark.anyio


async def test_the_example_is_made_and_read(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    bundle = await made(coaching, "bundle", plan, {"type": "b", "title": "B", "effective_from": "2017-02-20T00:00:00Z"})
    action = await made(coaching, "action", plan, THE_EXAMPLE, bundles=[bundle["id"]])
    shown = action["attributes"]
    assert shown | THE_EXAMPLE | {"metrics": shown["metrics"]} == shown
    assert shown["metrics"] == [
        THE_EXAMPLE["metrics"][0] | {"_id": shown["metrics"][0]["_id"], "accepted_values": []}  # type: ignore[operator]
    ]
    assert (shown["_thread"], shown["static_title"], shown["effective_to"]) == ("blood_pressure", shown["title"], None)
    assert (shown["tracking"], shown["metric_required"]) == (True, False)
    assert (shown["windows"], shown["options"], shown["identifiers"]) == ([], [], [])
    assert shown["adherence"]["complete"] == 0
    assert action["links"] == {"self": f"/pub/action/{action['id']}"}
    assert action["relationships"] == {
        "plan": {
            "data": {"type": "patient_plan_summary", "id": plan},
            "links": {"related": f"/pub/action/{action['id']}/plan"},
        },
        "bundles": {
            "data": [{"type": "bundle", "id": bundle["id"]}],
            "links": {"related": f"/pub/action/{action['id']}/bundles"},
        },
    }
    read = (await coaching("GET", f"/action/{action['id']}")).json()
    assert (read["data"], read["included"]) == (action, [])
    beside = (await coaching("GET", f"/bundle/{bundle['id']}")).json()["data"]
    assert beside["attributes"]["_actions"] == [action["id"]]
    assert beside["relationships"]["actions"]["data"] == [{"type": "action", "id": action["id"]}]


async def test_a_change_changes_what_is_given(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    bundles = [
        (await made(coaching, "bundle", plan, {"type": "b", "title": "B", "effective_from": "2017-02-20T00:00Z"}))["id"]
        for _ in range(2)
    ]
    windows = [{"type": "morning", "title": "At breakfast"}, {"type": "night"}]
    more = {"windows": windows, "details": {"dose": [1, None]}, "options": ["a", 1]}
    before = await made(coaching, "action", plan, THE_EXAMPLE | more, bundles=bundles)
    assert [{name: one[name] for name in one if name != "_id"} for one in before["attributes"]["windows"]] == windows

    async def change(attributes: Any, relationships: Any = None) -> Any:
        data = {"type": "action", "id": before["id"], "attributes": attributes}
        if relationships is not None:
            data["relationships"] = relationships
        return await coaching("PATCH", f"/action/{before['id']}", {"data": data})

    answer = await change({"title": "Anew", "windows": [{"type": "night"}, {"type": "evening"}], "details": None})
    assert answer.status_code == 200, answer.text
    shown = answer.json()["data"]["attributes"]
    assert (shown["title"], shown["static_title"]) == ("Anew", "Record Blood Pressure")
    assert "details" not in shown
    assert shown["options"] == ["a", 1]
    assert shown["windows"][0]["_id"] == before["attributes"]["windows"][1]["_id"]
    assert shown["windows"][1]["_id"] not in [one["_id"] for one in before["attributes"]["windows"]]
    assert shown["metrics"] == before["attributes"]["metrics"]
    answer = await change(
        {"frequency_goal": None, "effective_to": "2017-06-01T00:00:00.000Z"}, {"bundles": {"data": []}}
    )
    assert answer.json()["data"]["relationships"]["bundles"]["data"] == []
    shown = answer.json()["data"]["attributes"]
    assert "frequency_goal" not in shown
    assert shown["effective_to"] == "2017-06-01T00:00:00.000Z"
    assert (await change({"effective_to": None})).json()["data"]["attributes"]["effective_to"] is None
    assert pointers(await change({"effective_to": "2017-02-20T11:12:13Z"})) == ["/data/attributes/effective_to"]
    assert pointers(await change({"title": None, "type": " ", "effective_from": None})) == [
        "/data/attributes/type",
        "/data/attributes/title",
        "/data/attributes/effective_from",
    ]
    assert (await change({}, {"plan": {"data": {"type": "patient_plan_summary", "id": plan}}})).status_code == 200
    other = {"plan": {"data": {"type": "patient_plan_summary", "id": await a_plan(coaching)}}}
    assert pointers(await change({}, other)) == ["/data/relationships/plan"]


async def test_what_is_wrong_is_said_all_at_once(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    metric = {"metric_type": "weight", "validations": {"minimum": {"value": 9}, "maximum": {"value": 8}}}
    bad = {
        "title": " ",
        "type": "weight",
        "effective_from": "soon",
        "frequency_goal": {"weeks": {"days": [1, 1, 7]}},
        "windows": [{"type": "noon"}],
    }
    answer = await coaching("POST", "/action", a_document("action", plan, bad))
    assert sorted(pointers(answer)) == [
        "/data/attributes/effective_from",
        "/data/attributes/frequency_goal/weeks/days",
        "/data/attributes/frequency_goal/weeks/days/2",
        "/data/attributes/title",
        "/data/attributes/windows/0/type",
    ]
    for goal in (7, {"data": {}}, {"data": {"value": "x"}}, {"data": {"systolic": {"unit": "mmHg"}}}):
        wrong = THE_EXAMPLE | {"metrics": [{"metric_type": "weight", "goal": goal}, metric]}
        found = pointers(await coaching("POST", "/action", a_document("action", plan, wrong)))
        assert found[0].startswith("/data/attributes/metrics/0/goal")
    assert found[1] == "/data/attributes/metrics/1/validations/maximum"
    ends = THE_EXAMPLE | {"effective_to": "2017-02-20T12:12:13+01:00"}
    assert pointers(await coaching("POST", "/action", a_document("action", plan, ends))) == [
        "/data/attributes/effective_to"
    ]
    late = THE_EXAMPLE | {"effective_from": "0001-01-01T00:00:00Z"}
    assert pointers(await coaching("POST", "/action", a_document("action", plan, late))) == [
        "/data/attributes/effective_from"
    ]
    without = a_document("action", plan, THE_EXAMPLE)
    del without["data"]["relationships"]["plan"]
    assert pointers(await coaching("POST", "/action", without)) == ["/data/relationships/plan"]
    assert pointers(await coaching("POST", "/action", a_document("action", "0" * 24, THE_EXAMPLE))) == [
        "/data/relationships/plan"
    ]
    assert pointers(await coaching("POST", "/action", a_document("bundle", plan, THE_EXAMPLE))) == ["/data/type"]
    assert (await coaching("POST", "/action?x=1", a_document("action", plan, THE_EXAMPLE))).status_code == 409
    refused = await coaching("POST", "/action", content=b"{}", headers={"content-type": "text/plain"})
    assert refused.status_code == 403


async def test_the_ends_of_the_calendar(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        data = {"type": "patient_plan_summary", "id": plan, "attributes": {"time_zone": zone}}
        assert (await coaching("PATCH", f"/patient_plan_summary/{plan}", {"data": data})).status_code == 200
        for times in (
            {"effective_from": "0001-01-01T00:00:01Z"},
            {"effective_from": "2017-01-01T00:00:00Z", "effective_to": "9999-12-31T23:59:59Z"},
            {"effective_from": "9999-12-31T23:59:58Z", "effective_to": "9999-12-31T23:59:59Z"},
        ):
            action = await made(coaching, "action", plan, THE_EXAMPLE | times)
            assert (await coaching("GET", f"/action/{action['id']}")).json()["data"] == action


async def test_bundles_and_actions_of_another_plan(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    plan, other = await a_plan(coaching), await a_plan(coaching)
    times = {"type": "t", "title": "T", "effective_from": "2017-02-20T00:00:00Z"}
    bundle, action = await made(coaching, "bundle", other, times), await made(coaching, "action", other, times)
    for kind, relation, one in (("action", "bundles", bundle), ("bundle", "actions", action)):
        for wrong in (one["id"], "0" * 24, plan):
            answer = await coaching("POST", f"/{kind}", a_document(kind, plan, times, **{relation: [wrong]}))
            assert pointers(answer) == [f"/data/relationships/{relation}"]
    foreign = await a_coaching()
    mine = await a_plan(foreign)
    for kind, relation, one in (("action", "bundles", bundle), ("bundle", "actions", action)):
        answer = await foreign("POST", f"/{kind}", a_document(kind, mine, times, **{relation: [one["id"]]}))
        assert answer.status_code == 403
        own = await made(foreign, kind, mine, times)
        data = {
            "type": kind,
            "id": own["id"],
            "relationships": {relation: {"data": [{"type": relation[:-1], "id": one["id"]}]}},
        }
        assert (await foreign("PATCH", f"/{kind}/{own['id']}", {"data": data})).status_code == 403


async def test_who_may_not(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    plan = await a_plan(coaching)
    action = await made(coaching, "action", plan, THE_EXAMPLE)
    path, change = f"/action/{action['id']}", {"data": {"type": "action", "id": action["id"], "attributes": {}}}
    foreign, confined = await a_coaching(), await coaching.confined_to("Other")
    for caller in (foreign, confined):
        assert (await caller("GET", path)).status_code == 403
        assert (await caller("PATCH", path, change)).status_code == 403
        assert (await caller("POST", "/action", a_document("action", plan, THE_EXAMPLE))).status_code == 403
    lead = await coaching.confined_to("Lead")
    assert (await lead("GET", path)).status_code == 200
    assert (await coaching("GET", path, headers={"authorization": "Bearer x"})).status_code == 401
    for name in ("0" * 24, plan, "nonsense"):
        assert (await coaching("GET", f"/action/{name}")).status_code == 404
        assert (await coaching("PATCH", f"/action/{name}", change)).status_code == 404
    assert pointers(await coaching("PATCH", path, {"data": {"type": "action", "id": "0" * 24, "attributes": {}}})) == [
        "/data/id"
    ]


async def test_metrics_count_on_the_days_that_are_due(coaching: Coaching) -> None:
    patient = await a_patient(coaching)
    plan = await a_plan(coaching, patient)
    now = datetime.now(UTC)
    begun = now - timedelta(days=40)
    daily = {
        "type": "weight",
        "title": "Weigh yourself",
        "effective_from": begun.isoformat(),
        "frequency_goal": {"weeks": {"days": [0, 1, 2, 3, 4, 5, 6]}},
        "metrics": [{"metric_type": "weight", "validations": {"maximum": {"value": 200, "unit": "kg"}}}],
    }
    action = await made(coaching, "action", plan, daily)
    assert action["attributes"]["adherence"] == {"due": 31, "complete": 0, "streak": {"count": 0}}
    assert action["attributes"]["frequency_goal_prorated"] == now.isoweekday() % 7 + 1
    metrics = [
        {
            "type": "patient_health_metric",
            "attributes": {
                "type": kind,
                "value": value,
                "unit": unit,
                "occurred_at": (now - timedelta(days=days)).isoformat(),
            },
            "relationships": {"patient": {"data": {"type": "patient", "id": patient}}},
        }
        for kind, value, unit, days in (
            ("weight", 80, "kg", 1),
            ("weight", 176, "lb", 1),
            ("weight", 80, "kg", 2),
            ("weight", 501, "lb", 3),
            ("weight", 80, "kg", 4),
            ("weight", 80, "kg", 41),
            ("heart_rate", 60, "bpm", 5),
        )
    ]
    answer = await coaching("POST", "/patient_health_metric", {"data": metrics})
    assert answer.status_code == 200, answer.text
    shown = (await coaching("GET", f"/action/{action['id']}")).json()["data"]["attributes"]["adherence"]
    assert (shown["due"], shown["complete"], shown["streak"]["count"]) == (31, 3, 2)
    assert "updated_at" in shown["streak"]
    listed = (await coaching("GET", "/result", params={"filter[patient]": patient})).json()
    assert listed["meta"]["count"] == 4
    assert [one["attributes"]["data"] for one in listed["data"]] == [
        {"value": 80, "unit": "kg"},
        {"value": 176, "unit": "lb"},
        {"value": 80, "unit": "kg"},
        {"value": 80, "unit": "kg"},
    ]
    made_of = [one["relationships"]["metric"]["data"]["id"] for one in listed["data"]]
    assert made_of == [answer.json()["data"][place]["id"] for place in (0, 1, 2, 4)]
