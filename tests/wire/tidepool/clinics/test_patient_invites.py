"""Patients who invite a clinic: sent, seen, accepted, declined, withdrawn; rights, limits and races."""

import asyncio
from typing import Any

import pytest

from openward.care.notices import history

pytestmark = pytest.mark.anyio

ALL: dict[str, Any] = {"view": {}, "upload": {}, "note": {}}


async def send(clinic: Any, sender: Any, permissions: Any = ALL, by: Any = None) -> Any:
    body = {"shareCode": clinic.body["shareCode"], "permissions": permissions}
    return await (by or sender)("POST", f"/confirm/send/invite/{sender.user_id}/clinic", body)


async def sent(clinic: Any, sender: Any, permissions: Any = ALL) -> Any:
    answer = await send(clinic, sender, permissions)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def mails(clinic: Any, address: str) -> list[Any]:
    async with clinic.house.work() as work:
        return [one for one in await history(work, recipient=address) if one.template == "patient_offer"]


async def test_an_invite_is_sent_seen_and_accepted(clinic: Any) -> None:
    pat = await clinic.house.person("Pat Lee")
    profile = {"patient": {"birthday": "1980-05-06", "mrn": "M-1", "targetDevices": ["dexcom"]}}
    assert (await pat("PUT", f"/metadata/{pat.user_id}/profile", profile)).status_code == 200
    assert (await clinic.member("GET", f"{clinic.path}/invites/patients")).json() == []
    invite = await sent(clinic, pat, {"view": {}, "note": {}, "custodian": {}})
    assert invite["type"] == "careteam_invitation"
    assert (invite["status"], invite["clinicId"], invite["creatorId"]) == ("pending", clinic.body["id"], pat.user_id)
    assert invite["context"] == {"view": {}, "note": {}}
    assert "expiresAt" in invite
    (seen,) = (await clinic.member("GET", f"{clinic.path}/invites/patients")).json()
    assert seen == invite
    assert seen["creator"]["profile"]["fullName"] == "Pat Lee"
    assert seen["creator"]["profile"]["patient"]["birthday"] == "1980-05-06"
    tag = (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": "New"})).json()
    answer = await clinic.member("PUT", f"{clinic.path}/invites/patients/{invite['key']}", {"tags": [tag["id"]]})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["id"], made["fullName"], made["birthDate"], made["mrn"]) == (
        *(pat.user_id, "Pat Lee", "1980-05-06", "M-1"),
    )
    assert made["permissions"] == {"view": {}, "note": {}}
    assert (made["email"], made["tags"], made["targetDevices"]) == (pat.email, [tag["id"]], ["dexcom"])
    assert (await clinic.member("GET", f"{clinic.path}/patients/{pat.user_id}")).json() == made
    assert (await clinic.member("GET", f"{clinic.path}/invites/patients")).json() == []
    again = await clinic.member("PUT", f"{clinic.path}/invites/patients/{invite['key']}")
    assert again.status_code == 403
    assert (await send(clinic, pat)).status_code == 409  # a patient already


async def test_who_may_send_and_what(clinic: Any) -> None:
    pat, path = await clinic.house.person(), "/confirm/send/invite/{}/clinic"
    good = {"shareCode": clinic.body["shareCode"], "permissions": ALL}
    bodies: list[Any] = [{}, {"shareCode": good["shareCode"]}, {"permissions": ALL}, good | {"permissions": {}}, []]
    for body in bodies:
        assert (await pat("POST", path.format(pat.user_id), body)).status_code == 400
    granted: list[Any] = [{"custodian": {}}, {"view": 1}, ["view"]]
    for permissions in granted:
        assert (await send(clinic, pat, permissions)).status_code == 400
    unknown = await pat("POST", path.format(pat.user_id), good | {"shareCode": "AAAA-BBBB-CCCC"})
    assert (unknown.status_code, set(unknown.json())) == (404, {"code", "reason"})
    assert (await send(clinic, pat, by=clinic.stranger)).status_code == 403
    nobody = type(pat)(pat.client, None)
    assert (await send(clinic, pat, by=nobody)).status_code == 401
    forged = type(pat)(pat.client, "forged")
    assert (await send(clinic, pat, by=forged)).status_code == 403
    first = await send(clinic, pat, by=clinic.service)
    assert (first.status_code, first.json()["creatorId"]) == (200, pat.user_id)
    assert (await send(clinic, pat)).status_code == 409


async def test_a_person_invites_two_clinics_and_a_relative(a_clinic: Any) -> None:
    one, two = await a_clinic(), await a_clinic()
    pat = await one.house.person()
    for clinic in (one, two):
        await sent(clinic, pat)
    body = {"email": f"x{pat.email}", "permissions": {"view": {}}}
    assert (await pat("POST", f"/confirm/send/invite/{pat.user_id}", body)).status_code == 200
    shown = (await pat("GET", f"/confirm/invite/{pat.user_id}")).json()
    assert {invite.get("clinicId") for invite in shown} == {one.body["id"], two.body["id"], None}


async def test_admins_get_a_mail_unless_they_want_none(clinic: Any) -> None:
    pat = await clinic.house.person("Pat Lee")
    invite = await sent(clinic, pat)
    assert len(await mails(clinic, clinic.admin.email)) == 1
    assert await mails(clinic, clinic.member.email) == []
    assert (await pat("PATCH", f"/confirm/resend/invite/{invite['key']}")).status_code == 200
    assert len(await mails(clinic, clinic.admin.email)) == 2
    quiet = {"suppressedNotifications": {"patientClinicInvitation": True}}
    assert (await clinic.admin("POST", f"{clinic.path}/suppressed_notifications", quiet)).status_code == 200
    await sent(clinic, await clinic.house.person())
    assert len(await mails(clinic, clinic.admin.email)) == 2


async def test_who_sends_and_withdraws_all_day_fills_no_mailbox(clinic: Any) -> None:
    pat = await clinic.house.person()
    for _ in range(14):
        key = (await sent(clinic, pat))["key"]
        assert (await pat("DELETE", f"{clinic.path}/invites/patients/{key}")).status_code == 200
    assert len(await mails(clinic, clinic.admin.email)) == 10
    await sent(clinic, await clinic.house.person())
    assert len(await mails(clinic, clinic.admin.email)) == 11


async def test_who_may_answer(a_clinic: Any) -> None:
    clinic, other = await a_clinic(), await a_clinic()
    pat = await clinic.house.person()
    key = (await sent(clinic, pat))["key"]
    one = f"{clinic.path}/invites/patients/{key}"
    for caller in (clinic.stranger, clinic.prescriber, other.admin, pat):
        assert (await caller("GET", f"{clinic.path}/invites/patients")).status_code == 403
        assert (await caller("PUT", one)).status_code == 403
    for caller in (clinic.stranger, clinic.prescriber, other.admin):
        assert (await caller("DELETE", one)).status_code == 403
    assert (await clinic.member("PUT", f"{clinic.path}/invites/patients/unknown")).status_code == 404
    assert (await other.member("PUT", f"{other.path}/invites/patients/{key}")).status_code == 403
    assert (await clinic.member("PUT", one, {"birthDate": "soon"})).status_code == 400
    nobody = type(pat)(pat.client, None)
    assert (await nobody("PUT", one)).status_code == 400
    assert (await nobody("PUT", f"/confirm{one}")).status_code == 401
    assert (await clinic.service("GET", f"{clinic.path}/invites/patients")).status_code == 200
    assert (await clinic.service("PUT", f"/confirm{one}")).status_code == 200


async def test_an_invite_is_declined_or_withdrawn_once(clinic: Any) -> None:
    pat = await clinic.house.person()
    for caller, status in ((clinic.member, "declined"), (pat, "canceled"), (clinic.service, "canceled")):
        key = (await sent(clinic, pat))["key"]
        answer = await caller("DELETE", f"{clinic.path}/invites/patients/{key}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert (await caller("DELETE", f"{clinic.path}/invites/patients/{key}")).status_code == 403
        assert (await clinic.member("PUT", f"{clinic.path}/invites/patients/{key}")).status_code == 403
        assert (await clinic.member("GET", f"{clinic.path}/invites/patients")).json() == []
    assert (await pat("DELETE", f"{clinic.path}/invites/patients/unknown")).status_code == 403


async def test_an_mrn_is_asked_for_where_the_clinic_wants_one(clinic: Any) -> None:
    rules = {"required": True, "unique": True}
    assert (await clinic.service("PUT", f"{clinic.path}/settings/mrn", rules)).status_code == 200
    await clinic.patient(mrn="7")
    pat = await clinic.house.person()
    one = f"{clinic.path}/invites/patients/{(await sent(clinic, pat))['key']}"
    assert (await clinic.member("PUT", one)).status_code == 400
    assert (await clinic.member("PUT", one, {"mrn": "7"})).status_code == 400
    assert (await clinic.member("PUT", one, {"mrn": "8"})).status_code == 200


async def test_of_a_patient_who_is_there_already_the_record_is_returned(clinic: Any) -> None:
    pat = await clinic.house.person()
    key = (await sent(clinic, pat))["key"]
    made = await clinic.service("POST", f"{clinic.path}/patients/{pat.user_id}", {"permissions": {"view": {}}})
    answer = await clinic.member("PUT", f"{clinic.path}/invites/patients/{key}", {"fullName": "Other"})
    assert (answer.status_code, answer.json()) == (200, made.json())


async def test_sixteen_acceptances_at_once_leave_one_patient(clinic: Any) -> None:
    pat = await clinic.house.person()
    one = f"{clinic.path}/invites/patients/{(await sent(clinic, pat))['key']}"
    answers = await asyncio.gather(*(clinic.member("PUT", one) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200, *[403] * 15]
    assert (await clinic.member("GET", f"{clinic.path}/patients")).json()["meta"]["totalCount"] == 1


async def test_sixteen_invites_at_once_leave_one(clinic: Any) -> None:
    pat = await clinic.house.person()
    answers = await asyncio.gather(*(send(clinic, pat) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 15]
    assert len((await clinic.member("GET", f"{clinic.path}/invites/patients")).json()) == 1
