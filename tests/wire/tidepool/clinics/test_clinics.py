"""Clinics, clinicians, tags, sites and settings over the Clinics API."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

FULL = {
    "name": "Oak",
    "preferredBgUnits": "mmol/L",
    "address": "1 Elm St",
    "city": "Palo Alto",
    "postalCode": "94301",
    "state": "CA",
    "country": "US",
    "phoneNumbers": [{"type": "main", "number": "+1 555"}],
    "clinicType": "provider_practice",
    "clinicSize": "0-249",
    "website": "https://oak.example",
    "timezone": "America/New_York",
}


async def test_a_new_clinic_shows_what_was_given_and_what_is_derived(a_clinic: Any) -> None:
    clinic = await a_clinic(**FULL, tier="tier0400", shareCode="AAAA-BBBB-CCCC", id="0" * 24, canMigrate=True)
    body = (await clinic.stranger("GET", clinic.path)).json()
    assert {name: body[name] for name in FULL} == FULL
    assert (body["tier"], body["tierDescription"], body["canMigrate"]) == ("tier0100", "Free", False)
    assert body["shareCode"] != "AAAA-BBBB-CCCC"
    assert not {"patientTags", "sites"} & set(body)
    by_code = await clinic.stranger("GET", f"/v1/clinics/share_code/{body['shareCode']}")
    assert by_code.json() == body
    assert (await clinic.stranger("GET", "/v1/clinics/share_code/AAAA-AAAA-AAAA")).status_code == 404
    assert (await clinic.stranger("GET", f"/v1/clinics/{'0' * 24}")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": None},
        {"preferredBgUnits": "g/l"},
        {"address": ""},
        {"phoneNumbers": []},
        {"phoneNumbers": [{"number": "1"}, {"number": "1"}]},
        {"phoneNumbers": [{"type": "main"}]},
        {"clinicType": "zoo"},
        {"clinicSize": "5"},
        {"website": "not a uri"},
        {"timezone": "Mars/Phobos"},
    ],
)
async def test_bad_clinics_are_400(house: Any, wrong: dict[str, Any]) -> None:
    person = await house.person()
    answer = await person("POST", "/v1/clinics", FULL | wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_services_list_clinics_and_cannot_create_them(clinic: Any) -> None:
    assert (await clinic.service("POST", "/v1/clinics", FULL)).status_code == 403
    assert (await clinic.admin("GET", "/v1/clinics")).status_code == 403
    code = clinic.body["shareCode"]
    found = (await clinic.service("GET", "/v1/clinics", params={"shareCode": code})).json()
    assert [one["id"] for one in found] == [clinic.body["id"]]
    start = {"shareCode": code, "createdTimeStart": clinic.body["createdTime"]}
    assert len((await clinic.service("GET", "/v1/clinics", params=start)).json()) == 1
    end = {"shareCode": code, "createdTimeEnd": clinic.body["createdTime"]}
    assert (await clinic.service("GET", "/v1/clinics", params=end)).json() == []
    ehr = {"shareCode": code, "ehrEnabled": "false"}
    assert (await clinic.service("GET", "/v1/clinics", params=ehr)).json() == []
    for bad in ({"limit": "0"}, {"offset": "-1"}, {"createdTimeStart": "soon"}, {"ehrEnabled": "maybe"}):
        assert (await clinic.service("GET", "/v1/clinics", params=bad)).status_code == 400


async def test_an_update_by_admins_and_services_only(a_clinic: Any) -> None:
    clinic = await a_clinic(**FULL)
    change = {"name": "Ash", "preferredBgUnits": "mg/dL"}
    for name in ("member", "prescriber", "stranger"):
        assert (await getattr(clinic, name)("PUT", clinic.path, change)).status_code == 403
    after = (await clinic.admin("PUT", clinic.path, change)).json()
    assert (after["name"], after["address"], after["website"]) == ("Ash", "1 Elm St", "https://oak.example")
    assert not {"phoneNumbers", "timezone"} & set(after)
    assert after["updatedTime"] > clinic.body["updatedTime"]
    assert (await clinic.service("PUT", clinic.path, {"name": "Ash"})).status_code == 400


async def test_a_clinic_with_patients_stays(clinic: Any) -> None:
    made = await clinic.patient()
    assert (await clinic.member("DELETE", clinic.path)).status_code == 403
    assert (await clinic.admin("DELETE", clinic.path)).status_code == 400
    await clinic.admin("DELETE", f"{clinic.path}/patients/{made['id']}")
    assert (await clinic.admin("DELETE", clinic.path)).status_code == 204
    assert (await clinic.service("GET", clinic.path)).status_code == 404
    assert (await clinic.admin("GET", f"{clinic.path}/patients")).status_code == 403
    assert (await clinic.service("GET", f"{clinic.path}/clinicians")).status_code == 404


async def test_the_demo_patient_comes_and_goes_with_the_clinic(house: Any, a_clinic: Any) -> None:
    demo = await house.person("Demo Patient")
    settings = house.tools.settings
    object.__setattr__(settings, "demo_patient_user_id", demo.user_id)
    try:
        clinic = await a_clinic()
        listed = (await clinic.member("GET", f"{clinic.path}/patients")).json()
        assert [(one["id"], one["permissions"]) for one in listed["data"]] == [(demo.user_id, {"view": {}})]
        count = (await clinic.member("GET", f"{clinic.path}/patient_count")).json()
        assert count == {"total": 1, "demo": 1, "plan": 0}
        assert (await clinic.admin("DELETE", clinic.path)).status_code == 204
        assert (await demo("GET", f"/v1/patients/{demo.user_id}/clinics")).json() == []
    finally:
        object.__setattr__(settings, "demo_patient_user_id", "")


async def test_clinicians_are_created_by_services(clinic: Any) -> None:
    path = f"{clinic.path}/clinicians"
    invited = {"email": "New@Example.org", "roles": ["CLINIC_MEMBER"], "inviteId": "i" * 32}
    assert (await clinic.admin("POST", path, invited)).status_code == 403
    made = (await clinic.service("POST", path, invited)).json()
    assert (made["email"], made["inviteId"], "id" in made) == ("new@example.org", "i" * 32, False)
    assert (await clinic.service("POST", path, invited | {"inviteId": "j"})).status_code == 409
    for wrong in (
        {"roles": ["CLINIC_MEMBER"], "inviteId": "x"},
        {"email": "a@b.org", "roles": [], "inviteId": "x"},
        {"email": "a@b.org", "roles": ["KING"], "inviteId": "x"},
        {"email": "a@b.org", "roles": ["PRESCRIBER", "PRESCRIBER"], "inviteId": "x"},
        {"email": "nobody", "roles": ["PRESCRIBER"], "inviteId": "x"},
        {"email": "a@b.org", "roles": ["PRESCRIBER"]},
    ):
        assert (await clinic.service("POST", path, wrong)).status_code == 400
    person = await clinic.house.person()
    body = {"id": person.user_id, "email": person.email, "roles": ["CLINIC_MEMBER"]}
    answers = await asyncio.gather(*(clinic.service("POST", path, body) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15


async def test_clinicians_are_listed_newest_first_and_searched(clinic: Any) -> None:
    path = f"{clinic.path}/clinicians"
    assert (await clinic.prescriber("GET", path)).status_code == 403
    listed = (await clinic.member("GET", path)).json()
    assert [one["id"] for one in listed] == [clinic.prescriber.user_id, clinic.member.user_id, clinic.admin.user_id]
    assert listed[0].keys() == {"id", "email", "name", "roles", "createdTime", "updatedTime"}

    async def ids(**query: str) -> list[str]:
        return [one["id"] for one in (await clinic.member("GET", path, params=query)).json()]

    assert await ids(search="ana") == [clinic.admin.user_id]
    assert await ids(search=clinic.member.email) == [clinic.member.user_id]
    assert await ids(email=clinic.admin.email.upper()) == [clinic.admin.user_id]
    assert await ids(role="PRESCRIBER") == [clinic.prescriber.user_id]
    assert await ids(role="KING") == []
    assert await ids(offset="1", limit="1") == [clinic.member.user_id]


async def test_clinicians_are_changed_by_admins_and_leave_by_themselves(clinic: Any) -> None:
    path = f"{clinic.path}/clinicians"
    member, admin = f"{path}/{clinic.member.user_id}", f"{path}/{clinic.admin.user_id}"
    body = {"email": "ignored@example.org", "roles": ["CLINIC_MEMBER", "PRESCRIBER"]}
    assert (await clinic.member("PUT", member, body)).status_code == 403
    after = (await clinic.admin("PUT", member, body)).json()
    assert (after["roles"], after["email"]) == (body["roles"], clinic.member.email)
    assert "name" not in after
    assert (await clinic.admin("PUT", admin, body)).status_code == 422
    assert (await clinic.admin("PUT", f"{path}/{clinic.stranger.user_id}", body)).status_code == 404
    assert (await clinic.member("DELETE", admin)).status_code == 403
    assert (await clinic.admin("DELETE", admin)).status_code == 422
    assert (await clinic.prescriber("DELETE", f"{path}/{clinic.prescriber.user_id}")).status_code == 200
    assert (await clinic.member("DELETE", member)).status_code == 200
    assert (await clinic.member("GET", path)).status_code == 403
    assert (await clinic.admin("GET", member)).status_code == 404
    assert (await clinic.admin("GET", admin)).json()["roles"] == ["CLINIC_ADMIN"]


async def test_two_admins_cannot_both_step_down(clinic: Any) -> None:
    path = f"{clinic.path}/clinicians"
    promoted = {"email": clinic.member.email, "roles": ["CLINIC_ADMIN"]}
    await clinic.admin("PUT", f"{path}/{clinic.member.user_id}", promoted)
    answers = await asyncio.gather(
        clinic.admin("DELETE", f"{path}/{clinic.admin.user_id}"),
        clinic.member("DELETE", f"{path}/{clinic.member.user_id}"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_clinics_of_a_clinician(clinic: Any, a_clinic: Any) -> None:
    other = await a_clinic(name="Second")
    body = {"id": clinic.admin.user_id, "email": clinic.admin.email, "roles": ["PRESCRIBER"]}
    await other.service("POST", f"{other.path}/clinicians", body)
    path = f"/v1/clinicians/{clinic.admin.user_id}/clinics"
    assert (await clinic.stranger("GET", path)).status_code == 403
    found = (await clinic.admin("GET", path)).json()
    assert [one["clinic"]["name"] for one in found] == ["Second", "Willow"]
    assert [one["clinician"]["roles"] for one in found] == [["PRESCRIBER"], ["CLINIC_ADMIN"]]
    assert (await clinic.service("GET", path, params={"limit": "1", "offset": "1"})).json() == found[1:]


async def test_tags_and_sites(clinic: Any) -> None:
    tags, sites = f"{clinic.path}/patient_tags", f"{clinic.path}/sites"
    tag = (await clinic.member("POST", tags, {"name": "Type 1 "})).json()
    assert tag == {"id": tag["id"], "name": "Type 1"}
    assert (await clinic.member("POST", sites, {"name": "North"})).status_code == 403
    site = (await clinic.admin("POST", sites, {"name": "North"})).json()
    for path, name, status in (
        (tags, "type1", 409),
        (tags, "", 400),
        (tags, "x" * 21, 400),
        (tags, "no/slash", 400),
        (sites, "NORTH", 409),
        (sites, " x", 400),
    ):
        assert (await clinic.admin("POST", path, {"name": name})).status_code == status, name
    assert (await clinic.admin("POST", tags, {})).status_code == 400
    made = await clinic.patient(tags=[tag["id"]], sites=[site])
    renamed = await clinic.member("PUT", f"{tags}/{tag['id']}", {"name": "Type 2"})
    assert renamed.json() == {"id": tag["id"], "name": "Type 2", "numPatients": 1}
    await clinic.admin("PUT", f"{sites}/{site['id']}", {"id": site["id"], "name": "South"})
    patient = f"{clinic.path}/patients/{made['id']}"
    assert (await clinic.member("GET", patient)).json()["sites"] == [{"id": site["id"], "name": "South"}]
    shown = (await clinic.member("GET", clinic.path)).json()
    assert shown["patientTags"] == [{"id": tag["id"], "name": "Type 2", "numPatients": 1}]
    assert shown["sites"] == [{"id": site["id"], "name": "South", "numPatients": 1}]
    for path in (f"{tags}/{'0' * 24}", f"{sites}/{'0' * 24}"):
        assert (await clinic.admin("PUT", path, {"name": "x"})).status_code == 404
    assert (await clinic.member("DELETE", f"{tags}/{tag['id']}")).status_code == 403
    for path in (f"{tags}/{tag['id']}", f"{tags}/{tag['id']}", f"{sites}/{site['id']}"):
        assert (await clinic.admin("DELETE", path)).status_code == 204
    assert (await clinic.admin("DELETE", f"{sites}/{site['id']}")).status_code == 404
    after = (await clinic.member("GET", patient)).json()
    assert (after["tags"], after["sites"]) == (None, [])
    listed = (await clinic.member("GET", f"{clinic.path}/patients", params={"tags": ""})).json()
    assert listed["meta"] == {"count": 1, "totalCount": 1}
    assert (await clinic.member("GET", clinic.path)).json()["patientTags"] == []


async def test_equal_tags_side_by_side_make_one(clinic: Any) -> None:
    path = f"{clinic.path}/patient_tags"
    answers = await asyncio.gather(*(clinic.member("POST", path, {"name": "Pump"}) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15


async def test_no_more_than_fifty_tags(clinic: Any) -> None:
    path = f"{clinic.path}/patient_tags"
    answers = await asyncio.gather(*(clinic.member("POST", path, {"name": f"t{n}"}) for n in range(55)))
    assert sorted(answer.status_code for answer in answers) == [200] * 50 + [422] * 5
    assert (await clinic.member("POST", path, {"name": "t1"})).status_code == 422


async def test_tiers_and_limits_are_set_by_services(clinic: Any) -> None:
    tier, limits = f"{clinic.path}/tier", f"{clinic.path}/settings/patient_count"
    assert (await clinic.member("GET", limits)).json() == {"hardLimit": {"plan": 250}}
    assert (await clinic.admin("POST", tier, {"tier": "tier0300"})).status_code == 403
    assert (await clinic.service("POST", tier, {"tier": "tier9"})).status_code == 400
    backwards = {"startDate": "2026-02-01T00:00:00Z", "endDate": "2026-01-01T00:00:00Z"}
    for wrong in ({"hardLimit": {}}, {"hardLimit": {"plan": -1}}, {"softLimit": {"plan": 1} | backwards}):
        assert (await clinic.service("PUT", limits, wrong)).status_code == 400
    assert (await clinic.admin("PUT", limits, {})).status_code == 403
    assert (await clinic.service("POST", tier, {"tier": "tier0300"})).status_code == 200
    assert (await clinic.member("GET", limits)).json() == {}
    shown = (await clinic.member("GET", clinic.path)).json()
    assert (shown["tier"], shown["tierDescription"]) == ("tier0300", "Premium")
    refresh = f"{clinic.path}/patient_count/refresh"
    assert (await clinic.service("POST", refresh)).status_code == 200
    assert (await clinic.admin("POST", refresh)).status_code == 403


async def test_callers_without_a_good_token(clinic: Any) -> None:
    nobody, odd = replace(clinic.admin, token=None), replace(clinic.admin, token="odd")
    for method, path in (("GET", clinic.path), ("POST", "/v1/clinics"), ("PUT", f"{clinic.path}/settings/mrn")):
        assert (await nobody(method, path)).status_code == 400
        assert (await odd(method, path)).status_code == 401
    assert (await clinic.admin("GET", "/v1/clinics/x/y/z")).status_code == 404
