"""Data going out: the query's parameters, links, streaming, and exports as files."""

import csv
import gzip
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import openpyxl
import pytest
from litestar.testing import AsyncTestClient

from openward.care import accounts
from tests.wire.tidepool.data.conftest import Opening, Someone, cbg

pytestmark = pytest.mark.anyio
Make = Callable[[], Awaitable[Someone]]

WIZARD = {
    "type": "wizard",
    "time": "2026-03-10T08:00:00Z",
    "units": "mg/dL",
    "bgInput": 180,
    "bgTarget": {"low": 80, "high": 120},
    "insulinSensitivity": 50,
    "insulinCarbRatio": 12,
    "carbInput": 30,
    "notes": ["=1+1"],
}


async def _filled(http: AsyncTestClient[Any], person: Someone, items: list[dict[str, Any]]) -> str:
    url = f"/v1/users/{person.user_id}/datasets"
    made = await http.post(url, headers=person.headers, json={"dataSetType": "continuous"})
    name = str(made.json()["data"]["id"])
    reply = await http.post(f"/v1/data_sets/{name}/data", headers=person.headers, json=items)
    assert reply.status_code == 200, reply.text
    return name


@pytest.mark.parametrize(
    "query",
    [
        "startDate=yesterday",
        "endDate=2026-03-10",
        "startDate=2026-03-10T08:00:00",
        "latest=maybe",
        "carelink=2",
        "cbgFilter=no",
        "dexcom=x",
        "medtronic=",
        "sampleIntervalMinimum=-1",
        "sampleIntervalMinimum=1.5",
        "deviceId=%00",
        "type=%ff",
    ],
)
async def test_bad_parameters(http: AsyncTestClient[Any], a_person: Make, query: str) -> None:
    person = await a_person()
    reply = await http.get(f"/data/{person.user_id}?{query}", headers=person.headers)
    assert reply.status_code == 400
    body = reply.json()
    assert (body["status"], body["code"]) == (400, "invalid_parameters")
    assert len(body["id"]) == 36


async def test_who_may_not_look(http: AsyncTestClient[Any], a_person: Make, service: dict[str, str]) -> None:
    person, stranger = await a_person(), await a_person()
    reply = await http.get(f"/data/{person.user_id}", headers=stranger.headers)
    assert (reply.status_code, reply.json()["code"]) == (403, "data_cant_view")
    unknown = await http.get("/data/0000000000", headers=stranger.headers)
    assert (unknown.status_code, unknown.json()["code"]) == (403, "data_cant_view")
    assert (await http.get("/data/0000000000", headers=service)).status_code == 404
    assert (await http.get(f"/data/{person.user_id}")).status_code == 401
    assert (await http.get(f"/export/{person.user_id}", headers=stranger.headers)).status_code == 403
    assert (await http.get(f"/export/{person.user_id}")).status_code == 401


async def test_the_wrapped_list_is_for_readers(http: AsyncTestClient[Any], a_person: Make, committed: Opening) -> None:
    person, uploader, reader = await a_person(), await a_person(), await a_person()
    async with committed() as work:
        await accounts.set_grant(work, person.key, uploader.key, ["upload"])
        await accounts.set_grant(work, person.key, reader.key, ["view"])
    wrapped, bare = f"/v1/users/{person.user_id}/datasets", f"/v1/users/{person.user_id}/data_sets"
    assert (await http.get(wrapped, headers=uploader.headers)).status_code == 403
    assert (await http.get(bare, headers=uploader.headers)).status_code == 200
    assert (await http.get(wrapped, headers=reader.headers)).json()["data"] == []


async def test_parameters_reach_the_query(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    name = await _filled(http, person, [cbg(0), cbg(5, deviceId="other"), cbg(10, sampleInterval=60000), dict(WIZARD)])
    for query, count in (
        ("", 5),
        ("type=cbg", 3),
        ("type=cbg,wizard", 4),
        ("type=cbg&type=wizard", 1),
        ("startDate=2026-03-10T08:05:00Z&type=cbg", 2),
        ("startDate=2026-03-10T09:05:00+01:00&endDate=2026-03-10T08:05:00.000Z", 1),
        ("deviceId=other&type=cbg", 1),
        (f"uploadId={name}", 5),
        ("latest=true", 3),
        ("latest=1&type=cbg", 1),
        ("sampleIntervalMinimum=300000&type=cbg", 2),
        ("subType=normal", 0),
        ("type=nothing", 0),
    ):
        reply = await http.get(f"/data/{person.user_id}?{query}", headers=person.headers)
        assert reply.status_code == 200, (query, reply.text)
        assert len(reply.json()) == count, query
        assert reply.headers["content-type"].startswith("application/json")


async def test_lines_and_compression(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    empty = await http.get(f"/data/{person.user_id}", headers=person.headers)
    assert empty.text == "[\n]"
    await _filled(http, person, [cbg(minute) for minute in range(1500)])
    reply = await http.get(f"/data/{person.user_id}", headers=person.headers | {"accept-encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    lines = reply.text.split("\n")
    assert (lines[0], lines[-1]) == ("[", "]")
    data = [json.loads(line.rstrip(",")) for line in lines[1:-1]]
    assert len(data) == 1501
    assert len({one["id"] for one in data}) == 1501
    assert len(gzip.compress(reply.content)) < len(reply.content)


async def test_fractions_and_far_away_times(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    times = ["2026-03-10T08:00:00.250Z", "0001-01-02T00:00:00Z", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.001Z"]
    devices = ["2026-03-10T08:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "1969-12-31T23:59:59"]
    items = [{**cbg(0), "time": time, "deviceTime": device} for time, device in zip(times, devices, strict=True)]
    await _filled(http, person, items)
    found = (await http.get(f"/data/{person.user_id}?type=cbg", headers=person.headers)).json()
    assert sorted((one["time"], one["deviceTime"]) for one in found) == sorted(zip(times, devices, strict=True))


async def test_a_link_opens_its_own_path_alone(http: AsyncTestClient[Any], a_person: Make, committed: Opening) -> None:
    person, other = await a_person(), await a_person()
    await _filled(http, person, [cbg(0)])
    async with committed() as work:
        link = (await accounts.create_link(work, person.key, [f"/export/{person.user_id}"])).token
    good = await http.get(f"/export/{person.user_id}", params={"restricted_token": link})
    assert good.status_code == 200
    for path in (f"/data/{person.user_id}", f"/export/{other.user_id}"):
        assert (await http.get(path, params={"restricted_token": link})).status_code in (401, 403)
    twice = await http.get(f"/export/{person.user_id}?restricted_token={link}&restricted_token={link}")
    assert twice.status_code == 401


async def test_export_as_json(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    await _filled(http, person, [cbg(0, trendRate=0.0222, trendRateUnits="mmol/L/minute"), dict(WIZARD)])
    plain = await http.get(f"/export/{person.user_id}", headers=person.headers)
    assert plain.headers["content-disposition"] == "attachment; filename=openward-data.json"
    assert {one["type"]: one.get("units") for one in plain.json()} == {
        "cbg": "mmol/L",
        "wizard": "mmol/L",
        "upload": None,
    }
    reply = await http.get(f"/export/{person.user_id}", headers=person.headers, params={"bgUnits": "mg/dL"})
    by_type = {one["type"]: one for one in reply.json()}
    reading = by_type["cbg"]
    assert (reading["value"], reading["units"]) == (120, "mg/dL")
    assert (reading["trendRate"], reading["trendRateUnits"]) == (0.4, "mg/dL/minute")
    wizard = by_type["wizard"]
    assert (wizard["bgInput"], wizard["bgTarget"], wizard["insulinSensitivity"]) == (180, {"low": 80, "high": 120}, 50)
    assert (wizard["carbInput"], wizard["insulinCarbRatio"]) == (30, 12)


async def test_export_as_csv(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    await _filled(http, person, [cbg(0), cbg(5, deviceId="=evil()"), dict(WIZARD)])
    reply = await http.get(f"/export/{person.user_id}", headers=person.headers, params={"format": "csv"})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [row["type"] for row in rows] == ["cbg", "cbg", "wizard", "upload"]
    assert rows[1]["deviceId"] == "'=evil()"
    assert json.loads(rows[2]["notes"]) == ["=1+1"]
    assert float(rows[0]["value"]) == 6.6609


@pytest.mark.parametrize("word", ["excel", "xlsx"])
async def test_export_as_a_workbook(http: AsyncTestClient[Any], a_person: Make, word: str) -> None:
    person = await a_person()
    await _filled(http, person, [cbg(0), cbg(5, deviceId="=evil()"), dict(WIZARD)])
    query = {"format": word, "bgUnits": "mg/dL"}
    reply = await http.get(f"/export/{person.user_id}", headers=person.headers, params=query)
    assert reply.headers["content-disposition"].endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(reply.content))
    assert book.sheetnames == ["cbg", "wizard", "upload"]
    head, first, second = book["cbg"].iter_rows(values_only=True)
    assert head == ("type", "time", "deviceId", "value", "units", "uploadId", "id")
    assert first[:5] == ("cbg", "2026-03-10T08:00:00Z", "DexG6_1", 120, "mg/dL")
    assert second[2] == "=evil()"
    assert book["cbg"]["C3"].data_type == "s"


@pytest.mark.parametrize("query", ["format=pdf", "bgUnits=stone", "startDate=x"])
async def test_exports_refuse_bad_parameters(http: AsyncTestClient[Any], a_person: Make, query: str) -> None:
    person = await a_person()
    reply = await http.get(f"/export/{person.user_id}?{query}", headers=person.headers)
    assert reply.status_code == 400
    assert reply.json()["source"]["parameter"] == query.split("=")[0]


async def test_an_empty_export_opens(http: AsyncTestClient[Any], a_person: Make) -> None:
    person = await a_person()
    reply = await http.get(f"/export/{person.user_id}", headers=person.headers, params={"format": "xlsx"})
    assert openpyxl.load_workbook(io.BytesIO(reply.content)).sheetnames == ["data"]
