"""What left for the clinic's record system: the list for all of the staff, and sending again for its admins."""

from typing import Any

from openward.care import ehr
from openward.care.ehr import Kind, State
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import enter, go, show_page
from openward.wire.web.ehr_frame import PAGE, PATH, before, head, href, key_of, older, people
from openward.wire.web.ehr_words import KINDS, STATES, last_answer


async def show(work: Work, call: Call) -> Reply:
    """What left or is to leave, newest first, all or those in one state."""
    desk = await enter(work, call)
    state = _state(call.query.get("state", ""))
    found = await ehr.deliveries(work, desk.key, state=state, before=before(call), limit=PAGE + 1)
    shown = found[:PAGE]
    known = await people(work, desk, [one.person for one in shown])
    rows = [
        {
            "delivery": one,
            "kind": KINDS[one.kind],
            "patient": known.get(one.person),
            "word": STATES[one.state][0],
            "style": STATES[one.state][1],
            "answer": last_answer(one),
            "report": desk.place.href(f"{PATH}/sent/{one.key}/report.pdf") if one.kind is Kind.NOTES else None,
            "can_replay": one.state is State.GIVEN_UP and desk.is_admin,
        }
        for one in shown
    ]
    chosen = state.value if state else ""
    values: dict[str, Any] = await head(work, desk, PATH) | {
        "rows": rows,
        "filters": [
            (word, href(call, desk, state=value), value == chosen)
            for value, word in (("", "All"), *((one.value, words[0]) for one, words in STATES.items()))
        ],
        "older": older(call, desk, len(found) > PAGE, (shown[-1].created_at, shown[-1].key), state=chosen)
        if shown
        else None,
    }
    return show_page(work, call, desk, "ehr.html", values)


async def report(work: Work, call: Call) -> Reply:
    """The report of one message, to the letter as it was sent; looking at it is noted in the audit."""
    desk = await enter(work, call)
    one, body = await ehr.sent_body(work, desk.key, key_of(call.path["deliveryId"]))
    pdf = work.tools.record_system.report_of(body) if one.kind is Kind.NOTES else None
    if pdf is None:
        raise NotFound("there is no report in this message")
    disposition = f'inline; filename="report-{one.document}.pdf"'
    return Reply(200, pdf, "application/pdf", {"content-disposition": disposition, "cache-control": "no-store"})


async def replay(work: Work, call: Call) -> Reply:
    """Send one message again, or all that were given up."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    await ehr.replay(work, desk.key, key_of(form["delivery"]) if form.get("delivery") else None)
    return go(desk, PATH, "messages-replayed")


async def push(work: Work, call: Call) -> Reply:
    """Push the newest figures and reports of all patients with active reports."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    await ehr.sync_organization(work, desk.key)
    return go(desk, f"{PATH}/reports", "push-begun")


def _state(word: str) -> State | None:
    try:
        return State(word) if word else None
    except ValueError:
        raise Invalid("this state does not exist") from None


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("GET", f"{PATH}/sent/{{deliveryId}}/report.pdf", report, is_documented=False),
    Route("POST", f"{PATH}/replay", replay, is_documented=False),
    Route("POST", f"{PATH}/push", push, is_documented=False),
]
