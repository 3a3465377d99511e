"""Data sources: who may do what, the rules of states, and the filter that follows from them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import AsyncTestClient

from tests.wire.tidepool.data.conftest import Someone, cbg

pytestmark = pytest.mark.anyio
Make = Callable[[], Awaitable[Someone]]
NEW = {"providerType": "oauth", "providerName": "dexcom"}


def _url(person: Someone) -> str:
    return f"/v1/users/{person.user_id}/data_sources"


async def test_a_life(http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]) -> None:
    person, session = await a_person(), uuid4().hex
    reply = await http.post(_url(person), headers=service, json=NEW)
    assert reply.status_code == 201
    made = reply.json()
    assert (made["state"], made["revision"], made["userId"]) == ("disconnected", 0, person.user_id)
    assert len(made["id"]) == 32
    one = f"/v1/data_sources/{made['id']}"
    connected = {"state": "connected", "providerSessionId": session, "dataSetIds": ["a" * 32, "b" * 32]}
    changed = (await http.put(one, headers=service, json=connected)).json()
    assert (changed["state"], changed["providerSessionId"], changed["revision"]) == ("connected", session, 1)
    assert (changed["dataSetId"], changed["dataSetIds"]) == ("a" * 32, ["a" * 32])
    broken = {"state": "error", "error": {"code": "x", "title": "t", "stack": "secret"}}
    failed = (await http.put(one, headers=service, json=broken)).json()
    assert (failed["state"], failed["providerSessionId"]) == ("error", session)
    shown = (await http.get(one, headers=person.headers)).json()
    assert "providerSessionId" not in shown
    assert shown["error"] == {"code": "x", "title": "t"}
    stale = await http.put(one, headers=service, params={"revision": 1}, json={"state": "disconnected"})
    assert stale.status_code == 404
    assert "1" in stale.text
    gone = (await http.put(one, headers=service, params={"revision": 2}, json={"state": "disconnected"})).json()
    assert "providerSessionId" not in gone
    assert "error" not in gone
    assert (await http.delete(one, headers=service)).status_code == 200
    assert (await http.get(one, headers=person.headers)).status_code == 404


async def test_rules_and_refusals(http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]) -> None:
    person, stranger = await a_person(), await a_person()
    first = (await http.post(_url(person), headers=service, json={**NEW, "providerSessionId": uuid4().hex})).json()
    assert first["state"] == "connected"
    second = await http.post(_url(person), headers=service, json={**NEW, "providerSessionId": uuid4().hex})
    assert second.status_code == 409
    one = f"/v1/data_sources/{first['id']}"
    for body, pointer in (
        ({"state": "connected"}, "/providerSessionId"),
        ({"state": "error", "providerSessionId": "x"}, "/providerSessionId"),
        ({"state": "pending"}, "/state"),
        ({"lastImportTime": "2999-01-01T00:00:00Z"}, "/lastImportTime"),
        ({"earliestDataTime": "2026-01-02T00:00:00Z", "latestDataTime": "2026-01-01T00:00:00Z"}, "/latestDataTime"),
        ({"metadata": {"a": "x" * 5000}}, "/metadata"),
        ({"earliestDataTime": 5}, "/earliestDataTime"),
    ):
        reply = await http.put(one, headers=service, json=body)
        assert (reply.status_code, reply.json()["source"]["pointer"]) == (400, pointer)
    for body in (
        {},
        {"providerType": "x", "providerName": "y"},
        {**NEW, "state": "error", "providerSessionId": "z"},
        [],
    ):
        assert (await http.post(_url(person), headers=service, json=body)).status_code == 400
    assert (await http.post(_url(person), headers=person.headers, json=NEW)).status_code == 403
    assert (await http.get(_url(person), headers=stranger.headers)).status_code == 403
    assert (await http.put(one, headers=person.headers, json={"state": "disconnected"})).status_code == 403
    assert (await http.get(one, headers=stranger.headers)).status_code == 403
    # Nobody but a service learns what there is.
    for path in (one, f"/v1/data_sources/{'0' * 32}"):
        assert (await http.put(path, headers=stranger.headers, json=[])).status_code == 403
        assert (await http.delete(path, headers=stranger.headers)).status_code == 403
    assert (await http.get(f"/v1/data_sources/{'0' * 32}", headers=service)).status_code == 404
    listed = await http.get(_url(person), headers=person.headers, params={"state": "connected"})
    assert [source["id"] for source in listed.json()] == [first["id"]]
    other = await http.get(_url(person), headers=person.headers, params={"providerName": "twiist"})
    assert other.json() == []
    for wrong in ({"state": "pending"}, {"providerType": "basic"}, {"providerName": ""}):
        refused = await http.get(_url(person), headers=person.headers, params=wrong)
        assert (refused.status_code, refused.json()["source"]) == (400, {"parameter": next(iter(wrong))})
    assert (await http.delete(_url(person), headers=service)).status_code == 204
    assert (await http.get(_url(person), headers=person.headers)).json() == []


async def test_a_cloud_hides_what_it_covers(
    http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]
) -> None:
    person = await a_person()
    names = []
    for minutes in ([0, 10, 20], [10, 15]):
        made = await http.post(
            f"/v1/users/{person.user_id}/data_sets", headers=person.headers, json={"dataSetType": "continuous"}
        )
        names.append(made.json()["data"]["id"])
        items = [cbg(minute) for minute in minutes]
        await http.post(f"/v1/data_sets/{names[-1]}/data", headers=person.headers, json=items)
    source = (await http.post(_url(person), headers=service, json={**NEW, "providerSessionId": uuid4().hex})).json()
    span = {"earliestDataTime": "2026-03-10T08:10:00Z", "latestDataTime": "2026-03-10T08:15:00Z", "dataSetId": names[1]}
    assert (await http.put(f"/v1/data_sources/{source['id']}", headers=service, json=span)).status_code == 200
    for query, count in (("", 4), ("&cbgFilter=false", 5), ("&dexcom=true", 5), ("&dexcom=true&cbgFilter=true", 4)):
        reply = await http.get(f"/data/{person.user_id}?type=cbg{query}", headers=person.headers)
        assert len(reply.json()) == count, query
