"""Bundles: actions of one plan that are shown together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openward.care import coaching
from openward.care.coaching import Bundle, BundleContent
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import moments, plan_words, query
from openward.wire.twine.media import require_document
from openward.wire.twine.moments import moment_of
from openward.wire.twine.names import names_of
from openward.wire.twine.plan_reach import authors, in_their_words, keys_beside, plan_of, reached, require_same_plan
from openward.wire.twine.plan_words import attributes_of, written
from openward.wire.twine.resource import Resource, one, pointer_to, pointers, resource
from openward.wire.twine.schema import below, look_together


async def render(work: Work, found: Sequence[Bundle]) -> list[Resource]:
    """Bundles as resources; two queries for all names."""
    keys = [key for bundle in found for key in (bundle.key, bundle.plan, *bundle.actions)]
    names, people = await names_of(work, keys), await authors(work, found)
    shown = []
    for bundle in found:
        actions = [names[key] for key in bundle.actions]
        relations = {
            "plan": pointer_to("patient_plan_summary", names[bundle.plan]),
            "actions": pointers("action", actions),
        }
        attributes = _attributes(bundle.content) | {"_actions": actions} | written(bundle.written, people)
        shown.append(resource("bundle", names[bundle.key], attributes, relations))
    return shown


def _attributes(content: BundleContent) -> dict[str, Any]:
    return {
        "type": content.type,
        "title": content.title,
        "_thread": content.thread,
        "effective_from": moments.written(content.effective_from),
        "effective_to": moments.written(content.effective_to),
    }


def _changed(content: BundleContent, attributes: Mapping[str, Any]) -> BundleContent:
    given: dict[str, Any] = {name: attributes[name] for name in ("type", "title") if name in attributes}
    given |= {name: moment_of(attributes[name]) for name in ("effective_from", "effective_to") if name in attributes}
    if "_thread" in attributes:
        given["thread"] = attributes["_thread"]
    return replace(content, **given)


async def create(work: Work, call: Call) -> Reply:
    """POST /bundle: of a plan that the token reaches; answers 200."""
    query.read_nothing(call)
    document, told = await look_together(call, "BundleCreate", plan_words.faults)
    data, attributes = below(document, "data"), attributes_of(document)
    plan = await told.of(plan_of(work, data))
    actions = await told.of(keys_beside(work, data, "actions", coaching.actions, plan.key if plan else None))
    told.require()
    assert plan is not None  # else there is a fault
    begins = moment_of(attributes["effective_from"])
    assert begins is not None  # `plan_words.faults` has seen to it
    content = _changed(BundleContent(attributes["type"], attributes["title"], begins), attributes)
    try:
        made = await coaching.create_bundle(work, plan.key, content, actions or ())
    except Invalid as error:
        raise in_their_words(error, attributes, "actions") from None
    return one(call, (await render(work, [made]))[0])


async def fetch(work: Work, call: Call) -> Reply:
    """GET /bundle/{id}."""
    query.read_nothing(call)
    bundle, _ = await reached(work, call.path["id"], coaching.bundles, "bundle")
    return one(call, (await render(work, [bundle]))[0])


async def update(work: Work, call: Call) -> Reply:
    """PATCH /bundle/{id}: what is given changes; the plan never does."""
    query.read_nothing(call)
    require_document(call)
    bundle, plan = await reached(work, call.path["id"], coaching.bundles, "bundle")
    document, told = await look_together(call, "BundleUpdate", plan_words.faults)
    attributes = attributes_of(document)
    await told.of(require_same_plan(call, (await names_of(work, [plan.key]))[plan.key]))
    actions = await told.of(keys_beside(work, below(document, "data"), "actions", coaching.actions, plan.key))
    told.require()
    try:
        made = await coaching.update_bundle(work, bundle.key, lambda content: _changed(content, attributes), actions)
    except Invalid as error:
        raise in_their_words(error, attributes, "actions") from None
    return one(call, (await render(work, [made]))[0])


ROUTES = [
    Route("POST", "/pub/bundle", create, "twine.v7:createBundle"),
    Route("GET", "/pub/bundle/{id}", fetch, "twine.v7:fetchBundle"),
    Route("PATCH", "/pub/bundle/{id}", update, "twine.v7:updateBundle"),
]
