"""A patient as his coach sees him: the plan and how it is kept to, the next days, what came in, and measurements."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import calendar, coaching, identity, patients
from openward.care.calendar import Between, CalendarEvent, Wanted
from openward.care.coaching import Plan
from openward.care.errors import CareError, Invalid
from openward.care.identity import System
from openward.care.patients import CoachedBy, Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import circle_form, measured_form, metric_charts, patient_about, plan_rows, plan_words
from openward.wire.web.calendar_week import KINDS, local_start, zone_of
from openward.wire.web.circle_form import CircleForm
from openward.wire.web.coaching import Choices, choices_of, name_of
from openward.wire.web.desk import Desk, enter, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.measured_form import Noted
from openward.wire.web.metric_charts import PERIODS, Period
from openward.wire.web.patient_acts import person_of
from openward.wire.web.plan import wrong_with
from openward.wire.web.plan_rows import Whole
from openward.wire.web.words import ago, years

_USUAL = 90
_RESULTS = 12
_EVENTS = 100
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form of the page that comes back: what was typed into one of the two, and why it was not kept."""

    error: CareError
    circle: CircleForm | None = None
    entry: Mapping[str, str] | None = None


async def show(work: Work, call: Call) -> Reply:
    """The page."""
    desk = await enter(work, call)
    return await show_patient(work, call, desk, await patients.get(work, desk.key, await person_of(work, call)))


def clock_of(plan: Plan, desk: Desk) -> ZoneInfo:
    """The clocks of a plan, else those of the clinic."""
    return plan.content.zone if plan.content.time_zone else zone_of(desk)


async def show_patient(
    work: Work, call: Call, desk: Desk, enrolment: Enrolment, refused: Refused | None = None
) -> Reply:
    """The page, with a form that was refused if there is one; a constant number of queries."""
    days = _period(call)
    plan = await coaching.of_patient(work, desk.key, enrolment.person)
    whole = await plan_rows.read_whole(work, plan)
    zone = clock_of(plan, desk)
    period = await metric_charts.read_period(work, plan, days)
    choices = await choices_of(work, desk)
    path = f"/patients/{call.path['userId']}"
    values: dict[str, Any] = {
        "enrolment": enrolment,
        "name": enrolment.full_name or "(no name)",
        "age": years(enrolment.birth_date, work.now.astimezone(zone).date()),
        "about": patient_about.shown(await patients.described(work, desk.key, enrolment.person)),
        **await _circle(work, desk, enrolment, choices, refused),
        "enter": _entry(call, desk, whole, period, zone, refused),
        "noted": _noted(desk, f"{path}/coaching", enrolment, choices, measured_form.noted(period, zone)),
        **await _contacts(work, desk, enrolment),
        "whole": whole,
        "rows": plan_rows.rows_of(whole),
        "ahead": plan_rows.days_ahead(whole, await _events(work, desk, enrolment, whole.today)),
        "results": plan_rows.result_rows(whole, _RESULTS),
        "charts": metric_charts.charts_of(period, plan, whole.current, desk.place.units, zone),
        "periods": [(one, _href(desk, f"{path}/coaching", one), one == days) for one in PERIODS],
        "days": days,
        "zone": zone.key.replace("_", " "),
        "clinic_zone": zone_of(desk).key.replace("_", " "),
        "path": path,
    }
    status = status_of(refused.error) if refused else 200
    return await asyncio.to_thread(lambda: show_page(work, call, desk, "patient_coaching.html", values, status=status))


def _period(call: Call) -> int:
    said = call.query.get("days") or str(_USUAL)
    if said not in {str(one) for one in PERIODS}:
        raise Invalid("a period is 30, 90 or 365 days long")
    return int(said)


def _href(desk: Desk, path: str, days: int, kind: str = "") -> str:
    """The address of the page with this period, and the form for this kind of measurement open."""
    query = {"clinic": desk.place.id} if len(desk.place.switches) > 1 else {}
    query |= {} if days == _USUAL else {"days": str(days)}
    query |= {"enter": kind} if kind else {}
    return (f"{path}?{urlencode(query)}" if query else path) + ("#enter" if kind else "")


def _entry(
    call: Call, desk: Desk, whole: Whole, period: Period, zone: tzinfo, refused: Refused | None
) -> dict[str, Any]:
    """The form for one kind of measurement, with the ways to the other kinds."""
    typed = refused.entry if refused else None
    kinds = measured_form.kinds_of(whole.current)
    asked = typed.get("metric", "") if typed is not None else call.query.get("enter", "")
    known = asked in kinds or measured_form.is_known(asked)
    if asked and not known and typed is None:
        raise Invalid("this cannot be entered here")
    kind = asked if known else kinds[0]
    shown = kinds if kind in kinds else [*kinds, kind]
    start = measured_form.start_of(zone, period.now)
    faults, problem = wrong_with(refused.error if refused and typed is not None else None)
    faults = {{"occurred_at": "time"}.get(name, name): words for name, words in faults.items()}
    words = ". ".join(f"{one[0].upper()}{one[1:]}" for one in dict.fromkeys(faults.values()))
    path = f"/patients/{call.path['userId']}/coaching"
    return {
        "one": measured_form.entry_for(kind, whole.current, period, desk.place.units),
        "kinds": [(plan_words.metric_name(it), _href(desk, path, _period(call), it), it == kind) for it in shown],
        "others": measured_form.others(shown),
        "typed": typed if typed is not None else start,
        "today": start["day"],
        "faults": faults,
        "words": f"{words}." if words else problem,
        "is_open": typed is not None or bool(asked),
    }


def _noted(
    desk: Desk, path: str, enrolment: Enrolment, choices: Choices, found: Sequence[Noted]
) -> list[tuple[Noted, str, str]]:
    """What was entered by hand, by whom, and the address where it is taken back."""
    names = {one.person: name_of(one) for one in choices.coaches.values()}
    names |= {desk.head.account.key: "you", enrolment.person: "the patient"}
    return [
        (one, names.get(one.by, "somebody else"), desk.place.href(f"{path}/measured/{one.id}/take-back"))
        for one in found
    ]


async def _circle(
    work: Work, desk: Desk, enrolment: Enrolment, choices: Choices, refused: Refused | None
) -> dict[str, Any]:
    """The groups of a patient and who looks after him, and the form that changes both."""
    now = circle_form.form_of(*await kept_circle(work, desk, enrolment.person), choices)
    typed = refused.circle if refused else None
    form = typed or now
    faults, problem = wrong_with(refused.error if refused and typed else None)
    named = sorted(now.coaches, key=lambda id_: (id_ != now.primary, name_of(choices.coaches[id_]).casefold()))
    return {
        "groups": [one.name for id_, one in choices.groups.items() if id_ in now.groups],
        "coaches": [name_of(choices.coaches[id_]) for id_ in named],
        "circle": {
            "form": form,
            "seen": now.mark,
            "groups": [(id_, one.name) for id_, one in choices.groups.items()],
            "coaches": [(id_, name_of(one)) for id_, one in choices.coaches.items()],
            "faults": faults,
            "problem": problem,
            "is_open": typed is not None,
        },
    }


async def kept_circle(work: Work, desk: Desk, person: PersonKey) -> tuple[Sequence[UUID], Sequence[CoachedBy]]:
    """The groups that a patient is in, and who looks after him."""
    groups = (await patients.groups_of(work, desk.key, [person])).get(person, ())
    return groups, (await patients.coaches_of(work, desk.key, [person])).get(person, [])


async def _contacts(work: Work, desk: Desk, enrolment: Enrolment) -> dict[str, Any]:
    """When somebody last spoke with the patient, and the next event, on the clocks of the clinic."""
    done, coming = await calendar.around(work, desk.key, [enrolment.person])
    last, following = done.get(enrolment.person), coming.get(enrolment.person)
    contact = None
    if last is not None and last.details.completion is not None:
        at = last.details.completion.at.at
        contact = {"kind": KINDS[last.details.type], "ago": ago(at, work.now), "at": at.astimezone(zone_of(desk))}
    shown = await _shown(work, desk, [following] if following else [])
    return {"contact": contact, "following": next(iter(shown), None)}


async def _events(work: Work, desk: Desk, enrolment: Enrolment, today: date) -> dict[date, list[dict[str, Any]]]:
    """What is planned from today through the next week, by day."""
    start, end = (datetime.combine(today + n * _DAY, time(), UTC) for n in (-1, 9))
    wanted = Wanted(desk.key, owner=enrolment.person, starts=Between(start, end))
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for one in await _shown(work, desk, await calendar.by_start(work, wanted, _EVENTS)):
        by_day[one["at"].date()].append(one)
    return by_day


async def _shown(work: Work, desk: Desk, events: list[CalendarEvent]) -> list[dict[str, Any]]:
    ids = await identity.names(work, [one.key for one in events], System.TWINE)
    return [
        {
            "href": desk.place.href(f"/calendar/{ids[one.key]}"),
            "title": one.details.title,
            "kind": KINDS[one.details.type],
            "at": local_start(one, zone_of(desk)),
            "is_all_day": one.details.is_all_day,
            "is_done": one.details.completion is not None,
        }
        for one in events
    ]


ROUTES = [Route("GET", "/patients/{userId}/coaching", show, is_documented=False)]
