"""The visits of one day: who is expected when, who is there, and what the staff can do about it."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from openward.care import identity, patients, visits
from openward.care.errors import Invalid, Unprocessable
from openward.care.identity import System
from openward.care.visits import Appointment, CallStatus, Role, Seats, Status
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, confirm, enter, show_page
from openward.wire.web.page import redirect
from openward.wire.web.visit_words import status_words, visit_of_path

_PATH = "/visits"
_MOST = 500
_ACTS = {"arrive": Status.ARRIVED, "missed": Status.NO_SHOW, "cancel": Status.CANCELLED}


async def show(work: Work, call: Call) -> Reply:
    """All visits of a day in the practice's time zone, earliest first; a constant number of queries."""
    desk = await enter(work, call)
    zone = ZoneInfo(desk.clinic.profile.timezone or "UTC")
    day = _day(call, work.now.astimezone(zone).date())
    start, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    found = await visits.between(work, desk.key, start, end, limit=_MOST)
    known = await patients.get_many(work, desk.key, [one.person for one in found])
    users = await identity.names(work, [one.person for one in found], System.USER)
    ids = await identity.names(work, [one.key for one in found], System.SOLO)
    rooms = {one.key: one.name for one in await visits.rooms(work, desk.key)}
    seats = await visits.presence(work, found)
    rows = [
        {
            "id": ids[one.key],
            "at": one.starts_at.astimezone(zone),
            "minutes": round(one.duration_s / 60),
            "patient": known[one.person].full_name if one.person in known else "",
            "href": desk.place.href(f"/patients/{users[one.person]}") if one.person in known else "",
            "room": rooms.get(one.room, ""),
            "reasons": ", ".join(one.reasons),
            "status": status_words(one),
            "is_over": one.status in visits.SETTLED,
            "call": _call_words(one, seats.get(one.key, {})),
            "acts": [act for act, to in _ACTS.items() if visits.may_move(one.status, to)],
            "page": f"{_PATH}/day/{ids[one.key]}{desk.place.query}",
            "open": visits.visit_url(work, one.key, Role.PROVIDER),
            "patient_link": visits.visit_url(work, one.key, Role.PATIENT),
        }
        for one in found
    ]
    values = {
        "rows": rows,
        "day": day,
        "before": _href(desk, day - timedelta(days=1)),
        "after": _href(desk, day + timedelta(days=1)),
        "has_rooms": bool(rooms),
        "is_full": len(found) == _MOST,
    }
    return show_page(work, call, desk, "visits_day.html", values)


def _day(call: Call, today: date) -> date:
    said = call.query.get("day")
    if not said:
        return today
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise Invalid("the day cannot be read") from None
    if not 1900 <= day.year <= 2200:
        raise Invalid("there are no visits on such a day")
    return day


def _href(desk: Desk, day: date, said: str = "") -> str:
    query = {"clinic": desk.place.id, "day": day.isoformat()} | ({"said": said} if said else {})
    return f"{_PATH}?{urlencode(query)}"


def _call_words(visit: Appointment, seats: Seats) -> str:
    """What goes on in the call at this moment; "" when nothing does."""
    if visit.call is None or visit.status in visits.SETTLED:
        return ""
    patient = seats.get(Role.PATIENT)
    if visit.call.status is CallStatus.WAITING:
        if patient is None or not patient.is_there:
            return ""
        return "in the waiting room" if patient.is_ready else "checking in"
    return str(visit.call.status)


async def ask_to_cancel(work: Work, call: Call) -> Reply:
    """Ask before a visit is cancelled, which cannot be undone."""
    desk = await enter(work, call)
    visit = await visit_of_path(work, call, desk)
    known = await patients.peek(work, desk.key, visit.person)
    who = known.full_name if known and known.full_name else "this patient"
    return confirm(
        work,
        call,
        desk,
        title="Cancel the visit?",
        text=f"The visit of {who} is cancelled for good. The patient’s link shows that.",
        button="Cancel the visit",
        action=f"{_PATH}/day/{call.path['appointment']}/cancel",
        back=_PATH,
    )


async def act(work: Work, call: Call) -> Reply:
    """Check in, mark as missed, cancel; said otherwise when the visit stands otherwise by now."""
    desk = await enter(work, call)
    await read_form(work, call)
    visit = await visit_of_path(work, call, desk)
    day = visit.starts_at.astimezone(ZoneInfo(desk.clinic.profile.timezone or "UTC")).date()
    try:
        async with attempt(work):
            await visits.move(work, desk.key, visit.key, _ACTS[call.url_path.rsplit("/", 1)[1]])
    except Unprocessable:
        return redirect(_href(desk, day, "visit-refused"))
    return redirect(_href(desk, day, "visit-changed"))


ROUTES = [
    Route("GET", _PATH, show, is_documented=False),
    Route("GET", f"{_PATH}/day/{{appointment}}/cancel", ask_to_cancel, is_documented=False),
    *(Route("POST", f"{_PATH}/day/{{appointment}}/{name}", act, is_documented=False) for name in _ACTS),
]
