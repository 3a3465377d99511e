"""The patient's own calendar: a week of what is planned with him, which he answers, and of what is due by his plan."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from openward.care import calendar, coaching, identity, organizations
from openward.care.accounts import parse_date
from openward.care.calendar import Between, CalendarEvent, Response, Wanted
from openward.care.coaching import Action, Result
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import MemberKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import plan_words
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.calendar_week import KINDS, local_start
from openward.wire.web.my_place import MyPlace, my_place
from openward.wire.web.page import redirect, render_template
from openward.wire.web.said import words_of

MINE = "/me/calendar"
_DAY = timedelta(days=1)
_MOST = 200
_ANSWERS = {"yes": Response.ACCEPTED, "no": Response.DECLINED, "perhaps": Response.TENTATIVE}


async def show(work: Work, call: Call) -> Reply:
    """A week, Monday first; a constant number of queries."""
    head, here = await my_place(work, call, MINE)
    values: dict[str, Any] = {
        "viewer": head,
        "form_token": form_token(work, call),
        "said": words_of(call),
        "place": here,
        "clinics": here.links if here else (),
        "days": [],
    }
    if here is not None:
        values |= await _week(work, call, here)
    return render_template("my_calendar.html", values)


async def _week(work: Work, call: Call, here: MyPlace) -> dict[str, Any]:
    today = coaching.local_day(work.now, here.zone)
    day = min(max(parse_date(call.query.get("week", "")) or today, date(1901, 1, 7)), date(2199, 12, 20))
    monday = day - timedelta(days=day.weekday())
    week = [monday + n * _DAY for n in range(7)]
    start, end = (datetime.combine(one, time(), UTC) for one in (monday - _DAY, monday + 8 * _DAY))
    wanted = Wanted(here.key, owner=here.plan.person, starts=Between(start, end))
    events = await _events(work, here, await calendar.by_start(work, wanted, _MOST))
    actions = await coaching.actions_of(work, [here.plan.key])
    results = await coaching.results_since(work, [one.key for one in actions], monday)
    return {
        "days": [
            {
                "day": one,
                "is_today": one == today,
                "events": [event for event in events if event["at"].date() == one],
                "due": _due(work, here, actions, results, one),
            }
            for one in week
        ],
        "monday": monday,
        "before": here.href(MINE, week=(monday - 7 * _DAY).isoformat()),
        "now": here.href(MINE),
        "after": here.href(MINE, week=(monday + 7 * _DAY).isoformat()),
        "plan": here.href("/me/plan"),
        "zone": here.zone.key.replace("_", " "),
    }


def _due(work: Work, here: MyPlace, actions: list[Action], results: list[Result], day: date) -> list[dict[str, str]]:
    return [
        {
            "title": item.action.content.title,
            "part": plan_words.PARTS[item.part] if item.part else "",
            "state": "done" if item.is_done else "skipped" if item.is_skipped else "open",
        }
        for item in coaching.items_on(here.plan, actions, results, day, work.now)
    ]


async def _events(work: Work, here: MyPlace, found: list[CalendarEvent]) -> list[dict[str, Any]]:
    ids = await identity.names(work, [one.key for one in found], System.TWINE)
    comers = [it.participant for one in found for it in one.attendees if it.participant.is_coach]
    coaches = await organizations.get_coaches(work, [MemberKey(one.key) for one in comers])
    names: dict[UUID, str] = {key: f"{one.first_name} {one.last_name}".strip() for key, one in coaches.items()}
    return [
        {
            "id": ids[one.key],
            "title": one.details.title,
            "kind": KINDS[one.details.type],
            "at": local_start(one, here.zone),
            "until": one.details.ends.at.astimezone(here.zone) if one.details.ends else None,
            "is_all_day": one.details.is_all_day,
            "place": one.details.location or "",
            "about": one.details.description or "",
            "who": [names[it.participant.key] for it in one.attendees if it.participant.key in names],
            "is_done": one.details.completion is not None,
            "answer": _answer(one, here),
        }
        for one in found
    ]


def _answer(event: CalendarEvent, here: MyPlace) -> str | None:
    """What the patient has said to it; None for an event to which he is not asked."""
    own = next((one for one in event.attendees if one.participant.key == here.plan.person), None)
    if own is None or event.details.completion is not None:
        return None
    return next((word for word, status in _ANSWERS.items() if status is own.status), "")


async def answer(work: Work, call: Call) -> Reply:
    """Say whether one comes."""
    _, here = await my_place(work, call, MINE)
    said = (await read_form(work, call)).get("answer", "")
    key = await identity.find(work, Identifier(System.TWINE, call.path["event"]))
    if here is None or key is None:
        raise NotFound("no such event")
    if said not in _ANSWERS:
        raise Invalid("choose an answer")
    event = await calendar.lock(work, key)
    own = next((one for one in event.attendees if one.participant.key == here.plan.person), None)
    if event.organization != here.key or event.owner != here.plan.person or own is None:
        raise NotFound("no such event")
    await calendar.respond(work, event, own.key, _ANSWERS[said])
    week = local_start(event, here.zone).date().isoformat()
    return redirect(here.href(MINE, week=week, said="event-answered"))


ROUTES = [
    Route("GET", MINE, show, is_documented=False),
    Route("POST", f"{MINE}/{{event}}", answer, is_documented=False),
]
