"""Patients: made, read, changed and found, by tokens of the whole organization and of some groups."""

import asyncio
import secrets
from typing import Any

import pytest

from openward.care import identity, organizations, patients
from openward.care.identity import Identifier, System
from openward.care.patients import Details
from openward.care.work import PersonKey
from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio


def told(*groups: str, coaches: list[dict[str, Any]] | None = None, **attributes: Any) -> dict[str, Any]:
    """The data of a new patient in these groups."""
    relationships: dict[str, Any] = {"groups": {"data": [{"type": "group", "id": group} for group in groups]}}
    if coaches is not None:
        relationships["coaches"] = {"data": coaches}
    said = {"first_name": "Jack", "last_name": "Frost"} | attributes
    return {"type": "patient", "attributes": said, "relationships": relationships}


def name(value: str, system: str = "lab", **more: Any) -> dict[str, Any]:
    """An identifier."""
    return {"system": system, "value": value, **more}


def a_value() -> str:
    """A value that nobody else in the installation has."""
    return secrets.token_hex(8)


def faults(answer: Any) -> list[str]:
    """The pointers or parameters of a refusal."""
    assert answer.status_code == 409, answer.text
    return [next(iter(error["source"].values())) for error in answer.json()["errors"]]


async def made(coaching: Coaching, *groups: str, **attributes: Any) -> dict[str, Any]:
    """A new patient as the answer shows him."""
    answer = await coaching("POST", "/patient", {"data": told(*(groups or (coaching.group("Lead"),)), **attributes)})
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_everything_that_is_said_comes_back(a_coaching: MakeCoaching) -> None:
    people = [{"email": f"c{a_value()}@example.org", "first_name": n, "last_name": "C"} for n in ("Joe", "Kim")]
    coaching = await a_coaching({"coaches": people})
    joe, kim = (one["id"] for one in coaching.provisioned["coaches"])
    value, email = a_value(), f"j{a_value()}@example.org"
    said = {
        "first_name": "Jack",
        "last_name": "Frost",
        "email_address": email,
        "phone_numbers": [{"value": "555-1"}, {"type": "home-fax", "value": "555-2"}, {"type": "other", "value": "3"}],
        "addresses": [{"city": "Nome", "state": "AK", "postal_code": "99762", "lines": ["1 Ice Rd", "Flat 2"]}],
        "identifiers": [
            name(value, label="Lab"),
            name("77", "medical-record-number", label="MRN"),
            name("s-1", "shared", unique=False),
        ],
        "birth_date": "1983-08-15",
        "gender": "male",
        "note": "Likes snow",
    }
    pointers = [{"type": "coach", "id": joe}, {"type": "coach", "id": kim, "meta": {"primary": True}}]
    answer = await coaching(
        "POST", "/patient", {"data": told(coaching.group("Other"), coaching.group("Lead"), coaches=pointers, **said)}
    )
    assert answer.status_code == 201, answer.text
    document = answer.json()
    shown = document["data"]["attributes"]
    assert shown["phone_numbers"] == [
        {"value": "555-1", "primary": True},
        {"type": "home-fax", "value": "555-2", "primary": False},
        {"type": "other", "value": "3", "primary": False},
    ]
    assert shown["identifiers"] == [
        {"label": "Lab", "system": "lab", "value": value, "unique": True},
        {"label": "MRN", "system": "medical-record-number", "value": "77", "unique": False},
        {"system": "shared", "value": "s-1", "unique": False},
    ]
    for field in ("first_name", "last_name", "email_address", "addresses", "birth_date", "gender", "note"):
        assert shown[field] == said[field], field
    assert (shown["archived"], shown["archive_history"], shown["first_access_at"]) == (False, [], None)
    assert (document["included"], "ignored" in document["meta"]) == ([], False)
    relationships = document["data"]["relationships"]
    assert {one["id"] for one in relationships["groups"]["data"]} == {coaching.group("Lead"), coaching.group("Other")}
    assert relationships["coaches"]["data"] == [
        {"type": "coach", "id": joe, "meta": {"primary": False}},
        {"type": "coach", "id": kim, "meta": {"primary": True}},
    ]
    own = f"/pub/patient/{document['data']['id']}"
    assert relationships["groups"]["links"] == {"related": f"{own}/groups"}
    assert document["data"]["links"]["self"] == own
    read = await coaching("GET", own.removeprefix("/pub"))
    assert read.json()["data"] == document["data"]
    listed = (await coaching("GET", f"{own.removeprefix('/pub')}/coaches")).json()
    assert [one["attributes"]["first_name"] for one in listed["data"]] == ["Joe", "Kim"]
    listed = (await coaching("GET", f"{own.removeprefix('/pub')}/groups")).json()
    assert ([one["attributes"]["name"] for one in listed["data"]], listed["meta"]["count"]) == (["Lead", "Other"], 2)


async def test_what_was_never_said_is_left_out(coaching: Coaching) -> None:
    shown = (await made(coaching))["attributes"]
    assert not {"email_address", "birth_date", "gender", "note"} & set(shown)
    assert (shown["phone_numbers"], shown["addresses"], shown["identifiers"]) == ([], [], [])
    assert shown["invited_at"] is None


async def test_every_fault_of_a_body_at_once(coaching: Coaching) -> None:
    taken = a_value()
    await made(coaching, identifiers=[name(taken)])
    data = told(
        coaching.group("Lead"),
        "0" * 24,
        first_name=" ",
        last_name=None,
        gender="unknown",
        birth_date="1983-02-30",
        email_address="nobody",
        phone_numbers=[{"value": "1", "primary": True}, {"value": "2", "primary": True}, {"type": "car"}],
        identifiers=[name("x"), name(taken), name("x"), {"system": "lab"}],
        coaches=[{"type": "coach", "id": "1" * 24}, {"type": "patient", "id": "x"}],
    )
    answer = await coaching("POST", "/patient", {"data": data})
    base = "/data/attributes"
    assert set(faults(answer)) == {
        f"{base}/first_name",
        f"{base}/last_name",
        f"{base}/gender",
        f"{base}/birth_date",
        f"{base}/email_address",
        f"{base}/phone_numbers/1/primary",
        f"{base}/phone_numbers/2/type",
        f"{base}/phone_numbers/2/value",
        f"{base}/identifiers/2",
        f"{base}/identifiers/3/value",
        "/data/relationships/groups/data/1/id",
        "/data/relationships/coaches/data/0/id",
        "/data/relationships/coaches/data/1/type",
        "/data/relationships/coaches/data/1/id",
    }
    bulk = await coaching("POST", "/patient", {"data": [told(coaching.group("Lead")), {"type": "patient"}]})
    assert faults(bulk) == ["/data/1/attributes", "/data/1/relationships"]
    both = told("0" * 24, identifiers=[name("y"), name(taken)])
    assert faults(await coaching("POST", "/patient", {"data": [both]})) == [
        "/data/0/relationships/groups/data/0/id",
        "/data/0/attributes/identifiers/1",
    ]
    bodies: list[dict[str, Any]] = [{}, {"data": []}, {"data": "x"}, {"data": [told(coaching.group("Lead"))] * 1001}]
    for body in bodies:
        assert faults(await coaching("POST", "/patient", body)) == ["/data"]
    assert faults(await coaching("POST", "/patient", content=b"{", headers={"content-type": "application/json"})) == [
        ""
    ]
    plain = await coaching("POST", "/patient", content=b"{}", headers={"content-type": "text/plain"})
    assert plain.status_code == 403
    assert (await coaching("GET", "/patient")).json()["meta"]["count"] == 1


async def test_identifiers_are_unique_in_the_whole_installation(a_coaching: MakeCoaching) -> None:
    here, there = await a_coaching(), await a_coaching()
    value, shared = a_value(), a_value()
    await made(here, identifiers=[name(value), name(shared, unique=False)])
    pointer = ["/data/attributes/identifiers/0"]
    for unique in (True, False):
        data = told(there.group("Lead"), identifiers=[name(value, unique=unique)])
        assert faults(await there("POST", "/patient", {"data": data})) == pointer
    await made(there, identifiers=[name(shared, unique=False), name(value, "other")])
    data = told(there.group("Lead"), identifiers=[name(shared)])
    assert faults(await there("POST", "/patient", {"data": data})) == pointer


async def test_the_medical_record_number_follows_the_settings(coaching: Coaching) -> None:
    number = [name("4711", "medical-record-number")]
    first = await made(coaching, identifiers=number)
    assert first["attributes"]["identifiers"] == [name("4711", "medical-record-number", unique=False)]
    await made(coaching, identifiers=number)
    async with coaching.work() as work:
        await organizations.set_mrn_rules(work, coaching.organization, organizations.MRNRules(True, True))
    data = told(coaching.group("Lead"), identifiers=number)
    assert faults(await coaching("POST", "/patient", {"data": data})) == ["/data/attributes/identifiers/0"]
    data = told(coaching.group("Lead"))
    assert faults(await coaching("POST", "/patient", {"data": data})) == ["/data/attributes/identifiers"]
    many = [told(coaching.group("Lead"), identifiers=[name(n, "medical-record-number")]) for n in ("1", "4711", "1")]
    answer = await coaching("POST", "/patient", {"meta": {"ignore_duplicates": True}, "data": many})
    assert answer.json()["meta"]["ignored"] == ["/data/1", "/data/2"]
    assert answer.json()["data"][0]["attributes"]["identifiers"][0]["unique"] is True


async def test_duplicates_are_left_out_when_asked(coaching: Coaching) -> None:
    values = [a_value() for _ in range(3)]
    data = [told(coaching.group("Lead"), identifiers=[name(value)]) for value in values]
    answer = await coaching("POST", "/patient", {"data": [*data, data[0]]})
    assert faults(answer) == ["/data/3/attributes/identifiers/0"]
    assert (await coaching("GET", "/patient")).json()["meta"]["count"] == 0
    await coaching("POST", "/patient", {"data": data[1]})
    answer = await coaching("POST", "/patient", {"meta": {"ignore_duplicates": True}, "data": [*data, data[0]]})
    assert (answer.status_code, answer.json()["meta"]["ignored"]) == (201, ["/data/1", "/data/3"])
    assert [one["attributes"]["identifiers"][0]["value"] for one in answer.json()["data"]] == [values[0], values[2]]
    answer = await coaching("POST", "/patient", {"meta": {"ignore_duplicates": True}, "data": data})
    assert (answer.json()["data"], answer.json()["meta"]["ignored"]) == ([], ["/data/0", "/data/1", "/data/2"])
    answer = await coaching("POST", "/patient", {"meta": {"ignore_duplicates": True}, "data": data[0]})
    assert (answer.status_code, answer.json()["data"], answer.json()["meta"]["ignored"]) == (201, None, ["/data"])


async def test_an_address_belongs_to_one_active_patient(coaching: Coaching) -> None:
    email = f"a{a_value()}@example.org"
    data = told(coaching.group("Lead"), email_address=email)
    again = {"data": [data, data]}
    assert faults(await coaching("POST", "/patient", again)) == ["/data/1/attributes/email_address"]
    first = await made(coaching, email_address=email)
    assert faults(await coaching("POST", "/patient", {"data": data})) == ["/data/attributes/email_address"]
    second = await made(coaching)
    body = {"data": {"type": "patient", "id": second["id"], "attributes": {"email_address": email.upper()}}}
    assert faults(await coaching("PATCH", f"/patient/{second['id']}", body)) == ["/data/attributes/email_address"]
    async with coaching.work() as work:
        person = await identity.resolve(work, Identifier(System.TWINE, first["id"]))
        await patients.set_active(work, coaching.organization, PersonKey(person), is_active=False)
    assert (await coaching("PATCH", f"/patient/{second['id']}", body)).status_code == 200


async def test_groups_by_name_are_made_where_missing(a_coaching: MakeCoaching) -> None:
    coaching, other = await a_coaching(), await a_coaching()

    def by_name(group: str, organization: str = coaching.id) -> dict[str, Any]:
        data = told()
        query = {"organization": organization, "name": group}
        data["relationships"]["groups"]["data"] = [{"type": "group", "meta": {"query": query}}]
        return data

    answer = await coaching("POST", "/patient", {"data": [by_name("Night"), by_name("Night"), by_name("Lead")]})
    assert answer.status_code == 201, answer.text
    groups = [one["relationships"]["groups"]["data"][0]["id"] for one in answer.json()["data"]]
    assert groups[0] == groups[1] != groups[2] == coaching.group("Lead")
    assert (await coaching("POST", "/patient", {"data": by_name("Night", other.id)})).status_code == 403
    data = told()
    data["relationships"]["groups"]["data"] = [
        {"type": "group"},
        {"type": "group", "meta": {"query": {"name": "x"}}},
        {"type": "group", "meta": {}},
    ]
    base = "/data/relationships/groups/data"
    assert faults(await coaching("POST", "/patient", {"data": data})) == [
        f"{base}/1/meta/query/organization",
        f"{base}/2/meta/query",
        f"{base}/0",
    ]
    confined = await coaching.confined_to("Lead")
    assert (await confined("POST", "/patient", {"data": by_name("Lead")})).status_code == 201
    assert (await confined("POST", "/patient", {"data": by_name("Dawn")})).status_code == 403
    assert (await confined("POST", "/patient", {"data": by_name("Other")})).status_code == 403
    names = [one["attributes"]["name"] for one in (await coaching("GET", "/group")).json()["data"]]
    assert names == ["Lead", "Other", "Night"]


async def test_a_token_of_groups_reaches_their_patients_alone(a_coaching: MakeCoaching) -> None:
    coaching, foreign = await a_coaching(), await a_coaching()
    lead, other = coaching.group("Lead"), coaching.group("Other")
    inside, outside, both = await made(coaching, lead), await made(coaching, other), await made(coaching, lead, other)
    elsewhere = await made(foreign)
    confined = await coaching.confined_to("Lead")
    listed = (await confined("GET", "/patient")).json()
    assert [one["id"] for one in listed["data"]] == [inside["id"], both["id"]]
    assert [one["id"] for one in listed["data"][1]["relationships"]["groups"]["data"]] == [lead]
    for patient, status in ((inside, 200), (outside, 403), (both, 200), (elsewhere, 403)):
        for path in ("", "/groups", "/coaches"):
            assert (await confined("GET", f"/patient/{patient['id']}{path}")).status_code == status
    for unknown in ("0" * 24, "x", lead):
        assert (await confined("GET", f"/patient/{unknown}")).status_code == 404
    assert (await confined("POST", "/patient", {"data": told(lead, other)})).status_code == 403
    assert (await confined("GET", f"/patient?filter[groups]={other}")).status_code == 403
    assert (await coaching("POST", "/patient", {"data": told(foreign.group("Lead"))})).status_code == 403
    body = {"data": told(lead) | {"id": both["id"]}}
    assert (await confined("PATCH", f"/patient/{both['id']}", body)).status_code == 200
    kept = (await coaching("GET", f"/patient/{both['id']}")).json()["data"]["relationships"]["groups"]["data"]
    assert {one["id"] for one in kept} == {lead, other}
    for caller, status in ((confined, 403), (foreign, 403)):
        body = {"data": told(lead) | {"id": outside["id"]}}
        assert (await caller("PATCH", f"/patient/{outside['id']}", body)).status_code == status
    assert (await coaching.client.get("/pub/patient")).status_code == 401


async def test_a_change_touches_what_is_present(a_coaching: MakeCoaching) -> None:
    people = [{"email": f"c{a_value()}@example.org", "first_name": n, "last_name": "C"} for n in ("Joe", "Kim")]
    coaching = await a_coaching({"coaches": people})
    joe, kim = (one["id"] for one in coaching.provisioned["coaches"])
    value = a_value()
    patient = await made(
        coaching,
        note="n",
        birth_date="1990-01-02",
        gender="female",
        email_address=f"e{a_value()}@example.org",
        phone_numbers=[{"value": "1"}],
        identifiers=[name(value), name("9", "medical-record-number")],
    )
    path = f"/patient/{patient['id']}"

    async def change(attributes: dict[str, Any] | None = None, relationships: dict[str, Any] | None = None) -> Any:
        data = {"type": "patient", "id": patient["id"]}
        data |= {} if attributes is None else {"attributes": attributes}
        data |= {} if relationships is None else {"relationships": relationships}
        answer = await coaching("PATCH", path, {"data": data})
        assert answer.status_code == 200, answer.text
        assert (await coaching("GET", path)).json()["data"] == answer.json()["data"]
        return answer.json()["data"]

    after = (await change({"first_name": "Jonathon", "archived": True, "created_at": "x", "nothing": 1}))["attributes"]
    assert after["first_name"] == "Jonathon"
    same = {key: value for key, value in after.items() if key not in ("first_name", "updated_at")}
    assert same == {key: patient["attributes"][key] for key in same}
    assert after["updated_at"] > patient["attributes"]["updated_at"]
    cleared = ["note", "birth_date", "gender", "email_address"]
    after = (await change(dict.fromkeys([*cleared, "phone_numbers", "identifiers", "addresses"])))["attributes"]
    assert not set(cleared) & set(after)
    assert (after["phone_numbers"], after["identifiers"]) == ([], [])
    after = (await change({"identifiers": [name("10", "medical-record-number"), name(value)]}))["attributes"]
    assert [one["value"] for one in after["identifiers"]] == ["10", value]
    before = after["updated_at"]
    coaches = [{"type": "coach", "id": kim, "meta": {"primary": True}}, {"type": "coach", "id": joe}]
    after = await change(relationships={"coaches": {"data": coaches}})
    assert [one["id"] for one in after["relationships"]["coaches"]["data"]] == [kim, joe]
    assert after["attributes"]["updated_at"] > before
    groups = {"data": [{"type": "group", "id": coaching.group("Other")}]}
    after = await change(relationships={"groups": groups, "coaches": {"data": []}})
    assert [one["id"] for one in after["relationships"]["groups"]["data"]] == [coaching.group("Other")]
    assert after["relationships"]["coaches"]["data"] == []


async def test_a_change_is_refused_whole(coaching: Coaching) -> None:
    value = a_value()
    await made(coaching, identifiers=[name(value)])
    patient = await made(coaching)
    path = f"/patient/{patient['id']}"
    two = [{"type": "coach", "id": "1" * 24, "meta": {"primary": True}} for _ in range(2)]
    data = {
        "type": "group",
        "id": "0" * 24,
        "attributes": {"first_name": None, "identifiers": [name(value)]},
        "relationships": {"coaches": {"data": two}, "groups": {"data": []}},
    }
    assert set(faults(await coaching("PATCH", path, {"data": data}))) == {
        "/data/type",
        "/data/id",
        "/data/attributes/first_name",
        "/data/attributes/identifiers/0",
        "/data/relationships/groups/data",
        "/data/relationships/coaches/data/0/id",
        "/data/relationships/coaches/data/1/id",
        "/data/relationships/coaches/data/1/meta/primary",
    }
    assert (await coaching("GET", path)).json()["data"] == patient
    assert faults(await coaching("PATCH", path, {"data": {"type": "patient"}})) == ["/data/id"]
    assert (await coaching("PATCH", f"/patient/{'0' * 24}", {"data": data})).status_code == 404


async def test_of_32_who_make_the_same_patient_one_does(coaching: Coaching) -> None:
    value, system = a_value(), "race"
    data = told(coaching.group("Lead"), identifiers=[name(value, system)])
    answers = await asyncio.gather(*(coaching("POST", "/patient", {"data": data}) for _ in range(32)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 31


async def test_archived_patients(coaching: Coaching) -> None:
    patient, active = await made(coaching), await made(coaching)
    async with coaching.work() as work:
        person = PersonKey(await identity.resolve(work, Identifier(System.TWINE, patient["id"])))
        await patients.set_active(work, coaching.organization, person, is_active=False)
        await patients.say_why(work, coaching.organization, person, "moved", "to Nome")

    async def ids(query: str) -> list[str]:
        return [one["id"] for one in (await coaching("GET", f"/patient{query}")).json()["data"]]

    assert await ids("") == [patient["id"], active["id"]]
    assert await ids("?filter[archived]=true") == [patient["id"]]
    assert await ids("?filter[archived]=false") == [active["id"]]
    async with coaching.work() as work:
        await patients.set_active(work, coaching.organization, person, is_active=True)
        await patients.remove(work, coaching.organization, person)
    shown = (await coaching("GET", f"/patient/{patient['id']}")).json()["data"]["attributes"]
    assert shown["archived"] is True
    history = shown["archive_history"]
    assert [one["archived"] for one in history] == [True, False, True]
    assert (history[0]["reason"], history[0]["notes"]) == ("moved", "to Nome")


async def test_whoever_is_enrolled_appears(coaching: Coaching) -> None:
    async with coaching.work() as work:
        details = Details("Mary Ann Snow", None, mrn="M-1", email=f"m{a_value()}@example.org")
        await patients.create_custodial(work, coaching.organization, details)
    (shown,) = (await coaching("GET", "/patient")).json()["data"]
    assert (shown["attributes"]["first_name"], shown["attributes"]["last_name"]) == ("Mary Ann", "Snow")
    assert shown["attributes"]["identifiers"] == [name("M-1", "medical-record-number", unique=False)]
    assert shown["attributes"]["invited_at"] is not None
    assert shown["relationships"]["groups"]["data"] == []
    confined = await coaching.confined_to("Lead")
    assert (await confined("GET", f"/patient/{shown['id']}")).status_code == 403


async def test_names_that_nobody_said_are_left_out(coaching: Coaching) -> None:
    async with coaching.work() as work:
        for full_name in ("", "Cher"):
            details = Details(full_name=full_name, birth_date=None, mrn=f"M-{secrets.token_hex(4)}")
            await patients.create_custodial(work, coaching.organization, details)
    shown = [one["attributes"] for one in (await coaching("GET", "/patient")).json()["data"]]
    said = [{word: one[word] for word in ("first_name", "last_name") if word in one} for one in shown]
    assert said[0] == {}
    assert list(said[1].values()) == ["Cher"]
