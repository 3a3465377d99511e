"""Summaries over the API: who may read them, what services may ask, and that uploads and deletions reach them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

pytestmark = pytest.mark.anyio

TOKEN = "x-tidepool-session-token"
Client = AsyncTestClient[Litestar]


async def _service(http: Client) -> dict[str, str]:
    headers = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": "test-service-secret"}
    return {TOKEN: (await http.post("/auth/serverlogin", headers=headers)).headers[TOKEN]}


async def _person(http: Client) -> tuple[str, dict[str, str]]:
    email = f"{uuid4().hex[:12]}@example.org"
    body = {"username": email, "emails": [email], "password": "Correct-horse-7"}
    made = await http.post("/auth/user", json=body)
    return made.json()["userid"], {TOKEN: made.headers[TOKEN]}


async def _upload(http: Client, user: str, token: dict[str, str], values: list[float], ends: datetime) -> str:
    asked = {"client": {"name": "test", "version": "1.0.0"}, "dataSetType": "continuous", "deviceId": "s"}
    made = await http.post(f"/v1/users/{user}/data_sets", json=asked, headers=token)
    name = str(made.json()["data"]["uploadId"])
    first = ends - timedelta(minutes=5 * (len(values) - 1))
    data = [
        {
            "type": "cbg",
            "units": "mmol/L",
            "value": value,
            "deviceId": "s",
            "time": (first + timedelta(minutes=5 * place)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for place, value in enumerate(values)
    ]
    answer = await http.post(f"/v1/data_sets/{name}/data", json=data, headers=token)
    assert answer.status_code == 200, answer.text
    return name


async def _now(http: Client, user: str) -> Any:
    return (await http.post(f"/v1/summaries/cgm/{user}", headers=await _service(http))).json()


async def test_an_upload_and_a_deletion_reach_the_summary(http: Client) -> None:
    user, token = await _person(http)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    values = [5.0, 5.2, 5.4, 6, 7, 8, 9.9, 10.0, 10.1, 12, 13.9, 14.0]
    name = await _upload(http, user, token, values, hour + timedelta(minutes=55))
    computed = await _now(http, user)
    period = computed["periods"]["1d"]
    assert period["total"]["records"] == 12
    assert period["averageGlucoseMmol"] == pytest.approx(8.875, abs=1e-6)
    assert period["standardDeviation"] == pytest.approx(3.139035, abs=1e-6)
    assert period["inTarget"]["percent"] == pytest.approx(40 / 60, abs=1e-6)
    shown = await http.get(f"/v1/summaries/cgm/{user}", headers=token)
    assert shown.status_code == 200
    assert shown.json()["periods"]["1d"] == period
    assert (await http.delete(f"/v1/data_sets/{name}", headers=token)).status_code == 200
    await _now(http, user)
    assert (await http.get(f"/v1/summaries/cgm/{user}", headers=token)).status_code == 404


async def test_somebody_without_data_gets_an_empty_one_from_a_recomputation(http: Client) -> None:
    user, token = await _person(http)
    assert (await http.get(f"/v1/summaries/bgm/{user}", headers=token)).status_code == 404
    answer = await http.post(f"/v1/summaries/bgm/{user}?reason=TEST", headers=await _service(http))
    assert answer.status_code == 200
    assert answer.json()["periods"] == {}
    assert "TEST" in answer.json()["dates"]["lastUpdatedReason"]


async def test_who_may_not(http: Client) -> None:
    user, token = await _person(http)
    _, stranger = await _person(http)
    assert (await http.get(f"/v1/summaries/cgm/{user}", headers=stranger)).status_code == 403
    assert (await http.get(f"/v1/summaries/cgm/{uuid4()}", headers=stranger)).status_code == 403
    assert (await http.get(f"/v1/summaries/cgm/{user}")).status_code == 401
    assert (await http.post(f"/v1/summaries/cgm/{user}", headers=token)).status_code == 403
    for list_name in ("outdated", "migratable"):
        assert (await http.get(f"/v1/summaries/{list_name}/cgm", headers=token)).status_code == 403
        found = await http.get(f"/v1/summaries/{list_name}/cgm?size=5", headers=await _service(http))
        assert found.status_code == 200
        assert isinstance(found.json(), list)


@pytest.mark.parametrize("path", ["/v1/summaries/xyz/{user}", "/v1/summaries/cgm/not-an-id"])
async def test_bad_input(http: Client, path: str) -> None:
    user, token = await _person(http)
    answer = await http.get(path.format(user=user), headers=token)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"]
