"""Plans: one for each patient, with what is decided of the whole, and all that hangs from it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from openward.care import audit, coaching, patients
from openward.care.coaching import Action, Bundle, Figures, Ordered, Plan, Result
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import actions, bundles, moments, query, results, scope
from openward.wire.twine import patients as patient_resources
from openward.wire.twine.auth import organization
from openward.wire.twine.errors import body_fault
from openward.wire.twine.media import require_document
from openward.wire.twine.names import key_of, keys_of, names_of
from openward.wire.twine.plan_reach import require_reached
from openward.wire.twine.plan_words import adherence, attributes_of, critical_faults, of_list
from openward.wire.twine.resource import Included, Resource, collection, one, pointer_to, pointers, resource
from openward.wire.twine.schema import below, look_together

_KIND = "patient_plan_summary"
_INCLUDE = ("actions", "bundles", "patient", "current_results")


class _Whole:
    """Plans with all that hangs from them, read in a constant number of queries."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = plans
        self.actions: list[Action] = []
        self.bundles: list[Bundle] = []
        self.results: list[Result] = []
        self.figures: dict[UUID, Figures] = {}
        self.names: dict[UUID, str] = {}

    async def read(self, work: Work) -> "_Whole":
        """Fill it."""
        keys = [plan.key for plan in self.plans]
        self.actions = await coaching.actions_of(work, keys)
        self.bundles = await coaching.bundles_of(work, keys)
        self.results = await coaching.latest_results(work, [action.key for action in self.actions])
        self.figures = await coaching.figures(work, self.plans, self.actions)
        hanging = [*(action.key for action in self.actions), *(bundle.key for bundle in self.bundles)]
        self.names = await names_of(work, [*keys, *(plan.person for plan in self.plans), *hanging])
        return self

    async def included(self, work: Work, wanted: frozenset[str]) -> Included:
        """What goes along."""
        along = Included()
        if "actions" in wanted:
            along.add(await actions.render(work, self.actions, self.figures))
        if "bundles" in wanted:
            along.add(await bundles.render(work, self.bundles))
        if "patient" in wanted:
            known = await patients.coached_many(work, organization(work), [plan.person for plan in self.plans])
            along.add(await patient_resources.render(work, list(known.values())))
        if "current_results" in wanted:
            along.add(await results.render(work, self.results, {plan.key: plan for plan in self.plans}))
        return along


def _render(whole: _Whole) -> list[Resource]:
    own: dict[str, dict[UUID, list[str]]] = {kind: defaultdict(list) for kind in ("action", "bundle", "result")}
    for action in whole.actions:
        own["action"][action.plan].append(whole.names[action.key])
    for bundle in whole.bundles:
        own["bundle"][bundle.plan].append(whole.names[bundle.key])
    for result in whole.results:
        own["result"][result.plan].append(result.id)
    return [
        resource(
            _KIND,
            whole.names[plan.key],
            _attributes(plan, whole),
            {
                "patient": pointer_to("patient", whole.names[plan.person]),
                "actions": pointers("action", own["action"][plan.key]),
                "bundles": pointers("bundle", own["bundle"][plan.key]),
                "current_results": pointers("result", own["result"][plan.key]),
            },
        )
        for plan in whole.plans
    ]


def _attributes(plan: Plan, whole: _Whole) -> dict[str, Any]:
    content = plan.content
    shown: dict[str, Any] = {
        "adherence": adherence(whole.figures[plan.key].adherence),
        "critical": dict(content.critical),
        "effective_from": moments.written(plan.created_at),
        "window_order": [
            {"type": part.type, "_actions": [whole.names[key] for key in part.actions]} for part in content.window_order
        ],
        "window_notification_times": {part.value: seconds for part, seconds in content.times.items()},
    }
    return shown | ({} if content.time_zone is None else {"time_zone": content.time_zone})


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /patient_plan_summary: all that the token reaches, in the order in which the patients came."""
    asked = query.read(call, filters=scope.FILTERS, include=_INCLUDE)
    whom = await scope.read(work, asked)
    found = [] if whom.is_empty else await coaching.plans_of(work, whom.organization, whom.groups, whom.person)
    whole = await _Whole(found).read(work)
    along = await whole.included(work, asked.include)
    return collection(call, _render(whole), len(found), query.links(call, asked, len(found)), along)


async def _reached(work: Work, name: str) -> Plan:
    key = await key_of(work, name)
    found = (await coaching.plans(work, [key])).get(key)
    if found is None:
        raise NotFound
    await require_reached(work, [found])
    return found


async def fetch(work: Work, call: Call) -> Reply:
    """GET /patient_plan_summary/{id}."""
    asked = query.read(call, include=_INCLUDE)
    plan = await _reached(work, call.path["id"])
    audit.note(work, "read", "plan", plan.person, plan.organization)
    whole = await _Whole([plan]).read(work)
    return one(call, _render(whole)[0], await whole.included(work, asked.include))


def _faults(document: Mapping[str, Any]) -> list[Fault]:
    return list(critical_faults(attributes_of(document).get("critical") or {}))


async def update(work: Work, call: Call) -> Reply:
    """PATCH /patient_plan_summary/{id}: limits, zone and order; what is given replaces what was there."""
    query.read_nothing(call)
    require_document(call)
    plan = await _reached(work, call.path["id"])
    document, told = await look_together(call, "PlanUpdate", _faults)
    changed = await told.of(_changed(work, plan.key, await _given(work, attributes_of(document))))
    told.require()
    assert changed is not None  # else there is a fault
    return one(call, _render(await _Whole([changed]).read(work))[0])


async def _changed(work: Work, key: UUID, given: Mapping[str, Any]) -> Plan:
    try:
        return await coaching.update(work, key, lambda content: replace(content, **given))
    except Invalid as error:
        raise Invalid([_in_their_words(fault) for fault in error.faults]) from None


async def _given(work: Work, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `PlanContent` that change; for an unknown action stands a key that nobody has."""
    given: dict[str, Any] = {}
    if "time_zone" in attributes:
        given["time_zone"] = attributes["time_zone"]
    if "critical" in attributes:
        given["critical"] = attributes["critical"] or {}
    if "window_order" in attributes:
        order = map(below, of_list(attributes["window_order"]))
        parts = [(part.get("type") or "", of_list(part.get("_actions"))) for part in order]
        keys = await keys_of(work, [name for _, names in parts for name in names if name])
        given["window_order"] = tuple(
            Ordered(kind, tuple(keys.get(name, _NOBODY) for name in names)) for kind, names in parts
        )
    return given


_NOBODY = UUID(int=0)


def _in_their_words(fault: Fault) -> Fault:
    if fault.code == coaching.ZONE_UNKNOWN:
        return body_fault("/data/attributes/time_zone", "This is not an IANA time zone")
    place, number = fault.pointer.split("/")
    return body_fault(f"/data/attributes/window_order/{place}/_actions/{number}", "This is not an action of the plan")


ROUTES = [
    Route("GET", f"/pub/{_KIND}", fetch_all, "twine.v7:fetchPatientPlanSummaries"),
    Route("GET", f"/pub/{_KIND}/{{id}}", fetch, "twine.v7:fetchPatientPlanSummary"),
    Route("PATCH", f"/pub/{_KIND}/{{id}}", update, "twine.v7:updatePatientPlanSummary"),
]
