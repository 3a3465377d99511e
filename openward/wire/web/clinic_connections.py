"""The connections of a clinic's patients with partner clouds: how many in which state, and who is in trouble."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from openward.care import connections, identity, patients
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.patients import EntryState
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, Route
from openward.wire.web.connection_words import STATES, TROUBLE, entries_of, titles_of
from openward.wire.web.desk import Desk, enter, show_page

PATH = "/clinic/connections"
_PAGE = 50


async def show(work: Work, call: Call) -> Reply:
    """Counts by partner and state; below them the patients in one state, or all in trouble. Each is noted as read."""
    desk = await enter(work, call)
    provider, chosen = call.query.get("partner") or None, call.query.get("state") or None
    states = TROUBLE if chosen is None else (_state(chosen),)
    page = page_size({"page": call.query.get("page", "0")}, default=_PAGE, most=_PAGE)
    titles, askable = titles_of(work), await connections.askable(work)
    counts = await patients.count_entries(work, desk.key)
    found = await patients.find_by_entry(work, desk.key, states, provider, offset=page.offset, limit=_PAGE + 1)
    shown = found[:_PAGE]
    ids = await identity.names(work, [one.person for one in shown], System.USER)
    rows = [
        {
            "name": one.full_name or "(no name)",
            "href": f"/patients/{quote(ids[one.person])}{desk.place.query}",
            "action": f"/patients/{quote(ids[one.person])}/connect{desk.place.action}",
            "entry": entry,
            "can_ask": entry.provider in askable and entry.state != EntryState.CONNECTED,
        }
        for one in shown
        for entry in entries_of(one, titles, work.now)
        if entry.state in states and provider in (None, entry.provider)
    ]
    number = page.offset // _PAGE
    asked = {"partner": provider or "", "state": chosen or ""}
    values = {
        "rows": rows,
        "words": STATES,
        "counts": _counts(desk, counts, titles),
        "is_filtered": bool(provider or chosen),
        "chosen": _chosen(titles.get(provider, provider) if provider else "", chosen),
        "everything": desk.place.href(PATH),
        "newer": _href(desk, **asked, page=number - 1) if number else None,
        "older": _href(desk, **asked, page=number + 1) if len(found) > _PAGE else None,
    }
    return show_page(work, call, desk, "clinic_connections.html", values)


def _state(word: str) -> EntryState:
    try:
        return EntryState(word)
    except ValueError:
        raise Invalid("this state does not exist") from None


def _counts(desk: Desk, counts: Mapping[str, Mapping[str, int]], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One line a partner with the number of each state and where it leads."""
    return [
        {
            "title": titles.get(provider, provider),
            "cells": [
                (state, of.get(state, 0), _href(desk, partner=provider, state=state.value, page=0)) for state in STATES
            ],
        }
        for provider, of in sorted(counts.items(), key=lambda one: titles.get(one[0], one[0]).casefold())
    ]


def _chosen(title: str, state: str | None) -> str:
    parts = [title, STATES[EntryState(state)] if state else ""]
    return ": ".join(part for part in parts if part)


def _href(desk: Desk, *, partner: str, state: str, page: int) -> str:
    query = {"clinic": desk.place.id} if len(desk.place.switches) > 1 else {}
    query |= {name: value for name, value in (("partner", partner), ("state", state)) if value}
    query |= {"page": str(page)} if page else {}
    return f"{PATH}?{urlencode(query)}" if query else PATH


ROUTES = [Route("GET", PATH, show, is_documented=False)]
