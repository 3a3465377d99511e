"""The TIDE report: every category, order, budget and absence, against a plain reading of the same patients."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from openward.care import audit, identity, roster
from openward.care.identity import Identifier, System
from openward.care.summaries import Kind
from openward.care.work import PersonKey

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC).replace(microsecond=0)
CUTOFF = NOW - timedelta(days=3)
USUAL = [
    "timeInVeryLowPercent",
    "timeInAnyLowPercent",
    "timeInVeryHighPercent",
    "timeInAnyHighPercent",
    "dropInTimeInTargetPercent",
    "timeCGMUsePercent",
    "meetingTargets",
]
EVERY = [*USUAL[:4], "timeInExtremeHighPercent", "dropInTimeInTargetPercent", "timeInTargetPercent", *USUAL[5:]]
SHOWN = [
    "averageGlucoseMmol",
    "glucoseManagementIndicator",
    "timeCGMUseMinutes",
    "timeCGMUsePercent",
    "timeInVeryLowPercent",
    "timeInAnyLowPercent",
    "timeInLowPercent",
    "timeInTargetPercent",
    "timeInTargetPercentDelta",
    "timeInHighPercent",
    "timeInVeryHighPercent",
    "timeInExtremeHighPercent",
    "timeInAnyHighPercent",
]


def said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def keep(clinic: Any, user: str, period: dict[str, Any], last: datetime | None, name: str = "14d") -> None:
    """Give a patient a sensor summary."""
    stats = {"id": "a" * 24, "dates": {"lastData": said(last)} if last else {}, "periods": {name: period}}
    async with clinic.house.work() as work:
        key = PersonKey(await identity.resolve(work, Identifier(System.USER, user)))
        await roster.put_summary(work, key, Kind.CGM, stats)


async def a_tag(clinic: Any, name: str) -> str:
    return str((await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": name})).json()["id"])


async def report(clinic: Any, tags: str, **more: str) -> dict[str, Any]:
    query = {"period": "14d", "tags": tags, "lastDataCutoff": said(CUTOFF)} | more
    answer = await clinic.member("GET", f"{clinic.path}/tide_report", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def holds(category: str, figures: dict[str, float]) -> bool:
    """The table of the contract, row by row."""

    def over(name: str, limit: float) -> bool:
        return name in figures and figures[name] > limit

    def under(name: str, limit: float) -> bool:
        return name in figures and figures[name] < limit

    def at_least(name: str, limit: float) -> bool:
        return name in figures and figures[name] >= limit

    risks = [
        over("timeInAnyLowPercent", 0.04),
        over("timeInVeryLowPercent", 0.01),
        over("timeInAnyHighPercent", 0.25),
        over("timeInVeryHighPercent", 0.05),
        at_least("timeInExtremeHighPercent", 0.01),
    ]
    return {
        "timeInVeryLowPercent": risks[1],
        "timeInAnyLowPercent": risks[0],
        "timeInVeryHighPercent": risks[3],
        "timeInAnyHighPercent": risks[2],
        "timeInExtremeHighPercent": risks[4],
        "dropInTimeInTargetPercent": under("timeInTargetPercentDelta", -0.15),
        "timeInTargetPercent": under("timeInTargetPercent", 0.7),
        "timeCGMUsePercent": under("timeCGMUsePercent", 0.7),
        "meetingTargets": at_least("timeInTargetPercent", 0.7)
        and at_least("timeCGMUsePercent", 0.7)
        and not any(risks),
    }[category]


def order(category: str, figures: dict[str, float]) -> float:
    name = {"dropInTimeInTargetPercent": "timeInTargetPercentDelta", "meetingTargets": "timeInTargetPercent"}.get(
        category, category
    )
    ascending = category in ("dropInTimeInTargetPercent", "timeInTargetPercent", "timeCGMUsePercent")
    return figures[name] if ascending else -figures[name]


def walked(categories: list[str], fresh: list[tuple[str, dict[str, float]]]) -> dict[str, list[str]]:
    """The walk as the contract tells it: patients in the order in which they were made, which breaks ties."""
    results: dict[str, list[str]] = {}
    placed: set[str] = set()
    for category in categories:
        room = 100 - len(placed)
        if room == 0:
            break
        fitting = [one for one in fresh if one[0] not in placed and holds(category, one[1])]
        fitting.sort(key=lambda one: order(category, one[1]))
        results[category] = [user for user, _ in fitting[:room]]
        placed.update(results[category])
    return results


def random_figures(rnd: random.Random) -> dict[str, float]:
    choices: dict[str, tuple[float, ...]] = {
        "timeInVeryLowPercent": (0.0, 0.01, 0.02),
        "timeInAnyLowPercent": (0.0, 0.04, 0.05),
        "timeInVeryHighPercent": (0.0, 0.05, 0.06),
        "timeInAnyHighPercent": (0.1, 0.25, 0.3),
        "timeInExtremeHighPercent": (0.0, 0.009, 0.01),
        "timeInTargetPercent": (0.6, 0.7, 0.8, 0.9),
        "timeInTargetPercentDelta": (-0.2, -0.15, 0.1),
        "timeCGMUsePercent": (0.5, 0.7, 0.9),
        "timeCGMUseMinutes": (100, 20000),
    }
    lenient = rnd.random() < 0.6
    return {
        name: values[0] if lenient and name not in ("timeInTargetPercent", "timeInTargetPercentDelta") else chosen
        for name, values in choices.items()
        if (chosen := rnd.choice(values)) is not None and rnd.random() < 0.9
    }


async def test_the_walk_over_random_patients(clinic: Any) -> None:
    rnd = random.Random(11)
    tag, other = await a_tag(clinic, "Weekly"), await a_tag(clinic, "Pump")
    fresh: list[tuple[str, dict[str, float]]] = []
    for number in range(140):
        tags = [tag, other] if rnd.random() < 0.95 else [tag]
        made = await clinic.patient(fullName=f"P{number}", tags=tags)
        figures, last = random_figures(rnd), CUTOFF + timedelta(hours=rnd.choice((-1, 0, 1, 1, 1, 1, 60)))
        await keep(clinic, made["id"], figures, last)
        if len(tags) == 2 and last >= CUTOFF:
            fresh.append((made["id"], figures))
    for categories in (None, EVERY, [*reversed(EVERY)], ["meetingTargets"], ["timeInTargetPercent", *EVERY]):
        more = {} if categories is None else {"categories": ",".join(categories)}
        found = await report(clinic, f"{tag},{other}", excludeNoData="true", **more)
        wanted = list(dict.fromkeys(categories or USUAL))
        ids = {name: [row["patient"]["id"] for row in rows] for name, rows in found["results"].items()}
        assert ids == walked(wanted, fresh)
        assert list(ids) == list(walked(wanted, fresh))
        known = dict(fresh)
        for row in (row for rows in found["results"].values() for row in rows):
            assert {name: row[name] for name in SHOWN if name in row} == {
                name: value for name, value in known[row["patient"]["id"]].items() if name in SHOWN
            }
    assert sum(len(rows) for rows in (await report(clinic, tag, categories=",".join(EVERY)))["results"].values()) > 100


async def test_a_hundred_rows_end_the_walk(clinic: Any) -> None:
    tag = await a_tag(clinic, "Weekly")
    for number in range(101):
        made = await clinic.patient(fullName=f"P{number}", tags=[tag])
        figures = {"timeInVeryLowPercent": 0.5 if number < 60 else 0.0, "timeInAnyLowPercent": 0.5}
        await keep(clinic, made["id"], figures, NOW)
    results = (await report(clinic, tag))["results"]
    assert {name: len(rows) for name, rows in results.items()} == {
        "timeInVeryLowPercent": 60,
        "timeInAnyLowPercent": 40,
        "noData": 0,
    }
    exactly = (await report(clinic, tag, categories="timeInVeryLowPercent,timeInAnyHighPercent,meetingTargets"))[
        "results"
    ]
    assert {name: len(rows) for name, rows in exactly.items()} == {
        "timeInVeryLowPercent": 60,
        "timeInAnyHighPercent": 0,
        "meetingTargets": 0,
        "noData": 0,
    }


async def test_who_has_no_data(clinic: Any) -> None:
    tag = await a_tag(clinic, "Weekly")
    hours = timedelta(hours=1)

    async def patient(name: str, last: datetime | None, state: str = "", provider: str = "dexcom") -> None:
        sources = [{"providerName": provider, "state": state}] if state else None
        made = await clinic.patient(fullName=name, tags=[tag], **({"dataSources": sources} if sources else {}))
        if last or name == "empty":
            await keep(clinic, made["id"], {"timeInVeryLowPercent": 0.5} if last else {}, last)

    await patient("never", None)
    await patient("empty", None)
    await patient("old", CUTOFF - hours)
    await patient("older", CUTOFF - 2 * hours)
    await patient("recent", NOW - 9 * hours)
    await patient("lapsed", NOW - 9 * hours, "error")
    await patient("lapsed lately", NOW - 7 * hours, "error")
    await patient("connected", NOW - 9 * hours, "connected")
    await patient("other cloud", NOW - 9 * hours, "disconnected", "abbott")
    await patient("waiting", NOW - 10 * hours, "pending")
    await clinic.patient(fullName="untagged")
    results = (await report(clinic, tag))["results"]
    assert [row["patient"]["fullName"] for row in results["noData"]] == [
        "never",
        "empty",
        "older",
        "old",
        "waiting",
        "lapsed",
    ]
    assert "lastData" not in results["noData"][0]
    assert results["noData"][2]["lastData"] == said(CUTOFF - 2 * hours).replace("Z", ".000Z")
    # Who is placed is missed all the same.
    assert "lapsed" in [row["patient"]["fullName"] for row in results["timeInVeryLowPercent"]]
    late = (await report(clinic, tag, lastDataCutoff=said(NOW + hours)))["results"]
    assert "recent" in [row["patient"]["fullName"] for row in late["noData"]]
    assert "lapsed lately" not in [row["patient"]["fullName"] for row in late["noData"]]
    assert "noData" not in (await report(clinic, tag, excludeNoData="true"))["results"]
    # A source that is connected again is no reason any more.
    listed = (await clinic.member("GET", f"{clinic.path}/patients", params={"search": "lapsed"})).json()["data"]
    one = next(one for one in listed if one["fullName"] == "lapsed")
    body = {
        "fullName": "lapsed",
        "birthDate": "1990-02-03",
        "dataSources": [{"providerName": "dexcom", "state": "connected"}],
    }
    assert (await clinic.member("PUT", f"{clinic.path}/patients/{one['id']}", body)).status_code == 200
    again = (await report(clinic, tag))["results"]["noData"]
    assert "lapsed" not in [row["patient"]["fullName"] for row in again]


async def test_at_most_fifty_without_data(clinic: Any) -> None:
    tag = await a_tag(clinic, "Weekly")
    made = [await clinic.patient(fullName=f"P{number}", tags=[tag]) for number in range(52)]
    found = (await report(clinic, tag))["results"]["noData"]
    assert [row["patient"]["id"] for row in found] == [one["id"] for one in made[:50]]


async def test_the_shape(clinic: Any) -> None:
    tag, other = await a_tag(clinic, "Weekly"), await a_tag(clinic, "Pump")
    sources = [{"providerName": "dexcom", "state": "connected", "modifiedTime": "2026-01-01T00:00:00Z"}]
    address = f"ana{clinic.body['id']}@example.org"
    made = await clinic.patient(fullName="Ana", email=address, tags=[tag, other], dataSources=sources)
    reviews = (await clinic.member("PUT", f"{clinic.path}/patients/{made['id']}/reviews")).json()
    await keep(clinic, made["id"], {"timeInVeryLowPercent": 0.02, "timeCGMUseMinutes": 20000}, NOW)
    found = await report(clinic, f"{tag},{tag}", lastDataCutoff="2026-01-01T01:00:00.5+01:00")
    assert found["config"] == {
        "schemaVersion": 2,
        "clinicId": clinic.body["id"],
        "period": "14d",
        "lastDataCutoff": "2026-01-01T00:00:00.500Z",
        "tags": [tag],
        "filters": {
            "timeInVeryLowPercent": ">0.01",
            "timeInAnyLowPercent": ">0.04",
            "dropInTimeInTargetPercent": "<-0.15",
            "timeInTargetPercent": "<0.7",
            "timeCGMUsePercent": "<0.7",
        },
        "veryLowGlucoseThreshold": 3.0,
        "lowGlucoseThreshold": 3.9,
        "highGlucoseThreshold": 10.0,
        "veryHighGlucoseThreshold": 13.9,
        "extremeHighGlucoseThreshold": 19.4,
    }
    assert list(found["results"]) == [*USUAL, "noData"]
    assert found["results"]["timeInVeryLowPercent"] == [
        {
            "patient": {
                "id": made["id"],
                "fullName": "Ana",
                "email": address,
                "tags": [tag, other],
                "reviews": reviews,
                "dataSources": made["dataSources"],
            },
            "lastData": said(NOW).replace("Z", ".000Z"),
            "timeInVeryLowPercent": 0.02,
            "timeCGMUseMinutes": 20000,
        }
    ]
    assert found["results"]["noData"] == []
    assert (await report(clinic, tag, period="7d"))["results"]["timeInVeryLowPercent"] == []
    assert all(not rows for rows in (await report(clinic, "0" * 24))["results"].values())


async def test_who_may_ask(clinic: Any) -> None:
    tag = await a_tag(clinic, "Weekly")
    query = {"period": "14d", "tags": tag, "lastDataCutoff": said(CUTOFF)}
    path = f"{clinic.path}/tide_report"
    for caller, status in (
        (clinic.admin, 200),
        (clinic.service, 200),
        (clinic.prescriber, 403),
        (clinic.stranger, 403),
    ):
        assert (await caller("GET", path, params=query)).status_code == status
    assert (await clinic.stranger("GET", path)).status_code == 403
    assert (await clinic.service("GET", f"/v1/clinics/{'0' * 24}/tide_report", params=query)).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("period", None),
        ("period", "2d"),
        ("tags", None),
        ("tags", ""),
        ("tags", "none"),
        ("tags", "A" * 24),
        ("lastDataCutoff", None),
        ("lastDataCutoff", "2026-01-01"),
        ("categories", "noData"),
        ("categories", "timeInVeryLowPercent,odd"),
        ("excludeNoData", "maybe"),
    ],
)
async def test_what_cannot_be_read_is_400(clinic: Any, name: str, value: str | None) -> None:
    query = {"period": "14d", "tags": "0" * 24, "lastDataCutoff": said(CUTOFF)} | {name: value}
    params = {key: given for key, given in query.items() if given is not None}
    answer = await clinic.member("GET", f"{clinic.path}/tide_report", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_no_categories_are_the_usual_ones(clinic: Any) -> None:
    assert list((await report(clinic, "0" * 24, categories=""))["results"]) == [*USUAL, "noData"]


async def test_the_number_of_queries_does_not_depend_on_the_patients(
    clinic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = await a_tag(clinic, "Weekly")

    async def queries() -> int:
        seen: list[str] = []
        before = asyncpg.Connection._execute

        async def counting(self: Any, query: str, *args: Any, **more: Any) -> Any:
            seen.append(query)
            return await before(self, query, *args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "_execute", counting)
            await report(clinic, tag)
            span = {"startDate": said(CUTOFF), "endDate": said(NOW)}
            answer = await clinic.member("GET", f"{clinic.path}/reports/realtime", params=span)
            assert answer.status_code == 200
        assert seen
        return len([one for one in seen if "audit" not in one])

    async def patient(name: str) -> None:
        made = await clinic.patient(fullName=name, tags=[tag])
        await keep(clinic, made["id"], {"timeInVeryLowPercent": 0.5}, NOW)
        await clinic.member("PUT", f"{clinic.path}/patients/{made['id']}/reviews")

    await patient("one")
    await queries()
    with_one = await queries()
    for number in range(6):
        await patient(f"P{number}")
    assert await queries() == with_one


async def test_each_patient_shown_is_noted(clinic: Any) -> None:
    tag = await a_tag(clinic, "Weekly")
    made = await clinic.patient(fullName="Ana", tags=[tag])
    await report(clinic, tag)
    async with clinic.house.work() as work:
        key = await identity.resolve(work, Identifier(System.USER, made["id"]))
        found = await audit.search(work, audit.Query(patient=PersonKey(key), actor=clinic.member.key))
    assert "GET /v1/clinics/{clinicId}/tide_report" in [one.route for one in found if one.action == "read"]
