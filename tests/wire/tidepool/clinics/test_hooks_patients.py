"""What other programs tell the clinics about a patient: summaries and data sources."""

import secrets
from typing import Any

import pytest

from openward.care.roster import FIELDS
from openward.care.summaries import Kind

pytestmark = pytest.mark.anyio

PLAIN = {
    "cgm": ("min", "max", "standardDeviation", "coefficientOfVariation", "hoursWithData", "daysWithData"),
    "bgm": ("min", "max", "daysWithData"),
}
WITHOUT_FLAG = set(PLAIN["cgm"])


def flag(name: str) -> str:
    return f"has{name[0].upper()}{name[1:]}"


def period(kind: str, **more: Any) -> dict[str, Any]:
    """A period with everything that the schema asks for."""
    names = [name for name in FIELDS[Kind(kind)] if not name.endswith("Delta") and name not in WITHOUT_FLAG]
    numbers = {name + end: 1.5 for name in PLAIN[kind] for end in ("", "Delta")}
    return numbers | {flag(name): flag(name) in {flag(one) for one in more} for name in names} | more


def stats(kind: str = "cgm", **more: Any) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(12),
        "config": {
            "schemaVersion": 6,
            "highGlucoseThreshold": 10.0,
            "veryHighGlucoseThreshold": 13.9,
            "lowGlucoseThreshold": 3.9,
            "veryLowGlucoseThreshold": 3.0,
        },
        "dates": {
            "hasFirstData": False,
            "hasLastData": True,
            "hasLastUploadDate": False,
            "hasOutdatedSince": False,
            "lastData": "2024-05-01T10:00:00+02:00",
            "lastUpdatedReason": ["UPLOAD_COMPLETED"],
        },
        "periods": {name: period(kind, **more) for name in ("1d", "7d", "14d", "30d")},
    }


async def record(clinic: Any, user_id: str) -> dict[str, Any]:
    return dict((await clinic.member("GET", f"{clinic.path}/patients/{user_id}")).json())


async def test_a_summary_is_put_into_every_record(a_clinic: Any) -> None:
    one, two = await a_clinic(), await a_clinic()
    pat = await one.house.person()
    for clinic in (one, two):
        path = f"{clinic.path}/patients/{pat.user_id}"
        assert (await clinic.service("POST", path, {"permissions": {"view": {}}})).status_code == 200
    before = await record(one, pat.user_id)
    body = {"cgmStats": stats("cgm", timeInTargetPercent=0.5), "bgmStats": stats("bgm")}
    path = f"/v1/patients/{pat.user_id}/summary"
    answer = await one.service("POST", path, body)
    assert (answer.status_code, answer.content) == (200, b"")
    for clinic in (one, two):
        shown = await record(clinic, pat.user_id)
        assert shown["updatedTime"] > before["updatedTime"]
        written = body["cgmStats"]["dates"] | {"lastData": "2024-05-01T08:00:00.000Z"}
        assert shown["summary"] == {
            "cgmStats": body["cgmStats"] | {"dates": written},
            "bgmStats": body["bgmStats"] | {"dates": written},
        }
        query = {"cgm.timeInTargetPercent": "<0.6", "period": "14d"}
        found = await clinic.member("GET", f"{clinic.path}/patients", params=query)
        assert [one["id"] for one in found.json()["data"]] == [pat.user_id]
    other = stats("bgm")
    assert (await one.service("POST", path, {"bgmStats": other})).status_code == 200
    shown = (await record(one, pat.user_id))["summary"]
    assert (shown["cgmStats"]["id"], shown["bgmStats"]["id"]) == (body["cgmStats"]["id"], other["id"])
    assert (await one.service("POST", path, {"bgmStats": stats("bgm") | {"id": None}})).status_code == 200
    assert (await record(one, pat.user_id))["summary"] == shown
    assert (await one.service("POST", path, {})).status_code == 200
    assert "summary" not in await record(two, pat.user_id)
    assert (await one.service("POST", path)).status_code == 200


async def test_summaries_are_held_against_the_schema(clinic: Any) -> None:
    pat = await clinic.patient()
    path = f"/v1/patients/{pat['id']}/summary"

    def broken(part: str, name: str, value: Any = None, kind: str = "cgm") -> dict[str, Any]:
        one = stats(kind)
        place = one["periods"]["7d"] if part == "period" else one[part]
        if value is None:
            del place[name]
        else:
            place[name] = value
        return {f"{kind}Stats": one}

    bad = [
        broken("config", "schemaVersion"),
        broken("config", "lowGlucoseThreshold", "low"),
        broken("dates", "hasLastData"),
        broken("dates", "lastData", "yesterday"),
        broken("dates", "lastUpdatedReason", "one"),
        broken("period", "hasTimeInTargetPercent"),
        broken("period", "hasTotalRecords", 1),
        broken("period", "standardDeviation"),
        broken("period", "minDelta"),
        broken("period", "timeInTargetPercent", "half"),
        broken("period", "daysWithDataDelta", kind="bgm"),
        broken("period", "hasTimeInLowRecords", kind="bgm"),
        {"cgmStats": stats() | {"id": "xyz"}},
        {"cgmStats": stats() | {"periods": []}},
        {"cgmStats": 7},
        [],
        "text",
    ]
    for body in bad:
        assert (await clinic.service("POST", path, body)).status_code == 400, body
    assert "summary" not in await record(clinic, pat["id"])
    # A meter has no figures of its own for these.
    assert (await clinic.service("POST", path, broken("period", "hoursWithData", 3, kind="bgm"))).status_code == 200


async def test_a_summary_is_removed_by_its_id(clinic: Any) -> None:
    pat = await clinic.patient()
    body = {"cgmStats": stats(), "bgmStats": stats("bgm")}
    assert (await clinic.service("POST", f"/v1/patients/{pat['id']}/summary", body)).status_code == 200
    path = f"/v1/summaries/{body['cgmStats']['id']}/clinics"
    assert (await clinic.admin("DELETE", path)).status_code == 403
    assert (await clinic.service("DELETE", path)).status_code == 200
    assert set((await record(clinic, pat["id"]))["summary"]) == {"bgmStats"}
    assert (await clinic.service("DELETE", path)).status_code == 204
    assert (await clinic.service("DELETE", "/v1/summaries/nothex/clinics")).status_code == 400


async def test_data_sources_replace_those_of_every_record(a_clinic: Any) -> None:
    one, two = await a_clinic(), await a_clinic()
    pat = await one.house.person()
    for clinic in (one, two):
        path = f"{clinic.path}/patients/{pat.user_id}"
        assert (await clinic.service("POST", path, {"permissions": {"view": {}}})).status_code == 200
    path = f"/v1/patients/{pat.user_id}/data_sources"
    full = {
        "providerName": "twiist",
        "state": "connected",
        "dataSourceId": secrets.token_hex(12),
        "modifiedTime": "2024-05-01T08:00:00.000Z",
        "expirationTime": "2024-06-01T08:00:00.000Z",
        "latestDataTime": "2024-05-01T07:55:00.000Z",
    }
    for sources in (
        [{"providerName": "dexcom", "state": "pending"}],
        [full, {"providerName": "x", "state": "error"}],
        [],
    ):
        answer = await one.service("PUT", path, sources)
        assert (answer.status_code, answer.content) == (200, b"")
        for clinic in (one, two):
            assert (await record(clinic, pat.user_id))["dataSources"] == sources
    assert (await one.service("PUT", path, [full])).status_code == 200
    count = (await two.member("GET", f"{two.path}/patient_count")).json()
    assert count == {
        "total": 1,
        "demo": 0,
        "plan": 0,
        "providers": {"twiist": {"total": 1, "states": {"connected": 1}}},
    }
    bad: list[Any] = [
        {},
        [{"providerName": "x"}],
        [{"state": "pending"}],
        [{"providerName": "x", "state": "odd"}],
        ["x"],
    ]
    for body in bad:
        assert (await one.service("PUT", path, body)).status_code == 400


async def test_hooks_are_for_services_and_for_patients(clinic: Any) -> None:
    pat = await clinic.patient()
    stranger = clinic.stranger.user_id
    for method, path, body in (
        ("POST", "/v1/patients/{}/summary", {"cgmStats": stats()}),
        ("PUT", "/v1/patients/{}/data_sources", [{"providerName": "dexcom", "state": "pending"}]),
    ):
        for caller in (clinic.admin, clinic.member, clinic.stranger):
            assert (await caller(method, path.format(pat["id"]), body)).status_code == 403
            assert (await caller(method, path.format("nonsense"), body)).status_code == 403
        assert (await clinic.service(method, path.format(stranger), body)).status_code == 404
        unknown = "00000000-0000-4000-8000-000000000000"
        assert (await clinic.service(method, path.format(unknown), body)).status_code == 404
        assert (await clinic.service(method, path.format("nonsense"), body)).status_code == 400
