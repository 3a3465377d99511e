"""Results: what was done or measured against the actions of a patient's plan."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import audit, coaching
from openward.care.coaching import Asked, Plan, Result
from openward.care.errors import NotFound
from openward.care.observations import TYPES
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import moments, query, scope
from openward.wire.twine.names import keys_of, names_of
from openward.wire.twine.plan_reach import authors, require_reached
from openward.wire.twine.plan_words import written
from openward.wire.twine.query import Filter, Page, Paging, Query
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource

_FILTERS = {
    "patient": Filter.ID,
    "actions": Filter.IDS,
    "start_at": Filter.MOMENT,
    "end_at": Filter.MOMENT,
    "threads": Filter.TEXTS,
    "created_at": Filter.SPAN,
    "updated_at": Filter.SPAN,
}


async def render(work: Work, found: Sequence[Result], plans: Mapping[UUID, Plan]) -> list[Resource]:
    """Results as resources; two queries for all names. `plans` are theirs, by key."""
    keys = {result.action for result in found} | {plans[result.plan].person for result in found}
    names, people = await names_of(work, list(keys)), await authors(work, found)
    shown = []
    for result in found:
        relations: dict[str, Any] = {
            "action": pointer_to("action", names[result.action]),
            "patient": pointer_to("patient", names[plans[result.plan].person]),
        }
        if result.observation is not None:
            relations["metric"] = pointer_to("patient_health_metric", result.observation)
        shown.append(resource("result", result.id, _attributes(result) | written(result.written, people), relations))
    return shown


def _attributes(result: Result) -> dict[str, Any]:
    outcome = result.outcome
    shown: dict[str, Any] = {
        "type": result.type,
        "_thread": result.thread,
        "occurred_at": moments.written(outcome.occurred_at),
        "occurred_at_time_zone": outcome.time_zone,
        "skipped": outcome.is_skipped,
        "annotations": [] if outcome.note is None else [{"text": outcome.note}],
        "channel": result.channel,
        "data": {},
        "source": {},
    }
    if outcome.metric_type in TYPES:
        shown["metric_type"] = outcome.metric_type
    if outcome.window is not None:
        shown["window"] = outcome.window
    if outcome.value is not None:
        shown["data"] = {"value": outcome.value} | ({} if outcome.unit is None else {"unit": outcome.unit})
    if result.observation is not None:
        shown["source"] = {"name": "patient_health_metric", "source_id": result.observation}
    return shown


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /result: of one patient, oldest first."""
    query_asked = query.read(call, filters=_FILTERS, required=("patient",), paging=Paging())
    page = query_asked.page or Page(0)
    after = query.place_after(page)
    whom = await scope.read(work, query_asked, ("patient",))
    if whom.is_empty or whom.person is None:
        return collection(call, [], 0, query.links(call, query_asked, 0))
    plans = await coaching.plans_of(work, whom.organization, person=whom.person)
    asked = await _asked(work, query_asked, plans)
    count = await coaching.count_results(work, asked)
    found: list[Result] = []
    if page.size and count:
        # One more than the page tells whether there is a next one.
        found = await coaching.page_of_results(work, asked, page.size + page.is_cursor, after=after, offset=page.offset)
    last = None
    if page.is_cursor and len(found) > page.size > 0:
        found = found[: page.size]
        last = [found[-1].written.created_at.isoformat(), found[-1].id]
    audit.note(work, "read", "result", whom.person, whom.organization)
    shown = await render(work, found, {plan.key: plan for plan in plans})
    return collection(call, shown, count, query.links(call, query_asked, count, last))


async def _asked(work: Work, asked: Query, plans: Sequence[Plan]) -> Asked:
    actions = asked.get("actions")
    keys = None if actions is None else list((await keys_of(work, actions)).values())
    created, updated = asked.get("created_at"), asked.get("updated_at")
    return Asked(
        plans[0].key if plans else UUID(int=0),
        keys,
        asked.get("threads"),
        (asked.get("start_at"), asked.get("end_at")),
        (None, None) if created is None else (created.start, created.end),
        (None, None) if updated is None else (updated.start, updated.end),
    )


async def fetch(work: Work, call: Call) -> Reply:
    """GET /result/{id}."""
    query.read_nothing(call)
    name = call.path["id"]
    found = await coaching.results(work, [name]) if query.is_id(name) else []
    if not found:
        raise NotFound
    plans = await coaching.plans(work, [found[0].plan])
    await require_reached(work, list(plans.values()))
    plan = plans[found[0].plan]
    audit.note(work, "read", "result", plan.person, plan.organization)
    return one(call, (await render(work, found, plans))[0])


ROUTES = [
    Route("GET", "/pub/result", fetch_all, "twine.v7:fetchPatientHealthResults"),
    Route("GET", "/pub/result/{id}", fetch, "twine.v7:fetchPatientHealthResult"),
]
