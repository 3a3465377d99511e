"""One webhook of a clinic, for its admins: its key, what was sent there with which outcome, and sending it again."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from openward.care import subscriptions
from openward.care.errors import Invalid
from openward.care.subscriptions import State, Tally
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.webhook_words import STATES, TOPICS, last_answer
from openward.wire.web.webhooks import PATH, of_path, row_of

_PAGE = 50


async def show(work: Work, call: Call) -> Reply:
    """Address, events and key; below them the deliveries, newest first, all or those in one state."""
    desk = await enter(work, call, as_admin=True)
    webhook = await of_path(work, call, desk)
    state = _state(call.query.get("state", ""))
    page = page_size({"page": call.query.get("page", "0")}, default=_PAGE, most=_PAGE)
    found = await subscriptions.deliveries(work, desk.key, webhook.key, state, offset=page.offset, limit=_PAGE + 1)
    number, chosen = page.offset // _PAGE, state.value if state else ""
    rows = [
        {
            "key": one.key,
            "topic": TOPICS[one.topic],
            "delivery": one,
            "word": STATES[one.state][0],
            "style": STATES[one.state][1],
            "answer": last_answer(one),
            "can_replay": one.state is not State.WAITING,
        }
        for one in found[:_PAGE]
    ]
    values: dict[str, Any] = {
        "webhook": row_of(webhook, call.path["webhookId"], desk),
        "fields": {"endpoint": webhook.endpoint, "topics": webhook.topics},
        "secret": await subscriptions.secret(work, desk.key, webhook.key),
        "tally": (await subscriptions.tallies(work, [webhook.key])).get(webhook.key, Tally()),
        "topics": TOPICS,
        "rows": rows,
        "path": PATH,
        "filters": [
            (word, _href(call, desk, value, 0), value == chosen)
            for value, word in (("", "All"), *((state.value, words[0]) for state, words in STATES.items()))
        ],
        "newer": _href(call, desk, chosen, number - 1) if number else None,
        "older": _href(call, desk, chosen, number + 1) if len(found) > _PAGE else None,
    }
    return show_page(work, call, desk, "webhook.html", values)


async def replay(work: Work, call: Call) -> Reply:
    """Send one delivery again, or all that were given up."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    webhook = await of_path(work, call, desk)
    if form.get("delivery"):
        await subscriptions.replay(work, desk.key, webhook.key, _key(form["delivery"]))
    else:
        await subscriptions.replay_given_up(work, desk.key, webhook.key)
    return go(desk, f"{PATH}/{call.path['webhookId']}", "replayed")


def _state(word: str) -> State | None:
    try:
        return State(word) if word else None
    except ValueError:
        raise Invalid("this state does not exist") from None


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("this delivery does not exist") from None


def _href(call: Call, desk: Desk, state: str, page: int) -> str:
    query = {"clinic": desk.place.id} if len(desk.place.switches) > 1 else {}
    query |= {"state": state} if state else {}
    query |= {"page": str(page)} if page else {}
    return f"{call.url_path}?{urlencode(query)}" if query else call.url_path


ROUTES = [
    Route("GET", f"{PATH}/{{webhookId}}", show, is_documented=False),
    Route("POST", f"{PATH}/{{webhookId}}/replay", replay, is_documented=False),
]
