"""The clinic's record system: what was sent and, for its admins, orders, sending again, saying whom an order means."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from openward.care import ehr, identity, patients
from openward.care.ehr import State
from openward.care.errors import CareError, Conflict, Invalid
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.ehr_words import KINDS, STATES, STATUSES, last_answer, why

PATH = "/clinic/ehr"
_PAGE = 50


async def show_deliveries(work: Work, call: Call) -> Reply:
    """What left or is to leave, newest first, all or those in one state; for all of the staff."""
    desk = await enter(work, call)
    state = _state(call.query.get("state", ""))
    before = _before(call.query.get("before", ""))
    found = await ehr.deliveries(work, desk.key, state=state, before=before, limit=_PAGE + 1)
    people = await _people(work, desk, [one.person for one in found])
    rows = [
        {
            "delivery": one,
            "kind": KINDS[one.kind],
            "patient": people.get(one.person),
            "word": STATES[one.state][0],
            "style": STATES[one.state][1],
            "answer": last_answer(one),
            "can_replay": one.state is State.GIVEN_UP and desk.is_admin,
        }
        for one in found[:_PAGE]
    ]
    chosen = state.value if state else ""
    values: dict[str, Any] = {
        "path": PATH,
        "settings": ehr.settings_of(desk.clinic),
        "rows": rows,
        "has_given_up": any(row["can_replay"] for row in rows),
        "filters": [
            (word, _href(call, desk, {"state": value}), value == chosen)
            for value, word in (("", "All"), *((one.value, words[0]) for one, words in STATES.items()))
        ],
        "older": _older(call, desk, found, {"state": chosen}),
    }
    return show_page(work, call, desk, "ehr.html", values)


async def show_orders(work: Work, call: Call) -> Reply:
    """What came, newest first, and what became of it."""
    desk = await enter(work, call, as_admin=True)
    before = _before(call.query.get("before", ""))
    found = await ehr.messages(work, desk.key, before=before, limit=_PAGE + 1)
    people = await _people(work, desk, [one.person for one in found])
    rows = [
        {
            "message": one,
            "patient": people.get(one.person),
            "word": STATUSES[one.status][0],
            "style": STATUSES[one.status][1],
            "why": why(one.reason),
            "can_resolve": one.status is ehr.Status.FAILED and one.reason in ehr.UNRESOLVED,
        }
        for one in found[:_PAGE]
    ]
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    values: dict[str, Any] = {
        "path": PATH,
        "rows": rows,
        "older": _href(call, desk, {"before": f"{last.received_at.isoformat()},{last.ref.key}"}) if last else None,
    }
    return show_page(work, call, desk, "ehr_orders.html", values)


async def show_order(work: Work, call: Call) -> Reply:
    """One order that nobody was matched with: what it says of the patient, and who might be meant."""
    return await _order_page(work, call, await enter(work, call, as_admin=True))


async def _order_page(work: Work, call: Call, desk: Desk, problem: str = "", status: int = 200) -> Reply:
    order, found = await ehr.failed_order(work, desk.key, _key(call.path["messageId"]))
    names = await identity.names(work, [one.person for one in found], System.USER)
    values: dict[str, Any] = {
        "path": PATH,
        "message": call.path["messageId"],
        "order": order,
        "candidates": [(names[one.person], one) for one in found if one.person in names],
        "problem": problem,
    }
    return show_page(work, call, desk, "ehr_order.html", values, status=status)


async def resolve(work: Work, call: Call) -> Reply:
    """Carry the order out for the patient who is named, one of the clinic's."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    try:
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, form.get("patient", "").strip())))
        await ehr.resolve(work, desk.key, _key(call.path["messageId"]), person)
    except CareError as error:
        return await _order_page(work, call, desk, problem_of(error, _PROBLEMS), 422)
    return go(desk, f"{PATH}/orders", "order-resolved")


_PROBLEMS: dict[type[CareError], str] = {Invalid: "Choose a patient.", Conflict: "This order asks for something else."}


async def replay(work: Work, call: Call) -> Reply:
    """Send one message again, or all that were given up."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    await ehr.replay(work, desk.key, _key(form["delivery"]) if form.get("delivery") else None)
    return go(desk, PATH, "messages-replayed")


async def push(work: Work, call: Call) -> Reply:
    """Push the newest figures and reports of all patients with active reports."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    await ehr.sync_organization(work, desk.key)
    return go(desk, PATH, "push-begun")


async def _people(work: Work, desk: Desk, keys: list[PersonKey | None]) -> dict[PersonKey | None, tuple[str, str]]:
    """The address and the name of each patient of the clinic."""
    wanted = list({key for key in keys if key is not None})
    enrolled = await patients.get_many(work, desk.key, wanted)
    names = await identity.names(work, wanted, System.USER)
    return {
        key: (desk.place.href(f"/patients/{names[key]}"), one.full_name)
        for key, one in enrolled.items()
        if key in names
    }


def _state(word: str) -> State | None:
    try:
        return State(word) if word else None
    except ValueError:
        raise Invalid("this state does not exist") from None


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("this does not exist") from None


def _before(text: str) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    at, _, key = text.partition(",")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid("this page does not exist") from None
    if found.tzinfo is None:
        raise Invalid("this page does not exist")
    return found, _key(key)


def _older(call: Call, desk: Desk, found: list[ehr.Delivery], query: dict[str, str]) -> str | None:
    if len(found) <= _PAGE:
        return None
    last = found[_PAGE - 1]
    return _href(call, desk, query | {"before": f"{last.created_at.isoformat()},{last.key}"})


def _href(call: Call, desk: Desk, query: dict[str, str]) -> str:
    said = {"clinic": desk.place.id} if len(desk.place.switches) > 1 else {}
    said |= {name: value for name, value in query.items() if value}
    return f"{call.url_path}?{urlencode(said)}" if said else call.url_path


ROUTES = [
    Route("GET", PATH, show_deliveries, is_documented=False),
    Route("GET", f"{PATH}/orders", show_orders, is_documented=False),
    Route("GET", f"{PATH}/orders/{{messageId}}", show_order, is_documented=False),
    Route("POST", f"{PATH}/orders/{{messageId}}", resolve, is_documented=False),
    Route("POST", f"{PATH}/replay", replay, is_documented=False),
    Route("POST", f"{PATH}/push", push, is_documented=False),
]
