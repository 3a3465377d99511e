"""Data sets and data coming in, through the whole server."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from tests.wire.tidepool.data.conftest import Someone, cbg

pytestmark = pytest.mark.anyio
Make = Callable[[], Awaitable[Someone]]


async def a_set(http: AsyncTestClient[Any], person: Someone, **more: object) -> dict[str, Any]:
    reply = await http.post(f"/v1/users/{person.user_id}/datasets", headers=person.headers, json=more)
    assert reply.status_code == 201, reply.text
    return reply.json()["data"]


async def stored(http: AsyncTestClient[Any], person: Someone, **query: str) -> list[dict[str, Any]]:
    reply = await http.get(f"/data/{person.user_id}", headers=person.headers, params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_a_continuous_set_shows_its_data_at_once(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous", deviceId="d1", client={"name": "c", "version": "1.0"})
    assert made["uploadId"] == made["id"]
    assert made["byUser"] == person.user_id
    assert made["deduplicator"] == {"name": "org.tidepool.deduplicator.none", "version": "1.0.0"}
    url = f"/v1/data_sets/{made['id']}/data"
    reply = await http.post(url, headers=person.headers, json=[cbg(0, 100), cbg(5, 120)])
    assert (reply.status_code, reply.json()) == (200, {"data": []})
    found = await stored(http, person, type="cbg")
    assert [one["value"] for one in found] == [5.55075, 6.6609]
    assert found[0] == {
        "type": "cbg",
        "time": "2026-03-10T08:00:00Z",
        "deviceId": "DexG6_1",
        "units": "mmol/L",
        "value": 5.55075,
        "uploadId": made["uploadId"],
        "id": found[0]["id"],
    }
    assert len(found[0]["id"]) == 32
    everything = await stored(http, person)
    assert [one["type"] for one in everything] == ["cbg", "cbg", "upload"]


async def test_a_normal_set_appears_when_it_is_closed(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person)
    await http.post(f"/v1/datasets/{made['id']}/data", headers=person.headers, json=[cbg(0)])
    assert await stored(http, person) == []
    closed = await http.put(f"/v1/datasets/{made['id']}", headers=person.headers, json={"dataState": "closed"})
    assert closed.status_code == 200
    assert [one["type"] for one in await stored(http, person)] == ["cbg", "upload"]
    for method, path, body in (
        ("POST", "/data", [cbg(5)]),
        ("DELETE", "/data", [{"id": "0" * 32}]),
        ("PUT", "", {}),
    ):
        again = await http.request(method, f"/v1/datasets/{made['id']}{path}", headers=person.headers, json=body)
        assert again.status_code == 409
        assert again.json()["errors"][0]["code"] == "data-set-closed"


async def test_all_that_was_sent_comes_back(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    sent = [
        cbg(
            0.5,
            5.5,
            units="mmol/L",
            deviceTime="2026-03-10T00:00:31",
            timezone="America/Los_Angeles",
            timezoneOffset=-480,
            clockDriftOffset=1000,
            conversionOffset=0,
            trend="constant",
            trendRate=0.0222,
            trendRateUnits="mmol/L/minute",
            sampleInterval=300000,
            backfilled=True,
            annotations=[{"code": "bg/out-of-range", "value": "low"}],
            origin={"id": "o1", "name": "org.x", "type": "service", "payload": {"a": 1 << 70}},
            payload={"ticks": 5, "deep": {"list": [1, 2.5, None, "ü"]}},
            id="a" * 32,
            notes=["one"],
            tags=["b", "a"],
        ),
        {
            "type": "basal",
            "deliveryType": "temp",
            "time": "2026-03-10T09:00:00.250Z",
            "deviceTime": "2026-03-10T07:11:12",
            "duration": 1800000,
            "rate": 0.75,
            "percent": 0.5,
            "suppressed": {"type": "basal", "deliveryType": "scheduled", "rate": 1.5},
        },
    ]
    reply = await http.post(f"/v1/data_sets/{made['id']}/data", headers=person.headers, json=sent)
    assert reply.status_code == 200, reply.text
    found = {one["type"]: one for one in await stored(http, person)}
    expected = dict(sent[0], tags=["a", "b"], uploadId=made["id"])
    assert found["cbg"] == expected
    basal = found["basal"]
    assert basal == {**sent[1], "uploadId": made["id"], "id": basal["id"]}


async def test_every_fault_of_a_batch_is_named_and_nothing_is_kept(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    url = f"/v1/data_sets/{made['id']}/data"
    bad = [cbg(0), cbg(5, 1001), cbg(10, units="furlong")]
    reply = await http.post(url, headers=person.headers, json=bad)
    assert reply.status_code == 400
    assert [one["source"]["pointer"] for one in reply.json()] == ["/1/value", "/2/units"]
    one = await http.post(url, headers=person.headers, json=[cbg(0, -1)])
    assert one.json()["code"] == "value-out-of-range"
    assert await stored(http, person, type="cbg") == []


BAD_BODIES = [
    b"",
    b"{",
    b"{}",
    b"null",
    b'"x"',
    b"[" * 100000,
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":1e400}]',
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":NaN}]',
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":Infinity}]',
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":100,"deviceId":"\\u0000"}]',
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":100,"deviceId":"\\ud800"}]',
    b'[{"type":"cbg","time":"2026-03-10T08:00:00Z","units":"mg/dL","value":100,"deviceId":"\xff"}]',
    b'[{"type":"cbg","time":"99999-03-10T08:00:00Z","units":"mg/dL","value":100}]',
    b'[{"type":"cbg","time":"2026-02-30T08:00:00Z","units":"mg/dL","value":100}]',
    b'[{"type":"cbg","time":17,"units":"mg/dL","value":"100"}]',
    b'[{"type":"mystery","time":"2026-03-10T08:00:00Z"}]',
    b"[null, 5]",
    b'[{"type":"water","time":"2026-03-10T08:00:00Z","payload":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}]",
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
async def test_bad_bodies_are_refused_clearly(http: AsyncTestClient[Any], a_person: Make, body: bytes) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    for url in (f"/v1/data_sets/{made['id']}/data", f"/data/{person.user_id}"):
        reply = await http.post(url, headers=person.headers, content=body)
        if body == b"{}" and url.startswith("/data/"):
            assert reply.json()["source"]["pointer"] == "/0/type"
        assert reply.status_code == 400, (url, reply.text)
        assert "code" in reply.text
    for url in (f"/v1/users/{person.user_id}/datasets",):
        reply = await http.post(url, headers=person.headers, content=body)
        assert reply.status_code in (201, 400) if body == b"{}" else reply.status_code == 400
    assert await stored(http, person, type="cbg") == []


async def test_too_large_and_exploding_bodies(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    bomb = gzip.compress(b" " * (100 << 20))
    headers = person.headers | {"content-encoding": "gzip"}
    url = f"/v1/data_sets/{made['id']}/data"
    reply = await http.post(url, headers=headers, content=bomb)
    assert reply.status_code == 413
    assert reply.json()["code"] == "resource-too-large"
    strange = await http.post(url, headers={**person.headers, "content-encoding": "br"}, content=b"[]")
    assert (strange.status_code, strange.json()["code"]) == (400, "media-type-not-supported")


async def test_an_id_names_one_datum(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    url = f"/v1/data_sets/{made['id']}/data"
    twice = await http.post(url, headers=person.headers, json=[cbg(0, id="b" * 32), cbg(5, id="b" * 32)])
    assert twice.status_code == 400
    assert twice.json()["source"]["pointer"] == "/1/id"
    assert (await http.post(url, headers=person.headers, json=[cbg(0, id="b" * 32)])).status_code == 200
    again = await http.post(url, headers=person.headers, json=[cbg(9, id="b" * 32)])
    assert again.json()["code"] == "value-duplicate"


async def test_strangers_and_unknown_sets(http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]) -> None:
    person, stranger = await a_person(), await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    url = f"/v1/data_sets/{made['id']}"
    for method, path in (("POST", "/data"), ("DELETE", "/data"), ("PUT", ""), ("DELETE", ""), ("GET", "")):
        reply = await http.request(method, url + path, headers=stranger.headers, json=[{"id": "0" * 32}])
        assert reply.status_code == 403, (method, path, reply.text)
        assert reply.json()["errors"][0]["code"] == "unauthorized"
        assert (await http.request(method, url + path, json=[])).status_code == 401
        wrong = {"x-tidepool-session-token": "wrong"}
        assert (await http.request(method, url + path, headers=wrong, json=[])).status_code == 401
        unknown = await http.request(
            method, f"/v1/data_sets/{'9' * 32}{path}", headers=person.headers, json=[{"id": "0" * 32}]
        )
        assert unknown.status_code == 404
        assert unknown.json()["errors"][0]["code"] == "data-set-id-not-found"
    assert (
        await http.post(f"/v1/users/{person.user_id}/datasets", headers=stranger.headers, json={})
    ).status_code == 403
    assert (await http.get(f"/v1/users/{'0' * 10}/datasets", headers=service)).status_code == 404
    assert (await http.get(f"/v1/users/{'0' * 10}/datasets", headers=person.headers)).status_code == 403
    assert (await http.post(f"/data/{person.user_id}", headers=stranger.headers, json=cbg(0))).status_code == 403
    assert (await http.delete(f"/v1/users/{person.user_id}/data", headers=person.headers)).status_code == 403


async def test_creating_and_listing(http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]) -> None:
    person = await a_person()
    first = await a_set(http, person, uploadId="upid_0123456789ab".replace("ab", person.user_id[:2]), deviceId="a")
    taken = await http.post(
        f"/v1/users/{person.user_id}/data_sets", headers=person.headers, json={"uploadId": first["uploadId"]}
    )
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (409, "data-set-exists")
    unknown = await http.post(
        f"/v1/users/{person.user_id}/datasets", headers=person.headers, json={"deduplicator": {"name": "org.x.y"}}
    )
    assert unknown.status_code == 400
    assert unknown.json()["source"]["pointer"] == "/deduplicator/name"
    assert (await http.post(f"/v1/users/{person.user_id}/datasets", headers=person.headers, json={"a": 1})).json()[
        "code"
    ] == "not-parsed"
    second = await a_set(http, person, deviceId="b", client={"name": "org.c", "version": "1"})
    listed = f"/v1/users/{person.user_id}/data_sets"
    names = [one["uploadId"] for one in (await http.get(listed, headers=person.headers)).json()]
    assert sorted(names) == sorted([first["uploadId"], second["uploadId"]])
    for query in ({"deviceId": "b"}, {"client.name": "org.c"}, {"size": "1", "page": "0"}):
        found = (await http.get(listed, headers=person.headers, params=query)).json()
        assert [one["uploadId"] for one in found] == [second["uploadId"]]
    assert (await http.get(listed, headers=person.headers, params={"size": "1001"})).status_code == 400
    assert (await http.get(listed, headers=person.headers, params={"deleted": "maybe"})).status_code == 400
    gone = await http.delete(f"/v1/datasets/{second['id']}", headers=person.headers)
    assert (gone.status_code, gone.json()["data"]) == (200, {})
    wrapped = (await http.get(f"/v1/users/{person.user_id}/datasets", headers=person.headers)).json()["data"]
    assert [one["uploadId"] for one in wrapped] == [first["uploadId"]]
    with_deleted = (await http.get(listed, headers=person.headers, params={"deleted": "true"})).json()
    assert {one["uploadId"]: "deletedTime" in one for one in with_deleted} == {
        first["uploadId"]: False,
        second["uploadId"]: True,
    }
    assert (await http.get(f"/v1/data_sets/{second['id']}", headers=person.headers)).status_code == 404
    assert (await http.get(f"/v1/data_sets/{first['uploadId']}", headers=service)).json()["id"] == first["id"]
    assert (await http.delete(f"/v1/users/{person.user_id}/data", headers=service)).json()["data"] == []
    assert (await http.get(listed, headers=person.headers, params={"deleted": "true"})).json() == []


async def test_a_service_changes_a_continuous_set(
    http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]
) -> None:
    person = await a_person()
    made = await a_set(http, person, dataSetType="continuous")
    url = f"/v1/data_sets/{made['id']}"
    assert (await http.put(url, headers=person.headers, json={"state": "closed"})).status_code == 403
    assert (await http.put(url, headers=service, json={"deviceModel": "x"})).status_code == 400
    changed = await http.put(url, headers=service, json={"deviceModel": "xy", "timezoneOffset": 60})
    assert (changed.json()["data"]["deviceModel"], changed.json()["data"]["timezoneOffset"]) == ("xy", 60)
    assert (await http.put(url, headers=service, json={"state": "closed"})).status_code == 200
    assert (await http.post(f"{url}/data", headers=person.headers, json=[cbg(0)])).status_code == 409


async def test_withdrawing_by_id_origin_and_hash(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    drop = {"name": "org.tidepool.deduplicator.dataset.drop.hash"}
    made = await a_set(http, person, dataSetType="continuous", deduplicator=drop)
    url = f"/v1/data_sets/{made['id']}/data"
    batch = [cbg(0, id="c" * 32), cbg(5, origin={"id": "here"}), cbg(10), cbg(15)]
    await http.post(url, headers=person.headers, json=batch)
    found = await stored(http, person, type="cbg")
    for selector in (
        {"id": "c" * 32},
        {"origin": {"id": "here"}},
        {"deduplicator": {"hash": found[2]["deduplicator"]["hash"]}},
        {"id": found[3]["id"]},
    ):
        before = len(await stored(http, person, type="cbg"))
        reply = await http.request("DELETE", url, headers=person.headers, json=[selector])
        assert (reply.status_code, reply.json()) == (200, {"data": []})
        assert len(await stored(http, person, type="cbg")) == before - 1
    for bad in ([], {}, [{"id": "c" * 32}, {"origin": {"id": "x"}}], [{}]):
        assert (await http.request("DELETE", url, headers=person.headers, json=bad)).status_code == 400


async def test_the_older_endpoint_keeps_each_content_once(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    url = f"/data/{person.user_id}"
    wizard = {
        "type": "wizard",
        "time": "2026-03-10T08:00:00Z",
        "units": "mmol/L",
        "carbInput": 30,
        "bolus": {"type": "bolus", "subType": "normal", "normal": 2.5, "time": "2026-03-10T08:00:00Z"},
    }
    assert (await http.post(url, headers=person.headers, json=cbg(0))).json() == []
    reply = await http.post(url, headers=person.headers, json=[cbg(0), cbg(5), wizard])
    assert (reply.status_code, reply.json()) == (200, [0])
    again = await http.post(url, headers=person.headers, json=[wizard, cbg(5)])
    assert again.json() == [0, 1, 2]
    found = await stored(http, person)
    assert sorted(one["type"] for one in found) == ["bolus", "cbg", "cbg", "upload", "wizard"]
    by_type = {one["type"]: one for one in found}
    assert by_type["wizard"]["bolus"] == by_type["bolus"]["id"]


async def test_two_clients_with_one_batch_leave_one_copy(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    drop = {"name": "org.tidepool.deduplicator.dataset.drop.hash"}
    origin = {"name": "org.tidepool.deduplicator.dataset.delete.origin"}
    for deduplicator in (drop, origin):
        made = await a_set(http, person, dataSetType="continuous", deduplicator=deduplicator)
        batch = [cbg(5 * n, origin={"id": f"o{n}"}) for n in range(100)]
        url = f"/v1/data_sets/{made['id']}/data"
        replies = await asyncio.gather(*(http.post(url, headers=person.headers, json=batch) for _ in range(4)))
        assert [reply.status_code for reply in replies] == [200] * 4
        assert len(await stored(http, person, type="cbg", uploadId=made["id"])) == 100
    old = f"/data/{person.user_id}"
    for reply in await asyncio.gather(
        *(http.post(old, headers=person.headers, json=[cbg(1), cbg(2)]) for _ in range(4))
    ):
        assert reply.status_code == 200
    assert len(await stored(http, person, startDate="2026-03-10T08:01:00Z", endDate="2026-03-10T08:02:00Z")) == 2


async def test_time_and_info(http: AsyncTestClient[Any]) -> None:
    text = (await http.get("/v1/time")).json()["data"]["time"]
    assert len(text) == len("2026-03-10T08:00:00.000Z")
    assert json.loads((await http.get("/info")).text)["versions"]["uploaderMinimum"]


async def test_the_same_upload_closed_twice_at_once_leaves_one_copy(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    body = {"deviceId": "d", "deviceManufacturers": ["LifeScan"], "deviceModel": "Verio"}
    for _ in range(3):
        made = [await a_set(http, person, **body) for _ in range(4)]
        urls = [f"/v1/data_sets/{one['id']}" for one in made]
        batch = [cbg(5 * n) for n in range(50)]
        await asyncio.gather(*(http.post(f"{url}/data", headers=person.headers, json=batch) for url in urls))
        replies = await asyncio.gather(*(http.put(url, headers=person.headers, json={}) for url in urls))
        assert [reply.status_code for reply in replies] == [200] * 4
        assert len(await stored(http, person, type="cbg")) == 50
        gone = await asyncio.gather(*(http.delete(url, headers=person.headers) for url in urls[:2]))
        assert [reply.status_code for reply in gone] == [200] * 2
        assert len(await stored(http, person, type="cbg")) == 50
