"""Messages that the clinic's record system sends (HL7 v2): who sends, what came, what failed and is tried again."""

from collections.abc import Mapping
from typing import Any

import msgspec

from openward.care import visits
from openward.care.ehr import feed as feeds
from openward.care.ehr.feed import Feed, FeedSettings, Message, State
from openward.care.errors import CareError, Conflict, Invalid
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.ehr_feed_words import STATES, kind_of, why_failed
from openward.wire.web.ehr_frame import PAGE, PATH, before, head, href, key_of, older, people

FEED = f"{PATH}/feed"
_OPEN = "open"
_MOST_CODES = 500


async def show(work: Work, call: Call) -> Reply:
    """What came, newest first, all or what failed; and, for admins, the senders with their codes."""
    return await _page(work, call, await enter(work, call, as_admin=True))


async def _page(work: Work, call: Call, desk: Desk, problem: str = "", status: int = 200) -> Reply:
    is_open = call.query.get("show", "") == _OPEN
    found = await feeds.feed_messages(work, desk.key, only_open=is_open, before=before(call), limit=PAGE + 1)
    shown = found[:PAGE]
    known = await people(work, desk, [one.person for one in shown])
    rooms = [room.name for room in await visits.rooms(work, desk.key)]
    values: dict[str, Any] = await head(work, desk, FEED) | {
        "feeds": [_sender(feed) for feed in await feeds.feeds(work, desk.key)],
        "rooms": rooms,
        "rows": [_row(one, known) for one in shown],
        "filters": [
            (word, href(call, desk, show=value), (value == _OPEN) == is_open)
            for value, word in (("", "All"), (_OPEN, "Failed"))
        ],
        "is_open": is_open,
        "problem": problem,
        "older": older(
            call, desk, len(found) > PAGE, (shown[-1].received_at, shown[-1].key), show=_OPEN if is_open else ""
        )
        if shown
        else None,
    }
    return show_page(work, call, desk, "ehr_feed.html", values, status=status)


def _row(one: Message, known: Mapping[PersonKey | None, tuple[str, str]]) -> dict[str, Any]:
    return {
        "message": one,
        "kind": kind_of(one.kind),
        "patient": known.get(one.person),
        "word": STATES[one.state][0],
        "style": STATES[one.state][1],
        "why": why_failed(one.reason),
        "is_open": one.state in (State.FAILED, State.REFUSED),
    }


def _sender(feed: Feed) -> dict[str, Any]:
    names = feed.names
    return {
        "feed": feed,
        "from": " · ".join(filter(None, (names.sending_application, names.sending_facility))),
        "to": " · ".join(filter(None, (names.receiving_application, names.receiving_facility))) or "any receiver",
        "peers": ", ".join(feed.settings.peers),
        "rooms": _lines(feed.settings.rooms),
        "providers": _lines(feed.settings.providers),
    }


def _lines(codes: Mapping[str, str]) -> str:
    return "\n".join(f"{code} = {name}" for code, name in codes.items())


async def try_again(work: Work, call: Call) -> Reply:
    """Handle one message anew, as its sender would by sending it again."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    outcome = await feeds.try_again(work, desk.key, key_of(call.path["messageId"]))
    return go(desk, FEED, "message-failed-again" if outcome.state in (State.FAILED, State.REFUSED) else "message-done")


async def set_aside(work: Work, call: Call) -> Reply:
    """Somebody has seen to one message by hand."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    await feeds.set_aside(work, desk.key, key_of(call.path["messageId"]))
    return go(desk, FEED, "message-aside")


async def change_sender(work: Work, call: Call) -> Reply:
    """Which room and which member of the staff a sender's codes stand for, and whether it is listened to."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    key = key_of(call.path["feedId"])
    try:
        rooms, providers = _codes(form.get("rooms", "")), _codes(form.get("providers", ""))
        room = form.get("room", "") or None
        known = {one.name for one in await visits.rooms(work, desk.key)}
        if not {*rooms.values(), *([room] if room else [])} <= known:
            raise Invalid("there is no waiting room of one of these names")

        def change(settings: FeedSettings) -> FeedSettings:
            return msgspec.structs.replace(settings, room=room, rooms=rooms, providers=providers)

        await feeds.change_feed(work, desk.key, key, change)
        await feeds.set_enabled(work, desk.key, key, is_enabled=form.get("enabled") == "on")
    except CareError as error:
        return await _page(work, call, desk, problem_of(error, {Conflict: "This cannot be changed now."}), 422)
    return go(desk, FEED, "saved")


def _codes(text: str) -> dict[str, str]:
    """One `CODE = name` a line."""
    made: dict[str, str] = {}
    for line in text.splitlines():
        code, sign, name = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not sign or not code or not name:
            raise Invalid("write one code a line, as CODE = name")
        made[code] = name
    if len(made) > _MOST_CODES:
        raise Invalid(f"there are more than {_MOST_CODES} codes")
    return made


ROUTES = [
    Route("GET", FEED, show, is_documented=False),
    Route("POST", f"{FEED}/messages/{{messageId}}/again", try_again, is_documented=False),
    Route("POST", f"{FEED}/messages/{{messageId}}/aside", set_aside, is_documented=False),
    Route("POST", f"{FEED}/senders/{{feedId}}", change_sender, is_documented=False),
]
