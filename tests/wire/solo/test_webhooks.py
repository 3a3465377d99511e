"""Webhooks: made, read with and without the key, changed, taken away; whose they are; what is queued for whom."""

import base64
from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import accounts, identity, subscriptions
from openward.care.identity import Identifier, System
from openward.wire.solo.deliveries import WORDS, SoloForm
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

HOOK = {"endpoint": "https://receiver.example.org/hook", "events": ["appointment:scheduled", "appointment:rescheduled"]}


async def made(practice: Practice, **changed: Any) -> dict[str, Any]:
    answer = await practice("POST", "/webhooks", HOOK | changed)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def queued(practice: Practice, id_: str) -> list[str]:
    """The events that an endpoint was or is to be told of, oldest first."""
    async with practice.work() as work:
        key = await identity.resolve(work, Identifier(System.SOLO, id_))
        found = await subscriptions.deliveries(work, practice.organization, key, limit=1000)
        return [WORDS[one.topic] for one in reversed(found)]


async def test_a_webhook_is_made_read_changed_and_taken_away(practice: Practice) -> None:
    hook = await made(practice, events=[*HOOK["events"], "appointment:scheduled"])
    assert hook == HOOK | {"id": str(UUID(hook["id"])), "encryptionKey": hook["encryptionKey"]}
    assert len(hook["encryptionKey"]) == 24
    assert len(base64.b64decode(hook["encryptionKey"], validate=True)) == 16
    shown = {name: value for name, value in hook.items() if name != "encryptionKey"}
    path = f"/webhooks/{hook['id'].upper()}"
    assert (await practice("GET", path)).json() == hook
    assert (await practice("GET", "/webhooks")).json() == [shown]
    second = await made(practice, endpoint="http://receiver.example.org:8080/other?token=1")
    assert second["encryptionKey"] != hook["encryptionKey"]
    changed = {"endpoint": "https://new.example.org/", "events": ["patient:created"]}
    answer = await practice("PUT", path, changed)
    assert (answer.status_code, answer.json()) == (200, changed | {"id": hook["id"]})
    assert (await practice("GET", path)).json()["encryptionKey"] == hook["encryptionKey"]
    assert [one["id"] for one in (await practice("GET", "/webhooks")).json()] == [hook["id"], second["id"]]
    for status, text in ((200, []), (404, {"error": {"message": "Webhook not found"}})):
        answer = await practice("DELETE", path)
        assert (answer.status_code, answer.json()) == (status, text)
    assert (await practice("GET", path)).status_code == 404
    assert (await practice("PUT", path, changed)).status_code == 404
    assert [one["id"] for one in (await practice("GET", "/webhooks")).json()] == [second["id"]]


async def test_webhooks_of_another_practice_do_not_exist(a_practice: MakePractice) -> None:
    one, other = await a_practice(), await a_practice()
    hook = await made(one)
    for method, body in (("GET", None), ("PUT", HOOK), ("DELETE", None)):
        answer = await other(method, f"/webhooks/{hook['id']}", body)
        assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Webhook not found"}})
    assert (await other("GET", "/webhooks")).json() == []
    assert (await one("GET", f"/webhooks/{hook['id']}")).status_code == 200


@pytest.mark.parametrize("id_", ["1", "nothing", str(UUID(int=0)), "20be9ce-eb93-48be-ad56-271ec4b2973c0"])
async def test_an_unknown_id_is_not_found(practice: Practice, id_: str) -> None:
    assert (await practice("GET", f"/webhooks/{id_}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "endpoint: This value should not be blank., events: This value should not be blank."),
        (HOOK | {"events": []}, "events: This value should not be blank."),
        (HOOK | {"events": ["patient:deleted"]}, "events[0]: The value you selected is not a valid choice."),
        (HOOK | {"events": "patient:created"}, "events: This value should be of type array."),
        (HOOK | {"endpoint": "receiver.example.org/hook"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": "/hook"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": "ftp://receiver.example.org/"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": "http:///hook"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": "http://receiver.example.org:99999/"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": "http://receiver.example.org/a b"}, "endpoint: This value is not a valid URL."),
        (HOOK | {"endpoint": 1}, "endpoint: This value should be of type string."),
    ],
    ids=["empty", "none", "unknown", "text", "no-scheme", "relative", "ftp", "no-host", "port", "blank", "number"],
)
async def test_a_bad_body_is_refused(practice: Practice, body: Any, said: str) -> None:
    answer = await practice("POST", "/webhooks", body)
    assert (answer.status_code, answer.json()) == (400, {"error": {"message": f"Bad parameters [{said}]"}})
    assert (await practice("GET", "/webhooks")).json() == []


async def test_a_key_that_may_only_read_makes_none(practice: Practice) -> None:
    await made(practice)
    async with practice.work() as work:
        given = await accounts.put_api_key(work, practice.organization, "reader", is_read_only=True)
    headers = {"api-key": str(given.secret)}
    assert (await practice("POST", "/webhooks", HOOK, headers=headers)).status_code == 403
    assert (await practice("GET", "/webhooks", headers=headers)).status_code == 200


def test_the_document_of_each_event_has_its_own_id() -> None:
    form = SoloForm()
    assert {WORDS[topic]: form.system(topic).value for topic in WORDS} == {
        **dict.fromkeys(["patient:created", "patient:updated", "patient:deactivated"], "solo-patient"),
        **dict.fromkeys([word for word in WORDS.values() if word.startswith("appointment:")], "solo-appointment"),
        **dict.fromkeys(["episode:created", "episode:updated"], "solo"),
    }
    assert len(WORDS) == 12


async def test_a_merge_takes_webhooks_along(a_practice: MakePractice) -> None:
    source, target = await a_practice(), await a_practice()
    hook = await made(source)
    async with source.work() as work:
        await subscriptions.move(work, source.organization, target.organization)
    assert (await target("GET", f"/webhooks/{hook['id']}")).json() == hook
    async with target.work() as work:
        await subscriptions.publish(work, target.organization, subscriptions.Topic.APPOINTMENT_BOOKED, uuid4())
    assert await queued(target, hook["id"]) == ["appointment:scheduled"]
