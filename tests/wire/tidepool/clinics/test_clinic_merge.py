"""Merging clinics over the API: who may, what is refused, what answers afterwards, and the report."""

import io
import re
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from openward.infra.db import Pool
from tests.wire.tidepool.clinics.conftest import Clinic

pytestmark = pytest.mark.anyio

Making = Callable[..., Awaitable[Clinic]]
SHEETS = [
    "Summary",
    "Patients in Source Clinic",
    "Patients in Target Clinic",
    "Duplicates in Source Clinic",
    "Duplicates in Target Clinic",
    "Duplicates in Merged Workspace",
]


async def two(a_clinic: Making, **of_source: Any) -> tuple[Clinic, Clinic]:
    return await a_clinic(name="Target"), await a_clinic(**({"name": "Source"} | of_source))


def body_of(source: Clinic) -> dict[str, Any]:
    return {"sourceId": source.body["id"]}


async def test_a_service_merges(a_clinic: Making) -> None:
    target, source = await two(a_clinic)
    tag = (await source.admin("POST", f"{source.path}/patient_tags", {"name": "Pump"})).json()
    site = (await source.admin("POST", f"{source.path}/sites", {"name": "North"})).json()
    await target.admin("POST", f"{target.path}/sites", {"name": "North"})
    stays = await target.patient(fullName="Stays")
    moves = await source.patient(fullName="Moves", mrn="77", tags=[tag["id"]], sites=[site])
    answer = await target.service("POST", f"{target.path}/merge", body_of(source))
    assert (answer.status_code, answer.content) == (200, b"")
    listed = (await target.member("GET", f"{target.path}/patients")).json()
    assert {one["id"] for one in listed["data"]} == {stays["id"], moves["id"]}
    assert listed["meta"] == {"count": 2, "totalCount": 2}
    moved = (await target.member("GET", f"{target.path}/patients/{moves['id']}")).json()
    assert moved["tags"] == [tag["id"]]
    assert [one["name"] for one in moved["sites"]] == ["North (2)"]
    found = (await target.member("GET", f"{target.path}/patients", params={"search": "77"})).json()
    assert [one["id"] for one in found["data"]] == [moves["id"]]
    count = (await target.member("GET", f"{target.path}/patient_count")).json()
    assert (count["total"], count["plan"]) == (2, 2)
    # The clinicians came along, with their roles.
    assert (await source.admin("GET", f"{target.path}/patients")).status_code == 200
    assert (await source.admin("DELETE", f"{target.path}/sites/{moved['sites'][0]['id']}")).status_code == 204
    assert (await source.prescriber("GET", f"{target.path}/patients")).status_code == 403


async def test_the_old_clinic_is_gone_and_its_code_is_not(a_clinic: Making) -> None:
    target, source = await two(a_clinic)
    assert (await target.service("POST", f"{target.path}/merge", body_of(source))).status_code == 200
    assert (await target.service("GET", source.path)).status_code == 404
    assert (await source.admin("GET", f"{source.path}/patients")).status_code == 403
    found = await target.admin("GET", f"/v1/clinics/share_code/{source.body['shareCode']}")
    assert (found.json()["id"], found.json()["shareCode"]) == (target.body["id"], target.body["shareCode"])
    mine = (await source.admin("GET", f"/v1/clinicians/{source.admin.user_id}/clinics")).json()
    assert [one["clinic"]["id"] for one in mine] == [target.body["id"]]
    again = await target.service("POST", f"{target.path}/merge", body_of(source))
    assert again.status_code == 404


@pytest.mark.parametrize("operation", ["merge", "reports/merge"])
async def test_refusals(a_clinic: Making, operation: str) -> None:
    target, source = await two(a_clinic)
    path = f"{target.path}/{operation}"
    for caller in (target.admin, target.member, target.stranger):
        assert (await caller("POST", path, body_of(source))).status_code == 403
    wrong: Any
    for wrong in ({}, {"sourceId": None}, {"sourceId": "short"}, {"sourceId": target.body["id"]}, []):
        assert (await target.service("POST", path, wrong)).status_code == 400, wrong
    assert (await target.service("POST", path)).status_code == 400
    assert (await target.service("POST", path, {"sourceId": "0" * 24})).status_code == 404
    assert (await target.service("POST", f"/v1/clinics/{'0' * 24}/{operation}", body_of(source))).status_code == 404
    assert (await target.service("POST", f"/v1/clinics/nonsense/{operation}", body_of(source))).status_code == 400
    assert (await target.service("GET", source.path)).status_code == 200


async def test_what_prevents_a_merge_is_a_400_and_changes_nothing(a_clinic: Making) -> None:
    target, source = await two(a_clinic, preferredBgUnits="mmol/L")
    patient = await source.patient()
    answer = await target.service("POST", f"{target.path}/merge", body_of(source))
    assert answer.status_code == 400
    assert "Glucose units" in answer.json()["message"]
    assert (await source.member("GET", f"{source.path}/patients/{patient['id']}")).status_code == 200


async def test_too_many_tags_are_a_422(a_clinic: Making) -> None:
    target, source = await two(a_clinic)
    for clinic, letter, number in ((target, "t", 30), (source, "s", 21)):
        for place in range(number):
            await clinic.admin("POST", f"{clinic.path}/patient_tags", {"name": f"{letter}{place}"})
    answer = await target.service("POST", f"{target.path}/merge", body_of(source))
    assert answer.status_code == 422
    assert len((await source.admin("GET", source.path)).json()["patientTags"]) == 21


async def test_a_failure_in_the_last_step_undoes_everything(a_clinic: Making, pool: Pool) -> None:
    """Something that still refers to the source when it is to be deleted: the last statement of all fails."""
    target, source = await two(a_clinic)
    tag = (await source.admin("POST", f"{source.path}/patient_tags", {"name": "Pump"})).json()
    moves = await source.patient(fullName="Moves", tags=[tag["id"]])
    key = await pool.fetchval("select entity from identity.name where value = $1", source.body["id"])
    await pool.execute("create table public.clinging (organization uuid references organizations.organization)")
    try:
        await pool.execute("insert into public.clinging values ($1)", key)
        answer = await target.service("POST", f"{target.path}/merge", body_of(source))
        assert answer.status_code == 500
        assert (await source.member("GET", f"{source.path}/patients/{moves['id']}")).json() == moves
        assert (await target.member("GET", f"{target.path}/patients")).json()["meta"]["totalCount"] == 0
        shown = (await source.admin("GET", source.path)).json()
        assert shown["patientTags"] == [tag | {"numPatients": 1}]
        found = await target.admin("GET", f"/v1/clinics/share_code/{source.body['shareCode']}")
        assert found.json()["id"] == source.body["id"]
    finally:
        await pool.execute("drop table public.clinging")
    assert (await target.service("POST", f"{target.path}/merge", body_of(source))).status_code == 200


async def test_the_report_as_json(a_clinic: Making) -> None:
    target, source = await two(a_clinic)
    twins = [await clinic.patient(fullName="Same Name", birthDate="1980-01-01") for clinic in (target, source)]
    path = f"{target.path}/reports/merge"
    answer = await _asked(target, path, source)
    plan = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert (plan["target"]["id"], plan["source"]["id"]) == (target.body["id"], source.body["id"])
    assert (plan["canMerge"], plan["reasons"]) == (True, [])
    assert plan["conflicts"]["Likely Duplicate Accounts"] == 1
    (moving,) = plan["patients"]["source"]
    assert (moving["id"], moving["action"]) == (twins[1]["id"], "MOVE")
    assert moving["conflicts"] == [
        {"category": "Likely Duplicate Accounts", "count": 1, "patientIds": [twins[0]["id"]]}
    ]
    assert {one["action"] for one in plan["clinicians"]["source"]} == {"MOVE"}
    assert (await target.service("GET", source.path)).status_code == 200


async def _asked(target: Clinic, path: str, source: Clinic, accept: str = "application/json") -> Any:
    headers = {"x-tidepool-session-token": target.service.token or "", "accept": accept}
    return await target.service.client.request("POST", path, json=body_of(source), headers=headers)


async def test_the_report_as_a_workbook(a_clinic: Making) -> None:
    target, source = await two(a_clinic, timezone="UTC")
    for clinic in (target, source, source):
        await clinic.patient(fullName="=1+1", birthDate="1980-01-01")
    answer = await _asked(target, f"{target.path}/reports/merge", source, "*/*")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.ms-excel"
    assert re.fullmatch(r"attachment; filename=merge-report-\d+\.xlsx", answer.headers["content-disposition"])
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter()
    assert [one.get("name") for one in sheets if one.tag.endswith("}sheet")] == SHEETS
    texts = [
        "".join(ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml")).itertext())
        for number in range(1, 7)
    ]
    assert "Time zone differs" in texts[0]
    assert texts[1].count("=1+1") == 2
    assert texts[2].count("=1+1") == 1
    assert texts[3].count("=1+1") == 2
    assert texts[4].count("=1+1") == 0
    assert texts[5].count("Likely Duplicate Accounts") == 2
