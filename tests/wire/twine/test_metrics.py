"""Health metrics: written one by one and in bulk, refused with every fault, listed in both ways of paging."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import coaching as care_coaching
from openward.care import identity, observations, organizations, patients
from openward.care.coaching import ActionContent
from openward.care.identity import Identifier, System
from openward.care.observations import Measured
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, PersonKey
from openward.wire.twine import metric_bodies
from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio

_PATH = "/patient_health_metric"


async def patients_of(coaching: Coaching, *groups: str) -> list[str]:
    """The ids of new patients, one in each of these groups."""
    async with coaching.work() as work:
        keys = {group.name: group.key for group in await organizations.groups(work, coaching.organization)}
        people = []
        for number, group in enumerate(groups):
            details = Details(full_name=f"Ada {number}", birth_date=None, mrn=f"M-{secrets.token_hex(4)}")
            made = await patients.create_custodial(work, coaching.organization, details)
            await patients.put_groups(work, coaching.organization, {made.person: [keys[group]]})
            people.append(made.person)
        names = await identity.names(work, people, System.TWINE)
        return [names[person] for person in people]


@pytest.fixture
async def patient(coaching: Coaching) -> str:
    """A patient in the group Lead."""
    return (await patients_of(coaching, "Lead"))[0]


def item(patient: str | dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A metric of a weight, with other attributes (None leaves one out)."""
    said = {"type": "weight", "occurred_at": "2026-03-01T08:00:00.000Z", "value": 180} | attributes
    pointer = {"id": patient} if isinstance(patient, str) else {"meta": {"query": patient}}
    return {
        "type": "patient_health_metric",
        "attributes": {name: value for name, value in said.items() if value is not None},
        "relationships": {"patient": {"data": {"type": "patient", **pointer}}},
    }


async def made(coaching: Coaching, data: Any, **meta: Any) -> dict[str, Any]:
    """The document after a metric was written."""
    answer = await coaching("POST", _PATH, {"data": data} | ({"meta": meta} if meta else {}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(coaching: Coaching, body: Any) -> list[str]:
    """Where the faults of a body lie."""
    answer = await coaching("POST", _PATH, body)
    assert answer.status_code == 409, answer.text
    assert {error["code"] for error in answer.json()["errors"]} == {"InvalidBodyParameter"}
    return [error["source"]["pointer"] for error in answer.json()["errors"]]


async def test_a_metric_is_kept_as_it_was_sent(coaching: Coaching, patient: str) -> None:
    code = {"system": "LOINC", "value": "13457-7"}
    sent = {"type": "ldl_cholesterol", "code": code, "value": "121", "unit": "mg/dL"}
    document = await made(coaching, item(patient, occurred_at="2017-03-14T11:00:57.000Z", **sent))
    assert document["included"] == []
    assert "ignored" not in document["meta"]
    data = document["data"]
    written = data["attributes"].pop("created_at")
    assert data["attributes"].pop("updated_at") == written
    assert written.endswith("Z")
    assert data["attributes"] == {**sent, "value": 121, "occurred_at": "2017-03-14T11:00:57.000Z"}
    assert data["relationships"]["patient"] == {
        "data": {"type": "patient", "id": patient},
        "links": {"related": f"/pub{_PATH}/{data['id']}/patient"},
    }
    assert data["links"] == {"self": f"/pub{_PATH}/{data['id']}"}
    read = (await coaching("GET", f"{_PATH}/{data['id']}")).json()["data"]
    assert (read["id"], read["attributes"]["value"], read["attributes"]["unit"]) == (data["id"], 121, "mg/dL")
    assert (await coaching("GET", f"{_PATH}/{data['id']}/patient")).status_code == 404


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"value": 81.5, "unit": "KG"}, {"value": 81.5, "unit": "KG"}),
        ({"value": " 1.5e2 "}, {"value": 150, "unit": "lb", "code": {"system": "LOINC", "value": "29463-7"}}),
        ({"type": None, "code": {"system": "LOINC", "value": "718-7"}, "value": 14}, {"type": "hemoglobin"}),
        ({"code": {"system": "SNOMED", "value": "27113001"}}, {"code": {"system": "SNOMED", "value": "27113001"}}),
        ({"code": {"system": "LOINC", "value": "0-0"}}, {"code": {"system": "LOINC", "value": "0-0"}}),
        ({"occurred_at": "2026-03-01T08:00:00+05:30"}, {"occurred_at": "2026-03-01T02:30:00.000Z"}),
        (
            {"type": "blood_pressure", "systolic": 120, "diastolic": 79.5, "value": "x"},
            {"systolic": 120, "diastolic": 79.5, "unit": "mmHg"},
        ),
        ({"type": "nausea_level", "value": "mild"}, {"value": "mild"}),
        ({"type": "inhaler_usage", "value": {"puffs": 2}, "unit": "count"}, {"value": {"puffs": 2}, "unit": "count"}),
        ({"type": "inhaler_usage", "value": False}, {"value": False}),
        ({"type": "blood_glucose", "occurred_at": "0002-01-01T00:00:00Z"}, {"occurred_at": "0002-01-01T00:00:00.000Z"}),
        ({"value": -5}, {"value": -5}),
        ({"type": "pain_level", "value": 0}, {"value": 0}),
    ],
)
async def test_what_may_be_sent(coaching: Coaching, patient: str, sent: dict[str, Any], shown: dict[str, Any]) -> None:
    attributes = (await made(coaching, item(patient, **sent)))["data"]["attributes"]
    assert {name: attributes.get(name) for name in shown} == shown
    assert ("value" in attributes) != (attributes["type"] == "blood_pressure")
    listed = (await coaching("GET", f"{_PATH}?filter[patient]={patient}")).json()["data"]
    assert [one["attributes"] for one in listed] == [attributes]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"value": "heavy"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": True}, "value"),
        ({"value": {"lb": 1}}, "value"),
        ({"type": "nausea_level", "value": ["mild"]}, "value"),
        ({"unit": "k" * 256}, "unit"),
        ({"value": None}, "value"),
        ({"value": "1e400"}, "value"),
        ({"unit": "stone"}, "unit"),
        ({"type": "inr", "unit": "mg"}, "unit"),
        ({"type": "shoe_size"}, "type"),
        ({"type": None}, "type"),
        ({"type": None, "code": {"system": "X", "value": "718-7"}}, "type"),
        ({"code": {"system": "http://loinc.org", "value": "718-7"}}, "code"),
        ({"code": {"system": "LOINC"}}, "code/value"),
        ({"type": "blood_pressure", "systolic": 120}, "diastolic"),
        ({"type": "blood_pressure", "systolic": "120", "diastolic": 80}, "systolic"),
        ({"occurred_at": None}, "occurred_at"),
        ({"occurred_at": "2026-03-01T08:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+05:00"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at"),
    ],
)
async def test_what_is_refused(coaching: Coaching, patient: str, sent: dict[str, Any], field: str) -> None:
    good = item(patient)
    assert await refused(coaching, {"data": item(patient, **sent)}) == [f"/data/attributes/{field}"]
    assert await refused(coaching, {"data": [good, item(patient, **sent)]}) == [f"/data/1/attributes/{field}"]
    assert (await coaching("GET", f"{_PATH}?filter[patient]={patient}")).json()["meta"]["count"] == 0


async def test_all_faults_are_told_at_once(coaching: Coaching, patient: str) -> None:
    wrong = item(patient, value="x", unit="y", occurred_at=7)
    nobody = item(patient)
    nobody["relationships"]["patient"]["data"] = {"type": "patient"}
    assert set(await refused(coaching, {"data": [wrong, nobody, 7, {"type": "patient"}]})) == {
        "/data/0/attributes/value",
        "/data/0/attributes/unit",
        "/data/0/attributes/occurred_at",
        "/data/1/relationships/patient/data",
        "/data/2",
        "/data/3/type",
        "/data/3/attributes",
        "/data/3/relationships",
    }
    assert await refused(coaching, {"data": []}) == ["/data"]
    assert await refused(coaching, {"data": [item(patient)] * 1001}) == ["/data"]
    assert await refused(coaching, {"data": "x"}) == ["/data"]
    answer = await coaching("POST", _PATH, content=b'{"data": ', headers={"content-type": "application/vnd.api+json"})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (409, {"pointer": ""})
    answer = await coaching("POST", _PATH, content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 403


async def test_a_day_ahead_and_no_more(coaching: Coaching, patient: str) -> None:
    now = datetime.now(UTC)
    await made(coaching, item(patient, occurred_at=(now + timedelta(hours=23)).isoformat()))
    late = (now + timedelta(hours=25)).isoformat()
    assert await refused(coaching, {"data": item(patient, occurred_at=late)}) == ["/data/attributes/occurred_at"]


async def test_duplicates(coaching: Coaching, patient: str) -> None:
    first = await made(coaching, item(patient))
    again = await made(coaching, item(patient))
    assert first["data"]["id"] != again["data"]["id"]
    skipped = await made(coaching, item(patient, value=1), ignore_duplicates=True)
    assert (skipped["data"], skipped["meta"]["ignored"]) == (None, ["/data"])
    other = item(patient, type="heart_rate", value=60)
    several = await made(coaching, [item(patient), other, other], ignore_duplicates=True)
    assert [one["attributes"]["type"] for one in several["data"]] == ["heart_rate"]
    assert several["meta"]["ignored"] == ["/data/0", "/data/2"]
    assert (await made(coaching, [other], ignore_duplicates=True))["data"] == []
    assert (await coaching("GET", f"{_PATH}?filter[patient]={patient}")).json()["meta"]["count"] == 3


async def test_patients_by_query(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    async with coaching.work() as work:
        keys = {group.name: group.key for group in await organizations.groups(work, coaching.organization)}
        people = []
        for mrn, group in (("7", "Lead"), ("8", "Lead"), ("8", "Other")):
            details = Details(full_name="Ada", birth_date=None, mrn=mrn)
            person = (await patients.create_custodial(work, coaching.organization, details)).person
            await patients.put_groups(work, coaching.organization, {person: [keys[group]]})
            people.append(person)
        names = await identity.names(work, people, System.TWINE)
    seven, eight = ({"identifier": {"system": "medical-record-number", "value": mrn}} for mrn in ("7", "8"))
    groups = [coaching.group("Other")]
    sent = [item(seven | {"organization": coaching.id}), item(eight | {"groups": groups}), item(names[people[1]])]
    answer = await made(coaching, sent)
    assert [one["relationships"]["patient"]["data"]["id"] for one in answer["data"]] == [
        names[people[0]],
        names[people[2]],
        names[people[1]],
    ]
    query = "relationships/patient/data/meta/query"
    nobody = {"identifier": {"system": "medical-record-number", "value": "9"}}
    assert await refused(coaching, {"data": item(eight)}) == [f"/data/{query}"]
    assert await refused(coaching, {"data": [item(seven), item(nobody)]}) == [f"/data/1/{query}"]
    assert await refused(coaching, {"data": item({"identifier": {"system": "x"}})}) == [
        f"/data/{query}/identifier/value"
    ]
    elsewhere = await a_coaching()
    beyond = item(seven | {"organization": elsewhere.id})
    assert (await coaching("POST", _PATH, {"data": beyond})).status_code == 403
    assert await refused(elsewhere, {"data": item(seven)}) == [f"/data/{query}"]
    confined = await coaching.confined_to("Other")
    assert (await made(confined, item(eight)))["data"]["relationships"]["patient"]["data"]["id"] == names[people[2]]
    assert (
        await confined("POST", _PATH, {"data": item(seven | {"groups": [coaching.group("Lead")]})})
    ).status_code == 403


async def test_reach(coaching: Coaching, a_coaching: MakeCoaching) -> None:
    lead, other = await patients_of(coaching, "Lead", "Other")
    mine, theirs = [one["id"] for one in (await made(coaching, [item(lead), item(other)]))["data"]]
    confined = await coaching.confined_to("Lead")
    assert await _listed(confined) == [mine]
    assert (await confined("GET", f"{_PATH}/{theirs}")).status_code == 403
    assert (await confined("GET", f"{_PATH}/{mine}")).status_code == 200
    assert (await confined("GET", f"{_PATH}?filter[patient]={other}")).status_code == 403
    assert (await confined("GET", f"{_PATH}?filter[groups]={coaching.group('Other')}")).status_code == 403
    assert (await confined("POST", _PATH, {"data": [item(lead), item(other)]})).status_code == 403
    elsewhere = await a_coaching()
    assert (await elsewhere("GET", f"{_PATH}/{mine}")).status_code == 403
    assert (await elsewhere("POST", _PATH, {"data": item(lead)})).status_code == 403
    assert (await elsewhere("GET", f"{_PATH}?filter[organization]={coaching.id}")).status_code == 403
    assert (await elsewhere("GET", _PATH)).json()["meta"]["count"] == 0
    for unknown in ("0" * 24, "x", coaching.group("Lead")):
        assert (await coaching("GET", f"{_PATH}/{unknown}")).status_code == 404
    assert await refused(coaching, {"data": item("0" * 24)}) == ["/data/relationships/patient/data/id"]
    assert await refused(coaching, {"data": item("x")}) == ["/data/relationships/patient/data/id"]
    assert await refused(coaching, {"data": item(coaching.group("Lead"))}) == ["/data/relationships/patient/data/id"]
    assert (await coaching("POST", _PATH, {"data": item(lead)}, headers={"authorization": "x"})).status_code == 401


async def _listed(coaching: Coaching, query: str = "") -> list[str]:
    answer = await coaching("GET", f"{_PATH}{query}")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def test_lists_and_both_ways_of_paging(coaching: Coaching) -> None:
    lead, other = await patients_of(coaching, "Lead", "Other")
    sent = [
        item(patient, occurred_at=f"2026-03-{day:02}T08:00:00Z") for day in range(1, 13) for patient in (lead, other)
    ]
    made_ids = [one["id"] for one in (await made(coaching, sent))["data"]]
    newest = [one for pair in zip(made_ids[::-2], made_ids[-2::-2], strict=True) for one in pair]
    first = (await coaching("GET", _PATH)).json()
    assert ([one["id"] for one in first["data"]], first["meta"]["count"]) == (newest[:10], 24)
    assert first["links"]["last"] == f"/pub{_PATH}?page[number]=3&page[size]=10"
    assert await _listed(coaching, "?page[number]=3") == newest[20:]
    assert await _listed(coaching, "?page[number]=4") == []
    only_count = (await coaching("GET", f"{_PATH}?page[size]=0")).json()
    assert (only_count["data"], only_count["meta"]["count"]) == ([], 24)
    for query, wanted in (
        ("", newest),
        (f"&filter[patient]={lead}", newest[1::2]),
        (f"&filter[groups]={coaching.group('Other')}", newest[::2]),
        (f"&filter[patient]={lead}&filter[groups]={coaching.group('Other')}", []),
        (
            f"&filter[groups]={coaching.group('Other')},{coaching.group('Lead')}&filter[organization]={coaching.id}",
            newest,
        ),
        (f"&filter[patient]={'0' * 24}", []),
    ):
        assert await _walked(coaching, f"?page[limit]=7{query}", len(wanted)) == wanted
    after = first_cursor = (await coaching("GET", f"{_PATH}?page[limit]=5")).json()["links"]["next"].split("after]=")[1]
    assert await _listed(coaching, f"?page[cursor]={first_cursor.split('&')[0]}") == newest[5:]
    for bad in ("?page[limit]=101", "?page[limit]=5&page[size]=5", "?page[after]=abc", "?page[after]=WyJ4IiwieSJd"):
        assert (await coaching("GET", f"{_PATH}{bad}")).json()["errors"][0]["code"] == "InvalidParameter", after


async def _walked(coaching: Coaching, query: str, count: int) -> list[str]:
    """All pages, one after another, by their links."""
    found: Sequence[str] = []
    path = f"{_PATH}{query}"
    while path:
        page = (await coaching("GET", path)).json()
        assert page["meta"]["count"] == count
        found = [*found, *(one["id"] for one in page["data"])]
        path = page["links"].get("next", "").removeprefix("/pub")
    return list(found)


async def test_people_who_wrote_are_named_and_programs_are_not(a_coaching: MakeCoaching) -> None:
    email = f"{secrets.token_hex(6)}@example.org"
    coaching = await a_coaching({"coaches": [{"email": email, "first_name": "Joe", "last_name": "Coach"}]})
    [patient] = await patients_of(coaching, "Lead")
    [plan] = (await coaching("GET", "/patient_plan_summary", params={"filter[patient]": patient})).json()["data"]
    [own] = (await made(coaching, [item(patient)]))["data"]
    assert "created_by" not in own["attributes"]
    authors = {}
    async with coaching.work() as work:
        [joe] = await organizations.coaches(work, coaching.organization)
        ada = PersonKey(await identity.resolve(work, Identifier(System.TWINE, patient)))
        key = await identity.resolve(work, Identifier(System.TWINE, plan["id"]))
        weight = Measured("weight", work.now, value=180, unit="lb", canonical=180)
        for person, name in ((ada, patient), (joe.person, coaching.provisioned["coaches"][0]["id"])):
            himself = replace(work, actor=Actor(ActorKind.PERSON, person, credential="test"))
            [kept] = await observations.record(himself, coaching.organization, [(ada, weight)])
            assert kept is not None
            authors[kept.id] = name
        action = await care_coaching.create_action(himself, key, ActionContent("walk", "Walk", work.now))
        action_name = await identity.name(work, action.key, System.TWINE)
    listed = (await coaching("GET", _PATH, params={"filter[patient]": patient})).json()["data"]
    assert {one["id"]: one["attributes"].get("created_by") for one in listed} == authors | {own["id"]: None}
    for name, author in authors.items():
        shown = (await coaching("GET", f"{_PATH}/{name}")).json()["data"]["attributes"]
        assert (shown["created_by"], shown["updated_by"]) == (author, author)
    shown = (await coaching("GET", f"/action/{action_name}")).json()["data"]["attributes"]
    assert shown["created_by"] == coaching.provisioned["coaches"][0]["id"]
    assert (await coaching("GET", f"/coach/{shown['created_by']}")).status_code == 200


async def test_both_ways_of_reading_agree() -> None:
    now = datetime.now(UTC)
    query = {"identifier": {"system": "s", "value": "v"}, "groups": ["a" * 24]}
    items = [
        item("a" * 24, value="1.5", code={"system": "x", "value": "y"}),
        item(query, type="blood_pressure", systolic=1, diastolic=2.5),
        item(query, type="nausea_level", value="mild", occurred_at="2026-03-01T08:00:00.123456+01:00"),
        item("b" * 24, type=None, code={"system": "LOINC", "value": "4548-4"}, value=53, unit="MMOL/MOL"),
    ]
    for document in ({"data": items, "meta": {"ignore_duplicates": True}}, *({"data": one} for one in items)):
        body = json.dumps(document).encode()
        short, long = metric_bodies._short_way(body, now), metric_bodies._long_way(document, now)
        assert short is not None
        assert short == long
    unusual = json.dumps({"data": items[0]}).replace("LOINC", "\\u004cOINC").replace("weight", "\\u0077eight").encode()
    assert metric_bodies._short_way(unusual, now) is None
