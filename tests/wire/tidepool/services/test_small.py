"""Usage events, device models and consents."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import usage
from openward.care.usage import events
from openward.care.work import Work
from tests.wire.tidepool.clinics.conftest import Caller, House

pytestmark = pytest.mark.anyio


async def test_an_event_is_kept_and_shown_to_services(house: House) -> None:
    ana, service = await house.person(), await house.service()
    name = f"journey - Viewed {uuid4().hex}"
    assert (await ana("GET", f"/metrics/thisuser/{name}", params={"sourceVersion": "1"})).status_code == 200
    shown = (await service("GET", "/v1/usage_events", params={"name": name})).json()
    assert [(one["userId"], one["properties"]) for one in shown] == [(ana.user_id, {"sourceVersion": "1"})]
    assert (await ana("GET", "/v1/usage_events")).status_code == 403


async def test_who_may_report_what(house: House) -> None:
    ana, service = await house.person(), await house.service()
    nobody, liar = Caller(house.client, None), Caller(house.client, "made-up")
    name = f"x{uuid4().hex}"
    assert (await nobody("GET", f"/metrics/thisuser/{name}")).status_code == 401
    assert (await service("GET", f"/metrics/thisuser/{name}")).status_code == 401
    assert (await nobody("GET", f"/metrics/user/whoever/{name}")).status_code == 200
    assert (await liar("GET", f"/metrics/user/whoever/{name}")).status_code == 401
    assert (await ana("GET", f"/metrics/server/uploader/{name}")).status_code == 401
    assert (await service("GET", f"/metrics/server/uploader/{name}")).status_code == 200
    assert (await ana("GET", f"/metrics/thisuser/{'n' * 201}")).status_code == 400
    shown = (await service("GET", "/v1/usage_events", params={"name": name})).json()
    assert [(one.get("server"), one.get("saidUserId")) for one in shown] == [("uploader", None), (None, "whoever")]


async def test_nobody_fills_the_disk_and_old_events_go(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_UNPROVEN_AN_HOUR", 2)
    before = len(await usage.list_of(work, name="flood", since=None, offset=0, limit=10))
    for _ in range(4):
        await usage.record(work, "flood", {}, said_user="x")
    kept = await usage.list_of(work, name="flood", since=None, offset=0, limit=10)
    assert before == 0
    assert len(kept) <= 2
    work.now += events.KEPT_FOR * 2
    await usage.sweep(work, {})
    assert await usage.list_of(work, name="flood", since=None, offset=0, limit=10) == []


async def test_device_models_keep_their_ids(house: House) -> None:
    ana = await house.person()
    sensors = (await ana("GET", "/v1/devices/cgms")).json()["cgms"]
    pumps = (await ana("GET", "/v1/devices/pumps")).json()["pumps"]
    named = {one["displayName"]: one["id"] for one in [*sensors, *pumps]}
    assert named["Dexcom G6"] == "d25c3f1b-a2e8-44e2-b3a3-fd07806fc245"
    assert named["Tandem t:slim X2"] == "62d73b43-faff-52be-80aa-231c2eff21de"
    assert len({UUID(value) for value in named.values()}) == len(sensors) + len(pumps)
    one = await ana("GET", f"/v1/devices/pumps/{named['Omnipod 5']}")
    assert one.json()["pump"]["manufacturers"] == ["Insulet"]
    assert (await ana("GET", f"/v1/devices/cgms/{named['Omnipod 5']}")).status_code == 404
    assert (await Caller(house.client, None)("GET", "/v1/devices/cgms")).status_code == 400


RECORD = {
    "type": "big_data_donation_project",
    "version": 1,
    "ageGroup": ">=18",
    "ownerName": "Ana Ruiz",
    "grantorType": "owner",
    "metadata": {"supportedOrganizations": ["Beyond Type 1"]},
}


async def test_the_life_of_a_consent(house: House) -> None:
    ana = await house.person()
    path = f"/v1/users/{ana.user_id}/consents"
    text = (await ana("GET", "/v1/consents/big_data_donation_project")).json()
    assert (text["count"], text["data"][0]["version"], text["data"][0]["contentType"]) == (1, 1, "markdown")
    made = await ana("POST", path, RECORD)
    assert made.status_code == 200
    record = made.json()
    assert (record["status"], record["userId"], len(record["id"])) == ("active", ana.user_id, 32)
    assert (await ana("POST", path, RECORD)).json()["id"] == record["id"]  # a repeated request
    changed = await ana("PATCH", f"{path}/{record['id']}", {"metadata": {"supportedOrganizations": []}})
    assert changed.json()["metadata"] == {"supportedOrganizations": []}
    listed = (await ana("GET", path, params={"type": RECORD["type"]})).json()
    assert [one["id"] for one in listed["data"]] == [record["id"]]
    assert (await ana("DELETE", f"{path}/{record['id']}")).status_code == 204
    assert (await ana("DELETE", f"{path}/{record['id']}")).status_code == 204
    kept = (await ana("GET", f"{path}/{record['id']}")).json()
    assert (kept["status"], "revocationTime" in kept) == ("revoked", True)
    assert (await ana("PATCH", f"{path}/{record['id']}", {"metadata": {}})).status_code == 409
    again = (await ana("POST", path, RECORD)).json()
    assert again["id"] != record["id"]
    everything = (await ana("GET", path, params={"latest": "false"})).json()
    assert [one["id"] for one in everything["data"]] == [again["id"], record["id"]]


async def test_another_version_takes_the_place_of_the_old_consent(house: House) -> None:
    ana, service = await house.person(), await house.service()
    kind = f"study_{uuid4().hex[:8]}"
    for version, content in ((1, "One"), (2, "Two")):
        body = {"type": kind, "version": version, "content": content}
        assert (await service("POST", "/v1/consents", body)).status_code == 201
    assert (await service("POST", "/v1/consents", {"type": kind, "version": 1, "content": "Other"})).status_code == 409
    assert (await ana("POST", "/v1/consents", {"type": kind, "version": 3, "content": "Mine"})).status_code == 403
    assert (await ana("GET", f"/v1/consents/{kind}")).json()["data"][0]["content"] == "Two"
    assert [one["version"] for one in (await ana("GET", f"/v1/consents/{kind}/versions")).json()["data"]] == [2, 1]
    path = f"/v1/users/{ana.user_id}/consents"
    for version in (1, 2):
        assert (await ana("POST", path, RECORD | {"type": kind, "version": version})).status_code == 200
    found = (await ana("GET", path, params={"latest": "false"})).json()["data"]
    assert [(one["version"], one["status"]) for one in found] == [(2, "active"), (1, "revoked")]


async def test_nobody_agrees_for_another(house: House) -> None:
    ana, bob = await house.person(), await house.person()
    path = f"/v1/users/{ana.user_id}/consents"
    record = (await ana("POST", path, RECORD)).json()["id"]
    for method, where, body in (
        ("POST", path, RECORD),
        ("GET", path, None),
        ("GET", f"{path}/{record}", None),
        ("PATCH", f"{path}/{record}", {"metadata": {}}),
        ("DELETE", f"{path}/{record}", None),
    ):
        assert (await bob(method, where, body)).status_code == 403, method
    assert (await bob("DELETE", f"/v1/users/{bob.user_id}/consents/{record}")).status_code == 404
    assert (await Caller(house.client, None)("GET", path)).status_code == 401
    assert (await ana("GET", "/v1/consents/nothing_of_the_kind")).status_code == 404


@pytest.mark.parametrize(
    "broken",
    [
        {"version": 7},
        {"type": "unheard_of"},
        {"ageGroup": "old"},
        {"ageGroup": "13-17"},
        {"grantorType": "parent/guardian"},
        {"ownerName": ""},
        {"metadata": {"x": "y" * 5000}},
    ],
    ids=["version", "type", "age", "minor", "guardian", "owner", "metadata"],
)
async def test_bad_consents_are_refused(house: House, broken: dict[str, Any]) -> None:
    ana = await house.person()
    path = f"/v1/users/{ana.user_id}/consents"
    assert (await ana("POST", path, RECORD | broken)).status_code == 400
    assert (await ana("GET", path)).json()["count"] == 0
