"""Asking patients: upload reminders, requests to connect a partner cloud, the link in the mail, the reminder later."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care import connections, patients
from openward.care.accounts.signin import MAILS
from openward.care.notices import compose
from openward.care.work import OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio

WEEK = timedelta(days=7)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Every mail that is asked for: template, address, values; each is composed, so that it lacks nothing."""
    sent: list[tuple[str, str, dict[str, Any]]] = []

    async def send(_work: Work, template: str, to: str, **values: Any) -> None:
        compose(template, {"product": "p", "home": "h"} | values)
        sent.append((template, to, values))

    monkeypatch.setattr("openward.care.notices.send", send)
    return sent


def address(clinic: Any) -> str:
    return f"pat.{clinic.body['id']}@example.org"


def of_request(mail: list[Any]) -> list[Any]:
    return [one for one in mail if one[0].startswith(("request_", "reminder_"))]


async def links(clinic: Any, user_id: str) -> list[dict[str, Any]]:
    return list((await clinic.service("GET", f"/v1/users/{user_id}/restricted_tokens")).json())


async def run_reminders(clinic: Any, after: timedelta = WEEK) -> None:
    """Run the reminders that wait for patients of this clinic."""
    rows = await clinic.house.pool.fetch(
        "select payload, execute_after from jobs.pgqueuer where entrypoint = $1", connections.REMIND
    )
    async with clinic.house.work() as work:
        work.now += after
        for row in rows:
            assert row["execute_after"] > datetime.now(UTC) + timedelta(days=6)
            await connections.remind(work, json.loads(row["payload"]))


async def test_an_upload_reminder(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    path = f"{clinic.path}/patients/{made['id']}/upload_reminder"
    answer = await clinic.member("POST", path)
    assert answer.status_code == 200
    body = answer.json()
    assert body["lastUploadReminderTime"] == body["updatedTime"]
    assert (mail[-1][0], mail[-1][1]) == ("patient_upload_reminder", address(clinic))
    silent = await clinic.patient()
    before = len(mail)
    assert (await clinic.member("POST", f"{clinic.path}/patients/{silent['id']}/upload_reminder")).status_code == 200
    assert len(mail) == before
    for caller in (clinic.service, clinic.stranger, clinic.prescriber):
        assert (await caller("POST", path)).status_code == 403
    unknown = f"{clinic.path}/patients/{clinic.stranger.user_id}/upload_reminder"
    assert (await clinic.member("POST", unknown)).status_code == 404


async def test_a_request_adds_an_entry_and_mails_a_link(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    answer = await clinic.member("POST", f"{one}/connect/dexcom")
    assert (answer.status_code, answer.content) == (204, b"")
    shown = (await clinic.member("GET", one)).json()
    (source,) = shown["dataSources"]
    assert (source["providerName"], source["state"]) == ("dexcom", "pending")
    assert "modifiedTime" not in source
    until = datetime.fromisoformat(source["expirationTime"])
    assert timedelta(days=29) < until - datetime.now(UTC) < timedelta(days=31)
    (request,) = shown["connectionRequests"]["dexcom"]
    assert request == {"providerName": "dexcom", "createdTime": shown["updatedTime"]}
    count = (await clinic.member("GET", f"{clinic.path}/patient_count")).json()
    assert count["providers"] == {"dexcom": {"total": 1, "states": {"pending": 1}}}
    (token,) = await links(clinic, made["id"])
    assert token["paths"] == ["/v1/oauth/dexcom"]
    assert timedelta(days=29) < datetime.fromisoformat(token["expirationTime"]) - datetime.now(UTC)
    ((template, to, values),) = of_request(mail)
    assert (template, to) == ("request_dexcom_connect_custodial", address(clinic))
    assert (values["partner"], values["clinic"], values["name"]) == ("Dexcom", "Willow", "Pat Smith")
    assert values["link"].endswith(f"/v1/oauth/dexcom/authorize?restricted_token={token['id']}")


async def test_the_older_path_asks_for_dexcom(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    assert (await clinic.stranger("POST", f"{one}/send_dexcom_connect_request")).status_code == 403
    answer = await clinic.member("POST", f"{one}/send_dexcom_connect_request")
    assert (answer.status_code, answer.content) == (204, b"")
    assert len((await clinic.member("GET", one)).json()["connectionRequests"]["dexcom"]) == 1
    assert [template for template, _, _ in of_request(mail)] == ["request_dexcom_connect_custodial"]


async def test_a_second_request_comes_first_and_ends_the_earlier_link(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    for provider in ("dexcom", "dexcom", "twiist"):
        assert (await clinic.service("POST", f"{one}/connect/{provider}")).status_code == 204
    shown = (await clinic.member("GET", one)).json()
    times = [request["createdTime"] for request in shown["connectionRequests"]["dexcom"]]
    assert len(times) == 2
    assert times == sorted(times, reverse=True)
    assert len(shown["connectionRequests"]["twiist"]) == 1
    kept = {token["paths"][0]: token["id"] for token in await links(clinic, made["id"])}
    assert set(kept) == {"/v1/oauth/dexcom", "/v1/oauth/twiist"}
    assert kept["/v1/oauth/dexcom"] in of_request(mail)[1][2]["link"]
    assert kept["/v1/oauth/dexcom"] not in of_request(mail)[0][2]["link"]


async def test_who_was_connected_before_is_asked_to_connect_again(clinic: Any, mail: list[Any]) -> None:
    modified = "2024-01-01T00:00:00Z"
    sources = [
        {"providerName": "abbott", "state": "connected"},
        {"providerName": "dexcom", "state": "error", "modifiedTime": modified},
    ]
    made = await clinic.patient(email=address(clinic), dataSources=sources)
    one = f"{clinic.path}/patients/{made['id']}"
    assert (await clinic.member("POST", f"{one}/connect/dexcom")).status_code == 204
    abbott, dexcom = (await clinic.member("GET", one)).json()["dataSources"]
    assert abbott == sources[0]
    assert dexcom["state"] == "pendingReconnect"
    assert dexcom["modifiedTime"] > modified
    assert of_request(mail)[-1][0] == "request_dexcom_reconnect"


async def test_a_claimed_patient_gets_the_mail_at_his_own_address(clinic: Any, mail: list[Any]) -> None:
    pat = await clinic.house.person("Pat Lee")
    one = f"{clinic.path}/patients/{pat.user_id}"
    assert (await clinic.service("POST", one, {"permissions": {"view": {}}})).status_code == 200
    moved = {"fullName": "Pat", "birthDate": "1990-01-01", "email": f"other.{address(clinic)}"}
    assert (await clinic.member("PUT", one, moved)).status_code == 200
    assert (await clinic.member("POST", f"{one}/connect/abbott")).status_code == 204
    ((template, to, _),) = of_request(mail)
    assert (template, to) == ("request_abbott_connect", pat.email)


async def test_who_may_ask_and_what_is_refused(clinic: Any) -> None:
    made = await clinic.patient()
    one = f"{clinic.path}/patients/{made['id']}/connect"
    for caller in (clinic.stranger, clinic.prescriber):
        assert (await caller("POST", f"{one}/dexcom")).status_code == 403
    for caller in (clinic.member, clinic.service):
        assert (await caller("POST", f"{one}/fitbit")).status_code == 400
        unknown = f"{clinic.path}/patients/{clinic.stranger.user_id}/connect/dexcom"
        assert (await caller("POST", unknown)).status_code == 404
    assert (await clinic.member("POST", f"{one}/dexcom")).status_code == 204  # without an address nothing is mailed


async def test_any_partner_that_is_set_up_may_be_asked_for(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    assert (await clinic.member("POST", f"{one}/connect/pump")).status_code == 400
    async with clinic.house.work() as work:
        await connections.put_partner(work, "pump", "http://127.0.0.1:9", "our id", "a secret", None)
    try:
        assert (await clinic.member("POST", f"{one}/connect/pump")).status_code == 204
    finally:
        await clinic.house.pool.execute("delete from connections.partner")
    shown = (await clinic.member("GET", one)).json()
    assert [(source["providerName"], source["state"]) for source in shown["dataSources"]] == [("pump", "pending")]
    assert [request["providerName"] for request in shown["connectionRequests"]["pump"]] == ["pump"]
    ((template, _, values),) = of_request(mail)
    assert (template, values["partner"]) == ("request_pump_connect_custodial", "Pump Cloud")
    # It is asked for again even when it is not set up for a while.
    await run_reminders(clinic)
    assert of_request(mail)[-1][0] == "reminder_pump_connect_custodial"


async def test_another_address_gets_what_still_waits(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    for provider in ("dexcom", "twiist"):
        assert (await clinic.member("POST", f"{one}/connect/{provider}")).status_code == 204
    shown = (await clinic.member("GET", one)).json()
    shown["dataSources"][1]["state"] = "connected"
    assert (await clinic.member("PUT", one, shown)).status_code == 200
    assert len(of_request(mail)) == 2
    shown["email"] = f"new.{address(clinic)}"
    assert (await clinic.member("PUT", one, shown)).status_code == 200
    template, to, values = of_request(mail)[-1]
    assert len(of_request(mail)) == 3
    assert (template, to) == ("request_dexcom_connect_custodial", shown["email"])
    tokens = {token["paths"][0]: token["id"] for token in await links(clinic, made["id"])}
    assert tokens["/v1/oauth/dexcom"] in values["link"]


async def test_a_new_address_gets_the_latest_request_when_two_clinics_asked(a_clinic: Any, mail: list[Any]) -> None:
    one, two = await a_clinic(name="Elm"), await a_clinic(name="Oak")
    pat = await one.house.person()
    for clinic in (one, two):
        path = f"{clinic.path}/patients/{pat.user_id}"
        assert (await clinic.service("POST", path, {"permissions": {"view": {}}})).status_code == 200
        assert (await clinic.member("POST", f"{path}/connect/dexcom")).status_code == 204
    new = f"new.{pat.email}"
    answer = await one.service("POST", f"/v1/users/{pat.user_id}/clinics", {"email": new})
    assert answer.status_code == 204
    (again,) = of_request(mail)[2:]
    assert again[2]["clinic"] == "Oak"
    assert len(await links(one, pat.user_id)) == 1


async def test_two_requests_at_once_leave_one_link(a_clinic: Any, mail: list[Any]) -> None:
    one, two = await a_clinic(), await a_clinic()
    pat = await one.house.person()
    for clinic in (one, two):
        path = f"{clinic.path}/patients/{pat.user_id}"
        assert (await clinic.service("POST", path, {"permissions": {"view": {}}})).status_code == 200
    calls = [
        clinic.member("POST", f"{clinic.path}/patients/{pat.user_id}/connect/dexcom")
        for clinic in (one, two)
        for _ in range(8)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {204}
    assert len(await links(one, pat.user_id)) == 1
    for clinic in (one, two):
        shown = (await clinic.member("GET", f"{clinic.path}/patients/{pat.user_id}")).json()
        assert len(shown["connectionRequests"]["dexcom"]) == 8


async def test_who_is_asked_over_and_over_keeps_his_link(clinic: Any, mail: list[Any]) -> None:
    made = await clinic.patient(email=address(clinic))
    one = f"{clinic.path}/patients/{made['id']}"
    for _ in range(MAILS + 3):
        assert (await clinic.member("POST", f"{one}/connect/dexcom")).status_code == 204
    assert len((await clinic.member("GET", one)).json()["connectionRequests"]["dexcom"]) == MAILS + 3
    sent = of_request(mail)
    assert len(sent) == MAILS
    (link,) = await links(clinic, made["id"])
    assert sent[-1][2]["link"].endswith(f"restricted_token={link['id']}")
    # Another partner is another matter.
    assert (await clinic.member("POST", f"{one}/connect/twiist")).status_code == 204
    assert of_request(mail)[-1][0] == "request_twiist_connect_custodial"


async def test_requests_of_one_moment_bring_one_reminder(clinic: Any, mail: list[Any]) -> None:
    await clinic.house.pool.execute("delete from jobs.pgqueuer where entrypoint = $1", connections.REMIND)
    made = await clinic.patient(email=address(clinic))
    for _ in range(3):
        assert (await clinic.member("POST", f"{clinic.path}/patients/{made['id']}/connect/dexcom")).status_code == 204
    rows = await clinic.house.pool.fetch("select payload from jobs.pgqueuer where entrypoint = $1", connections.REMIND)
    asked = json.loads(rows[0]["payload"])
    del mail[:]
    async with clinic.house.work() as work:
        event = patients.ConnectionRequested(
            OrganizationKey(UUID(asked["organization"])), PersonKey(UUID(asked["person"])), "dexcom"
        )
        for _ in range(3):  # as from three colleagues, all within the same millisecond
            await connections.send_request(work, event)
        work.now += WEEK
        for task in work.tasks:
            if task.name == connections.REMIND:
                await connections.remind(work, task.data)
    requests = [values["link"] for template, _, values in mail if template.startswith("request_")]
    reminders = [values["link"] for template, _, values in mail if template.startswith("reminder_")]
    assert (len(requests), reminders) == (3, requests[-1:])


async def test_the_reminder_carries_the_same_link_once(clinic: Any, mail: list[Any]) -> None:
    await clinic.house.pool.execute("delete from jobs.pgqueuer where entrypoint = $1", connections.REMIND)
    made = await clinic.patient(email=address(clinic))
    pat = await clinic.house.person()
    assert (
        await clinic.service("POST", f"{clinic.path}/patients/{pat.user_id}", {"permissions": {"view": {}}})
    ).status_code == 200
    for user_id in (made["id"], made["id"], pat.user_id):
        assert (await clinic.member("POST", f"{clinic.path}/patients/{user_id}/connect/dexcom")).status_code == 204
    await run_reminders(clinic)
    reminders = of_request(mail)[3:]
    assert {(template, to) for template, to, _ in reminders} == {
        ("reminder_dexcom_connect_custodial", address(clinic)),
        ("reminder_dexcom_connect", pat.email),
    }
    assert len(reminders) == 2  # the first request was replaced by the second
    assert {re.sub(r".*=", "", values["link"]) for _, _, values in reminders} == {
        *((await links(clinic, made["id"]))[0]["id"], (await links(clinic, pat.user_id))[0]["id"]),
    }


async def test_there_is_no_reminder_for_who_connected_left_or_has_an_old_link(clinic: Any, mail: list[Any]) -> None:
    await clinic.house.pool.execute("delete from jobs.pgqueuer where entrypoint = $1", connections.REMIND)
    people = [await clinic.patient(email=f"{number}.{address(clinic)}") for number in range(3)]
    for one in people:
        assert (await clinic.member("POST", f"{clinic.path}/patients/{one['id']}/connect/dexcom")).status_code == 204
    session = {"providerType": "oauth", "providerName": "dexcom", "providerSessionId": f"s-{people[0]['id']}"}
    made = await clinic.service("POST", f"/v1/users/{people[0]['id']}/data_sources", session)
    assert made.status_code == 201, made.text
    assert (await clinic.admin("DELETE", f"{clinic.path}/patients/{people[1]['id']}")).status_code == 204
    await run_reminders(clinic)
    assert [to for template, to, _ in of_request(mail)[3:]] == [people[2]["email"]]
    await run_reminders(clinic, timedelta(days=31))
    assert len(of_request(mail)) == 4


async def test_sources_that_are_there_already_are_shown_to_a_new_clinic(clinic: Any) -> None:
    pat = await clinic.house.person()
    body = {"providerType": "oauth", "providerName": "dexcom", "providerSessionId": f"s-{pat.user_id}"}
    made = await clinic.service("POST", f"/v1/users/{pat.user_id}/data_sources", body)
    one = f"{clinic.path}/patients/{pat.user_id}"
    assert (await clinic.service("POST", one, {"permissions": {"view": {}}})).status_code == 200
    (source,) = (await clinic.member("GET", one)).json()["dataSources"]
    assert (source["providerName"], source["state"]) == ("dexcom", "connected")
    assert made.json()["id"].startswith(source["dataSourceId"])
