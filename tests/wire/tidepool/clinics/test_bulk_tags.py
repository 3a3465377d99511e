"""Tags of many patients at once, tags that become sites, merged sites: lists, counts, times and the audit follow."""

import asyncio
from typing import Any

import pytest

from openward.care import audit, roster
from openward.care.identity import Identifier, System, resolve
from openward.care.roster import labelling

pytestmark = pytest.mark.anyio


async def tag(clinic: Any, name: str = "Pump") -> str:
    return str((await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": name})).json()["id"])


async def site(clinic: Any, name: str = "North") -> str:
    return str((await clinic.admin("POST", f"{clinic.path}/sites", {"name": name})).json()["id"])


async def counts(clinic: Any, kind: str = "patientTags") -> dict[str, int]:
    shown = (await clinic.admin("GET", clinic.path)).json()
    return {one["id"]: one.get("numPatients", 0) for one in shown[kind]}


async def listed(clinic: Any, **query: str) -> set[str]:
    answer = await clinic.member("GET", f"{clinic.path}/patients", params=query | {"limit": "100"})
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["data"]}


async def records(clinic: Any) -> dict[str, Any]:
    found = (await clinic.member("GET", f"{clinic.path}/patients", params={"limit": "100"})).json()["data"]
    return {one["id"]: one for one in found}


async def test_a_tag_is_given_to_some_and_to_all(clinic: Any) -> None:
    one, other = await tag(clinic), await tag(clinic, "Other")
    has = await clinic.patient(tags=[other, one])
    lacks, third = await clinic.patient(), await clinic.patient(tags=[other])
    stranger = await clinic.house.person()
    path = f"{clinic.path}/patients/assign_tag/{one}"
    body = [has["id"], lacks["id"], stranger.user_id, "00000000-0000-4000-8000-000000000000"]
    answer = await clinic.admin("POST", path, body)
    assert (answer.status_code, answer.content) == (200, b"")
    after = await records(clinic)
    assert after[has["id"]] == has  # nothing changed, not even the time
    assert after[third["id"]] == third
    assert after[lacks["id"]]["tags"] == [one]
    assert after[lacks["id"]]["updatedTime"] > lacks["updatedTime"]
    assert await listed(clinic, tags=one) == {has["id"], lacks["id"]}
    assert (await counts(clinic))[one] == 2
    assert (await clinic.service("POST", path, content=b"null")).status_code == 200
    assert (await clinic.service("POST", path)).status_code == 200
    assert (await counts(clinic))[one] == 3
    assert await listed(clinic, tags=f"{one},{other}") == {has["id"], third["id"]}


async def test_a_tag_is_taken_off_some_and_off_all(clinic: Any) -> None:
    one = await tag(clinic)
    people = [(await clinic.patient(tags=[one]))["id"] for _ in range(3)]
    path = f"{clinic.path}/patients/delete_tag/{one}"
    assert (await clinic.admin("POST", path, people[:1])).status_code == 200
    assert await listed(clinic, tags=one) == set(people[1:])
    assert await listed(clinic, tags="") == {people[0]}
    before = await records(clinic)
    assert (await clinic.service("POST", path)).status_code == 200
    after = await records(clinic)
    assert await listed(clinic, tags=one) == set()
    assert (await counts(clinic))[one] == 0
    assert after[people[0]] == before[people[0]]
    assert all(after[person]["tags"] is None for person in people)


async def test_who_may_and_what_is_refused(a_clinic: Any) -> None:
    clinic, other = await a_clinic(), await a_clinic()
    one, foreign = await tag(clinic), await tag(other)
    for verb in ("assign_tag", "delete_tag"):
        path = f"{clinic.path}/patients/{verb}"
        for caller in (clinic.member, clinic.prescriber, clinic.stranger, other.admin):
            assert (await caller("POST", f"{path}/{one}")).status_code == 403
        person = clinic.stranger.user_id
        bad: list[Any] = [[], {}, "all", [person, person], ["short"], [7], [f"{n:010x}" for n in range(1001)]]
        for body in bad:
            assert (await clinic.admin("POST", f"{path}/{one}", body)).status_code == 400, body
        assert (await clinic.admin("POST", f"{path}/nonsense")).status_code == 400
        assert (await clinic.admin("POST", f"{path}/{one}", [f"{n:010x}" for n in range(1000)])).status_code == 200
    for unknown in (foreign, "ab" * 12):
        assert (await clinic.admin("POST", f"{clinic.path}/patients/assign_tag/{unknown}")).status_code == 404
        assert (await clinic.admin("POST", f"{clinic.path}/patients/delete_tag/{unknown}")).status_code == 200


async def test_many_at_once_agree_with_the_lists(clinic: Any) -> None:
    tags = [await tag(clinic, f"T{number}") for number in range(3)]
    people = [(await clinic.patient())["id"] for _ in range(6)]
    body = {"fullName": "Pat", "birthDate": "1990-02-03"}
    calls = []
    for one in tags:
        calls += [clinic.admin("POST", f"{clinic.path}/patients/assign_tag/{one}", people[:4])]
        calls += [clinic.admin("POST", f"{clinic.path}/patients/delete_tag/{one}", people[2:])]
        calls += [clinic.member("PUT", f"{clinic.path}/patients/{people[3]}", body | {"tags": [one]})]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    shown = await records(clinic)
    held = await counts(clinic)
    for one in tags:
        having = {person for person, record in shown.items() if one in (record["tags"] or ())}
        assert await listed(clinic, tags=one) == having
        assert held[one] == len(having)


async def test_each_patient_of_a_bulk_change_is_in_the_audit(clinic: Any) -> None:
    one = await tag(clinic)
    patient = await clinic.patient()
    assert (await clinic.admin("POST", f"{clinic.path}/patients/assign_tag/{one}")).status_code == 200
    async with clinic.house.work() as work:
        person = await resolve(work, Identifier(System.USER, patient["id"]))
        found = await audit.search(work, audit.Query(patient=person))
    (entry,) = [one for one in found if one.what == "labels"]
    assert (entry.action, entry.patient, entry.actor) == ("write", person, clinic.admin.key)


async def test_a_deleted_tag_leaves_everybody(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "AT_ONCE", 1)
    monkeypatch.setattr(labelling, "_BATCH", 2)
    one, other = await tag(clinic), await tag(clinic, "Other")
    people = [(await clinic.patient(tags=[one, other]))["id"] for _ in range(5)]
    assert (await clinic.admin("DELETE", f"{clinic.path}/patient_tags/{one}")).status_code == 204
    assert await listed(clinic, tags=one) == set()
    left = [record for record in (await records(clinic)).values() if one in record["tags"]]
    assert len(left) == 4
    async with clinic.house.work() as work:
        key = await resolve(work, Identifier(System.TAG, one))
        place = await resolve(work, Identifier(System.CLINIC, clinic.body["id"]))
        data = {"organization": str(place), "label": str(key), "is_site": False}
        for waiting in (1, 1, 0, 0):  # as long as a batch was full, there may be another; running again does no harm
            work.tasks.clear()
            await roster.forget_label(work, data)
            assert len(work.tasks) == waiting
    assert {tuple(record["tags"]) for record in (await records(clinic)).values()} == {(other,)}
    assert (await counts(clinic)) == {other: len(people)}


async def test_a_tag_becomes_a_site(clinic: Any) -> None:
    one, other = await tag(clinic, "North"), await tag(clinic, "Other")
    await site(clinic, "north")
    await site(clinic, "North (2)")
    has, lacks = await clinic.patient(tags=[other, one]), await clinic.patient(tags=[other])
    path = f"{clinic.path}/patient_tags/{one}/site"
    for caller in (clinic.admin, clinic.member, clinic.stranger):
        assert (await caller("POST", path)).status_code == 403
    made = (await clinic.service("POST", path)).json()
    assert (made["name"], made["numPatients"]) == ("North (3)", 1)
    after = await records(clinic)
    assert after[has["id"]]["tags"] == [other]
    assert after[has["id"]]["sites"] == [{"id": made["id"], "name": "North (3)"}]
    assert after[lacks["id"]] == lacks
    assert await listed(clinic, sites=made["id"]) == {has["id"]}
    assert await listed(clinic, tags=one) == set()
    assert one not in await counts(clinic)
    assert (await clinic.service("POST", path)).status_code == 404
    unused = await tag(clinic, "Unused")
    assert "numPatients" not in (await clinic.service("POST", f"{clinic.path}/patient_tags/{unused}/site")).json()


async def test_there_are_fifty_sites_at_most(clinic: Any) -> None:
    for number in range(50):
        await site(clinic, f"Site {number}")
    one = await tag(clinic)
    assert (await clinic.service("POST", f"{clinic.path}/patient_tags/{one}/site")).status_code == 409
    assert one in await counts(clinic)


async def test_sites_are_merged(a_clinic: Any) -> None:
    clinic, other = await a_clinic(), await a_clinic()
    source, target, third = await site(clinic), await site(clinic, "South"), await site(clinic, "West")
    foreign = await site(other)

    def sites(*ids: str) -> list[dict[str, str]]:
        return [{"id": one, "name": "x"} for one in ids]

    both, only = await clinic.patient(sites=sites(source, third, target)), await clinic.patient(sites=sites(source))
    none = await clinic.patient(sites=sites(third))
    path = f"{clinic.path}/sites/{target}/merge"
    for caller in (clinic.admin, clinic.member, clinic.stranger):
        assert (await caller("POST", path, {"id": source})).status_code == 403
    assert (await clinic.service("POST", path, {"id": target})).status_code == 400
    assert (await clinic.service("POST", path, {})).status_code == 400
    assert (await clinic.service("POST", f"{clinic.path}/sites/{foreign}/merge", {"id": source})).status_code == 404
    for unknown in (foreign, "ab" * 12):
        assert (await clinic.service("POST", path, {"id": unknown})).status_code == 422
    answer = await clinic.service("POST", path, {"id": source})
    assert (answer.status_code, answer.json()) == (200, {"id": target, "name": "South", "numPatients": 2})
    after = await records(clinic)
    assert [one["id"] for one in after[both["id"]]["sites"]] == [third, target]
    assert [one["id"] for one in after[only["id"]]["sites"]] == [target]
    assert after[none["id"]] == none
    assert await counts(clinic, "sites") == {target: 2, third: 2}
    assert await listed(clinic, sites=target) == {both["id"], only["id"]}
    assert (await clinic.service("POST", path, {"id": source})).status_code == 422


async def test_tags_that_nobody_knows_are_kept_also_in_parallel(clinic: Any) -> None:
    ids = [f"{int(clinic.body['id'], 16) + number:024x}" for number in range(1, 21)]
    body = {"fullName": "Pat", "birthDate": "1990-01-01"}
    calls = [
        clinic.member("POST", f"{clinic.path}/patients", body | {"tags": ids[:: 1 if number % 2 else -1]})
        for number in range(8)
    ]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["tags"] for answer in answers] == [ids[:: 1 if number % 2 else -1] for number in range(8)]
    assert len(await listed(clinic, tags=ids[7])) == 8
    assert (await counts_of_clinic(clinic)) is None
    many = body | {"tags": [f"{number:024x}" for number in range(1001)]}
    assert (await clinic.member("POST", f"{clinic.path}/patients", many)).status_code == 400


async def counts_of_clinic(clinic: Any) -> Any:
    """Tags that the clinic does not have are not shown with it."""
    return (await clinic.admin("GET", clinic.path)).json().get("patientTags")
