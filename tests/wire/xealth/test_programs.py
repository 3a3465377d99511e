"""Programs and the report: what the record system shows of a patient, and for whom the page opens."""

import html
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openward.care import accounts, identity
from openward.care.ehr import xealth
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey
from tests.wire.tidepool.clinics.conftest import Caller
from tests.wire.xealth.conftest import Linked, Make, settings_of

pytestmark = pytest.mark.anyio


async def _enrolled(linked: Linked, **more: Any) -> tuple[str, dict[str, Any]]:
    """A patient whose program is on: MRN and record."""
    mrn = secrets.token_hex(5)
    patient = await linked.clinic.patient(mrn=mrn, **more)
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 200
    return mrn, patient


async def _upload(linked: Linked, patient: dict[str, Any]) -> None:
    """Two hours of readings up to now, summed up."""
    now = datetime.now(UTC)
    service = linked.clinic.service
    made = await service(
        "POST",
        f"/v1/users/{patient['id']}/datasets",
        {
            "type": "upload",
            "computerTime": now.strftime("%Y-%m-%dT%H:%M:%S"),
            "time": now.isoformat(),
            "timezone": "UTC",
            "timezoneOffset": 0,
            "version": "1.0.0",
            "deviceId": "cgm",
            "deviceManufacturers": ["Dexcom"],
            "deviceModel": "G7",
            "deviceSerialNumber": "1",
            "deviceTags": ["cgm"],
            "timeProcessing": "none",
        },
    )
    assert made.status_code == 201, made.text
    readings = [
        {
            "type": "cbg",
            "units": "mg/dL",
            "value": 120,
            "deviceId": "cgm",
            "time": (now - timedelta(minutes=5 * place)).isoformat().replace("+00:00", "Z"),
        }
        for place in range(1, 25)
    ]
    set_id = made.json()["data"]["uploadId"]
    assert (await service("POST", f"/v1/datasets/{set_id}/data", readings)).status_code == 200
    assert (await service("PUT", f"/v1/datasets/{set_id}", {"dataState": "closed"})).status_code == 200
    answer = await service("POST", f"/v1/summaries/cgm/{patient['id']}")
    assert answer.status_code == 200, answer.text


async def _programs(linked: Linked, mrn: str, **more: Any) -> dict[str, Any]:
    answer = await linked("PUT", "programs", linked.patient(mrn, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_nothing_is_present_without_an_order(linked: Linked) -> None:
    mrn = secrets.token_hex(5)
    assert await _programs(linked, mrn) == {"present": False}
    await linked.clinic.patient(mrn=mrn)
    assert await _programs(linked, mrn) == {"present": False}
    nowhere = linked.patient(mrn) | {"deployment": "nowhere"}
    assert (await linked("PUT", "programs", nowhere)).json() == {"present": False}
    order = await linked.ordered(mrn)
    await linked.notify(order)
    assert (await _programs(linked, mrn))["present"] is True
    assert await _programs(linked, mrn, born="1990-02-04") == {"present": False}
    await linked.notify(order, "cancel")
    assert await _programs(linked, mrn) == {"present": False}


async def test_a_program_before_and_after_data(linked: Linked) -> None:
    sources = [
        {"providerName": "twiist", "state": "connected"},
        {"providerName": "dexcom", "state": "disconnected", "modifiedTime": "2026-01-01T00:00:00Z"},
        {"providerName": "dexcom", "state": "pendingReconnect", "modifiedTime": "2026-02-01T00:00:00Z"},
    ]
    mrn, patient = await _enrolled(linked, dataSources=sources)
    (found,) = (await _programs(linked, mrn))["programs"]
    assert found == {
        "programId": "program-1",
        "title": "Openward",
        "description": "Last Upload: N/A | Last Viewed by You: N/A | Claimed Account?: No | "
        "Cloud Connections: Dexcom (pending reconnect), twiist (connected)",
        "enrolledDate": "2026-03-09",
        "hasStatusView": False,
        "has_alert": False,
    }
    await _upload(linked, patient)
    today = datetime.now(UTC).date().isoformat()
    (found,) = (await _programs(linked, mrn))["programs"]
    assert (found["hasStatusView"], found["has_alert"]) == (True, True)
    assert found["description"].startswith(f"Last Upload: {today} | Last Viewed by You: N/A")
    opened = await linked("PUT", "program", linked.patient(mrn) | {"programId": "program-1"})
    assert opened.status_code == 200
    (seen,) = (await _programs(linked, mrn))["programs"]
    assert (seen["has_alert"], f"Last Viewed by You: {today}" in seen["description"]) == (False, True)
    (other,) = (await _programs(linked, mrn, viewer="dr-2"))["programs"]
    assert other["has_alert"] is True


async def test_nobody_else_is_opened(linked: Linked) -> None:
    mrn, _ = await _enrolled(linked)
    body = linked.patient(mrn) | {"programId": "program-1"}
    assert (await linked("PUT", "program", body | {"deployment": "nowhere"})).status_code == 404
    assert (await linked("PUT", "program", linked.patient("unknown"))).status_code == 404
    await linked.clinic.patient(mrn=mrn)
    assert (await linked("PUT", "program", body)).status_code == 422
    assert (await linked("PUT", "programs", body)).status_code == 422


async def _opened(linked: Linked, mrn: str) -> str:
    answer = await linked("PUT", "program", linked.patient(mrn) | {"programId": "program-1"})
    return str(answer.json()["url"])


async def test_the_page_shows_the_pdf(linked: Linked) -> None:
    mrn, patient = await _enrolled(linked, fullName='Pat "Q" <Smith>')
    await _upload(linked, patient)
    url = await _opened(linked, mrn)
    assert url.startswith("http://openward.test/v1/xealth/report/web/viewer.html?")
    client = linked.clinic.house.client
    page = await client.get(url)
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    link = parse_qs(urlsplit(url).query)["restricted_token"][0]
    assert link not in re.findall(r"<title>.*</title>", page.text)[0]
    assert re.findall(r'(?:src|href)="(https?://(?!openward\.test)[^"]+)"', page.text) == []
    (address,) = set(re.findall(r'data="([^"]+)"', page.text))
    query = parse_qs(urlsplit(html.unescape(address)).query)
    assert query["fullName"] == ['Pat "Q" <Smith>']
    assert (query["reports"], query["inline"], query["mrn"], query["dob"]) == (["all"], ["true"], [mrn], ["1990-02-03"])
    start, end = [datetime.fromisoformat(query[name][0]) for name in ("startDate", "endDate")]
    assert end - start == timedelta(days=14)
    pdf = await client.get(html.unescape(address))
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert pdf.headers["content-disposition"].startswith("inline")
    (picture,) = re.findall(r'<img src="([^"]+)"', page.text)
    drawn = await client.get(html.unescape(picture))  # for browsers without a reader of PDF
    assert (drawn.status_code, drawn.headers["content-type"], drawn.content[1:4]) == (200, "image/png", b"PNG")
    style = await client.get("/v1/xealth/report/web/viewer.css")
    assert (style.status_code, style.headers["content-type"].split(";")[0]) == (200, "text/css")


async def test_the_report_is_for_whoever_holds_its_link(linked: Linked) -> None:
    mrn, patient = await _enrolled(linked)
    _, other = await _enrolled(linked)
    stranger, client = await linked.clinic.house.person(), linked.clinic.house.client
    path = f"/export/report/{patient['id']}"
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, params={"restricted_token": "made-up"})).status_code == 401
    link = parse_qs(urlsplit(await _opened(linked, mrn)).query)["restricted_token"][0]
    assert (await client.get(path, params={"restricted_token": link})).status_code == 200
    refused = await client.get(f"/export/report/{other['id']}", params={"restricted_token": link})
    assert refused.status_code in (401, 403)
    assert (await stranger("GET", path)).status_code == 403
    assert (await linked.clinic.member("GET", path)).content.startswith(b"%PDF-")
    for wrong in (
        {"bgUnits": "x"},
        {"startDate": "x"},
        {"startDate": "2026-03-02T00:00:00Z", "endDate": "2026-03-01T00:00:00Z"},
    ):
        assert (await client.get(path, params={"restricted_token": link, **wrong})).status_code == 400


async def test_the_page_is_refused(linked: Linked) -> None:
    mrn, patient = await _enrolled(linked)
    other_mrn, _ = await _enrolled(linked)
    client = linked.clinic.house.client
    page = "/v1/xealth/report/web/viewer.html"
    good = {name: value[0] for name, value in parse_qs(urlsplit(await _opened(linked, mrn)).query).items()}
    others = parse_qs(urlsplit(await _opened(linked, other_mrn)).query)["restricted_token"][0]

    async def status(**change: str) -> int:
        return (await client.get(page, params={**good, **change})).status_code

    assert await status() == 200
    assert await status(restricted_token="made-up") == 401
    assert await status(restricted_token="") == 401
    assert await status(restricted_token=others) == 401
    assert await status(clinicId="0" * 24) == 404
    assert await status(patientId="0" * 10) == 404
    assert await status(patientId=linked.clinic.stranger.user_id) == 404
    settings = settings_of(linked.deployment)
    await linked.clinic.service("PUT", f"{linked.clinic.path}/settings/ehr", settings | {"enabled": False})
    assert await status() == 401
    await linked.clinic.service("PUT", f"{linked.clinic.path}/settings/ehr", settings)
    assert await status() == 200
    body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": "other" + mrn}
    await linked.clinic.member("PUT", f"{linked.clinic.path}/patients/{patient['id']}", body)
    assert await status() == 401  # another number: the orders no longer hold


async def test_a_report_needs_its_head(linked: Linked) -> None:
    mrn, patient = await _enrolled(linked)
    url = await _opened(linked, mrn)
    async with linked.clinic.house.work() as work:
        person = await accounts.find(work, patient["id"])
        assert person is not None
        key: PersonKey = person.key
        await work.tx.execute("update patients.enrolment set birth_date = null where person = $1", key)
    assert (await linked.clinic.house.client.get(url)).status_code == 500


async def test_a_claimed_account_is_said(linked: Linked) -> None:
    ana: Caller = await linked.clinic.house.person()
    mrn = secrets.token_hex(5)
    body = {"permissions": {"view": {}}, "fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": mrn}
    added = await linked.clinic.service("POST", f"{linked.clinic.path}/patients/{ana.user_id}", body)
    assert added.status_code == 200, added.text
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 200
    (found,) = (await _programs(linked, mrn))["programs"]
    assert "Claimed Account?: Yes | Cloud Connections: None" in found["description"]


async def test_forms_and_looks_follow_a_merge(linked: Linked, a_clinic: Make) -> None:
    mrn, patient = await _enrolled(linked)
    await _opened(linked, mrn)
    target = await a_clinic()
    keys = {}
    async with linked.clinic.house.work() as work:
        for name, clinic in (("source", linked.clinic), ("target", target)):
            keys[name] = OrganizationKey(await identity.resolve(work, Identifier(System.CLINIC, clinic.body["id"])))
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, patient["id"])))
        await xealth.move(work, keys["source"], keys["target"])
        views = "select organization from ehr.xealth_view where person = $1"
        assert [row["organization"] for row in await work.tx.fetch(views, person)] == [keys["target"]]
        await xealth.move(work, keys["source"], keys["target"])
        assert len(await work.tx.fetch(views, person)) == 1
