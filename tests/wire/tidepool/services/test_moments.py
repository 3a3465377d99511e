"""Moments at the ends of the calendar: each is taken and shown again, or refused; nothing that shows them fails."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from openward.care import summaries
from openward.gateway.request import finish
from tests.wire.tidepool.clinics.conftest import Caller, Clinic
from tests.wire.tidepool.services.test_prescriptions import DRAFT, SIGNED

pytestmark = pytest.mark.anyio

ENDS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.001Z",
    "0001-01-01T00:00:00+14:00",  # before any calendar
    "0001-01-01T00:00:00-12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59-12:00",  # behind any calendar
)
DAYS = ("0001-01-01", "0001-01-02", "9999-12-31")
LOCAL = "2026-03-10T01:00:00"


def is_taken(answer: Response, *case: Any) -> bool:
    """Whether this was taken; what is refused is refused as the caller's fault."""
    assert answer.status_code < 500, (*case, answer.text)
    return answer.is_success


async def shown(caller: Caller, path: str, **params: Any) -> Any:
    """What is read there, which has to succeed."""
    answer = await caller("GET", path, params=params)
    assert answer.status_code == 200, (path, params, answer.text)
    return answer.json()


async def test_data_of_a_person(clinic: Clinic) -> None:
    ana = await clinic.house.person()
    url = f"/v1/users/{ana.user_id}/datasets"
    made = (await ana("POST", url, {"dataSetType": "continuous", "client": {"name": "c", "version": "1.0"}})).json()
    data = f"/v1/datasets/{made['data']['id']}/data"
    for time in ENDS:
        is_taken(await ana("POST", url, {"time": time, "deviceTime": LOCAL}), time)
        for offset in (0, -10080, 10080):
            reading = {"type": "cbg", "units": "mg/dL", "value": 120, "deviceId": "d", "time": time}
            taken = reading | {"deviceTime": LOCAL, "timezoneOffset": offset, "timezone": "Pacific/Kiritimati"}
            for said in (reading, taken, taken | {"deviceTime": "0001-01-01T00:00:00"}):
                is_taken(await ana("POST", data, [said]), time, offset)
        basal = {"type": "basal", "deliveryType": "temp", "duration": 604800000, "rate": 0.5, "deviceId": "d"}
        is_taken(await ana("POST", data, [basal | {"time": time}]), time)
        for span in ({"startDate": time}, {"endDate": time}, {"startDate": time, "endDate": time}):
            is_taken(await ana("GET", f"/data/{ana.user_id}", params=span), span)
            for kind in ("json", "csv", "xlsx"):
                is_taken(await ana("GET", f"/export/{ana.user_id}", params=span | {"format": kind}), span)
    await shown(ana, f"/data/{ana.user_id}", latest="true")
    kept = {one["time"] for one in await shown(ana, f"/data/{ana.user_id}", type="cbg")}
    assert kept <= set(ENDS) | {"0001-01-01T12:00:00Z", "9999-12-31T23:59:59.999Z"}
    await shown(ana, url)
    async with clinic.house.work() as work:
        for _ in range(2):
            await summaries.refresh_job(work, {"person": str(ana.key)})
        await finish(work)
    for kind in ("cgm", "bgm", "con"):
        is_taken(await ana("GET", f"/v1/summaries/{kind}/{ana.user_id}"), kind)
    await shown(ana, f"/v1/users/{ana.user_id}/data_sets")


async def test_sources_tokens_messages_and_files(clinic: Clinic) -> None:
    ana, service = await clinic.house.person(), clinic.service
    source = {"providerType": "oauth", "providerName": "dexcom", "providerSessionId": uuid4().hex}
    made = (await service("POST", f"/v1/users/{ana.user_id}/data_sources", source)).json()
    for time in ENDS:
        for name in ("earliestDataTime", "latestDataTime", "lastImportTime"):
            is_taken(await service("PUT", f"/v1/data_sources/{made['id']}", {name: time}), name, time)
        await shown(ana, f"/v1/users/{ana.user_id}/data_sources")
        tokens = f"/v1/users/{ana.user_id}/restricted_tokens"
        is_taken(await service("POST", tokens, {"paths": ["/data"], "expirationTime": time}), time)
        note = {"message": {"messagetext": "x", "timestamp": time, "guid": str(uuid4())}}
        is_taken(await ana("POST", f"/message/send/{ana.user_id}", note), time)
        for params in ({"starttime": time}, {"endtime": time}, {"starttime": time, "endtime": time}):
            is_taken(await ana("GET", f"/message/all/{ana.user_id}", params=params), params)
        is_taken(await service("PUT", f"/auth/user/{ana.user_id}", {"updates": {"termsAccepted": time}}), time)
        is_taken(await service("GET", "/v1/usage_events", params={"since": time}), time)
        is_taken(await ana("PUT", f"/metadata/{ana.user_id}/profile", {"fullName": "A", "patient": {"birthday": time}}))
        for params in ({"startAtTime": time}, {"endAtTime": time}):
            is_taken(await ana("GET", f"/v1/users/{ana.user_id}/device_logs", params=params), params)
        headers = {
            "x-tidepool-session-token": ana.token or "",
            "x-logs-start-at-time": time,
            "x-logs-end-at-time": time,
            "content-type": "application/json",
            "digest": "MD5=mZFLkyvTelC5g8XnyQrpOw==",
        }
        path = f"/v1/users/{ana.user_id}/device_logs"
        is_taken(await clinic.house.client.post(path, content=b"", headers=headers), time)
    await shown(ana, f"/message/all/{ana.user_id}")
    await shown(service, f"/v1/users/{ana.user_id}/restricted_tokens")
    await shown(ana, f"/auth/user/{ana.user_id}")


async def test_patients_of_a_clinic(clinic: Clinic) -> None:
    patient = {"fullName": "Pat Smith", "birthDate": "1990-02-03"}
    made = (await clinic.admin("POST", f"{clinic.path}/patients", patient)).json()
    one = f"{clinic.path}/patients/{made['id']}"
    for day in DAYS:
        if is_taken(await clinic.admin("PUT", one, patient | {"birthDate": day}), day):
            assert (await shown(clinic.admin, one))["birthDate"] == day
        await shown(clinic.admin, f"{clinic.path}/patients", sort="+birthDate", sortType="cgm")
        is_taken(await clinic.admin("GET", "/v1/patients", params={"birthDate": day}), day)
        for draft in (DRAFT | {"birthday": day}, SIGNED | {"birthday": day}):
            is_taken(await clinic.prescriber("POST", f"{clinic.path}/prescriptions", draft), day)
        is_taken(await clinic.stranger("POST", "/v1/patients/x/prescriptions", {"accessCode": "A", "birthday": day}))
    await shown(clinic.admin, f"{clinic.path}/prescriptions")
    for time in ENDS:
        for name in ("cgm.lastDataFrom", "cgm.lastDataTo", "bgm.lastDataFrom", "lastReviewed"):
            is_taken(await clinic.admin("GET", f"{clinic.path}/patients", params={name: time}), name, time)
        for other in ENDS:
            span = {"startDate": time, "endDate": other}
            is_taken(await clinic.admin("GET", f"{clinic.path}/reports/realtime", params=span), span)
        tide = {"period": "14d", "lastDataCutoff": time}
        is_taken(await clinic.admin("GET", f"{clinic.path}/tide_report", params=tide), time)
        for name in ("createdTimeStart", "createdTimeEnd"):
            is_taken(await clinic.service("GET", "/v1/clinics", params={name: time}), name, time)
            is_taken(await clinic.service("GET", "/v1/clinicians", params={name: time}), name, time)
        for name in ("createdAfter", "createdBefore", "modifiedAfter", "modifiedBefore"):
            is_taken(await clinic.prescriber("GET", f"{clinic.path}/prescriptions", params={name: time}), name, time)
        for limit in ({"plan": 9, "startDate": time}, {"plan": 9, "endDate": time}):
            path = f"{clinic.path}/settings/patient_count"
            if is_taken(await clinic.service("PUT", path, {"hardLimit": limit}), limit):
                await shown(clinic.admin, path)
        sources = [{"providerName": "dexcom", "state": "pending", "modifiedTime": time, "expirationTime": time}]
        is_taken(await clinic.service("PUT", f"/v1/patients/{made['id']}/data_sources", sources), time)
        names = ("lastUpdatedDate", "firstData", "lastData", "lastUploadDate", "outdatedSince", "outdatedSinceLimit")
        flags = dict.fromkeys(("hasFirstData", "hasLastData", "hasLastUploadDate", "hasOutdatedSince"), True)
        body = {"cgmStats": {"id": "a" * 24, "dates": flags | dict.fromkeys(names, time)}}
        is_taken(await clinic.service("POST", f"/v1/patients/{made['id']}/summary", body), time)
        await shown(clinic.admin, f"{clinic.path}/patients", sort="-lastData", sortType="cgm", period="14d")
        await shown(clinic.admin, one)
