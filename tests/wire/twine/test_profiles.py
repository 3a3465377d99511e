"""Health profiles, their questions, answers and definitions, as tokens of an organization and of groups see them."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from openward.care import identity, organizations, patients, surveys
from openward.care.identity import System
from openward.care.patients import Demographics, HumanName
from openward.care.surveys import Category
from openward.care.work import Actor, ActorKind, PersonKey
from openward.cli.provision.faults import Fault
from openward.cli.provision.questions import QUESTIONS, put_question_definitions
from tests.wire.contract import Contract
from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio

MOOD = {
    "id": "7",
    "category": "mental_wellbeing",
    "text": "How are you?",
    "format": {"type": "single_choice", "data": [{"label": "Well", "value": "0"}, {"label": "Ill", "value": "1"}]},
}
SCAN = {
    "id": 8,
    "category": "preventative_care",
    "text": "When was your last scan?",
    "format": {"type": "last_occurrence", "data": [{"label": "Never", "value": "0", "icon": "circle"}]},
    "requirements": [
        {"property": "age", "shouldBeGreaterThan": 49, "shouldBeLessThan": 76},
        {"property": "gender", "value": "female", "shouldBeEqual": True},
    ],
}
OWN = {"question_definitions": [MOOD, SCAN]}
LIST = "/health_profile"
CONTRACT = Contract("twine", "twine.v7")


async def a_patient(coaching: Coaching, *groups: str, born: str = "1960-01-01", gender: str | None = None) -> str:
    """The id of a new patient in these groups."""
    async with coaching.work() as work:
        names = (HumanName("usual", given="Ada", family="Byron"),)
        said = Demographics(names, date.fromisoformat(born), gender=gender)
        person = (await patients.register(work, coaching.organization, said)).person
        keys = {group.name: group.key for group in await organizations.groups(work, coaching.organization)}
        await patients.put_groups(work, coaching.organization, {person: [keys[name] for name in groups]})
        return await identity.name(work, person, System.TWINE)


async def answer(coaching: Coaching, patient: str, given: Mapping[int, str]) -> None:
    """What the patient answers on our own pages."""
    async with coaching.work() as work:
        [person] = (await identity.resolve_many(work, System.TWINE, [patient])).values()
        himself = replace(work, actor=Actor(ActorKind.PERSON, PersonKey(person), credential="test"))
        await surveys.answer(himself, coaching.organization, PersonKey(person), given)


async def data(caller: Coaching, path: str, params: Any = None) -> Any:
    """What is answered, held against what is published."""
    reply = await caller("GET", path, params=params)
    assert reply.status_code == 200, reply.text
    kind, _, name = path.partition("?")[0].strip("/").partition("/")
    operation = "fetch" + "".join(part.capitalize() for part in kind.split("_")) + ("" if name else "s")
    assert CONTRACT.faults(operation, 200, reply.json()) == []
    return reply.json()


async def test_a_new_patient_has_a_profile(a_coaching: MakeCoaching) -> None:
    coaching = await a_coaching(OWN)
    patient = await a_patient(coaching, "Lead", gender="female")
    listed = await data(coaching, LIST)
    [profile] = listed["data"]
    assert (listed["meta"]["count"], listed["included"]) == (1, [])
    assert profile["type"] == "health_profile"
    assert profile["links"] == {"self": f"/pub/health_profile/{profile['id']}"}
    assert profile["attributes"]["stats"] == [
        {"category": "lifestyle_behaviors", "answered": 0, "total": 0},
        {"category": "mental_wellbeing", "answered": 0, "total": 1},
        {"category": "preventative_care", "answered": 0, "total": 1},
        {"category": "overall", "answered": 0, "total": 2},
    ]
    relations = profile["relationships"]
    assert relations["patient"] == {
        "data": {"type": "patient", "id": patient},
        "links": {"related": f"/pub/health_profile/{profile['id']}/patient"},
    }
    asked = relations["questions"]["data"]
    assert [one["type"] for one in asked] == ["health_profile_question"] * 2
    assert (await data(coaching, f"{LIST}/{profile['id']}"))["data"] == profile
    questions = await data(coaching, "/health_profile_question", {"filter[patient]": patient})
    assert [one["id"] for one in questions["data"]] == [one["id"] for one in asked]
    first = questions["data"][0]
    assert (first["attributes"], first["relationships"]["answer"]["data"]) == ({}, None)
    assert first["relationships"]["profile"]["data"]["id"] == profile["id"]
    definition = first["relationships"]["question_definition"]["data"]
    assert definition == {"type": "health_question_definition", "id": "7"}
    assert (await data(coaching, f"/health_profile_question/{first['id']}"))["data"] == first
    assert (await coaching("GET", f"{LIST}/{profile['id']}/patient")).status_code == 404


async def test_answers_count_and_keep_their_history(a_coaching: MakeCoaching) -> None:
    coaching = await a_coaching(OWN)
    patient = await a_patient(coaching, "Lead", gender="female")
    await answer(coaching, patient, {7: "1", 8: "2020-05"})
    await answer(coaching, patient, {7: "0"})
    [profile] = (await data(coaching, LIST))["data"]
    assert [(one["answered"], one["total"]) for one in profile["attributes"]["stats"]] == [
        (0, 0),
        (1, 1),
        (1, 1),
        (2, 2),
    ]
    found = await data(coaching, "/health_profile_answer", {"include": "patient"})
    assert [one["attributes"]["question_id"] for one in found["data"]] == ["7", "8"]
    assert [(one["type"], one["id"]) for one in found["included"]] == [("patient", patient)]
    mood = found["data"][0]
    said = mood["attributes"]
    assert (said["latest"]["value"], said["latest"]["_created_by"]) == ("0", patient)
    assert [(one["value"], len(one["_id"])) for one in said["history"]] == [("1", 24)]
    assert datetime.fromisoformat(said["latest"]["answered_at"]) <= datetime.now(UTC)
    assert mood["relationships"]["patient"]["data"] == {"type": "patient", "id": patient}
    one = await data(coaching, f"/health_profile_answer/{mood['id']}", {"include": "patient"})
    assert (one["data"], one["included"]) == (mood, found["included"])
    asked = await data(coaching, "/health_profile_question", {"include": "answer, question_definition"})
    kinds = [(one["type"], one["id"]) for one in asked["included"]]
    assert sorted(kinds) == sorted(
        [("health_profile_answer", one["id"]) for one in found["data"]]
        + [("health_question_definition", "7"), ("health_question_definition", "8")]
    )
    assert asked["data"][0]["relationships"]["answer"]["data"] == {"type": "health_profile_answer", "id": mood["id"]}
    whole = await data(coaching, f"{LIST}/{profile['id']}", {"include": "questions,patient"})
    assert [one["type"] for one in whole["included"]] == ["patient", *["health_profile_question"] * 2]
    assert whole["included"][1:] == asked["data"]


async def test_a_birthday_changes_what_is_asked(a_coaching: MakeCoaching) -> None:
    coaching = await a_coaching(OWN)
    patient = await a_patient(coaching, "Lead", gender="female")
    await answer(coaching, patient, {8: "0"})
    [before] = (await data(coaching, LIST))["data"]
    async with coaching.work() as work:
        [person] = (await identity.resolve_many(work, System.TWINE, [patient])).values()
        await patients.describe(
            work, coaching.organization, PersonKey(person), lambda known: replace(known, birth_date=date(2015, 1, 1))
        )
    [after] = (await data(coaching, LIST))["data"]
    assert after["id"] == before["id"]
    assert after["attributes"]["stats"][-1] == {"category": "overall", "answered": 0, "total": 1}
    assert after["relationships"]["questions"]["data"] == before["relationships"]["questions"]["data"][:1]
    gone = before["relationships"]["questions"]["data"][1]["id"]
    still = (await data(coaching, f"/health_profile_question/{gone}", {"include": "answer"}))["included"]
    assert [one["attributes"]["latest"]["value"] for one in still] == ["0"]
    assert (await data(coaching, "/health_profile_answer"))["meta"]["count"] == 1


async def test_definitions_are_the_organizations_or_built_in(a_coaching: MakeCoaching) -> None:
    coaching, other = await a_coaching(OWN | {"question_definitions": [MOOD, SCAN, {"id": 21}]}), await a_coaching()
    assert [one["id"] for one in coaching.provisioned["question_definitions"]] == ["7", "8", "21"]
    listed = await data(coaching, "/health_question_definition")
    assert ([one["id"] for one in listed["data"]], listed["meta"]["count"]) == (["7", "8", "21"], 3)
    own = (await data(coaching, "/health_question_definition/8"))["data"]
    assert own["attributes"] == {name: SCAN[name] for name in ("category", "text", "format", "requirements")}
    assert own["links"] == {"self": "/pub/health_question_definition/8"}
    shipped = await data(other, "/health_question_definition")
    assert {one["attributes"]["category"] for one in shipped["data"]} == set(Category)
    assert [int(one["id"]) for one in shipped["data"]] == sorted(int(one["id"]) for one in shipped["data"])
    colonoscopy = (await data(other, "/health_question_definition/21"))["data"]
    assert colonoscopy["attributes"]["requirements"] == [
        {"property": "age", "shouldBeGreaterThan": 49, "shouldBeLessThan": 76}
    ]
    for name in ("0", "007", "99999", "x", "9" * 30):
        assert (await other("GET", f"/health_question_definition/{name}")).status_code == 404
    assert (await other("GET", "/health_question_definition?page[size]=1")).status_code == 409


async def test_lists_are_paged(a_coaching: MakeCoaching) -> None:
    coaching = await a_coaching(OWN)
    people = [await a_patient(coaching, "Lead", gender="female") for _ in range(3)]
    for patient in people:
        await answer(coaching, patient, {7: "0"})
    for path, total in ((LIST, 3), ("/health_profile_question", 6), ("/health_profile_answer", 3)):
        whole = [one["id"] for one in (await data(coaching, path))["data"]]
        assert len(whole) == total
        numbered = await data(coaching, f"{path}?page[number]=2&page[size]=2")
        assert [one["id"] for one in numbered["data"]] == whole[2:4]
        assert numbered["meta"]["count"] == total
        assert (await data(coaching, f"{path}?page[size]=0"))["data"] == []
        assert (await data(coaching, f"{path}?page[number]=99"))["data"] == []
        walked, link = [], f"/pub{path}?page[limit]=2"
        while link:
            page = await data(coaching, link.removeprefix("/pub"))
            walked += [one["id"] for one in page["data"]]
            link = page["links"].get("next", "")
        assert walked == whole
        strange = await coaching("GET", f"{path}?page[after]=WyJ4Il0")
        assert strange.json()["errors"][0]["source"] == {"parameter": "page[after]"}
    assert (await coaching("GET", f"{LIST}?page[size]=51")).status_code == 409
    assert (await coaching("GET", "/health_profile_answer?page[size]=100")).status_code == 200
    assert (await coaching("GET", "/health_profile_answer?page[size]=101")).status_code == 409


async def test_tokens_of_groups_and_other_organizations(a_coaching: MakeCoaching) -> None:
    coaching, other = await a_coaching(OWN), await a_coaching(OWN)
    mine, hidden = await a_patient(coaching, "Lead"), await a_patient(coaching, "Other")
    for patient in (mine, hidden):
        await answer(coaching, patient, {7: "0"})
    confined = await coaching.confined_to("Lead")
    for path in (LIST, "/health_profile_question", "/health_profile_answer"):
        everything = await data(coaching, path)
        assert everything["meta"]["count"] == 2
        seen = await data(confined, path)
        assert [one["id"] for one in seen["data"]] == [everything["data"][0]["id"]]
        assert (await confined("GET", f"{path}/{everything['data'][1]['id']}")).status_code == 403
        assert (await other("GET", f"{path}/{everything['data'][0]['id']}")).status_code == 403
        assert (await data(other, path))["data"] == []
        assert (await coaching("GET", f"{path}/{secrets.token_hex(12)}")).status_code == 404
        assert (await coaching("GET", f"{path}/x")).status_code == 404
        assert (await confined("GET", path, params={"filter[patient]": hidden})).status_code == 403
        assert (await other("GET", path, params={"filter[patient]": mine})).status_code == 403
        assert (await confined("GET", path, params={"filter[groups]": coaching.group("Other")})).status_code == 403
        by_group = await data(coaching, path, {"filter[groups]": f"{coaching.group('Other')}, {'0' * 24}"})
        assert [one["id"] for one in by_group["data"]] == [everything["data"][1]["id"]]
        assert (await data(coaching, path, {"filter[organization]": "0" * 24}))["data"] == []
        assert (await data(coaching, path, {"filter[patient]": "0" * 24}))["data"] == []
        unknown = (await coaching("GET", f"{path}?include=nothing")).json()["errors"][0]
        assert (unknown["code"], unknown["source"]) == ("InvalidParameter", {"parameter": "include"})


async def test_provisioning_again_changes_nothing(a_coaching: MakeCoaching) -> None:
    nameless = {name: value for name, value in MOOD.items() if name != "id"}
    coaching = await a_coaching({"question_definitions": [nameless, SCAN]})
    first = coaching.provisioned["question_definitions"]
    assert [one["text"] for one in first] == ["When was your last scan?", "How are you?"]  # by number
    for wanted, expected in (
        ([nameless, SCAN], first),
        ([nameless | {"category": "lifestyle_behaviors"}], first[1:]),
        ([SCAN, nameless], first),
    ):
        async with coaching.work() as work:
            faults: list[Fault] = []
            checked = QUESTIONS(wanted, "", faults)
            assert faults == []
            assert await put_question_definitions(work, coaching.organization, checked, ()) == expected
    async with coaching.work() as work:
        assert len(await put_question_definitions(work, coaching.organization, [], ())) > 20
