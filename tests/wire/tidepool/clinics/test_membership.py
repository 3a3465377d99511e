"""Who may join a clinic, which mails its admins do without, and all clinicians of the installation."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_restrictions_are_replaced_and_shown_to_admins(clinic: Any) -> None:
    path = f"{clinic.path}/membership_restrictions"
    assert (await clinic.admin("GET", path)).json() == {}
    wanted = {"restrictions": [{"emailDomain": "example.org", "requiredIdp": "acme"}, {"emailDomain": "oak.example"}]}
    answer = await clinic.service("PUT", path, wanted)
    assert (answer.status_code, answer.json()) == (200, wanted)
    assert (await clinic.admin("GET", path)).json() == wanted
    assert (await clinic.service("GET", path)).json() == wanted
    for caller in (clinic.member, clinic.prescriber, clinic.stranger):
        assert (await caller("GET", path)).status_code == 403
        assert (await caller("PUT", path, wanted)).status_code == 403
    assert (await clinic.admin("PUT", path, wanted)).status_code == 403
    nothing: list[dict[str, Any]] = [{}, {"restrictions": []}, {"restrictions": None}]
    for none in nothing:
        answer = await clinic.service("PUT", path, none)
        assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    "body",
    [
        {"restrictions": [{}]},
        {"restrictions": [{"emailDomain": ""}]},
        {"restrictions": [{"emailDomain": "two words"}]},
        {"restrictions": [{"emailDomain": "@example.org"}]},
        {"restrictions": [{"emailDomain": "example.org", "requiredIdp": 5}]},
        {"restrictions": {"emailDomain": "example.org"}},
        [],
    ],
)
async def test_bad_restrictions_are_400(clinic: Any, body: Any) -> None:
    assert (await clinic.service("PUT", f"{clinic.path}/membership_restrictions", body)).status_code == 400


async def test_admins_and_services_suppress_mails(clinic: Any) -> None:
    path = f"{clinic.path}/suppressed_notifications"
    for caller, value in ((clinic.admin, True), (clinic.service, False)):
        wanted = {"patientClinicInvitation": value}
        answer = await caller("POST", path, {"suppressedNotifications": wanted})
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await clinic.admin("GET", clinic.path)).json()["suppressedNotifications"] == wanted
    for caller in (clinic.member, clinic.prescriber, clinic.stranger):
        assert (await caller("POST", path, {"suppressedNotifications": {}})).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"suppressedNotifications": None},
        {"suppressedNotifications": True},
        {"suppressedNotifications": {"patientClinicInvitation": "yes"}},
        {"suppressedNotifications": {"patientClinicInvitation": True, "other": True}},
    ],
)
async def test_bad_suppressions_are_400(clinic: Any, body: Any) -> None:
    assert (await clinic.admin("POST", f"{clinic.path}/suppressed_notifications", body)).status_code == 400


async def test_services_see_all_clinicians_newest_first(clinic: Any) -> None:
    body = {"email": f"i{clinic.body['id']}@example.org", "roles": ["CLINIC_MEMBER"]}
    invited = (await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)).json()
    start = {"createdTimeStart": invited["createdTime"], "limit": "100"}
    pair = (await clinic.service("GET", "/v1/clinicians", params=start)).json()[0]
    assert (pair["clinic"]["id"], pair["clinician"]) == (clinic.body["id"], invited)
    until = {"createdTimeStart": clinic.body["createdTime"], "createdTimeEnd": invited["createdTime"], "limit": "100"}
    before = (await clinic.service("GET", "/v1/clinicians", params=until)).json()
    assert invited not in [pair["clinician"] for pair in before]
    since = {"createdTimeStart": clinic.body["createdTime"], "limit": "100"}
    pairs = (await clinic.service("GET", "/v1/clinicians", params=since)).json()
    mine = [pair["clinician"] for pair in pairs if pair["clinic"]["id"] == clinic.body["id"]]
    assert [one.get("id") for one in mine] == [
        None,
        clinic.prescriber.user_id,
        clinic.member.user_id,
        clinic.admin.user_id,
    ]
    second = (await clinic.service("GET", "/v1/clinicians", params=since | {"limit": "1", "offset": "1"})).json()
    assert second == pairs[1:2]


async def test_only_services_see_all_clinicians(clinic: Any) -> None:
    assert (await clinic.admin("GET", "/v1/clinicians")).status_code == 403
    for wrong in ({"createdTimeStart": "yesterday"}, {"limit": "0"}, {"offset": "-1"}):
        assert (await clinic.service("GET", "/v1/clinicians", params=wrong)).status_code == 400
