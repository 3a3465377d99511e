"""The patient's own plan: what is to be done today at one of his clinics, and a tick for what is done."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from openward.care import coaching, identity, organizations, patients
from openward.care.coaching import Action, Outcome, Plan, Window
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.page import redirect, render_template
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Link, viewer

MINE = "/me/plan"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tick: an action, for one part of the day or for the whole of it."""

    action: str
    title: str
    window: str
    part: str
    is_done: bool
    is_measured: bool
    run: int


async def show(work: Work, call: Call) -> Reply:
    """What is due today, and what else is in force."""
    head = await viewer(work, call)
    here, links = await _clinics(work, call)
    due: list[Item] = []
    others: list[Item] = []
    if here is not None:
        due, others = await _items(work, await coaching.of_patient(work, here, head.account.key))
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "said": words_of(call),
        "clinics": links,
        "action": next((link.href for link in links if link.is_here), MINE),
        "due": due,
        "others": others,
        "done": sum(item.is_done for item in due),
    }
    return render_template("my_plan.html", values)


async def tick(work: Work, call: Call) -> Reply:
    """Say that something was done today, or take that back."""
    head = await viewer(work, call)
    form = await read_form(work, call)
    here, links = await _clinics(work, call)
    if here is None:
        raise NotFound("no clinic")
    plan = await coaching.of_patient(work, here, head.account.key)
    key = await identity.find(work, Identifier(System.TWINE, form.get("action", "")))
    found = None if key is None else (await coaching.actions(work, [key])).get(key)
    if found is None or found.plan != plan.key:
        raise NotFound("no such action")
    window = form.get("window") or None
    if form.get("done") == "no":
        await coaching.take_back(work, found.key, coaching.local_day(work.now, plan.content.zone), window)
    else:
        try:
            async with attempt(work):
                await coaching.check_off(work, found.key, Outcome(work.now, window=window))
        except Invalid:
            pass  # It ended, or asks for a measurement by now: the page shows how it stands.
    return redirect(next(link.href for link in links if link.is_here))


async def _clinics(work: Work, call: Call) -> tuple[OrganizationKey | None, list[Link]]:
    """The clinic that the address names, else the first by name; and links to all of the viewer's."""
    head = await viewer(work, call)
    enrolments = [one for one in await patients.of_person(work, head.account.key) if one.is_active]
    found = await organizations.get_many(work, [one.organization for one in enrolments])
    ids = await identity.names(work, list(found), System.CLINIC)
    ordered: list[Organization] = sorted(found.values(), key=lambda one: (one.profile.name.casefold(), one.key))
    chosen = call.query.get("clinic") or next((ids[one.key] for one in ordered), None)
    here = next((one.key for one in ordered if ids[one.key] == chosen), None)
    if here is None and ordered:
        raise NotFound("no such clinic")
    links = [
        Link(f"{MINE}?{urlencode({'clinic': ids[one.key]})}", one.profile.name or "Clinic", one.key == here)
        for one in ordered
    ]
    return here, links


async def _items(work: Work, plan: Plan) -> tuple[list[Item], list[Item]]:
    """What is due today, in the order of the day, and what else is in force; a constant number of queries."""
    today = coaching.local_day(work.now, plan.content.zone)
    everything = await coaching.actions_of(work, [plan.key])
    figures = (await coaching.figures(work, [plan], everything))[plan.key]
    actions = [one for one in everything if coaching.in_force(one.content, work.now)]
    names = await identity.names(work, [one.key for one in actions], System.TWINE)
    results = await coaching.results_since(work, [one.key for one in actions], today)
    done = {(one.action, one.outcome.window) for one in results if not one.outcome.is_skipped}
    due: list[tuple[int, Item]] = []
    others: list[Item] = []
    order = list(plan.content.times)
    for action in actions:
        for window in action.content.windows or (None,):
            item = _item(action, names[action.key], window, done, figures.actions[action.key].streak)
            if coaching.is_due_on(action.content, today):
                due.append((-1 if window is None else order.index(window.type), item))
            else:
                others.append(item)
    return [item for _, item in sorted(due, key=lambda pair: pair[0])], others


def _item(action: Action, name: str, window: Window | None, done: set[tuple[UUID, str | None]], run: int) -> Item:
    part = "" if window is None else window.title or window.type.value.capitalize()
    key = None if window is None else window.id
    is_measured = action.content.is_metric_required
    return Item(name, action.content.title, key or "", part, (action.key, key) in done, is_measured, run)


ROUTES = [
    Route("GET", MINE, show, is_documented=False),
    Route("POST", MINE, tick, is_documented=False),
]
