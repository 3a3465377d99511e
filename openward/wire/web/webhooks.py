"""Webhooks of a clinic, for its admins: listed, made, changed, switched on again, deleted."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from openward.care import identity, subscriptions
from openward.care.errors import CareError, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.subscriptions import Subscription, Tally, Topic
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Outside, Reply, Route
from openward.infra.http import is_web_address, leads_inside
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, confirm, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.webhook_words import TOPICS, standing

PATH = "/clinic/webhooks"


async def show(work: Work, call: Call) -> Reply:
    """All of the clinic, and the form for a new one."""
    return await _page(work, call, await enter(work, call, as_admin=True))


async def _page(
    work: Work, call: Call, desk: Desk, fields: Mapping[str, Any] | None = None, problem: str = "", status: int = 200
) -> Reply:
    found = await subscriptions.subscriptions(work, desk.key)
    ids = await identity.names(work, [one.key for one in found], System.SOLO)
    tallies = await subscriptions.tallies(work, [one.key for one in found])
    rows = [row_of(one, ids[one.key], desk) | {"tally": tallies.get(one.key, Tally())} for one in found]
    values = {
        "rows": rows,
        "topics": TOPICS,
        "fields": fields or {"endpoint": "", "topics": []},
        "problem": problem,
        "path": PATH,
    }
    return show_page(work, call, desk, "webhooks.html", values, status=status)


def row_of(webhook: Subscription, id_: str, desk: Desk) -> dict[str, Any]:
    """What the list and the page of one show of it."""
    word, style, since = standing(webhook)
    return {
        "id": id_,
        "href": desk.place.href(f"{PATH}/{id_}"),
        "endpoint": webhook.endpoint,
        "topics": [TOPICS[topic] for topic in webhook.topics],
        "word": word,
        "style": style,
        "since": since,
        "is_disabled": webhook.disabled_at is not None,
    }


async def create(work: Work, call: Call) -> Reply | Outside:
    """Take the form; where the address leads is looked up between two works."""
    desk = await enter(work, call, as_admin=True)
    endpoint, topics, problem = await _fields(work, call)
    if problem:
        return await _page(work, call, desk, {"endpoint": endpoint, "topics": topics}, problem, 400)

    async def then(work: Work, call: Call, is_inside: bool) -> Reply:
        desk = await enter(work, call, as_admin=True)
        try:
            async with attempt(work):
                _require_outside(work, is_inside)
                made = await subscriptions.subscribe(work, desk.key, endpoint, topics)
        except CareError as error:
            fields = {"endpoint": endpoint, "topics": topics}
            return await _page(work, call, desk, fields, problem_of(error, {}), status_of(error))
        return go(desk, f"{PATH}/{await identity.name(work, made.subscription.key, System.SOLO)}", "webhook-made")

    return Outside(lambda: leads_inside(endpoint), then)


async def change(work: Work, call: Call) -> Reply | Outside:
    """The same for one that is there."""
    desk = await enter(work, call, as_admin=True)
    webhook = await of_path(work, call, desk)
    endpoint, topics, problem = await _fields(work, call)
    if problem:
        raise Invalid(problem)

    async def then(work: Work, call: Call, is_inside: bool) -> Reply:
        desk = await enter(work, call, as_admin=True)
        _require_outside(work, is_inside)
        await subscriptions.change(work, desk.key, webhook.key, endpoint, topics)
        return go(desk, call.url_path, "saved")

    return Outside(lambda: leads_inside(endpoint), then)


async def enable(work: Work, call: Call) -> Reply:
    """Queue for it again."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    await subscriptions.enable(work, desk.key, (await of_path(work, call, desk)).key)
    return go(desk, f"{PATH}/{call.path['webhookId']}", "webhook-on")


async def ask(work: Work, call: Call) -> Reply:
    """Ask before it is deleted."""
    desk = await enter(work, call, as_admin=True)
    webhook = await of_path(work, call, desk)
    return confirm(
        work,
        call,
        desk,
        title="Delete this webhook?",
        text=f"Nothing more is sent to {webhook.endpoint}. What waits for it is dropped.",
        button="Delete the webhook",
        action=call.url_path,
        back=f"{PATH}/{call.path['webhookId']}",
    )


async def delete(work: Work, call: Call) -> Reply:
    """Delete it."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    with suppress(NotFound):  # somebody was quicker, or the button was pressed twice: gone is gone
        await subscriptions.unsubscribe(work, desk.key, (await of_path(work, call, desk)).key)
    return go(desk, PATH, "webhook-deleted")


async def of_path(work: Work, call: Call, desk: Desk) -> Subscription:
    """The webhook that the address names, if it is this clinic's."""
    key: UUID | None = await identity.find(work, Identifier(System.SOLO, call.path["webhookId"]))
    if key is None:
        raise NotFound("no such webhook")
    return await subscriptions.get(work, desk.key, key)


async def _fields(work: Work, call: Call) -> tuple[str, Sequence[Topic], str]:
    """Address, topics, and what is wrong with them."""
    items = await read_items(work, call)
    endpoint = dict(items).get("endpoint", "").strip()
    topics = [topic for topic in TOPICS if ("topic", topic.value) in items]
    if not is_web_address(endpoint):
        return endpoint, topics, "Write a whole web address, such as https://receiver.example.org/hook."
    return endpoint, topics, "" if topics else "Tick at least one event."


def _require_outside(work: Work, is_inside: bool) -> None:
    if is_inside and not work.tools.settings.webhooks_allow_private:
        raise Invalid("this address lies in a private network, which webhooks do not call")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", PATH, create, is_documented=False),
    Route("POST", f"{PATH}/{{webhookId}}", change, is_documented=False),
    Route("POST", f"{PATH}/{{webhookId}}/enable", enable, is_documented=False),
    Route("GET", f"{PATH}/{{webhookId}}/delete", ask, is_documented=False),
    Route("POST", f"{PATH}/{{webhookId}}/delete", delete, is_documented=False),
]
