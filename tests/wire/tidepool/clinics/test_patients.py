"""Patients over the Clinics API: created, read, updated, removed, found; rights, limits and races."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_a_custodial_patient_has_all_that_is_always_there(clinic: Any) -> None:
    tag = (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": "Pump"})).json()
    site = (await clinic.admin("POST", f"{clinic.path}/sites", {"name": "North"})).json()
    made = await clinic.patient(
        email=f"KID.{clinic.body['id']}@Example.org",
        mrn="007",
        tags=[tag["id"], "ab" * 12],
        sites=[{"id": site["id"], "name": "whatever"}],
        targetDevices=["dexcom"],
        dataSources=[{"providerName": "dexcom", "state": "pending"}],
        glycemicRanges={"type": "preset", "preset": "adaHighRisk"},
        diagnosisType="type1",
        permissions={"view": {}},
        summary={"cgmStats": {}},
    )
    assert made["email"] == f"kid.{clinic.body['id']}@example.org"
    assert made["permissions"] == {"custodian": {}, "view": {}, "upload": {}, "note": {}}
    assert made["tags"] == [tag["id"], "ab" * 12]
    assert made["sites"] == [{"id": site["id"], "name": "North"}]
    assert made["dataSources"] == [{"providerName": "dexcom", "state": "pending"}]
    assert made["connectionRequests"] == {"dexcom": [], "twiist": [], "abbott": []}
    assert (made["reviews"], made["mrn"], made["diagnosisType"]) == ([], "007", "type1")
    assert "summary" not in made
    assert (await clinic.member("GET", f"{clinic.path}/patients/{made['id']}")).json() == made
    plain = await clinic.patient()
    assert (plain["tags"], plain["sites"], plain["dataSources"], plain["reviews"]) == (None, [], None, [])
    assert "email" not in plain
    assert "mrn" not in plain


def ranges(count: int) -> dict[str, Any]:
    """Glycemic ranges of a clinic's own, with so many thresholds."""
    bounds = [{"name": f"r{n}", "upperBound": {"value": 3.0 + n, "units": "mmol/L"}} for n in range(count)]
    return {"type": "custom", "custom": {"name": "Ours", "thresholds": bounds}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fullName": "A"},
        {"fullName": "", "birthDate": "1990-01-01"},
        {"fullName": "A", "birthDate": "1990-13-01"},
        {"fullName": 7, "birthDate": "1990-01-01"},
        {"fullName": "A", "birthDate": "1990-01-01", "email": "no address"},
        {"fullName": "A", "birthDate": "1990-01-01", "tags": ["xyz"]},
        {"fullName": "A", "birthDate": "1990-01-01", "tags": ["ab" * 12, "ab" * 12]},
        {"fullName": "A", "birthDate": "1990-01-01", "sites": [{"name": "North"}]},
        {"fullName": "A", "birthDate": "1990-01-01", "diagnosisType": "type9"},
        {"fullName": "A", "birthDate": "1990-01-01", "dataSources": [{"providerName": "x", "state": "odd"}]},
        {"fullName": "A", "birthDate": "1990-01-01", "glycemicRanges": {"type": "odd"}},
        {"fullName": "A", "birthDate": "1990-01-01", "glycemicRanges": ranges(0)},
        {"fullName": "A", "birthDate": "1990-01-01", "glycemicRanges": ranges(6)},
        {"fullName": "A", "birthDate": "1990-01-01", "mrn": ""},
        [],
        "text",
    ],
)
async def test_bad_bodies_are_400(clinic: Any, body: Any) -> None:
    answer = await clinic.member("POST", f"{clinic.path}/patients", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}
    assert answer.json()["code"] == 400


async def test_long_and_odd_texts_are_kept(clinic: Any) -> None:
    name = "Ünïcode 𝕏 '; drop table" + "x" * 20_000
    source = {"providerName": "dexcom", "state": "pending", "modifiedTime": "0001-01-01T00:00:00+09:00"}
    made = await clinic.patient(fullName=name, birthDate="0001-01-01")
    assert made["fullName"] == name
    assert made["birthDate"] == "0001-01-01"
    assert (await clinic.member("PUT", f"{clinic.path}/patients/{made['id']}", made)).status_code == 200
    body = {"fullName": "A", "birthDate": "1990-01-01"}
    for wrong in ({"dataSources": [source]}, {"mrn": "m" * 300}):
        assert (await clinic.member("POST", f"{clinic.path}/patients", body | wrong)).status_code == 400


async def test_broken_json_is_400_and_rights_come_first(clinic: Any) -> None:
    path = f"{clinic.path}/patients"
    assert (await clinic.member("POST", path, content=b"{oops")).status_code == 400
    assert (
        await clinic.member("POST", path, content=b'{"fullName": "\\u0000", "birthDate": "1990-01-01"}')
    ).status_code == 400
    assert (await clinic.stranger("POST", path, content=b"{oops")).status_code == 403


async def test_who_may_do_what(clinic: Any) -> None:
    made = await clinic.patient()
    one = f"{clinic.path}/patients/{made['id']}"
    body = {"fullName": "Pat", "birthDate": "1990-02-03"}
    for method, path, json, allowed in (
        ("GET", f"{clinic.path}/patients", None, {"admin", "member", "service"}),
        ("GET", one, None, {"admin", "member", "service"}),
        ("PUT", one, body, {"admin", "member", "service"}),
        ("POST", one, {}, {"service"}),
        ("PUT", f"{one}/reviews", None, {"admin", "member"}),
        ("PUT", f"{one}/permissions", {"view": {}}, set()),
        ("DELETE", f"{one}/permissions/view", None, set()),
        ("GET", f"/v1/patients/{made['id']}/clinics", None, {"service"}),
        ("GET", "/v1/patients", None, {"admin", "member", "prescriber", "stranger"}),
        ("DELETE", one, None, {"admin"}),
    ):
        for name in ("prescriber", "stranger", "member", "service", "admin"):
            answer = await getattr(clinic, name)(method, path, json)
            assert (answer.status_code == 403) == (name not in allowed), (method, path, name, answer.status_code)
            assert answer.status_code < 500


async def test_an_unknown_clinic_is_403_to_people_and_404_to_services(clinic: Any) -> None:
    for unknown, status in (("0" * 24, 404), ("nonsense", 400)):
        path = f"/v1/clinics/{unknown}/patients"
        assert (await clinic.admin("GET", path)).status_code == 403
        assert (await clinic.service("GET", path)).status_code == status
    no_token = await clinic.admin.client.get(f"{clinic.path}/patients")
    assert no_token.status_code == 400
    bad = await clinic.admin.client.get(f"{clinic.path}/patients", headers={"x-tidepool-session-token": "odd"})
    assert bad.status_code == 401


async def test_unknown_and_misshapen_patients(clinic: Any) -> None:
    assert (await clinic.member("GET", f"{clinic.path}/patients/{'0' * 10}")).status_code == 404
    assert (await clinic.member("GET", f"{clinic.path}/patients/nobody")).status_code == 400
    assert (await clinic.member("GET", f"{clinic.path}/patients/{clinic.stranger.user_id}")).status_code == 404


async def test_an_update_clears_and_keeps_as_told(clinic: Any) -> None:
    tag = (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": "Pump"})).json()["id"]
    made = await clinic.patient(
        email=f"u{clinic.body['id']}@example.org",
        mrn="1",
        tags=[tag],
        targetDevices=["a"],
        dataSources=[{"providerName": "dexcom", "state": "connected"}],
        glycemicRanges={"type": "preset", "preset": "adaHighRisk"},
        diagnosisType="type2",
    )
    path = f"{clinic.path}/patients/{made['id']}"
    body = {"fullName": "Pat Jones", "birthDate": "1990-02-04"}
    after = (await clinic.member("PUT", path, body | {"tags": None})).json()
    assert (after["fullName"], after["birthDate"]) == ("Pat Jones", "1990-02-04")
    assert not {"email", "mrn", "targetDevices"} & set(after)
    assert after["tags"] == [tag]
    assert after["dataSources"] == made["dataSources"]
    assert (after["glycemicRanges"], after["diagnosisType"]) == (made["glycemicRanges"], "type2")
    after = (await clinic.member("PUT", path, body | {"tags": [], "diagnosisType": "", "dataSources": []})).json()
    assert (after["tags"], after["dataSources"]) == (None, [])
    assert "diagnosisType" not in after
    assert (await clinic.member("PUT", path, {"fullName": "No date"})).status_code == 400
    unknown_site = body | {"sites": [{"id": "0" * 24, "name": "x"}]}
    assert (await clinic.member("PUT", path, unknown_site)).status_code == 422


async def test_the_account_of_a_custodial_patient_follows(clinic: Any) -> None:
    made = await clinic.patient(email=f"f{clinic.body['id']}@example.org")
    other = await clinic.patient(email=f"g{clinic.body['id']}@example.org")
    path = f"{clinic.path}/patients/{made['id']}"
    body = {"fullName": "New Name", "birthDate": "1990-02-03"}
    assert (await clinic.member("PUT", path, body | {"email": other["email"]})).status_code == 409
    assert (await clinic.member("GET", path)).json()["fullName"] == "Pat Smith"
    assert (await clinic.member("PUT", path, body | {"email": f"h{clinic.body['id']}@example.org"})).status_code == 200
    async with clinic.house.work() as work:
        row = await work.tx.fetchrow(
            "select a.email, d.body from accounts.account a join accounts.document d using (person)"
            " join identity.name i on i.entity = a.person and i.system = 'tidepool-user'"
            " where i.value = $1 and d.collection = 'profile'",
            made["id"],
        )
    assert row["email"] == f"h{clinic.body['id']}@example.org"
    assert "New Name" in row["body"]
    # The address that was let go is free for somebody else.
    await clinic.patient(email=f"f{clinic.body['id']}@example.org")


async def test_equal_addresses_make_one_patient_also_in_parallel(clinic: Any) -> None:
    body = {"fullName": "Same", "birthDate": "1990-01-01", "email": f"same{clinic.body['id']}@example.org"}
    answers = await asyncio.gather(*(clinic.member("POST", f"{clinic.path}/patients", body) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
    assert (await clinic.member("GET", f"{clinic.path}/patients")).json()["meta"] == {"count": 1, "totalCount": 1}


async def test_patients_without_address_are_all_made(clinic: Any) -> None:
    body = {"fullName": "Same", "birthDate": "1990-01-01"}
    answers = await asyncio.gather(*(clinic.member("POST", f"{clinic.path}/patients", body) for _ in range(16)))
    assert [answer.status_code for answer in answers] == [200] * 16
    assert len({answer.json()["id"] for answer in answers}) == 16


async def test_the_patient_limit_is_strict(clinic: Any) -> None:
    settings = f"{clinic.path}/settings/patient_count"
    assert (await clinic.service("PUT", settings, {"hardLimit": {"plan": 5}})).json() == {"hardLimit": {"plan": 5}}
    body = {"fullName": "One More", "birthDate": "1990-01-01"}
    answers = await asyncio.gather(*(clinic.member("POST", f"{clinic.path}/patients", body) for _ in range(32)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [402] * 27
    count = (await clinic.member("GET", f"{clinic.path}/patient_count")).json()
    assert count == {"total": 5, "demo": 0, "plan": 5}
    over = {"hardLimit": {"plan": 5, "startDate": "2001-01-01T00:00:00Z", "endDate": "2002-01-01T00:00:00Z"}}
    await clinic.service("PUT", settings, over)
    await clinic.patient()


async def test_patients_of_a_paying_device_maker_are_outside_the_plan(clinic: Any) -> None:
    await clinic.service("PUT", f"{clinic.path}/settings/patient_count", {"hardLimit": {"plan": 1}})
    await clinic.patient(dataSources=[{"providerName": "twiist", "state": "connected"}])
    await clinic.patient()
    answer = await clinic.member("POST", f"{clinic.path}/patients", {"fullName": "A", "birthDate": "1990-01-01"})
    assert answer.status_code == 402
    count = (await clinic.member("GET", f"{clinic.path}/patient_count")).json()
    providers = {"twiist": {"total": 1, "states": {"connected": 1}}}
    assert count == {"total": 2, "demo": 0, "plan": 1, "providers": providers}


async def test_a_rule_for_mrns_does_not_ask_about_what_was_there_before(clinic: Any) -> None:
    """Two patients share a number; only writing it again is refused."""
    patients = [f"{clinic.path}/patients/{(await clinic.patient(mrn='same'))['id']}" for _ in range(2)]
    rules = {"required": True, "unique": True}
    assert (await clinic.service("PUT", f"{clinic.path}/settings/mrn", rules)).status_code == 200
    for patient in patients:
        assert (await clinic.member("PUT", f"{patient}/reviews")).status_code == 200
        assert (await clinic.member("POST", f"{patient}/upload_reminder")).status_code == 200
        assert (await clinic.member("POST", f"{patient}/connect/dexcom")).status_code == 204
        sources = [{"providerName": "dexcom", "state": "connected"}]
        path = f"/v1/patients/{patient.rsplit('/', 1)[1]}/data_sources"
        assert (await clinic.service("PUT", path, sources)).status_code == 200
        same = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": "same"}
        assert (await clinic.member("PUT", patient, same)).status_code == 400


async def test_mrn_rules(clinic: Any) -> None:
    settings = f"{clinic.path}/settings/mrn"
    assert (await clinic.member("GET", settings)).status_code == 404
    assert (await clinic.service("PUT", settings, {"required": True})).status_code == 400
    rules = {"required": True, "unique": True}
    assert (await clinic.service("PUT", settings, rules)).json() == rules
    assert (await clinic.member("GET", settings)).json() == rules
    path = f"{clinic.path}/patients"
    body = {"fullName": "A", "birthDate": "1990-01-01"}
    assert (await clinic.member("POST", path, body)).status_code == 400
    assert (await clinic.member("POST", path, body | {"mrn": ""})).status_code == 400
    answers = await asyncio.gather(*(clinic.member("POST", path, body | {"mrn": "m1"}) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    second = await clinic.patient(mrn="m2")
    own = f"{path}/{second['id']}"
    assert (await clinic.member("PUT", own, body | {"mrn": "m2"})).status_code == 200
    assert (await clinic.member("PUT", own, body | {"mrn": "m1"})).status_code == 400
    assert (await clinic.member("PUT", own, body | {"mrn": "m3"})).json()["mrn"] == "m3"
    await clinic.patient(mrn="m2")


async def test_a_user_becomes_a_patient_once(clinic: Any) -> None:
    user = await clinic.house.person("Joan Doe")
    path = f"{clinic.path}/patients/{user.user_id}"
    body = {"permissions": {"view": {}, "note": {}}, "mrn": "9", "attestationSubmitted": True}
    answers = await asyncio.gather(*(clinic.service("POST", path, body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    made = (await clinic.service("GET", path)).json()
    assert (made["fullName"], made["birthDate"], made["email"]) == ("Joan Doe", "0001-01-01", user.email)
    assert (made["permissions"], made["attestationSubmitted"]) == ({"view": {}, "note": {}}, True)
    assert (await clinic.service("POST", path, {"legacyClinicianId": "0123456789"})).status_code == 200
    assert (await clinic.service("POST", f"{clinic.path}/patients/{'0' * 10}", {})).status_code == 404
    clinics = (await user("GET", f"/v1/patients/{user.user_id}/clinics")).json()
    assert [(one["patient"]["id"], one["clinic"]["id"]) for one in clinics] == [(user.user_id, clinic.body["id"])]


async def test_a_patient_may_leave_and_come_back(clinic: Any) -> None:
    user = await clinic.house.person("Joan Doe")
    path = f"{clinic.path}/patients/{user.user_id}"
    await clinic.service("POST", path, {"permissions": {"view": {}}, "mrn": "9"})
    assert (await user("DELETE", path)).status_code == 204
    assert (await clinic.member("GET", path)).status_code == 404
    assert (await clinic.member("GET", f"{clinic.path}/patients")).json()["meta"]["totalCount"] == 0
    assert (await clinic.admin("DELETE", path)).status_code == 404
    assert (await clinic.service("POST", path, {"permissions": {"view": {}}, "mrn": "9"})).status_code == 200
    assert (await clinic.member("GET", f"{clinic.path}/patients")).json()["meta"]["totalCount"] == 1


async def test_patients_give_and_take_permissions(clinic: Any) -> None:
    user = await clinic.house.person()
    path = f"{clinic.path}/patients/{user.user_id}"
    await clinic.service("POST", path, {"permissions": {"custodian": {}, "view": {}, "upload": {}}})
    assert (await clinic.service("DELETE", f"{path}/permissions/view")).status_code == 403
    assert (await clinic.service("DELETE", f"{path}/permissions/custodian")).status_code == 204
    assert (await user("DELETE", f"{path}/permissions/custodian")).status_code == 404
    assert (await user("DELETE", f"{path}/permissions/odd")).status_code == 400
    given = await user("PUT", f"{path}/permissions", {"custodian": {}, "note": {}, "view": {}})
    assert given.json() == {"view": {}, "note": {}}
    for odd in ({"view": None}, {"view": {}, "note": None}, {"view": True}, []):
        assert (await user("PUT", f"{path}/permissions", odd)).status_code == 400
    assert (await clinic.member("GET", path)).json()["permissions"] == given.json()
    assert (await user("DELETE", f"{path}/permissions/note")).status_code == 204
    assert (await user("PUT", f"{path}/permissions", {})).status_code == 204
    assert (await clinic.member("GET", path)).status_code == 404
    assert (await user("PUT", f"{path}/permissions", {})).status_code == 404


async def test_two_reviews_are_kept_and_only_ones_own_newest_goes(clinic: Any) -> None:
    path = f"{clinic.path}/patients/{(await clinic.patient())['id']}/reviews"
    assert (await clinic.member("DELETE", path)).status_code == 404
    assert (await clinic.member("PUT", path, {"404": {}})).status_code == 200
    await clinic.admin("PUT", path)
    reviews = (await clinic.admin("PUT", path)).json()
    assert [one["clinicianId"] for one in reviews] == [clinic.admin.user_id] * 2
    assert (await clinic.member("DELETE", path)).status_code == 409
    assert len((await clinic.admin("DELETE", path)).json()) == 1
    assert (await clinic.admin("DELETE", path)).json() == []


async def test_patients_are_found_over_all_clinics_of_the_caller(clinic: Any, a_clinic: Any) -> None:
    other = await a_clinic()
    body = {"id": clinic.member.user_id, "email": clinic.member.email, "roles": ["CLINIC_MEMBER"]}
    await other.service("POST", f"{other.path}/clinicians", body)
    await clinic.patient(fullName="Here", mrn="77")
    await other.patient(fullName="There", mrn="77", birthDate="1980-01-01")
    ask = clinic.member
    found = (await ask("GET", "/v1/patients", params={"mrn": "77"})).json()
    assert [one["patient"]["fullName"] for one in found] == ["Here", "There"]
    found = (await ask("GET", "/v1/patients", params={"mrn": "77", "birthDate": "1980-01-01"})).json()
    assert [one["clinic"]["id"] for one in found] == [other.body["id"]]
    within = {"workspaceId": clinic.body["id"], "workspaceIdType": "clinicId"}
    found = (await ask("GET", "/v1/patients", params=within)).json()
    assert [one["patient"]["fullName"] for one in found] == ["Here"]
    assert (await ask("GET", "/v1/patients", params={"workspaceId": "x"})).status_code == 400
    assert (await ask("GET", "/v1/patients", params={"workspaceId": "x", "workspaceIdType": "y"})).status_code == 400
    foreign = {"workspaceId": "0" * 24, "workspaceIdType": "clinicId"}
    assert (await ask("GET", "/v1/patients", params=foreign)).json() == []
    assert (await ask("GET", "/v1/patients", params={"birthDate": "soon"})).status_code == 400


async def test_every_look_is_noted(clinic: Any) -> None:
    made = [await clinic.patient(fullName=f"P{number}") for number in range(3)]
    await clinic.member("GET", f"{clinic.path}/patients")
    async with clinic.house.work() as work:
        rows = await work.tx.fetch(
            "select i.value, count(*) n from audit.entry e join identity.name i on i.entity = e.patient"
            " and i.system = 'tidepool-user' where e.actor = $1 and e.action = 'read' and e.what = 'enrolment'"
            " group by 1",
            clinic.member.key,
        )
    assert {row["value"]: row["n"] for row in rows} == {one["id"]: 1 for one in made}


async def test_the_account_of_a_removed_custodial_patient_goes_unless_it_holds_data(clinic: Any) -> None:
    empty, full = await clinic.patient(), await clinic.patient(email=f"full{clinic.body['id']}@example.org")
    data_set = {"type": "upload", "client": {"name": "org.example.uploader", "version": "1.0.0"}}
    uploaded = await clinic.member("POST", f"/v1/users/{full['id']}/data_sets", data_set)
    assert uploaded.status_code == 201, uploaded.text
    for one in (empty, full):
        assert (await clinic.admin("DELETE", f"{clinic.path}/patients/{one['id']}")).status_code == 204
    assert (await clinic.service("GET", f"/v1/users/{empty['id']}")).status_code == 404
    kept = await clinic.service("GET", f"/v1/users/{full['id']}")
    assert (kept.status_code, "emails" in kept.json()) == (200, False)


async def test_an_account_that_another_clinic_keeps_stays(clinic: Any) -> None:
    made = await clinic.patient()
    other = (await clinic.stranger("POST", "/v1/clinics", {"name": "Oak", "preferredBgUnits": "mg/dL"})).json()
    shared = await clinic.service(
        "POST", f"/v1/clinics/{other['id']}/patients/{made['id']}", {"permissions": {"view": {}}}
    )
    assert shared.status_code == 200, shared.text
    assert (await clinic.admin("DELETE", f"{clinic.path}/patients/{made['id']}")).status_code == 204
    assert (await clinic.service("GET", f"/v1/users/{made['id']}")).status_code == 200
    # The other one never had custody, but nobody is left once it lets go as well.
    gone = await clinic.stranger("DELETE", f"/v1/clinics/{other['id']}/patients/{made['id']}")
    assert gone.status_code == 204
    assert (await clinic.service("GET", f"/v1/users/{made['id']}")).status_code == 404


async def test_a_deleted_account_leaves_every_clinic(clinic: Any) -> None:
    made = await clinic.patient()
    assert (await clinic.service("DELETE", f"/auth/user/{made['id']}")).status_code == 202
    listed = (await clinic.member("GET", f"{clinic.path}/patients")).json()
    assert listed["meta"] == {"count": 0, "totalCount": 0}
    assert (await clinic.member("GET", f"{clinic.path}/patients/{made['id']}")).status_code == 404
    assert (await clinic.service("DELETE", f"/auth/user/{clinic.prescriber.user_id}")).status_code == 202
    staff = (await clinic.admin("GET", f"{clinic.path}/clinicians")).json()
    assert clinic.prescriber.user_id not in {one.get("id") for one in staff}


async def test_whom_nobody_named_goes_by_his_id(clinic: Any, house: Any) -> None:
    """A full name is published as never empty."""
    person = await house.person("")
    made = await clinic.service("POST", f"{clinic.path}/patients/{person.user_id}", {"permissions": {"view": {}}})
    assert made.json()["fullName"] == person.user_id
    assert (await clinic.member("GET", f"{clinic.path}/patients")).json()["data"][0]["fullName"] == person.user_id


async def test_an_update_keeps_reviews_unless_it_brings_some(clinic: Any) -> None:
    patient = await clinic.patient()
    path = f"{clinic.path}/patients/{patient['id']}"
    body = {"fullName": "Rea Viewed", "birthDate": "1990-01-01"}
    (reviewed,) = (await clinic.admin("PUT", f"{path}/reviews")).json()
    for silent in ({}, {"reviews": None}, {"reviews": []}):
        assert (await clinic.member("PUT", path, {**body, **silent})).json()["reviews"] == [reviewed]
    given = [
        {"clinicianId": clinic.admin.user_id, "time": time}
        for time in ("2024-01-01T00:00:00Z", "2024-03-01T01:00:00+01:00", "2024-02-01T00:00:00Z")
    ]
    after = (await clinic.member("PUT", path, {**body, "reviews": given})).json()["reviews"]
    assert [one["time"] for one in after] == ["2024-03-01T00:00:00.000Z", "2024-02-01T00:00:00.000Z"]
    unknown = [{"clinicianId": "0123456789", "time": "2024-01-01T00:00:00Z"}]
    assert (await clinic.member("PUT", path, {**body, "reviews": unknown})).status_code == 400
