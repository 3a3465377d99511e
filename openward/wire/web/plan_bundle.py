"""One bundle of a plan, which shows some of its actions together: made, changed, ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openward.care import coaching, identity
from openward.care.coaching import Action, Bundle, BundleContent, Plan
from openward.care.errors import CareError, Fault, Invalid
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.calendar_week import zone_of
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.plan import home, plan_of, seen_of, thing_of, wrong_with
from openward.wire.web.plan_form import last_day, midnight

_LONGEST = 255
TYPES = ("diabetes", "hypertension", "weight", "lifestyle", "medication")


@dataclass(frozen=True, slots=True)
class BundleForm:
    """What the form holds: texts by field, and the ids of the ticked actions."""

    fields: Mapping[str, str]
    actions: frozenset[str] = frozenset()

    def get(self, name: str) -> str:
        """The text of a field, without blanks around it."""
        return " ".join(self.fields.get(name, "").split())


async def new(work: Work, call: Call) -> Reply:
    """An empty form."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    zone = plan.content.zone if plan.content.time_zone else zone_of(desk)
    today = work.now.astimezone(zone).date().isoformat()
    return await _page(work, call, desk, name, plan, BundleForm({"from": today, "type": TYPES[0]}))


async def create(work: Work, call: Call) -> Reply:
    """Make the bundle."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    form = await _read(work, call)
    try:
        async with attempt(work):
            plan = await coaching.settle_zone(work, plan, zone_of(desk).key)
            content = _content(form, None, plan.content.zone)
            await coaching.create_bundle(work, plan.key, content, await _ticked(work, plan, form), is_once=True)
    except CareError as error:
        return await _page(work, call, desk, name, plan, form, error=error)
    return go(desk, home(call), "bundle-made")


async def edit(work: Work, call: Call) -> Reply:
    """The form of a bundle."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    bundle: Bundle = await thing_of(work, plan, call.path["bundleId"], coaching.bundles)
    ids = await identity.names(work, list(bundle.actions), System.TWINE)
    content, zone = bundle.content, plan.content.zone
    fields = {
        "title": content.title,
        "type": content.type,
        "from": content.effective_from.astimezone(zone).date().isoformat(),
        "until": last_day(content.effective_to, zone),
    }
    return await _page(work, call, desk, name, plan, BundleForm(fields, frozenset(ids.values())), bundle=bundle)


async def save(work: Work, call: Call) -> Reply:
    """Write a bundle anew, unless somebody else has changed it meanwhile."""
    desk = await enter(work, call)
    name, plan = await plan_of(work, call, desk)
    bundle: Bundle = await thing_of(work, plan, call.path["bundleId"], coaching.bundles)
    form = await _read(work, call)
    try:
        async with attempt(work):
            offered = {one.key for one in (await _choices(work, plan)).values()}
            kept = [key for key in bundle.actions if key not in offered]
            actions = [*await _ticked(work, plan, form), *kept]
            seen = seen_of(form.fields)
            zone = plan.content.zone
            await coaching.update_bundle(
                work, bundle.key, lambda before: _content(form, before, zone), actions, seen=seen
            )
    except CareError as error:
        now: Bundle = await thing_of(work, plan, call.path["bundleId"], coaching.bundles)
        return await _page(work, call, desk, name, plan, form, bundle=now, error=error)
    return go(desk, home(call), "saved")


async def end(work: Work, call: Call) -> Reply:
    """End a bundle now; its actions stay in the plan."""
    desk = await enter(work, call)
    _, plan = await plan_of(work, call, desk)
    await read_form(work, call)
    bundle: Bundle = await thing_of(work, plan, call.path["bundleId"], coaching.bundles)

    def change(before: BundleContent) -> BundleContent:
        if before.effective_to is not None and before.effective_to <= work.now:
            return before
        begins = min(before.effective_from, work.now - timedelta(minutes=1))
        return replace(before, effective_from=begins, effective_to=work.now)

    await coaching.update_bundle(work, bundle.key, change)
    return go(desk, home(call), "bundle-ended")


async def _read(work: Work, call: Call) -> BundleForm:
    items = await read_items(work, call)
    return BundleForm(dict(items), frozenset(value for name, value in items if name == "action"))


async def _choices(work: Work, plan: Plan) -> dict[str, Action]:
    """The actions of the plan that have not ended, by id."""
    found = [
        one
        for one in await coaching.actions_of(work, [plan.key])
        if one.content.effective_to is None or one.content.effective_to > work.now
    ]
    ids = await identity.names(work, [one.key for one in found], System.TWINE)
    return {ids[one.key]: one for one in found}


async def _ticked(work: Work, plan: Plan, form: BundleForm) -> list[Any]:
    return [one.key for name, one in (await _choices(work, plan)).items() if name in form.actions]


def _content(form: BundleForm, before: BundleContent | None, zone: ZoneInfo) -> BundleContent:
    """The bundle that the form makes; `Invalid` with a fault for each field that is wrong, by its name."""
    faults = [
        Fault("missing", name, words)
        for name, words in (("title", "give it a title"), ("type", "say what it is for"))
        if not form.get(name)
    ]
    faults += [
        Fault("too-long", name, f"at most {_LONGEST} characters")
        for name in ("title", "type")
        if len(form.get(name)) > _LONGEST
    ]
    begins, ends = midnight(form.get("from"), zone), midnight(form.get("until"), zone, 1)
    if begins is None:
        faults.append(Fault("invalid", "from", "choose a day"))
    if form.get("until") and ends is None:
        faults.append(Fault("invalid", "until", "choose a day"))
    if begins is not None and ends is not None and ends <= begins:
        faults.append(Fault("too-soon", "until", "it cannot end before it begins"))
    if faults or begins is None:
        raise Invalid(faults)
    if before is not None and before.effective_from.astimezone(zone).date() == begins.astimezone(zone).date():
        begins = before.effective_from
    if before is not None and last_day(before.effective_to, zone) == form.get("until"):
        ends = before.effective_to
    thread = before.thread if before is not None and before.type == form.get("type") else None
    return BundleContent(form.get("type"), form.get("title"), begins, ends, thread)


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    name: str,
    plan: Plan,
    form: BundleForm,
    *,
    bundle: Bundle | None = None,
    error: CareError | None = None,
) -> Reply:
    faults, problem = wrong_with(error)
    values: dict[str, Any] = {
        "name": name,
        "form": form,
        "is_new": bundle is None,
        "types": TYPES,
        "actions": [(id_, one.content.title) for id_, one in (await _choices(work, plan)).items()],
        "seen": bundle.written.updated_at.isoformat() if bundle else "",
        "faults": faults,
        "problem": problem,
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(home(call)),
        "coaching": desk.place.href(f"/patients/{call.path['userId']}/coaching"),
    }
    return show_page(work, call, desk, "plan_bundle.html", values, status=status_of(error) if error else 200)


_ONE = "/patients/{userId}/plan/bundles/{bundleId}"
ROUTES = [
    Route("GET", "/patients/{userId}/plan/bundles/new", new, is_documented=False),
    Route("POST", "/patients/{userId}/plan/bundles/new", create, is_documented=False),
    Route("GET", _ONE, edit, is_documented=False),
    Route("POST", _ONE, save, is_documented=False),
    Route("POST", f"{_ONE}/end", end, is_documented=False),
]
