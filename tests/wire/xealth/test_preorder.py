"""The form before an order: what is asked, what is refused, what is kept."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.wire.xealth.conftest import Linked, Make, put_link, settings_of

pytestmark = pytest.mark.anyio


def _mrn() -> str:
    return secrets.token_hex(5)


def _child_born() -> str:
    return (datetime.now(UTC) - timedelta(days=365 * 5)).date().isoformat()


async def test_a_patient_who_is_not_known_is_asked_for(linked: Linked) -> None:
    answer = (await linked.preorder(linked.patient(_mrn(), email="pat@example.org"))).json()
    assert set(answer) == {"dataTrackingId", "notOrderable", "preorderFormInfo"}
    assert UUID(answer["dataTrackingId"])
    assert answer["notOrderable"] is False
    form = answer["preorderFormInfo"]
    assert form["formId"] == "patient_enrollment_form"
    assert form["formData"]["patient"] == {"email": "pat@example.org"}
    schema = form["formSchema"]
    assert "Pat Q Smith" in schema["title"]
    assert schema["properties"]["patient"]["properties"]["email"] | {"title": ""} == {
        "type": "string",
        "format": "email",
        "title": "",
    }
    flags = schema["properties"]["patient"]["dependencies"]["email"]["properties"]
    assert {name: flag["type"] for name, flag in flags.items()} == {
        "connectAbbott": "boolean",
        "connectDexcom": "boolean",
    }
    assert schema["properties"]["tags"]["type"] == "null"
    assert form["uiSchema"]["ui:order"] == ["patient", "tags"]
    assert form["uiSchema"]["tags"]["ui:widget"] == "hidden"


async def test_of_a_child_the_guardian_is_asked_and_tags_are_offered_by_name(linked: Linked) -> None:
    ids = {}
    for name in ("Pump", "Dexcom", "Abbott"):
        made = await linked.clinic.member("POST", f"{linked.clinic.path}/patient_tags", {"name": name})
        ids[name] = made.json()["id"]
    form = (await linked.preorder(linked.patient(_mrn(), born=_child_born(), email="kid@example.org"))).json()[
        "preorderFormInfo"
    ]
    assert form["formId"] == "guardian_enrollment_form"
    guardian = form["formSchema"]["properties"]["guardian"]
    assert guardian["required"] == ["firstName", "lastName"]
    assert "email" in guardian["properties"]
    assert set(guardian["dependencies"]["email"]["properties"]) == {"connectAbbott", "connectDexcom"}
    assert form["formData"] == {"guardian": {}}
    tags = form["formSchema"]["definitions"]["tags"]
    assert tags["enumNames"] == ["Abbott", "Dexcom", "Pump"]
    assert tags["enum"] == [ids[name] for name in tags["enumNames"]]
    shown = form["formSchema"]["properties"]["tags"]
    assert (shown["type"], shown["properties"]["ids"]["items"]) == ("object", {"$ref": "#/definitions/tags"})
    assert form["uiSchema"]["ui:order"] == ["guardian", "tags"]
    assert form["uiSchema"]["tags"]["ui:widget"] == "object"


async def test_a_known_patient_needs_no_form(linked: Linked) -> None:
    mrn = _mrn()
    await linked.clinic.patient(mrn=mrn)
    assert (await linked.preorder(linked.patient(mrn))).json() == {}
    other = (await linked.preorder(linked.patient(mrn, born="1990-02-04"))).json()
    assert other["notOrderable"] is True
    form = other["preorderFormInfo"]
    assert (form["formId"], form["uiSchema"]["ui:order"]) == ("error_form", ["error_0"])
    assert form["formSchema"]["properties"]["error_0"]["type"] == "null"
    entered = {"dataTrackingId": "t", "userInput": {"patient": {}}}
    assert (await linked.preorder(linked.patient(mrn), entered)).status_code == 422
    await linked.clinic.patient(mrn=mrn)
    assert (await linked.preorder(linked.patient(mrn))).status_code == 422  # two have it


async def test_what_was_entered_is_checked_by_the_date_of_birth(linked: Linked) -> None:
    taken = (await linked.clinic.house.person()).email
    entered: dict[str, Any] = {
        "dataTrackingId": "t-1",
        "formId": "patient_enrollment_form",
        "userInput": {"guardian": {"firstName": " ", "email": "no address"}},
    }
    refused = (await linked.preorder(linked.patient(_mrn(), born=_child_born()), entered)).json()
    assert (refused["dataTrackingId"], refused["notOrderable"]) == ("t-1", True)
    form = refused["preorderFormInfo"]
    assert form["uiSchema"]["ui:order"] == ["error_0", "error_1", "error_2"]
    assert form["formData"] == entered["userInput"]
    for error in form["formSchema"]["properties"].values():
        assert (error["type"], error["title"]) == ("null", " ")
        assert error["description"]
    entered["userInput"] = {"patient": {"email": taken.upper()}}
    refused = (await linked.preorder(linked.patient(_mrn()), entered)).json()
    assert refused["preorderFormInfo"]["uiSchema"]["ui:order"] == ["error_0"]
    entered["userInput"] = {"patient": {"email": ["pat@example.org"]}}
    refused = (await linked.preorder(linked.patient(_mrn()), entered)).json()
    assert refused["preorderFormInfo"]["uiSchema"]["ui:order"] == ["error_0"]
    entered["userInput"] = {"patient": {"email": None}}
    assert (await linked.preorder(linked.patient(_mrn()), entered)).json() == {}
    entered |= {"canceled": True}
    assert (await linked.preorder(linked.patient(_mrn()), entered)).json() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"eventType": "order"},
        {"eventContext": "late"},
        {"eventContext": "subsequent"},
        {"eventContext": "subsequent", "formData": {}},
        {"datasets": {}},
        {"patientIdentity": {"ids": []}},
        {"deployment": None},
    ],
    ids=["type", "context", "form", "tracking", "demographics", "mrn", "deployment"],
)
async def test_bad_requests(linked: Linked, change: dict[str, Any]) -> None:
    good = linked.patient(_mrn()) | {"eventType": "preorder", "eventContext": "initial", "programId": "program-1"}
    assert (await linked("POST", "preorder", good)).status_code == 200
    assert (await linked("POST", "preorder", good | change)).status_code == 400


@pytest.mark.parametrize("part", ["birthDate", "name"])
async def test_particulars_are_needed(linked: Linked, part: str) -> None:
    patient = linked.patient(_mrn())
    del patient["datasets"]["demographicsV1"][part]
    assert (await linked.preorder(patient)).status_code == 400


async def test_unknown_and_ambiguous_clinics(linked: Linked, a_clinic: Make) -> None:
    patient = linked.patient(_mrn())
    assert (await linked.preorder(patient | {"deployment": "nowhere"})).status_code == 404
    other = await a_clinic()
    await other.service("PUT", f"{other.path}/settings/ehr", settings_of(linked.deployment))
    assert (await linked.preorder(patient)).status_code == 409
    await other.service("PUT", f"{other.path}/settings/ehr", settings_of(linked.deployment, enabled=False))
    assert (await linked.preorder(patient)).status_code == 200


async def test_only_xealth_calls(linked: Linked) -> None:
    for method, path in (
        ("POST", "preorder"),
        ("POST", "notification"),
        ("PUT", "programs"),
        ("PUT", "program"),
    ):
        for bearer in (None, "", "guess", linked.clinic.service.token):
            assert (await linked(method, path, {}, bearer)).status_code == 401, path
        assert (await linked(method, path, {})).status_code == 400 if path != "notification" else 200
    await put_link(linked.clinic.house, bearer_token="")
    for bearer in (None, "", "guess"):
        assert (await linked("PUT", "programs", {}, bearer)).status_code == 401
