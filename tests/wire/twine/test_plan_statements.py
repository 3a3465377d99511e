"""Plans with all that hangs from them cost a constant number of statements, however many there are."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.wire.counting import statements
from tests.wire.twine.conftest import Coaching
from tests.wire.twine.planning import THE_EXAMPLE, a_patient, a_plan, made

pytestmark = pytest.mark.anyio

EVERYTHING = "/patient_plan_summary?include=actions,bundles,patient,current_results"


async def _more(coaching: Coaching) -> str:
    """One more patient with two actions in a bundle and a result of both."""
    patient = await a_patient(coaching)
    plan = await a_plan(coaching, patient)
    actions = [(await made(coaching, "action", plan, THE_EXAMPLE | {"frequency_goal": None}))["id"] for _ in range(2)]
    times = {"type": "b", "title": "B", "effective_from": "2017-01-01T00:00:00Z"}
    await made(coaching, "bundle", plan, times, actions=actions)
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    metric = {
        "type": "patient_health_metric",
        "attributes": {"type": "blood_pressure", "systolic": 120, "diastolic": 80, "occurred_at": at},
        "relationships": {"patient": {"data": {"type": "patient", "id": patient}}},
    }
    assert (await coaching("POST", "/patient_health_metric", {"data": metric})).status_code == 200
    return patient


async def test_many_plans_take_as_many_statements_as_one(coaching: Coaching, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = await _more(coaching)
    few, before = await statements(monkeypatch, lambda: coaching("GET", EVERYTHING))
    for _ in range(3):
        await _more(coaching)
    many, after = await statements(monkeypatch, lambda: coaching("GET", EVERYTHING))
    assert (len(before["included"]), len(after["included"])) == (6, 24)
    assert many == few
    results = f"/result?filter[patient]={patient}"
    one, listed = await statements(monkeypatch, lambda: coaching("GET", f"{results}&page[size]=1"))
    two, both = await statements(monkeypatch, lambda: coaching("GET", results))
    assert (len(listed["data"]), len(both["data"])) == (1, 2)
    assert one == two
