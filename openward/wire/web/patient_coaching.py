"""A patient as his coach sees him: the plan and how it is kept to, the next days, what came in, and measurements."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from openward.care import calendar, coaching, identity, patients
from openward.care.calendar import Between, CalendarEvent, Wanted
from openward.care.errors import CareError, Conflict, Invalid
from openward.care.identity import System
from openward.care.patients import CoachedBy, Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import circle_form, metric_charts, patient_about, plan_rows
from openward.wire.web.auth import read_items
from openward.wire.web.calendar_week import KINDS, local_start, zone_of
from openward.wire.web.circle_form import CircleForm
from openward.wire.web.coaching import Choices, choices_of, name_of
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.metric_charts import PERIODS
from openward.wire.web.patient_acts import person_of
from openward.wire.web.plan import wrong_with
from openward.wire.web.words import ago, years

_USUAL = 90
_RESULTS = 12
_EVENTS = 100
_DAY = timedelta(days=1)


_MOST_TICKED = 2000


async def show(work: Work, call: Call) -> Reply:
    """The page; a constant number of queries."""
    desk = await enter(work, call)
    return await _page(work, call, desk, await patients.get(work, desk.key, await person_of(work, call)))


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    enrolment: Enrolment,
    *,
    circle: CircleForm | None = None,
    error: CareError | None = None,
) -> Reply:
    days = _period(call)
    plan = await coaching.of_patient(work, desk.key, enrolment.person)
    whole = await plan_rows.read_whole(work, plan)
    zone = plan.content.zone if plan.content.time_zone else zone_of(desk)
    charts = await metric_charts.charts_of(work, plan, whole.current, desk.place.units, zone, days)
    path = f"/patients/{call.path['userId']}"
    values: dict[str, Any] = {
        "enrolment": enrolment,
        "name": enrolment.full_name or "(no name)",
        "age": years(enrolment.birth_date, work.now.astimezone(zone).date()),
        "about": patient_about.shown(await patients.described(work, desk.key, enrolment.person)),
        **await _circle(work, desk, enrolment, circle, error),
        **await _contacts(work, desk, enrolment),
        "whole": whole,
        "rows": plan_rows.rows_of(whole),
        "ahead": plan_rows.days_ahead(whole, await _events(work, desk, enrolment, whole.today)),
        "results": plan_rows.result_rows(whole, _RESULTS),
        "charts": charts,
        "periods": [(one, desk.place.href(f"{path}/coaching") + _with(desk, one), one == days) for one in PERIODS],
        "days": days,
        "zone": zone.key.replace("_", " "),
        "clinic_zone": zone_of(desk).key.replace("_", " "),
        "path": path,
    }
    status = status_of(error) if error else 200
    return await asyncio.to_thread(lambda: show_page(work, call, desk, "patient_coaching.html", values, status=status))


def _period(call: Call) -> int:
    said = call.query.get("days") or str(_USUAL)
    if said not in {str(one) for one in PERIODS}:
        raise Invalid("a period is 30, 90 or 365 days long")
    return int(said)


def _with(desk: Desk, days: int) -> str:
    if days == _USUAL:
        return ""
    return f"{'&' if desk.place.query else '?'}days={days}"


async def _circle(
    work: Work, desk: Desk, enrolment: Enrolment, typed: CircleForm | None, error: CareError | None
) -> dict[str, Any]:
    """The groups of a patient and who looks after him, and the form that changes both."""
    choices = await choices_of(work, desk)
    now = await _circle_now(work, desk, enrolment.person, choices)
    form = typed or now
    faults, problem = wrong_with(error if typed else None)
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


async def _circle_now(work: Work, desk: Desk, person: PersonKey, choices: Choices) -> CircleForm:
    groups, coaches = await _kept(work, desk, person)
    return circle_form.form_of(groups, coaches, choices)


async def _kept(work: Work, desk: Desk, person: PersonKey) -> tuple[Sequence[UUID], Sequence[CoachedBy]]:
    groups = (await patients.groups_of(work, desk.key, [person])).get(person, ())
    return groups, (await patients.coaches_of(work, desk.key, [person])).get(person, [])


async def save_circle(work: Work, call: Call) -> Reply:
    """Put the patient into the ticked groups and under the ticked coaches."""
    desk = await enter(work, call)
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    form = circle_form.read(await read_items(work, call, most=_MOST_TICKED))
    try:
        async with attempt(work):
            await patients.locked(work, desk.key, enrolment.person)
            choices = await choices_of(work, desk)
            groups, coaches = await _kept(work, desk, enrolment.person)
            if form.seen and form.seen != circle_form.form_of(groups, coaches, choices).mark:
                raise Conflict("somebody else has changed this meanwhile")
            revision = circle_form.revision_of(form, choices, groups, coaches)
            await patients.revise(work, desk.key, enrolment.person, revision)
    except CareError as error:
        return await _page(work, call, desk, enrolment, circle=form, error=error)
    return go(desk, f"/patients/{call.path['userId']}/coaching", "saved")


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


ROUTES = [
    Route("GET", "/patients/{userId}/coaching", show, is_documented=False),
    Route("POST", "/patients/{userId}/coaching/circle", save_circle, is_documented=False),
]
