"""Prescriptions: drafted by members, signed by prescribers, claimed by the patient with code and birthday."""

import asyncio
from typing import Any

import pytest

from tests.wire.tidepool.clinics.conftest import Caller, Clinic

pytestmark = pytest.mark.anyio

HASH = "a" * 64
DRAFT = {"state": "draft", "revisionHash": HASH, "firstName": "Pat"}
SETTINGS = {
    "bloodGlucoseUnits": "mg/dL",
    "basalRateSchedule": [{"rate": 0.5, "start": 0}],
    "bloodGlucoseTargetSchedule": [{"low": 90, "high": 110, "start": 0}],
    "carbohydrateRatioSchedule": [{"amount": 12, "start": 0}],
    "insulinSensitivitySchedule": [{"amount": 40, "start": 0}],
    "basalRateMaximum": {"units": "Units/hour", "value": 3},
    "bolusAmountMaximum": {"units": "Units", "value": 10},
    "bloodGlucoseSuspendThreshold": {"units": "mg/dL", "value": 70},
    "insulinModel": "rapidAdult",
    "pumpId": "6678c377-928c-49b3-84c1-19e2dafaff8d",
    "cgmId": "d25c3f1b-a2e8-44e2-b3a3-fd07806fc245",
}
SIGNED = DRAFT | {
    "state": "submitted",
    "lastName": "Smith",
    "birthday": "1990-02-03",
    "email": "pat.smith@example.org",
    "initialSettings": SETTINGS,
    "prescriberTermsAccepted": True,
}


async def _signed(clinic: Clinic) -> tuple[str, str]:
    """A submitted prescription: its id, and the code that the patient is mailed."""
    made = await clinic.prescriber("POST", f"{clinic.path}/prescriptions", SIGNED)
    assert made.status_code == 201, made.text
    async with clinic.house.work() as work:
        code = await work.tx.fetchval(
            "select p.access_code from prescriptions.prescription p join identity.name i on i.entity = p.key"
            " where i.value = $1",
            made.json()["id"],
        )
        mails = await work.tx.fetchval(
            "select count(*) from notices.message where template = 'prescription_access_code' and organization ="
            " (select entity from identity.name where value = $1)",
            clinic.body["id"],
        )
    assert mails >= 1
    return made.json()["id"], code


async def test_a_draft_is_revised_listed_and_deleted(clinic: Clinic) -> None:
    path = f"{clinic.path}/prescriptions"
    made = await clinic.member("POST", path, DRAFT)
    assert made.status_code == 201
    one = made.json()
    assert (one["state"], one["clinicId"], one["createdUserId"]) == ("draft", clinic.body["id"], clinic.member.user_id)
    assert one["latestRevision"]["revisionId"] == 0
    revised = await clinic.prescriber("POST", f"{path}/{one['id']}/revisions", DRAFT | {"lastName": "Smith"})
    assert revised.status_code == 200
    said = revised.json()["attributes"]
    assert (revised.json()["revisionId"], said["lastName"], said["createdUserId"]) == (
        1,
        "Smith",
        clinic.prescriber.user_id,
    )
    listed = (await clinic.member("GET", path, params={"page": "0", "size": "10"})).json()
    assert [found["id"] for found in listed] == [one["id"]]
    assert (await clinic.member("GET", path, params={"state": "submitted"})).json() == []
    assert (await clinic.member("GET", path, params={"id": "0" * 24})).json() == []
    assert (await clinic.member("GET", path, params={"state": "odd"})).status_code == 400
    assert (await clinic.service("GET", f"{path}/{one['id']}")).json()["latestRevision"]["revisionId"] == 1
    assert (await clinic.member("DELETE", f"{path}/{one['id']}")).status_code == 200
    assert (await clinic.member("GET", f"{path}/{one['id']}")).status_code == 404


async def test_signed_prescriptions_are_left_alone(clinic: Clinic) -> None:
    path = f"{clinic.path}/prescriptions"
    assert (await clinic.member("POST", path, SIGNED)).status_code == 403  # no prescriber
    incomplete = {name: value for name, value in SIGNED.items() if name != "initialSettings"}
    assert (await clinic.prescriber("POST", path, incomplete)).status_code == 400
    prescription, _ = await _signed(clinic)
    one = (await clinic.member("GET", f"{path}/{prescription}")).json()
    assert (one["prescriberUserId"], "expirationTime" in one) == (clinic.prescriber.user_id, True)
    assert (await clinic.prescriber("POST", f"{path}/{prescription}/revisions", SIGNED)).status_code == 409
    assert (await clinic.prescriber("DELETE", f"{path}/{prescription}")).status_code == 409


async def test_the_patient_claims_and_uses_it(clinic: Clinic) -> None:
    prescription, code = await _signed(clinic)
    ana = await clinic.house.person()
    path = f"/v1/patients/{ana.user_id}/prescriptions"
    told = {"accessCode": code, "birthday": "1990-02-03"}
    assert (await ana("POST", path, told | {"birthday": "1990-02-04"})).status_code == 404
    assert (await ana("POST", path, told | {"accessCode": "OOOOOO"})).status_code == 400
    claimed = await ana("POST", path, told)
    assert (claimed.status_code, claimed.json()["state"], claimed.json()["patientUserId"]) == (
        200,
        "claimed",
        ana.user_id,
    )
    assert (await ana("POST", path, told)).status_code == 404  # a code opens once
    used = await ana("PATCH", f"{path}/{prescription}", {"state": "active"})
    assert (used.status_code, used.json()["state"]) == (200, "active")
    another, code = await _signed(clinic)
    await ana("POST", path, {"accessCode": code, "birthday": "1990-02-03"})
    await ana("PATCH", f"{path}/{another}", {"state": "active"})
    states = {one["id"]: one["state"] for one in (await ana("GET", path)).json()}
    assert states == {prescription: "inactive", another: "active"}
    assert (await ana("PATCH", f"{path}/{prescription}", {"state": "active"})).status_code == 409
    assert (await ana("PATCH", f"{path}/{prescription}", {"state": "draft"})).status_code == 400
    mine = await clinic.member("GET", f"{clinic.path}/prescriptions", params={"patientUserId": ana.user_id})
    assert len(mine.json()) == 2


async def test_one_of_many_claims_wins(clinic: Clinic) -> None:
    _, code = await _signed(clinic)
    people = [await clinic.house.person() for _ in range(4)]
    told = {"accessCode": code, "birthday": "1990-02-03"}
    # The test client holds its own loop until it is answered, hence a thread for each caller.
    calls = [one("POST", f"/v1/patients/{one.user_id}/prescriptions", told) for one in people]
    answers = await asyncio.gather(*(asyncio.to_thread(asyncio.run, call) for call in calls))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]


async def test_guessing_is_slowed_down(clinic: Clinic) -> None:
    ana = await clinic.house.person()
    path = f"/v1/patients/{ana.user_id}/prescriptions"
    told = {"accessCode": "AAAAAA", "birthday": "1990-02-03"}
    statuses = [(await ana("POST", path, told)).status_code for _ in range(12)]
    assert statuses[:10] == [404] * 10
    assert statuses[10] == 429


async def test_others_are_refused(clinic: Clinic) -> None:
    path = f"{clinic.path}/prescriptions"
    one = (await clinic.member("POST", path, DRAFT)).json()["id"]
    for method, where, body in (
        ("GET", path, None),
        ("POST", path, DRAFT),
        ("GET", f"{path}/{one}", None),
        ("DELETE", f"{path}/{one}", None),
        ("POST", f"{path}/{one}/revisions", DRAFT),
        ("GET", f"/v1/patients/{clinic.member.user_id}/prescriptions", None),
    ):
        answer = await clinic.stranger(method, where, body)
        assert (answer.status_code, set(answer.json())) == (403, {"code", "reason"}), where
    assert (await clinic.service("POST", path, DRAFT)).status_code == 403
    assert (await Caller(clinic.house.client, None)("GET", path)).status_code == 401


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "active"},
        {"state": "unheard"},
        {"revisionHash": "zz"},
        {"birthday": "soon"},
        {"email": "nobody"},
        {"initialSettings": {}},
        {"initialSettings": SETTINGS | {"basalRateSchedule": [{"rate": 21, "start": 0}]}},
        {"weight": {"value": 0, "units": "kg"}},
    ],
    ids=["state", "word", "hash", "birthday", "email", "empty", "rate", "weight"],
)
async def test_bad_revisions_are_refused(clinic: Clinic, broken: dict[str, Any]) -> None:
    assert (await clinic.member("POST", f"{clinic.path}/prescriptions", DRAFT | broken)).status_code == 400
