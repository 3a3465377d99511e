"""The patient list over the Clinics API: its parameters, its refusals, the shape of its answer."""

import asyncio
from typing import Any

import pytest

from openward.care import identity, roster
from openward.care.identity import Identifier, System
from openward.care.summaries import Kind
from openward.care.work import PersonKey

pytestmark = pytest.mark.anyio


def stats(name: str, target: float | None, last: str, minutes: int = 100) -> dict[str, Any]:
    """A small summary as the platform's clinic copy has it."""
    period = {"timeInTargetMinutes": minutes} | ({} if target is None else {"timeInTargetPercent": target})
    return {"id": name * 24, "config": {"schemaVersion": 6}, "dates": {"lastData": last}, "periods": {"14d": period}}


@pytest.fixture
async def listed(clinic: Any) -> Any:
    """Four patients: three with sensor data, one of them with a withheld percentage."""
    tag = (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": "Pump"})).json()["id"]
    site = (await clinic.admin("POST", f"{clinic.path}/sites", {"name": "North"})).json()
    for name, target, last, more in (
        ("Ána", 0.5, "2026-01-01T00:00:00Z", {"tags": [tag], "sites": [site]}),
        ("bob", 0.9, "2026-01-02T00:00:00Z", {"tags": [tag], "mrn": "x.y"}),
        ("Cleo", None, "2026-01-03T00:00:00Z", {"glycemicRanges": {"type": "preset", "preset": "adaHighRisk"}}),
        ("ana z", None, "", {"email": f"ana{clinic.body['id']}@example.org"}),
    ):
        made = await clinic.patient(fullName=name, **more)
        if last:
            async with clinic.house.work() as work:
                key = PersonKey(await identity.resolve(work, Identifier(System.USER, made["id"])))
                await roster.put_summary(work, key, Kind.CGM, stats("a", target, last))
    return clinic, tag, site["id"]


async def names(clinic: Any, **query: str) -> list[str]:
    answer = await clinic.member(
        "GET", f"{clinic.path}/patients", params={k.replace("_", "."): v for k, v in query.items()}
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["meta"]["totalCount"] == 4
    return [one["fullName"] for one in body["data"]]


async def test_filters_and_sorts(listed: Any) -> None:
    clinic, tag, site = listed
    everybody = ["Ána", "ana z", "bob", "Cleo"]
    assert await names(clinic) == everybody
    assert await names(clinic, search="ANA") == ["ana z"]
    assert await names(clinic, search=".y") == ["bob"]
    assert await names(clinic, tags=tag) == ["Ána", "bob"]
    assert await names(clinic, tags=f"{tag},nonsense") == ["Ána", "bob"]
    assert await names(clinic, tags=f"{tag},{'0' * 24}") == []
    assert await names(clinic, tags="") == ["ana z", "Cleo"]
    assert await names(clinic, tags="none") == ["ana z", "Cleo"]
    assert await names(clinic, sites=f"{site},{'0' * 24}") == ["Ána"]
    assert await names(clinic, sites="") == ["ana z", "bob", "Cleo"]
    assert await names(clinic, omitNonStandardRanges="true") == ["Ána", "ana z", "bob"]
    assert await names(clinic, cgm_timeInTargetPercent="<0.7") == ["Ána"]
    assert await names(clinic, cgm_timeInTargetPercent=">=0.5") == ["Ána", "bob"]
    assert await names(clinic, cgm_timeInTargetPercent=">=0.5", period="7d") == []
    assert await names(clinic, cgm_timeInTargetMinutes="<=100.0") == ["Ána", "bob", "Cleo"]
    assert await names(clinic, cgm_lastDataFrom="2026-01-02T00:00:00Z") == ["bob", "Cleo"]
    assert await names(clinic, cgm_lastDataTo="2026-01-02T01:00:00.000+01:00") == ["Ána"]
    assert await names(clinic, sort="-timeInTargetPercent", sortType="cgm") == ["bob", "Ána", "Cleo", "ana z"]
    assert await names(clinic, sort="+timeInTargetPercent", sortType="cgm") == ["Cleo", "ana z", "Ána", "bob"]
    assert await names(clinic, sort="-fullName", sortType="bgm") == everybody[::-1]
    assert await names(clinic, sort="-lastData", sortType="cgm") == ["Cleo", "bob", "Ána", "ana z"]
    assert await names(clinic, offset="1", limit="2") == ["ana z", "bob"]
    assert await names(clinic, offset="10") == []
    assert await names(clinic, unknown="x", **{"cgm.timeInRange": "odd"}) == everybody


async def test_last_reviewed(listed: Any) -> None:
    clinic, _, _ = listed
    first = (await clinic.member("GET", f"{clinic.path}/patients")).json()["data"][0]
    reviews = (await clinic.member("PUT", f"{clinic.path}/patients/{first['id']}/reviews")).json()
    assert await names(clinic, lastReviewed=reviews[0]["time"]) == ["Ána"]
    assert await names(clinic, lastReviewed="2020-01-01T00:00:00Z") == []
    assert (await names(clinic, sort="-lastReviewed", sortType="cgm"))[0] == "Ána"


async def test_the_answer_holds_the_summary_and_the_counts(listed: Any) -> None:
    clinic, _, _ = listed
    answer = (await clinic.member("GET", f"{clinic.path}/patients", params={"search": "bob"})).json()
    assert answer["meta"] == {"count": 1, "totalCount": 4}
    summary = answer["data"][0]["summary"]
    assert summary["cgmStats"] == stats("a", 0.9, "2026-01-02T00:00:00Z")
    assert "bgmStats" not in summary


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("period", "2d"),
        ("limit", "0"),
        ("limit", "x"),
        ("offset", "-1"),
        ("sort", "+fullName"),
        ("sortType", "xyz"),
        ("lastReviewed", "yesterday"),
        ("lastReviewed", "2026-01-01T00:00:00"),
        ("omitNonStandardRanges", "maybe"),
        ("cgm.lastDataFrom", "2026-13-01T00:00:00Z"),
        ("cgm.timeInTargetPercent", "0.7"),
        ("cgm.timeInTargetPercent", "=0.7"),
        ("cgm.timeInTargetPercent", ">"),
        ("cgm.timeInTargetPercent", ">."),
        ("cgm.timeInTargetPercent", "> 1"),
        ("cgm.timeInTargetPercent", ">1e5"),
        ("cgm.timeInTargetPercent", ">nan"),
        ("cgm.timeInTargetMinutes", ">.5"),
        ("bgm.totalRecords", ">1.234"),
        ("bgm.max", ">" + "9" * 400),
    ],
)
async def test_what_cannot_be_read_is_400(clinic: Any, name: str, value: str) -> None:
    answer = await clinic.member("GET", f"{clinic.path}/patients", params={name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize(
    ("sort", "kind"),
    [("fullName", "cgm"), ("+", "cgm"), ("+odd", "cgm"), ("-glucoseManagementIndicator", "bgm"), ("*fullName", "bgm")],
)
async def test_bad_sorts_are_400(clinic: Any, sort: str, kind: str) -> None:
    query = {"sort": sort, "sortType": kind}
    assert (await clinic.member("GET", f"{clinic.path}/patients", params=query)).status_code == 400


@pytest.mark.parametrize("text", [">=+0.7", "<-1", ">5.", ">=.5", "<=10"])
async def test_the_grammar_of_numbers(clinic: Any, text: str) -> None:
    query = {"cgm.averageGlucoseMmol": text}
    assert (await clinic.member("GET", f"{clinic.path}/patients", params=query)).status_code == 200


async def test_an_empty_list(clinic: Any) -> None:
    answer = await clinic.member("GET", f"{clinic.path}/patients")
    assert answer.json() == {"data": [], "meta": {"count": 0, "totalCount": 0}}


async def test_counts_stay_exact_while_patients_come_and_go(clinic: Any) -> None:
    tags = [
        (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": name})).json()["id"] for name in ("a", "b")
    ]
    made = [await clinic.patient(fullName=f"P{number}", tags=tags) for number in range(6)]

    async def leave(one: dict[str, Any]) -> None:
        assert (await clinic.admin("DELETE", f"{clinic.path}/patients/{one['id']}")).status_code == 204

    async def retag(one: dict[str, Any], wanted: list[str]) -> None:
        body = {"fullName": "Again", "birthDate": "1990-02-03", "tags": wanted}
        assert (await clinic.member("PUT", f"{clinic.path}/patients/{one['id']}", body)).status_code == 200

    await asyncio.gather(
        *(clinic.patient(fullName="New", tags=tags[::-1]) for _ in range(8)),
        *(leave(one) for one in made[:3]),
        *(retag(one, tags[:1]) for one in made[3:]),
        *(retag(made[5], [tags[0]]) for _ in range(3)),
    )
    answer = (await clinic.member("GET", f"{clinic.path}/patients", params={"limit": "100"})).json()
    assert len(answer["data"]) == 11
    assert answer["meta"] == {"count": 11, "totalCount": 11}
    shown = (await clinic.member("GET", clinic.path)).json()["patientTags"]
    assert [one["numPatients"] for one in shown] == [11, 8]
    tagged = (await clinic.member("GET", f"{clinic.path}/patients", params={"tags": tags[1]})).json()
    assert tagged["meta"]["count"] == 8
