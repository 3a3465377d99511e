"""Lists of patients: pages by number and by cursor, filters; and patients who are changed or made by what they are."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from openward.care import identity, patients
from openward.care.errors import Invalid
from openward.care.identity import Identifier, System
from openward.care.patients import ContactPoint, Demographics, HumanName, NameElsewhere, Newcomer
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.test_patients import a_value, faults, made, name, told

pytestmark = pytest.mark.anyio


async def _page(coaching: Coaching, path: str) -> tuple[list[str], dict[str, Any]]:
    answer = await coaching("GET", path.removeprefix("/pub"))
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return [one["id"] for one in document["data"]], document["links"] | {"count": document["meta"]["count"]}


async def _many(coaching: Coaching, count: int) -> list[str]:
    data = [told(coaching.group("Lead"), first_name=f"P{number}") for number in range(count)]
    answer = await coaching("POST", "/patient", {"data": data})
    assert answer.status_code == 201, answer.text
    shown = answer.json()["data"]
    assert [one["attributes"]["first_name"] for one in shown] == [f"P{number}" for number in range(count)]
    return [one["id"] for one in shown]


async def test_pages_by_number(coaching: Coaching) -> None:
    ids = await _many(coaching, 23)
    first, links = await _page(coaching, "/patient")
    assert (first, links["count"], sorted(links)) == (ids[:10], 23, ["count", "first", "last", "next", "self"])
    second, links = await _page(coaching, links["next"])
    assert (second, "prev" in links) == (ids[10:20], True)
    last, links = await _page(coaching, links["last"])
    assert (last, "next" in links) == (ids[20:], False)
    assert (await _page(coaching, "/patient?page[number]=9&page[size]=50"))[0] == []
    nothing, links = await _page(coaching, "/patient?page[size]=0")
    assert (nothing, links["count"]) == ([], 23)
    for query in ("page[size]=51", "page[size]=x", "page[number]=0", "page[number]=1&page[after]=x", "page[after]=x"):
        assert len(faults(await coaching("GET", f"/patient?{query}"))) == 1


async def test_pages_by_cursor(coaching: Coaching) -> None:
    ids = await _many(coaching, 7)
    seen, path = [], f"/patient?filter[groups]={coaching.group('Lead')}&page[limit]=3"
    for _ in range(3):
        page, links = await _page(coaching, path)
        seen += page
        assert links["count"] == 7
        path = links.get("next", "")
    assert (seen, path) == (ids, "")
    (await made(coaching))["id"]
    assert faults(await coaching("GET", "/patient?page[after]=WzFd")) == ["page[after]"]


async def test_filters(a_coaching: MakeCoaching) -> None:
    coaching, foreign = await a_coaching(), await a_coaching()
    lead, other, value = coaching.group("Lead"), coaching.group("Other"), a_value()
    one = (await made(coaching, lead, identifiers=[name(value)]))["id"]
    two = (await made(coaching, other, identifiers=[name("5", "medical-record-number")]))["id"]
    three = (await made(coaching, lead, other))["id"]
    async with coaching.work() as work:
        person = await identity.resolve(work, Identifier(System.TWINE, one))
        early = work.now - timedelta(days=400)
        await work.tx.execute(
            "update patients.enrolment set created_at = $2, updated_at = $2 where person = $1", person, early
        )

    async def ids(query: str) -> list[str]:
        return (await _page(coaching, f"/patient?{query}"))[0]

    day = early.date().isoformat()
    assert await ids(f"filter[groups]={lead}") == [one, three]
    assert await ids(f"filter[groups]={lead}, {other}") == [one, two, three]
    assert await ids(f"filter[groups]={'0' * 24}") == []
    assert await ids(f"filter[organization]={coaching.id}&filter[groups]={other}") == [two, three]
    assert await ids(f"filter[organization]={'0' * 24}") == []
    assert await ids(f"filter[identifier][system]=lab&filter[identifier][value]={value}") == [one]
    assert await ids("filter%5Bidentifier%5D%5Bsystem%5D=medical-record-number&filter[identifier][value]=5") == [two]
    assert await ids("filter[identifier][system]=lab&filter[identifier][value]=none") == []
    assert await ids(f"filter[created_at]={day}..") == [one, two, three]
    assert await ids(f"filter[created_at]=..{early.isoformat()}") == []
    assert await ids(f"filter[updated_at]=..{(early + timedelta(days=9)).isoformat()}") == [one]
    assert await ids(f"filter[updated_at]={(early + timedelta(days=9)).isoformat()}..") == [two, three]
    for path in (f"filter[groups]={foreign.group('Lead')}", f"filter[organization]={foreign.id}"):
        assert (await coaching("GET", f"/patient?{path}")).status_code == 403
    for query, parameter in (
        ("filter[identifier][system]=lab", "filter[identifier][value]"),
        ("filter[identifier][value]=1", "filter[identifier][system]"),
        ("filter[archived]=yes", "filter[archived]"),
        ("filter[created_at]=2020", "filter[created_at]"),
        ("filter[updated_at]=2021-01-02..2021-01-01", "filter[updated_at]"),
        ("filter[groups]=x", "filter[groups]"),
        ("filter[patient]=x", "filter[patient]"),
        ("include=groups", "include"),
        ("sort=id", "sort"),
    ):
        assert faults(await coaching("GET", f"/patient?{query}")) == [parameter]
    assert faults(await coaching("GET", f"/patient/{one}?x=1")) == ["x"]


def _upsert(value: str, groups: list[str], *data_groups: str, **attributes: Any) -> dict[str, Any]:
    data = told(*data_groups)
    data["attributes"] = attributes
    if not data_groups:
        del data["relationships"]
    return {"meta": {"query": {"identifier": {"system": "place", "value": value}, "groups": groups}}, "data": data}


async def test_a_patient_is_made_once_and_then_changed(a_coaching: MakeCoaching) -> None:
    coaching, foreign = await a_coaching(), await a_coaching()
    lead, other, value = coaching.group("Lead"), coaching.group("Other"), a_value()
    body = _upsert(value, [lead])
    assert faults(await coaching("PUT", "/patient", body)) == [
        "/data/attributes/first_name",
        "/data/attributes/last_name",
    ]
    answer = await coaching("PUT", "/patient", _upsert(value, [lead], first_name="Jack", last_name="Frost"))
    assert answer.status_code == 200, answer.text
    patient = answer.json()["data"]
    assert patient["attributes"]["identifiers"] == [name(value, "place", unique=True)]
    assert patient["relationships"]["groups"]["data"] == [{"type": "group", "id": lead}]
    answer = await coaching("PUT", "/patient", _upsert(value, [lead], lead, other, last_name="Snow"))
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, patient["id"])
    assert answer.json()["data"]["attributes"]["last_name"] == "Snow"
    assert len(answer.json()["data"]["relationships"]["groups"]["data"]) == 2
    answer = await coaching("PUT", "/patient", _upsert(value, [other], identifiers=[name(a_value())]))
    assert len(answer.json()["data"]["attributes"]["identifiers"]) == 2
    unseen = await coaching("POST", "/group", {"data": {"type": "group", "attributes": {"name": "Third"}}})
    third = unseen.json()["data"]["id"]
    body = _upsert(value, [third], first_name="A", last_name="B")
    assert faults(await coaching("PUT", "/patient", body)) == ["/data/attributes/identifiers/0"]
    for group in (foreign.group("Lead"),):
        assert (await coaching("PUT", "/patient", _upsert(value, [group]))).status_code == 403
    confined = await coaching.confined_to("Other")
    assert (await confined("PUT", "/patient", _upsert(value, [lead]))).status_code == 403
    assert (await confined("PUT", "/patient", _upsert(value, [other], note="x"))).status_code == 200
    assert faults(await coaching("PUT", "/patient", _upsert(value, ["0" * 24]))) == ["/meta/query/groups/0"]
    assert faults(await coaching("PUT", "/patient", {"data": {"type": "patient"}})) == ["/meta", "/data/attributes"]
    shared = [await made(coaching, identifiers=[name("s", "place", unique=False)]) for _ in range(2)]
    assert len(shared) == 2
    assert faults(await coaching("PUT", "/patient", _upsert("s", [lead]))) == ["/meta/query"]


async def test_of_32_who_put_the_same_patient_one_is_made(coaching: Coaching) -> None:
    body = _upsert(a_value(), [coaching.group("Lead")], first_name="Jack", last_name="Frost")
    answers = await asyncio.gather(*(coaching("PUT", "/patient", body) for _ in range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


async def test_of_those_who_come_at_the_same_moment_one_is_let_in(coaching: Coaching) -> None:
    value, email = a_value(), f"r{a_value()}@example.org"

    async def register(number: int) -> int:
        unique = NameElsewhere("race", value, None, is_unique=number % 2 == 0)
        said = Demographics((HumanName("usual", None, "A", "", "B", ""),))
        if number >= 4:
            unique = NameElsewhere("race", a_value())
            said = replace(said, telecom=(ContactPoint("email", email),))
        try:
            async with coaching.work() as work:
                made = await patients.register_many(
                    work, coaching.organization, [Newcomer(said, (unique,))], skips_clashes=number < 4
                )
                return sum(one is not None for one in made)
        except Invalid:
            return 0

    counts = await asyncio.gather(*(register(number) for number in range(8)))
    async with coaching.work() as work:
        held = (await patients.by_identifiers(work, coaching.organization, None, [("race", value)]))[("race", value)]
        kinds = await work.tx.fetch("select is_unique from patients.identifier where value = $1", value)
    assert len(held) == sum(counts[:4]) == len(kinds)
    assert len(kinds) == 1 or not any(row["is_unique"] for row in kinds)
    assert sum(counts[4:]) == 1


async def test_an_identifier_of_a_query_is_as_long_as_one_may_be(coaching: Coaching) -> None:
    lead = coaching.group("Lead")
    for value, wrong in (("v" * 255, []), ("v" * 256, ["value"]), (a_value() * 1000, ["value"])):
        answer = await coaching("PUT", "/patient", _upsert(value, [lead], first_name="Jack", last_name="Frost"))
        assert answer.status_code == (409 if wrong else 200), answer.text[:300]
        if wrong:
            assert faults(answer) == [f"/meta/query/identifier/{name}" for name in wrong]
