"""The report of days with realtime data: what it counts, whom it lists, whom it refuses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import devicedata, identity, reactions, summaries
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey
from openward.wire.tidepool.clinics import realtime

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
# The middle of a UTC hour, so that no reading of the test moves to another day while it runs.
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


def said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def upload(clinic: Any, user: str, days: int, late: timedelta = timedelta()) -> None:
    """A reading a day up to yesterday, each stored `late` after it was measured."""
    async with clinic.house.work() as work:
        key = PersonKey(await identity.resolve(work, Identifier(System.USER, user)))
        body = {
            "dataSetType": "continuous",
            "deviceId": "test",
            "deduplicator": {"name": "org.tidepool.deduplicator.none"},
            "client": {"name": "test", "version": "1.0.0"},
        }
        name = (await devicedata.create(work, key, body)).name
        for day in range(days, 0, -1):
            moment = NOW - day * DAY
            work.now = moment + late
            datum = {"type": "cbg", "time": said(moment), "deviceId": "test", "units": "mmol/L", "value": 6.0}
            checked = devicedata.check_batch([datum], mint_id=lambda: "")
            target = await devicedata.lock(work, name)
            await devicedata.append(work, target, devicedata.pack_batch(checked))
        work.now = NOW
        await reactions.react(work)
        work.recorded.clear()
        await summaries.refresh(work, key)
        await reactions.react(work)


async def ask(clinic: Any, **query: Any) -> Any:
    params = {"startDate": said(NOW - 40 * DAY), "endDate": said(NOW + DAY)} | query
    params = {name: value for name, value in params.items() if value is not None}
    return await clinic.member("GET", f"{clinic.path}/reports/realtime", params=params)


@pytest.fixture
async def monitored(clinic: Any) -> Any:
    """Patients with enough days, too few, only late ones, and none."""
    tag = (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": "Pump"})).json()["id"]
    made = {}
    for name, days, late in (
        ("Few", 15, timedelta()),
        ("Late", 17, DAY),
        ("None", 0, timedelta()),
        ("Sixteen", 16, timedelta(hours=23)),
    ):
        made[name] = await clinic.patient(fullName=name, mrn=f"M-{name}", tags=[tag] if name in ("Few", "None") else [])
        if days:
            await upload(clinic, made[name]["id"], days, late)
    return clinic, made, tag


async def test_who_has_enough_comes_first(monitored: Any) -> None:
    clinic, made, _ = monitored
    answer = await ask(clinic)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "config": {
            "code": "CPT-99454",
            "clinicId": clinic.body["id"],
            "startDate": said(NOW - 40 * DAY).replace("Z", ".000Z"),
            "endDate": said(NOW + DAY).replace("Z", ".000Z"),
        },
        "results": [
            {
                "id": made[name]["id"],
                "fullName": name,
                "birthDate": "1990-02-03",
                "mrn": f"M-{name}",
                "realtimeDays": days,
                "hasSufficientData": days >= 16,
            }
            for name, days in (("Sixteen", 16), ("Few", 15), ("Late", 0), ("None", 0))
        ],
    }


async def test_only_days_within_the_span_count(monitored: Any) -> None:
    clinic, _, _ = monitored
    answer = await ask(clinic, startDate=said(NOW - 5 * DAY - timedelta(hours=1)), endDate=said(NOW - 2 * DAY))
    days = {row["fullName"]: row["realtimeDays"] for row in answer.json()["results"]}
    assert days == {"Sixteen": 4, "Few": 4, "Late": 0, "None": 0}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["Sixteen", "Few", "Late", "None"]),
        ({"search": "m-l"}, ["Late"]),
        ({"search": None, "unknown": 1}, ["Sixteen", "Few", "Late", "None"]),
        ({"tags": ["TAG"]}, ["Few", "None"]),
        ({"tags": "TAG"}, ["Few", "None"]),
        ({"tags": []}, ["Sixteen", "Late"]),
        ({"omitNonStandardRanges": True, "limit": 1, "offset": 3, "sort": "odd"}, ["Sixteen", "Few", "Late", "None"]),
        ({"cgm.lastDataFrom": "2000-01-01T00:00:00Z", "search": "i"}, ["Sixteen"]),
        ({"period": "7d", "cgm.totalRecords": ">=1"}, ["Sixteen", "Few", "Late"]),
    ],
)
async def test_the_filters_of_the_list(monitored: Any, filters: dict[str, Any], names: list[str]) -> None:
    clinic, _, tag = monitored
    answer = await ask(clinic, patientFilters=json.dumps(filters).replace("TAG", tag))
    assert answer.status_code == 200, answer.text
    assert [row["fullName"] for row in answer.json()["results"]] == names


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": None},
        {"endDate": None},
        {"startDate": "yesterday"},
        {"startDate": said(NOW + 2 * DAY)},
        {"startDate": said(NOW - 61 * DAY)},
        {"patientFilters": "["},
        {"patientFilters": "[]"},
        {"patientFilters": '{"search": {}}'},
        {"patientFilters": '{"tags": [1]}'},
        {"patientFilters": '{"period": "2d"}'},
        {"patientFilters": '{"cgm.totalRecords": "1"}'},
    ],
    ids=lambda query: ",".join(query),
)
async def test_what_cannot_be_read_is_400(clinic: Any, query: dict[str, Any]) -> None:
    answer = await ask(clinic, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_too_many_patients_are_400(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "MOST_PATIENTS", 2)
    for name in ("a", "b", "c"):
        await clinic.patient(fullName=name)
    assert (await ask(clinic)).status_code == 400
    assert (await ask(clinic, patientFilters='{"search": "a"}')).status_code == 200


async def test_only_members_may_ask(clinic: Any) -> None:
    params = {"startDate": said(NOW - DAY), "endDate": said(NOW)}
    for caller, status in (
        (clinic.admin, 200),
        (clinic.member, 200),
        (clinic.service, 403),
        (clinic.prescriber, 403),
        (clinic.stranger, 403),
    ):
        answer = await caller("GET", f"{clinic.path}/reports/realtime", params=params)
        assert answer.status_code == status
    assert (await clinic.stranger("GET", f"{clinic.path}/reports/realtime")).status_code == 403
