"""Actions: what a patient is to do, each of one plan."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care import coaching, identity
from openward.care.coaching import Action, Figures, Plan
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import action_words, query
from openward.wire.twine.media import require_document
from openward.wire.twine.names import names_of
from openward.wire.twine.plan_reach import authors, in_their_words, keys_beside, plan_of, reached, require_same_plan
from openward.wire.twine.plan_words import adherence, attributes_of, written
from openward.wire.twine.resource import Resource, one, pointer_to, pointers, resource
from openward.wire.twine.schema import below, look_together


async def render(work: Work, found: Sequence[Action], figures: Mapping[UUID, Figures]) -> list[Resource]:
    """Actions as resources; two queries for all names. `figures` are those of their plans."""
    keys = [key for action in found for key in (action.key, action.plan, *action.bundles)]
    names, people = await names_of(work, keys), await authors(work, found)
    return [
        resource(
            "action",
            names[action.key],
            action_words.attributes(action)
            | {
                "adherence": adherence(figures[action.plan].actions[action.key]),
                "frequency_goal_prorated": figures[action.plan].this_week[action.key],
            }
            | written(action.written, people),
            {
                "plan": pointer_to("patient_plan_summary", names[action.plan]),
                "bundles": pointers("bundle", [names[key] for key in action.bundles]),
            },
        )
        for action in found
    ]


async def _answer(work: Work, call: Call, action: Action, plan: Plan, status: int = 200) -> Reply:
    figures = await coaching.figures(work, [plan], [action])
    return one(call, (await render(work, [action], figures))[0], status=status)


async def create(work: Work, call: Call) -> Reply:
    """POST /action: of a plan that the token reaches."""
    query.read_nothing(call)
    document, told = await look_together(call, "ActionCreate", action_words.faults)
    data, attributes = below(document, "data"), attributes_of(document)
    plan = await told.of(plan_of(work, data))
    bundles = await told.of(keys_beside(work, data, "bundles", coaching.bundles, plan.key if plan else None))
    told.require()
    assert plan is not None  # else there is a fault
    content = action_words.new(attributes, lambda: identity.hex24(work.now))
    try:
        made = await coaching.create_action(work, plan.key, content, bundles or ())
    except Invalid as error:
        raise in_their_words(error, attributes, "bundles") from None
    return await _answer(work, call, made, plan, 201)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /action/{id}."""
    query.read_nothing(call)
    action, plan = await reached(work, call.path["id"], coaching.actions, "action")
    return await _answer(work, call, action, plan)


async def update(work: Work, call: Call) -> Reply:
    """PATCH /action/{id}: what is given changes; the plan never does."""
    query.read_nothing(call)
    require_document(call)
    action, plan = await reached(work, call.path["id"], coaching.actions, "action")
    document, told = await look_together(call, "ActionUpdate", action_words.faults)
    attributes = attributes_of(document)
    await told.of(require_same_plan(call, (await names_of(work, [plan.key]))[plan.key]))
    bundles = await told.of(keys_beside(work, below(document, "data"), "bundles", coaching.bundles, plan.key))
    told.require()
    try:
        made = await coaching.update_action(
            work,
            action.key,
            lambda content: action_words.changed(content, attributes, lambda: identity.hex24(work.now)),
            bundles,
        )
    except Invalid as error:
        raise in_their_words(error, attributes, "bundles") from None
    return await _answer(work, call, made, plan)


ROUTES = [
    Route("POST", "/pub/action", create, "twine.v7:createAction"),
    Route("GET", "/pub/action/{id}", fetch, "twine.v7:fetchAction"),
    Route("PATCH", "/pub/action/{id}", update, "twine.v7:updateAction"),
]
