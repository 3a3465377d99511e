"""The plan of a patient as those who coach write it: its actions in their order, bundles, and what holds for all."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care import coaching, identity, patients
from openward.care.coaching import ANYTIME, Action, PartOfDay, Plan, PlanContent
from openward.care.errors import CareError, Conflict, Fault, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import clinic_form, plan_rows, plan_words
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.calendar_week import zone_of
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_acts import person_of
from openward.wire.web.plan_limits import Limit, limits_of, read_limits, with_limits
from openward.wire.web.plan_rows import Whole
from openward.wire.web.plan_starts import STARTS, contents

CHANGED = (
    "Somebody else has changed this meanwhile. What you see now is what you wrote: save again to put it in its place."
)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_SECTIONS = (*((part.value, words) for part, words in plan_words.PARTS.items()), (ANYTIME, plan_words.ANY_PART))


async def plan_of(work: Work, call: Call, desk: Desk) -> tuple[str, Plan]:
    """The name of the patient of the path, and his plan in this clinic; `NotFound` for somebody who is no patient."""
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    return enrolment.full_name or "(no name)", await coaching.of_patient(work, desk.key, enrolment.person)


async def thing_of(work: Work, plan: Plan, name: str, find: Callable[..., Any]) -> Any:
    """The action or bundle with this id, of this plan; `NotFound` for another one."""
    key = await identity.find(work, Identifier(System.TWINE, name))
    found = None if key is None else (await find(work, [key])).get(key)
    if found is None or found.plan != plan.key:
        raise NotFound("there is no such part of the plan")
    return found


def seen_of(fields: Mapping[str, str]) -> datetime | None:
    """When what the form shows was last changed, as the form says; None to write over whatever there is."""
    try:
        return datetime.fromisoformat(fields["seen"]) if fields.get("seen") else None
    except ValueError:
        raise Invalid("this form has grown old: reload the page and try again") from None


async def show(work: Work, call: Call) -> Reply:
    """The plan."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    return await _page(work, call, desk, name, plan)


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    name: str,
    plan: Plan,
    *,
    typed: Mapping[str, str] | None = None,
    limits: Sequence[Limit] | None = None,
    error: CareError | None = None,
) -> Reply:
    whole = await plan_rows.read_whole(work, plan)
    rows = {one["id"]: one for one in plan_rows.rows_of(whole)}
    faults, problem = wrong_with(error)
    path = f"/patients/{call.path['userId']}"
    shown = limits if limits is not None else limits_of(plan.content.critical)
    measured = [one.metric_type for action in whole.current for one in action.content.metrics]
    values: dict[str, Any] = {
        "name": name,
        "path": f"{path}/plan",
        "back": desk.place.href(f"{path}/coaching"),
        "list": desk.place.href("/coaching"),
        "sections": _sections(whole, rows),
        "bundles": _bundles(whole),
        "ended": _ended(whole),
        "starts": [(key, one) for key, one in STARTS.items()],
        "fields": typed if typed is not None else _fields(plan.content),
        "form": clinic_form,
        "parts": [(part.value, words) for part, words in plan_words.PARTS.items()],
        "limits": [*shown, Limit()],
        "metric_choices": plan_words.metric_choices(),
        "measured": measured,
        "seen": plan.updated_at.isoformat(),
        "faults": faults,
        "problem": problem,
        "clinic_zone": zone_of(desk).key,
    }
    return show_page(work, call, desk, "plan.html", values, status=status_of(error) if error else 200)


def home(call: Call) -> str:
    """The address of the plan's page."""
    return f"/patients/{call.path['userId']}/plan"


def wrong_with(error: CareError | None) -> tuple[dict[str, str], str]:
    """Faults by field, and what is said above a form that was refused; nothing where there is no error."""
    if error is None:
        return {}, ""
    faults = {one.pointer: one.detail for one in error.faults if one.pointer} if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict):
        return faults, CHANGED
    detail = error.detail or "that did not work"
    return faults, "Please check the marked places." if faults else f"{detail[0].upper()}{detail[1:]}."


def _sections(whole: Whole, rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of the day, each with its actions in their order; an action of two parts stands in both."""
    shown = []
    for part, title in _SECTIONS:
        actions = _in_part(whole.plan, whole.current, part)
        shown.append({"part": part, "title": title, "rows": [rows[whole.names[one.key]] for one in actions]})
    return [one for one in shown if one["rows"]]


def _in_part(plan: Plan, actions: Sequence[Action], part: str) -> list[Action]:
    """The actions of a part of the day as the plan orders them, then the oldest first."""
    order = next((one.actions for one in plan.content.window_order if one.type == part), ())
    places = {key: place for place, key in enumerate(order)}
    there = [one for one in actions if part in ([window.type.value for window in one.content.windows] or [ANYTIME])]
    return sorted(there, key=lambda one: places.get(one.key, len(places)))


def _bundles(whole: Whole) -> list[dict[str, Any]]:
    titles = {one.key: one.content.title for one in whole.actions}
    return [
        {
            "id": whole.names[one.key],
            "title": one.content.title,
            "type": one.content.type,
            "actions": [titles[key] for key in one.actions if key in titles],
            "is_over": one.content.effective_to is not None and one.content.effective_to <= whole.now,
            "ends": one.content.effective_to,
        }
        for one in whole.bundles
    ]


def _ended(whole: Whole) -> list[dict[str, Any]]:
    return [
        {
            "id": whole.names[one.key],
            "title": one.content.title,
            "schedule": plan_words.schedule(one.content),
            "ends": one.content.effective_to,
        }
        for one in whole.ended
    ]


def _fields(content: PlanContent) -> dict[str, str]:
    times = {f"time-{part}": f"{at // 3600:02d}:{at % 3600 // 60:02d}" for part, at in content.times.items()}
    return {"zone": content.time_zone or "", **times}


async def save(work: Work, call: Call) -> Reply:
    """What holds for the whole plan: its clocks, when parts of the day begin, and limits of measurements."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    items = await read_items(work, call)
    fields, limits = dict(items), read_limits(items)
    try:
        async with attempt(work):
            faults: list[Fault] = []
            times = _times(fields, faults)
            critical = with_limits(plan.content.critical, limits, work.now, faults)
            if faults:
                raise Invalid(faults)
            zone = fields.get("zone", "") or None

            def change(content: PlanContent) -> PlanContent:
                return replace(content, time_zone=zone, window_times=times, critical=critical)

            await coaching.update(work, plan.key, change, seen=seen_of(fields))
    except CareError as error:
        now = (await coaching.plans(work, [plan.key]))[plan.key]
        return await _page(work, call, desk, name, now, typed=fields, limits=limits, error=error)
    return go(desk, home(call), "saved")


def _times(fields: Mapping[str, str], faults: list[Fault]) -> dict[PartOfDay, int]:
    """When the parts of the day begin: each after the one before."""
    times: dict[PartOfDay, int] = {}
    before = -1
    for part in PartOfDay:
        found = _TIME.fullmatch(fields.get(f"time-{part}", "").strip()[:5])
        at = int(found[1]) * 3600 + int(found[2]) * 60 if found else None
        if at is None:
            faults.append(Fault("invalid", f"time-{part}", "write a time like 07:30"))
        elif at <= before:
            faults.append(Fault("too-soon", f"time-{part}", "this must be later than the part before"))
        else:
            times[part] = before = at
    return times


async def move(work: Work, call: Call) -> Reply:
    """Move an action by a place within a part of the day."""
    desk = await enter(work, call)
    _, plan = await plan_of(work, call, desk)
    fields = await read_form(work, call)
    action = await thing_of(work, plan, fields.get("action", ""), coaching.actions)
    part = fields.get("part", "")
    whole = await plan_rows.read_whole(work, plan)

    def change(content: PlanContent) -> PlanContent:
        keys = [one.key for one in _in_part(replace(plan, content=content), whole.current, part)]
        if action.key not in keys:
            raise NotFound("this action is not in that part of the day")
        step = -1 if fields.get("step") == "up" else 1
        order = coaching.moved(content.window_order, part, keys, action.key, step)
        return replace(content, window_order=_of_plan(order, {one.key for one in whole.actions}))

    await coaching.update(work, plan.key, change)
    return go(desk, home(call), "")


def _of_plan(order: Sequence[Any], keys: set[UUID]) -> tuple[Any, ...]:
    return tuple(replace(one, actions=tuple(key for key in one.actions if key in keys)) for one in order)


async def start(work: Work, call: Call) -> Reply:
    """Put a ready-made bundle into the plan."""
    desk = await enter(work, call)
    _, plan = await plan_of(work, call, desk)
    name = (await read_form(work, call)).get("start", "")
    if name not in STARTS:
        raise Invalid("choose a bundle")
    plan = await coaching.settle_zone(work, plan, zone_of(desk).key)
    today = work.now.astimezone(plan.content.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    bundle, actions = contents(name, today, desk.clinic.profile, lambda: identity.hex24(work.now))
    _, is_new = await coaching.add_ready_made(work, plan.key, bundle, actions)
    return go(desk, home(call), "bundle-made" if is_new else "bundle-there")


ROUTES = [
    Route("GET", "/patients/{userId}/plan", show, is_documented=False),
    Route("POST", "/patients/{userId}/plan", save, is_documented=False),
    Route("POST", "/patients/{userId}/plan/move", move, is_documented=False),
    Route("POST", "/patients/{userId}/plan/start", start, is_documented=False),
]
