"""The week of those who coach: what is planned with the patients of their groups, and what is done about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import calendar, coaching, identity, organizations, patients, roster
from openward.care.accounts import parse_date
from openward.care.calendar import Between, CalendarEvent, Completion, EventType, Moment, Response, Wanted
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.roster import Query
from openward.care.work import MemberKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, confirm, enter, show_page
from openward.wire.web.page import redirect
from openward.wire.web.viewer import viewer

PATH = "/calendar"
KINDS = {
    EventType.TELEPHONE_CALL: "Telephone call",
    EventType.OFFICE_VISIT: "Office visit",
    EventType.VIDEO_CALL: "Video call",
    EventType.PLAN_CHECK_IN: "Check-in on the plan",
    EventType.REMINDER: "Reminder",
}
_ANSWERS = {
    Response.NEEDS_ACTION: "",
    Response.ACCEPTED: "accepted",
    Response.DECLINED: "declined",
    Response.TENTATIVE: "perhaps",
}
_MOST = 500
_MOST_PEOPLE = 3000
_FEW = 6
_ALL = "all"


def zone_of(desk: Desk) -> ZoneInfo:
    """The clocks of the clinic."""
    return ZoneInfo(desk.clinic.profile.timezone or "UTC")


async def show(work: Work, call: Call) -> Reply:
    """A week, earliest first, of the viewer's groups or of everybody; a constant number of queries.

    Whoever belongs to no staff has a calendar of his own.
    """
    if not (await viewer(work, call)).memberships:
        return redirect("/me/calendar")
    desk = await enter(work, call)
    zone = zone_of(desk)
    day = parse_date(call.query.get("week", "")) or work.now.astimezone(zone).date()
    day = min(max(day, date(1901, 1, 7)), date(2199, 12, 20))
    monday = day - timedelta(days=day.weekday())
    own = (await organizations.member_groups(work, [desk.place.member.key])).get(desk.place.member.key, ())
    is_all = call.query.get("of") == _ALL or not own
    # A day that was written as midnight UTC begins at another hour here: look a day further to both sides.
    start, end = (
        datetime.combine(one, time(), UTC) for one in (monday - timedelta(days=1), monday + timedelta(days=8))
    )
    wanted = Wanted(desk.key, groups=None if is_all else own, starts=Between(start, end))
    found = await calendar.by_start(work, wanted, _MOST)
    days = {one.key: _local(one, one.details.starts.at, zone).date() for one in found}
    shown = [one for one in found if monday <= days[one.key] < monday + timedelta(days=7)]
    rows = await _rows(work, desk, shown, zone)
    due = await _due(work, desk, None if is_all else own, monday)
    values: dict[str, Any] = {
        "days": [
            (one, [row for row, event in zip(rows, shown, strict=True) if days[event.key] == one], due.get(one))
            for one in (monday + timedelta(days=place) for place in range(7))
        ],
        "monday": monday,
        "before": _href(desk, monday - timedelta(days=7), is_all=is_all),
        "now": _href(desk, None, is_all=is_all),
        "after": _href(desk, monday + timedelta(days=7), is_all=is_all),
        "other": _href(desk, monday, is_all=not is_all) if own else "",
        "is_all": is_all,
        "is_full": len(found) == _MOST,
        "path": PATH,
    }
    return show_page(work, call, desk, "calendar.html", values)


def _local(event: CalendarEvent, moment: datetime, zone: ZoneInfo) -> datetime:
    """A time on the clocks of the clinic; an all-day event lies on the day that is meant, wherever it is."""
    if event.details.is_all_day:
        return datetime.combine(calendar.day_of(event.details, moment), time(), zone)
    return moment.astimezone(zone)


def local_start(event: CalendarEvent, zone: ZoneInfo) -> datetime:
    """When an event begins on the clocks of a zone; an all-day one at midnight of the day that is meant."""
    return _local(event, event.details.starts.at, zone)


def _href(desk: Desk, week: date | None, said: str = "", *, is_all: bool = False) -> str:
    query = {"clinic": desk.place.id}
    query |= {"week": week.isoformat()} if week else {}
    query |= {"of": _ALL} if is_all else {}
    query |= {"said": said} if said else {}
    return f"{PATH}?{urlencode(query)}"


async def _rows(work: Work, desk: Desk, events: list[CalendarEvent], zone: ZoneInfo) -> list[dict[str, Any]]:
    comers = [one.participant for event in events for one in event.attendees]
    people = {event.owner for event in events} | {PersonKey(one.key) for one in comers if not one.is_coach}
    known = await patients.get_many(work, desk.key, list(people)) if people else {}
    done_by = [event.details.completion.by for event in events if event.details.completion]
    members = [*(MemberKey(one.key) for one in comers if one.is_coach), *done_by]
    coaches = await organizations.get_coaches(work, members)
    users = await identity.names(work, [event.owner for event in events], System.USER)
    ids = await identity.names(work, [event.key for event in events], System.TWINE)
    names: dict[UUID, str] = {key: one.full_name for key, one in known.items()}
    names |= {key: f"{one.first_name} {one.last_name}".strip() for key, one in coaches.items()}
    return [
        {
            "id": ids[one.key],
            "title": one.details.title,
            "kind": KINDS[one.details.type],
            "at": None if one.details.is_all_day else _local(one, one.details.starts.at, zone),
            "until": _until(one, zone),
            "patient": names.get(one.owner, ""),
            "href": desk.place.href(f"/patients/{users[one.owner]}") if one.owner in known else "",
            "place": one.details.location or "",
            "who": [(names.get(it.participant.key, "somebody who left"), _ANSWERS[it.status]) for it in one.attendees],
            "done_by": names.get(done.by, "somebody who left") if (done := one.details.completion) else "",
        }
        for one in events
    ]


async def _due(work: Work, desk: Desk, groups: Sequence[UUID] | None, monday: date) -> dict[date, dict[str, Any]]:
    """What is due by plans on each day of the week, of those who have most open; four queries."""
    asked = Query(groups=None if groups is None else tuple(groups), limit=_MOST_PEOPLE)
    people = (await roster.find(work, desk.key, asked)).people
    sunday = monday + timedelta(days=6)
    found = await coaching.due_on_days(work, desk.key, people, monday, sunday, most=_FEW)
    shown = list(dict.fromkeys(one.person for one in found))
    known = await patients.peek_many(work, desk.key, shown)
    users = await identity.names(work, shown, System.USER)
    days: dict[date, dict[str, Any]] = {}
    for one in found:
        if one.person in known:
            day = days.setdefault(one.day, {"people": one.people, "rows": []})
            href = desk.place.href(f"/patients/{users[one.person]}/coaching")
            name = known[one.person].full_name or "(no name)"
            day["rows"].append({"name": name, "href": href, "due": one.due, "done": one.done})
    return days


def _until(event: CalendarEvent, zone: ZoneInfo) -> datetime | None:
    """The end, where it says something that the start does not."""
    said = event.details
    if said.ends is None or (said.is_all_day and said.ends.at == said.starts.at):
        return None
    return _local(event, said.ends.at, zone)


async def event_of(work: Work, call: Call, desk: Desk) -> CalendarEvent:
    """The event of the path, or `NotFound`, also for one of another clinic."""
    key = await identity.find(work, Identifier(System.TWINE, call.path["event"]))
    if key is None:
        raise NotFound("no such event")
    found = await calendar.get(work, key)
    if found.organization != desk.key:
        raise NotFound("no such event")
    return found


def week_of(desk: Desk, event: CalendarEvent, said: str) -> Reply:
    """Back to the week of an event, with a message."""
    return redirect(_href(desk, _local(event, event.details.starts.at, zone_of(desk)).date(), said))


async def complete(work: Work, call: Call) -> Reply:
    """Mark an event as done, by oneself and now; what is done already stays as it is."""
    desk = await enter(work, call)
    await read_form(work, call)
    there = await calendar.lock(work, (await event_of(work, call, desk)).key)
    if there.details.completion is None:
        now = work.now.replace(microsecond=0)
        completion = Completion(Moment(now, now.isoformat().replace("+00:00", "Z")), desk.place.member.key)
        await calendar.change(work, there, replace(there.details, completion=completion))
    return week_of(desk, there, "event-changed")


async def reopen(work: Work, call: Call) -> Reply:
    """Take back that an event is done."""
    desk = await enter(work, call)
    await read_form(work, call)
    there = await calendar.lock(work, (await event_of(work, call, desk)).key)
    if there.details.completion is not None:
        await calendar.change(work, there, replace(there.details, completion=None))
    return week_of(desk, there, "event-changed")


async def ask_to_delete(work: Work, call: Call) -> Reply:
    """Ask before an event goes for good."""
    desk = await enter(work, call)
    event = await event_of(work, call, desk)
    return confirm(
        work,
        call,
        desk,
        title="Delete the event?",
        text=f"“{event.details.title}” leaves the calendar for good. Nobody is told.",
        button="Delete the event",
        action=f"{PATH}/{call.path['event']}/delete",
        back=PATH,
    )


async def delete(work: Work, call: Call) -> Reply:
    """Delete an event."""
    desk = await enter(work, call)
    await read_form(work, call)
    there = await calendar.lock(work, (await event_of(work, call, desk)).key)
    await calendar.delete(work, there)
    return week_of(desk, there, "event-deleted")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/{{event}}/done", complete, is_documented=False),
    Route("POST", f"{PATH}/{{event}}/reopen", reopen, is_documented=False),
    Route("GET", f"{PATH}/{{event}}/delete", ask_to_delete, is_documented=False),
    Route("POST", f"{PATH}/{{event}}/delete", delete, is_documented=False),
]
