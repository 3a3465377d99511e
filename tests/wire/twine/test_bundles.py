"""Bundles of a plan: both sides of the relation show the same."""

import pytest

from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.planning import a_document, a_plan, made, pointers

pytestmark = pytest.mark.anyio

THE_EXAMPLE = {"type": "weight", "title": "Weight", "effective_from": "2017-07-11T20:31:25.000Z"}
_ACTION = {"type": "other_lifestyle", "title": "Walk", "effective_from": "2017-07-11T20:31:25Z"}


async def test_the_example_is_made_read_and_changed(coaching: Coaching) -> None:
    plan = await a_plan(coaching)
    walk, other = [await made(coaching, "action", plan, _ACTION) for _ in range(2)]
    assert len(walk["attributes"]["_thread"]) == 24
    assert walk["attributes"]["_thread"] != other["attributes"]["_thread"]
    bundle = await made(coaching, "bundle", plan, THE_EXAMPLE, actions=[walk["id"], walk["id"]])
    path = f"/bundle/{bundle['id']}"
    shown = bundle["attributes"]
    assert shown | THE_EXAMPLE == shown
    assert (shown["_actions"], shown["_thread"], shown["effective_to"]) == ([walk["id"]], "weight", None)
    assert "created_by" not in shown
    assert bundle["links"] == {"self": f"/pub{path}"}
    assert bundle["relationships"]["plan"]["data"] == {"type": "patient_plan_summary", "id": plan}
    assert bundle["relationships"]["actions"]["links"] == {"related": f"/pub{path}/actions"}
    assert (await coaching("GET", path)).json()["data"] == bundle
    data = {"type": "bundle", "id": bundle["id"], "attributes": {"title": "Weight, morning"}}
    changed = (await coaching("PATCH", path, {"data": data})).json()["data"]["attributes"]
    assert (changed["title"], changed["_actions"], changed["type"]) == ("Weight, morning", [walk["id"]], "weight")
    data["relationships"] = {"actions": {"data": [{"type": "action", "id": other["id"]}]}}
    data["attributes"] = {"effective_to": "2017-07-12T00:00:00Z", "_thread": "123"}
    changed = (await coaching("PATCH", path, {"data": data})).json()["data"]
    assert changed["attributes"]["_actions"] == [other["id"]]
    assert (changed["attributes"]["_thread"], changed["attributes"]["title"]) == ("123", "Weight, morning")
    for one, beside in ((walk, []), (other, [{"type": "bundle", "id": bundle["id"]}])):
        read = (await coaching("GET", f"/action/{one['id']}")).json()["data"]
        assert read["relationships"]["bundles"]["data"] == beside
    read = (await coaching("GET", f"/patient_plan_summary/{plan}")).json()["data"]["relationships"]
    assert read["bundles"]["data"] == [{"type": "bundle", "id": bundle["id"]}]
    assert read["actions"]["data"] == [{"type": "action", "id": one["id"]} for one in (walk, other)]


async def test_refusals(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    plan = await a_plan(coaching)
    bundle = await made(coaching, "bundle", plan, THE_EXAMPLE)
    path = f"/bundle/{bundle['id']}"
    change = {"data": {"type": "bundle", "id": bundle["id"], "attributes": {"effective_to": "2017-07-11T20:31:25Z"}}}
    assert pointers(await coaching("PATCH", path, change)) == ["/data/attributes/effective_to"]
    change["data"]["attributes"] = {"effective_from": None, "title": ""}
    assert sorted(pointers(await coaching("PATCH", path, change))) == [
        "/data/attributes/effective_from",
        "/data/attributes/title",
    ]
    change["data"] = {"type": "bundle", "id": bundle["id"], "relationships": {"plan": {"data": {"id": "0" * 24}}}}
    assert pointers(await coaching("PATCH", path, change)) == ["/data/relationships/plan"]
    assert pointers(await coaching("POST", "/bundle", a_document("bundle", plan, {"title": "x"}))) == [
        "/data/attributes/type",
        "/data/attributes/effective_from",
    ]
    for caller in (await a_coaching(), await coaching.confined_to("Other")):
        assert (await caller("GET", path)).status_code == 403
        assert (await caller("PATCH", path, change)).status_code == 403
        assert (await caller("POST", "/bundle", a_document("bundle", plan, THE_EXAMPLE))).status_code == 403
    for name in ("0" * 24, plan, "x"):
        assert (await coaching("GET", f"/bundle/{name}")).status_code == 404
    assert (await coaching("GET", f"{path}/actions")).status_code == 404
    assert (await coaching("GET", f"{path}?include=actions")).status_code == 409
