"""Orders of the clinic's record system, for its admins: what became of each, and saying whom one means."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import ehr, identity
from openward.care.ehr import EHRSettings, Message, Order
from openward.care.errors import CareError, Conflict, Invalid
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.ehr_frame import PAGE, PATH, before, head, href, key_of, older, people
from openward.wire.web.ehr_words import STATUSES, what_is_ordered, why

ORDERS = f"{PATH}/orders"
_OPEN = "open"


async def show(work: Work, call: Call) -> Reply:
    """What came, newest first, and what became of it; all, or those that somebody can settle."""
    desk = await enter(work, call, as_admin=True)
    is_open = _is_open(call.query.get("show", ""))
    reasons = sorted(ehr.UNRESOLVED) if is_open else None
    found = await ehr.messages(work, desk.key, reasons=reasons, before=before(call), limit=PAGE + 1)
    shown = found[:PAGE]
    known = await people(work, desk, [one.person for one in shown])
    settings = ehr.settings_of(desk.clinic)
    chosen = _OPEN if is_open else ""
    values: dict[str, Any] = await head(work, desk, ORDERS) | {
        "rows": [_row(one, settings, known) for one in shown],
        "filters": [
            (word, href(call, desk, show=value), value == chosen) for value, word in (("", "All"), (_OPEN, "To settle"))
        ],
        "is_open": is_open,
        "older": older(call, desk, len(found) > PAGE, (shown[-1].received_at, shown[-1].ref.key), show=chosen)
        if shown
        else None,
    }
    return show_page(work, call, desk, "ehr_orders.html", values)


def _row(one: Message, settings: EHRSettings | None, known: dict[PersonKey | None, tuple[str, str]]) -> dict[str, Any]:
    return {
        "message": one,
        "what": what_is_ordered(one, settings),
        "patient": known.get(one.person),
        "word": STATUSES[one.status][0],
        "style": STATUSES[one.status][1],
        "why": why(one.reason),
        "is_failed": one.status is ehr.Status.FAILED,
        "can_resolve": one.status is ehr.Status.FAILED and one.reason in ehr.UNRESOLVED,
    }


def _is_open(word: str) -> bool:
    if word not in ("", _OPEN):
        raise Invalid("this list does not exist")
    return word == _OPEN


async def show_one(work: Work, call: Call) -> Reply:
    """One order that nobody was matched with: what it says of the patient, and who might be meant."""
    return await _page(work, call, await enter(work, call, as_admin=True))


async def _page(work: Work, call: Call, desk: Desk, problem: str = "", status: int = 200) -> Reply:
    order, found = await ehr.failed_order(work, desk.key, key_of(call.path["messageId"]))
    names = await identity.names(work, [one.person for one in found], System.USER)
    settings = ehr.settings_of(desk.clinic)
    mrn_kind = settings.mrn_id_type if settings else ""
    values: dict[str, Any] = {
        "path": PATH,
        "message": call.path["messageId"],
        "order": order,
        "born": order.birth_date,
        "mrn": _mrn(order, mrn_kind),
        "others": [pair for pair in order.identifiers if pair[0].casefold() != mrn_kind.casefold()],
        "candidates": _candidates(order, mrn_kind, found, names),
        "problem": problem,
    }
    return show_page(work, call, desk, "ehr_order.html", values, status=status)


def _mrn(order: Order, kind: str) -> str | None:
    return next((value for name, value in order.identifiers if name.casefold() == kind.casefold()), None)


def _candidates(order: Order, kind: str, found: Sequence[Enrolment], names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """Each with what agrees with the order, so that a difference is seen at once."""
    said = f"{order.first_name or ''} {order.last_name or ''}".strip()
    return [
        {
            "id": names[one.person],
            "patient": one,
            "is_name": one.full_name == said,
            "is_born": one.birth_date is not None and one.birth_date.isoformat() == order.birth_date,
            "is_mrn": one.mrn is not None and one.mrn == _mrn(order, kind),
        }
        for one in found
        if one.person in names
    ]


async def resolve(work: Work, call: Call) -> Reply:
    """Carry the order out for the patient who is named, one of the clinic's."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    try:
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, form.get("patient", "").strip())))
        await ehr.resolve(work, desk.key, key_of(call.path["messageId"]), person)
    except CareError as error:
        return await _page(work, call, desk, problem_of(error, _PROBLEMS), 422)
    return go(desk, ORDERS, "order-resolved")


_PROBLEMS: dict[type[CareError], str] = {Invalid: "Choose a patient.", Conflict: "This order asks for something else."}


ROUTES = [
    Route("GET", ORDERS, show, is_documented=False),
    Route("GET", f"{ORDERS}/{{messageId}}", show_one, is_documented=False),
    Route("POST", f"{ORDERS}/{{messageId}}", resolve, is_documented=False),
]
