"""One action of a plan: made, changed, ended, taken up again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from openward.care import coaching, identity
from openward.care.coaching import Action, ActionContent, Plan
from openward.care.errors import CareError, Conflict
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import plan_form, plan_words
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.calendar_week import zone_of
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.plan import home, plan_of, seen_of, thing_of, wrong_with
from openward.wire.web.plan_form import KINDS, ActionForm
from openward.wire.web.plan_metrics import Line

_BLANKS = 1


async def new(work: Work, call: Call) -> Reply:
    """An empty form: every day, from today on."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    zone = plan.content.zone if plan.content.time_zone else zone_of(desk)
    fields = {"kind": KINDS[0][0], "from": work.now.astimezone(zone).date().isoformat(), "tracking": "on"}
    return await _page(work, call, desk, name, plan, ActionForm(fields, frozenset(range(7))))


async def create(work: Work, call: Call) -> Reply:
    """Make the action; a plan without clocks of its own gets those of the clinic."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    form = plan_form.read(await read_items(work, call))
    if "more" in form.fields:
        return await _page(work, call, desk, name, plan, form, blanks=_BLANKS + 1)
    try:
        async with attempt(work):
            plan = await coaching.settle_zone(work, plan, zone_of(desk).key)
            content = plan_form.content_of(form, None, plan.content.zone, lambda: identity.hex24(work.now))
            bundles = await _bundles(work, plan, form)
            await coaching.create_action(work, plan.key, content, list(bundles), is_once=True)
    except CareError as error:
        return await _page(work, call, desk, name, plan, form, error=error)
    return go(desk, home(call), "action-made")


async def edit(work: Work, call: Call) -> Reply:
    """The form of an action."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    action: Action = await thing_of(work, plan, call.path["actionId"], coaching.actions)
    ids = await identity.names(work, list(action.bundles), System.TWINE)
    form = plan_form.form_of(action.content, list(ids.values()), plan.content.zone)
    return await _page(work, call, desk, name, plan, form, action=action)


async def save(work: Work, call: Call) -> Reply:
    """Write an action anew, unless somebody else has changed it meanwhile."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    action: Action = await thing_of(work, plan, call.path["actionId"], coaching.actions)
    form = plan_form.read(await read_items(work, call))
    if "more" in form.fields:
        return await _page(work, call, desk, name, plan, form, action=action, blanks=_BLANKS + 1)

    def change(before: ActionContent) -> ActionContent:
        return plan_form.content_of(form, before, plan.content.zone, lambda: identity.hex24(work.now))

    try:
        async with attempt(work):
            bundles = await _bundles(work, plan, form)
            kept = await coaching.bundles(work, [*action.bundles])
            # Bundles that the form does not offer any more keep what they have.
            hidden = [key for key, one in kept.items() if not _is_open(work, one.content)]
            await coaching.update_action(work, action.key, change, [*bundles, *hidden], seen=seen_of(form.fields))
    except CareError as error:
        now: Action = await thing_of(work, plan, call.path["actionId"], coaching.actions)
        return await _page(work, call, desk, name, plan, form, action=now, error=error)
    return go(desk, home(call), "saved")


def _is_open(work: Work, content: Any) -> bool:
    return content.effective_to is None or content.effective_to > work.now


async def _choices(work: Work, plan: Plan) -> dict[str, Any]:
    """The bundles of the plan that have not ended, by id."""
    found = [one for one in await coaching.bundles_of(work, [plan.key]) if _is_open(work, one.content)]
    ids = await identity.names(work, [one.key for one in found], System.TWINE)
    return {ids[one.key]: one for one in found}


async def _bundles(work: Work, plan: Plan, form: ActionForm) -> list[Any]:
    return [one.key for name, one in (await _choices(work, plan)).items() if name in form.bundles]


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    name: str,
    plan: Plan,
    form: ActionForm,
    *,
    action: Action | None = None,
    error: CareError | None = None,
    blanks: int = _BLANKS,
) -> Reply:
    faults, problem = wrong_with(error)
    lines = [one for one in form.lines if one != Line()]
    kinds = [*KINDS]
    if action is not None and action.content.type not in {*dict(KINDS), *(one.metric for one in lines)}:
        kinds.append((action.content.type, action.content.type.replace("_", " ")))
    values: dict[str, Any] = {
        "name": name,
        "form": form,
        "kinds": kinds,
        "is_new": action is None,
        "is_over": action is not None and not _is_open(work, action.content),
        "lines": [*lines, *[Line()] * blanks],
        "metric_choices": _metric_choices(lines),
        "units": sorted(
            {plan_words.unit_words(u) for kind, _ in plan_words.metric_choices() for u in plan_words.units_of(kind)}
        ),
        "weekdays": [(day, plan_words.WEEKDAYS[day], plan_words.FULL_WEEKDAYS[day]) for day in (1, 2, 3, 4, 5, 6, 0)],
        "parts": [(part.value, words, _clock(plan.content.times[part])) for part, words in plan_words.PARTS.items()],
        "bundles": [(id_, one.content.title) for id_, one in (await _choices(work, plan)).items()],
        "seen": action.written.updated_at.isoformat() if action else "",
        "faults": faults,
        "problem": problem,
        "is_stale": isinstance(error, Conflict),
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(home(call)),
        "coaching": desk.place.href(f"/patients/{call.path['userId']}/coaching"),
        "zone": (plan.content.zone if plan.content.time_zone else zone_of(desk)).key.replace("_", " "),
    }
    return show_page(work, call, desk, "plan_action.html", values, status=status_of(error) if error else 200)


def _metric_choices(lines: list[Line]) -> list[tuple[str, str]]:
    known = plan_words.metric_choices()
    missing = [one.metric for one in lines if one.metric and one.metric not in dict(known)]
    return [*known, *((kind, plan_words.metric_name(kind)) for kind in missing)]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


async def end(work: Work, call: Call) -> Reply:
    """End an action now. One that has not begun is called off: it is never due."""
    desk = await enter(work, call)
    _, plan = await plan_of(work, call, desk)
    await read_form(work, call)
    action: Action = await thing_of(work, plan, call.path["actionId"], coaching.actions)

    def change(before: ActionContent) -> ActionContent:
        if not _is_open(work, before):
            return before
        if before.effective_from < work.now:
            return replace(before, effective_to=work.now)
        begins = work.now - timedelta(minutes=1)
        return replace(before, effective_from=begins, effective_to=work.now, days=None)

    await coaching.update_action(work, action.key, change)
    return go(desk, home(call), "action-ended")


async def resume(work: Work, call: Call) -> Reply:
    """Take an action up again that has ended."""
    desk = await enter(work, call)
    _, plan = await plan_of(work, call, desk)
    await read_form(work, call)
    action: Action = await thing_of(work, plan, call.path["actionId"], coaching.actions)
    await coaching.update_action(work, action.key, lambda before: replace(before, effective_to=None))
    return go(desk, home(call), "action-resumed")


_ONE = "/patients/{userId}/plan/actions/{actionId}"
ROUTES = [
    Route("GET", "/patients/{userId}/plan/actions/new", new, is_documented=False),
    Route("POST", "/patients/{userId}/plan/actions/new", create, is_documented=False),
    Route("GET", _ONE, edit, is_documented=False),
    Route("POST", _ONE, save, is_documented=False),
    Route("POST", f"{_ONE}/end", end, is_documented=False),
    Route("POST", f"{_ONE}/resume", resume, is_documented=False),
]
