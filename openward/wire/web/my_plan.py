"""The patient's own plan: what is to be done on a day of this week, ticked off or measured, skipped, taken back."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from openward.care import calendar, coaching, identity
from openward.care.calendar import Between, Wanted
from openward.care.coaching import Action, Outcome
from openward.care.errors import CareError, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.calendar_week import KINDS, local_start
from openward.wire.web.entry_form import said_of
from openward.wire.web.errors import status_of
from openward.wire.web.my_place import MyPlace, my_place
from openward.wire.web.my_plan_rows import sections_of, week_of
from openward.wire.web.page import redirect, render_template
from openward.wire.web.said import words_of

MINE = "/me/plan"
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_COMING, _DAYS_AHEAD = 5, 14
_LONGEST_NOTE = 500
_WORDS = {
    coaching.NOT_IN_FORCE: "This was not agreed for that time.",
    coaching.METRIC_NEEDED: "Enter the number.",
    coaching.TOO_LATE: "This was kept too long ago to take it back. Tell your coach.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that comes back: for which action and window, what was typed, and why it was not kept."""

    action: str
    window: str
    why: str
    status: int
    fields: dict[str, str] = field(default_factory=dict)


async def show(work: Work, call: Call) -> Reply:
    """What is due on a day, and what else is in force."""
    return await _page(work, call)


async def _page(work: Work, call: Call, refused: Refused | None = None) -> Reply:
    head, here = await my_place(work, call, MINE)
    values: dict[str, Any] = {
        "viewer": head,
        "form_token": form_token(work, call),
        "said": words_of(call),
        "refused": refused,
        "place": here,
        "clinics": here.links if here else (),
        "action": MINE,
        "day": None,
        "week": [],
        "sections": [],
        "due": [],
        "run": 0,
        "coming": [],
    }
    if here is not None:
        values |= await _values(work, call, here)
    return render_template("my_plan.html", values, status=refused.status if refused else 200)


async def _values(work: Work, call: Call, here: MyPlace) -> dict[str, Any]:
    """The week up to today, and a day of it; a constant number of queries."""
    today = coaching.local_day(work.now, here.zone)
    day = _day(call, today)
    actions = await coaching.actions_of(work, [here.plan.key])
    keys = [one.key for one in actions]
    results = await coaching.results_since(work, keys, today - coaching.DAYS_BACK * _DAY)
    figures = (await coaching.figures(work, [here.plan], actions))[here.plan.key]
    names = await identity.names(work, keys, System.TWINE)
    days = [today - back * _DAY for back in range(coaching.DAYS_BACK, -1, -1)]
    by_day = {one: coaching.items_on(here.plan, actions, results, one, work.now) for one in days}
    others = coaching.items_on(here.plan, actions, results, day, work.now, is_due=False)
    return {
        "day": day,
        "today": today,
        "is_today": day == today,
        "action": here.href(MINE, day="" if day == today else day.isoformat()),
        "week": week_of(by_day, day, today, lambda one: here.href(MINE, day="" if one == today else one.isoformat())),
        "sections": sections_of(by_day[day], others, names, figures, here, work),
        "due": by_day[day],
        "done": sum(one.is_done for one in by_day[day]),
        "run": figures.adherence.streak,
        "coming": await _coming(work, here),
        "calendar": here.href("/me/calendar"),
        "measured": here.href("/me/measurements"),
    }


def _day(call: Call, today: date) -> date:
    """The day that the address names, within the last seven; else today."""
    try:
        said = date.fromisoformat(call.query.get("day", ""))
    except ValueError:
        return today
    return said if today - coaching.DAYS_BACK * _DAY <= said <= today else today


async def _coming(work: Work, here: MyPlace) -> list[dict[str, Any]]:
    """The next events with the patient."""
    span = Between(work.now - _DAY, work.now + _DAYS_AHEAD * _DAY)
    wanted = Wanted(here.key, owner=here.plan.person, is_completed=False, starts=span)
    found = await calendar.by_start(work, wanted, _COMING + 20)
    today = coaching.local_day(work.now, here.zone)
    shown: list[dict[str, Any]] = [
        {
            "title": one.details.title,
            "kind": KINDS[one.details.type],
            "at": local_start(one, here.zone),
            "is_all_day": one.details.is_all_day,
            "place": one.details.location or "",
        }
        for one in found
    ]
    return [one for one in shown if one["at"].date() >= today][:_COMING]


async def tick(work: Work, call: Call) -> Reply:
    """Say that something was done or is left out, enter a number, or take that back."""
    _, here = await my_place(work, call, MINE)
    fields = await read_form(work, call)
    if here is None:
        raise NotFound("no clinic")
    today = coaching.local_day(work.now, here.zone)
    day = _day(call, today)
    key = await identity.find(work, Identifier(System.TWINE, fields.get("action", "")))
    found = None if key is None else (await coaching.actions(work, [key])).get(key)
    if found is None or found.plan != here.plan.key:
        raise NotFound("no such action")
    try:
        async with attempt(work):
            await _take(work, here, found, day, fields)
    except CareError as error:
        why = _why(error)
        window = fields.get("window", "")
        return await _page(work, call, Refused(fields["action"], window, why, status_of(error), fields))
    return redirect(here.href(MINE, day="" if day == today else day.isoformat()) + f"#a-{fields['action']}")


def _why(error: CareError) -> str:
    fault = error.faults[0] if isinstance(error, Invalid) and error.faults else None
    if fault is not None and fault.code in _WORDS:
        return _WORDS[fault.code]
    detail = error.detail or "that did not work"
    return f"{detail[0].upper()}{detail[1:]}."


async def _take(work: Work, here: MyPlace, action: Action, day: date, fields: dict[str, str]) -> None:
    window = fields.get("window") or None
    what = fields.get("done", "yes")
    if what == "no" and fields.get("result"):
        await coaching.take_back_measured(work, action.key, fields["result"])
    elif what == "no":
        await coaching.take_back(work, action.key, day, window)
    elif what == "measured":
        at = _moment(work, here, action, day, window, fields.get("time", ""))
        await coaching.measure(work, action.key, said_of(fields, at), window)
    else:
        note = " ".join(fields.get("note", "").split())[:_LONGEST_NOTE] or None
        at = _moment(work, here, action, day, window)
        outcome = Outcome(at, window=window, is_skipped=what == "skip", note=note if what == "skip" else None)
        await coaching.check_off(work, action.key, outcome)


def _moment(work: Work, here: MyPlace, action: Action, day: date, window: str | None, said: str = "") -> datetime:
    """When it was: as typed, else now; of something for another part of the day or another day, when that began."""
    content, zone = action.content, here.zone
    part = next((one.type for one in content.windows if one.id == window), None)
    now = work.now.astimezone(zone)
    if said:
        try:
            at = datetime.combine(day, time.fromisoformat(said).replace(tzinfo=None), zone)
        except ValueError:
            raise Invalid("write a time like 07:30") from None
        if at > work.now:
            raise Invalid("this time is still to come")
        return at
    if day == now.date() and (part is None or part is coaching.part_of_day(work.now, here.plan.content)):
        return work.now
    seconds = 43200 if part is None else here.plan.content.times[part]
    begins = datetime.combine(day, time(), zone) + timedelta(seconds=seconds)
    ends = work.now if content.effective_to is None else min(content.effective_to - _INSTANT, work.now)
    return min(max(begins, content.effective_from), ends)


ROUTES = [
    Route("GET", MINE, show, is_documented=False),
    Route("POST", MINE, tick, is_documented=False),
]
