"""Results: what was done and measured, listed by every filter."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care import coaching as room
from openward.care import identity
from openward.care.coaching import Outcome
from openward.care.identity import Identifier, System
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.planning import a_patient, a_plan, made

pytestmark = pytest.mark.anyio

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_WALK = {"type": "other_lifestyle", "title": "Walk", "effective_from": BEGUN.isoformat()}


async def key_of(coaching: Coaching, name: str) -> UUID:
    async with coaching.work() as work:
        return await identity.resolve(work, Identifier(System.TWINE, name))


async def test_what_is_checked_off_is_listed(coaching: Coaching) -> None:
    patient = await a_patient(coaching)
    plan = await a_plan(coaching, patient)
    walk = await made(coaching, "action", plan, _WALK | {"windows": [{"type": "morning"}]})
    swim = await made(coaching, "action", plan, _WALK | {"_thread": "swim"})
    window = walk["attributes"]["windows"][0]["_id"]
    for day in range(3):
        async with coaching.work() as work:
            said = Outcome(BEGUN + timedelta(days=day), window=window, note="at the lake" if day else None)
            await room.check_off(work, await identity.resolve(work, Identifier(System.TWINE, walk["id"])), said)
    async with coaching.work() as work:
        key = await identity.resolve(work, Identifier(System.TWINE, swim["id"]))
        await room.check_off(work, key, Outcome(BEGUN + timedelta(days=1), is_skipped=True, time_zone="Europe/Berlin"))

    async def listed(query: str = "") -> Any:
        answer = await coaching("GET", f"/result?filter[patient]={patient}{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    everything = await listed()
    assert everything["meta"]["count"] == 4
    first, last = everything["data"][0], everything["data"][-1]
    when = {name: first["attributes"][name] for name in ("created_at", "updated_at")}
    assert first["attributes"] == when | {
        "type": "other_lifestyle",
        "_thread": walk["attributes"]["_thread"],
        "occurred_at": "2026-01-01T00:00:00.000Z",
        "occurred_at_time_zone": "UTC",
        "window": window,
        "skipped": False,
        "annotations": [],
        "channel": "app",
        "data": {"value": 1},
        "source": {},
    }
    assert {name: one["data"] for name, one in first["relationships"].items()} == {
        "action": {"type": "action", "id": walk["id"]},
        "patient": {"type": "patient", "id": patient},
    }
    assert everything["data"][1]["attributes"]["annotations"] == [{"text": "at the lake"}]
    assert (last["attributes"]["skipped"], last["attributes"]["data"]) == (True, {})
    assert last["attributes"]["occurred_at_time_zone"] == "Europe/Berlin"
    assert (await coaching("GET", f"/result/{first['id']}")).json()["data"] == first

    async def count(query: str) -> int:
        found = await listed(query)
        assert len(found["data"]) == found["meta"]["count"]
        return int(found["meta"]["count"])

    assert await count(f"&filter[actions]={swim['id']},{'0' * 24}") == 1
    assert await count(f"&filter[actions]={'0' * 24}") == 0
    assert await count("&filter[threads]=swim, other") == 1
    assert await count("&filter[start_at]=2026-01-02T00:00:00Z") == 3
    assert await count("&filter[start_at]=2026-01-02&filter[end_at]=2026-01-03T00:00:00%2B00:00") == 2
    assert await count("&filter[end_at]=2026-01-01T00:00:00Z") == 0
    created = first["attributes"]["created_at"]
    assert await count(f"&filter[created_at]={created}..&filter[updated_at]={created}..") == 4
    assert await count(f"&filter[updated_at]=..{created}") == 0
    pages, address = [], f"/result?filter[patient]={patient}&page[limit]=3"
    while address:
        found = (await coaching("GET", address)).json()
        pages.append([one["id"] for one in found["data"]])
        address = found["links"].get("next", "").removeprefix("/pub")
    assert [len(page) for page in pages] == [3, 1]
    assert [name for page in pages for name in page] == [one["id"] for one in everything["data"]]
    second = await listed("&page[number]=2&page[size]=3")
    assert [one["id"] for one in second["data"]] == pages[1]
    assert (await listed("&page[size]=0"))["data"] == []
    for wrong in (
        "filter[start_at]=soon",
        "filter[created_at]=2026",
        "page[after]=x",
        "page[size]=51",
        "include=action",
    ):
        answer = await coaching("GET", f"/result?filter[patient]={patient}&{wrong}")
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["source"]["parameter"] == wrong.split("=")[0]


async def test_who_sees_results(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    patient = await a_patient(coaching)
    plan = await a_plan(coaching, patient)
    walk = await key_of(coaching, (await made(coaching, "action", plan, _WALK))["id"])
    async with coaching.work() as work:
        result = await room.check_off(work, walk, Outcome(BEGUN))
    for caller in (await coaching.confined_to("Other"), await a_coaching()):
        assert (await caller("GET", f"/result/{result.id}")).status_code == 403
        assert (await caller("GET", f"/result?filter[patient]={patient}")).status_code == 403
    lead = await coaching.confined_to("Lead")
    assert (await lead("GET", f"/result?filter[patient]={patient}")).json()["meta"]["count"] == 1
    missing = await coaching("GET", "/result")
    assert (missing.status_code, missing.json()["errors"][0]["source"]) == (409, {"parameter": "filter[patient]"})
    assert missing.json()["errors"][0]["code"] == "InvalidParameter"
    assert (await coaching("GET", f"/result?filter[patient]={'0' * 24}")).json()["data"] == []
    for name in ("0" * 24, plan, "x"):
        assert (await coaching("GET", f"/result/{name}")).status_code == 404
