"""Webhooks: endpoints of the practice's programs; the key is shown on creation and by the read of one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from openward.care import identity, subscriptions
from openward.care.errors import Fault, NotFound
from openward.care.identity import Identifier, System
from openward.care.subscriptions import Subscription, Topic
from openward.care.work import Work, unique
from openward.gateway.call import Call
from openward.gateway.wiring import Outside, Reply, Route, json_reply
from openward.infra.http import is_web_address, leads_inside
from openward.wire.solo import schema
from openward.wire.solo.auth import practice
from openward.wire.solo.deliveries import TOPICS, WORDS
from openward.wire.solo.errors import bad

NOT_URL = "This value is not a valid URL."
NOT_OUTSIDE = "This address is not allowed."
WEBHOOK = "Webhook not found"


async def create_webhook(_work: Work, call: Call) -> Reply | Outside:
    """`POST /webhooks`; where the endpoint leads is looked up between two works."""
    endpoint, topics = await _read(call)

    async def create(work: Work, _call: Call, is_inside: bool) -> Reply:
        _require_outside(work, is_inside)
        made = await subscriptions.subscribe(work, practice(work), endpoint, topics)
        return json_reply(await _one(work, made.subscription) | {"encryptionKey": made.secret}, 201)

    return Outside(lambda: leads_inside(endpoint), create)


async def list_webhooks(work: Work, _call: Call) -> Reply:
    """`GET /webhooks`: without keys."""
    return json_reply(await _encode(work, await subscriptions.subscriptions(work, practice(work))))


async def get_webhook(work: Work, call: Call) -> Reply:
    """`GET /webhooks/{webhookId}`: with its key."""
    found = await subscriptions.get(work, practice(work), await _key(work, call))
    secret = await subscriptions.secret(work, practice(work), found.key)
    return json_reply(await _one(work, found) | {"encryptionKey": secret})


async def update_webhook(work: Work, call: Call) -> Reply | Outside:
    """`PUT /webhooks/{webhookId}`: endpoint and events are replaced, the key stays."""
    key = await _key(work, call)
    endpoint, topics = await _read(call)

    async def update(work: Work, _call: Call, is_inside: bool) -> Reply:
        _require_outside(work, is_inside)
        return json_reply(await _one(work, await subscriptions.change(work, practice(work), key, endpoint, topics)))

    return Outside(lambda: leads_inside(endpoint), update)


async def delete_webhook(work: Work, call: Call) -> Reply:
    """`DELETE /webhooks/{webhookId}`: what is queued is dropped."""
    await subscriptions.unsubscribe(work, practice(work), await _key(work, call))
    return json_reply([])


async def _read(call: Call) -> tuple[str, list[Topic]]:
    body = schema.checked(_collapsed(await call.json()), "WebhookWrite", _check)
    return body["endpoint"], [TOPICS[word] for word in body["events"]]


def _collapsed(body: Any) -> Any:
    """The body with each event once: repeats do no harm, though the schema asks for none."""
    events = body.get("events") if isinstance(body, dict) else None
    if isinstance(events, list) and all(isinstance(word, str) for word in events):
        return body | {"events": unique(events)}
    return body


def _check(body: dict[str, Any]) -> list[Fault]:
    endpoint = body.get("endpoint")
    return [] if endpoint is None or is_web_address(endpoint) else [schema.fault("endpoint", NOT_URL)]


def _require_outside(work: Work, is_inside: bool) -> None:
    if is_inside and not work.tools.settings.webhooks_allow_private:
        raise bad("endpoint", NOT_OUTSIDE)


async def _key(work: Work, call: Call) -> UUID:
    """The webhook of this practice that the path names."""
    value = call.path["webhookId"]
    key = await identity.find(work, Identifier(System.SOLO, value.lower())) if schema.is_uuid(value) else None
    if key is None:
        raise NotFound(WEBHOOK)
    try:
        return (await subscriptions.get(work, practice(work), key)).key
    except NotFound:
        raise NotFound(WEBHOOK) from None


async def _one(work: Work, found: Subscription) -> dict[str, Any]:
    return (await _encode(work, [found]))[0]


async def _encode(work: Work, found: Sequence[Subscription]) -> list[dict[str, Any]]:
    names = await identity.names(work, [one.key for one in found], System.SOLO)
    return [
        {"id": names[one.key], "endpoint": one.endpoint, "events": [WORDS[topic] for topic in one.topics]}
        for one in found
    ]


_PATH = "/qapi/v1/webhooks"
ROUTES = [
    Route("POST", _PATH, create_webhook, "solo.v1:createWebhook"),
    Route("GET", _PATH, list_webhooks, "solo.v1:listWebhooks"),
    Route("PUT", f"{_PATH}/{{webhookId}}", update_webhook, "solo.v1:updateWebhook"),
    Route("GET", f"{_PATH}/{{webhookId}}", get_webhook, "solo.v1:getWebhook"),
    Route("DELETE", f"{_PATH}/{{webhookId}}", delete_webhook, "solo.v1:deleteWebhook"),
]
