"""Health metrics: observations of patients, written one by one or by the thousand, and listed latest first."""

from collections.abc import Mapping
from typing import Any

from openward.care import observations
from openward.care.errors import NotAllowed
from openward.care.observations import Observation, Selection
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import metric_bodies, query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.coaches import author_names
from openward.wire.twine.media import answer
from openward.wire.twine.metric_patients import people_of
from openward.wire.twine.metric_shapes import KIND, shown
from openward.wire.twine.names import names_of
from openward.wire.twine.query import Page, Paging

_MOST_BYTES = 8 << 20


async def create(work: Work, call: Call) -> Reply:
    """POST /patient_health_metric: one or up to a thousand, all or nothing."""
    query.read_nothing(call)
    asked = await metric_bodies.read(call, work.now)
    people, names = await people_of(work, asked)
    wanted = list(zip(people, asked.measured, strict=True))
    kept = await observations.record(work, organization(work), wanted, skips_repeats=asked.ignores_duplicates)
    made = shown([observation for observation in kept if observation is not None], names)
    ignored = [asked.pointer(place) for place, observation in enumerate(kept) if observation is None]
    meta = {"ignored": ignored} if asked.ignores_duplicates else None
    return _document(call, made if asked.is_list else next(iter(made), None), meta)


def _document(call: Call, data: Any, meta: Mapping[str, Any] | None = None, **more: Any) -> Reply:
    return answer(call, {"data": data, "included": [], **more}, meta=meta)


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /patient_health_metric: latest first."""
    asked = query.read(call, filters=scope.FILTERS, paging=Paging())
    whom = await scope.read(work, asked)
    page = asked.page or Page(0)
    after = query.place_after(page)
    if whom.is_empty:
        return _document(call, [], {"count": 0}, links=query.links(call, asked, 0))
    which = Selection(whom.organization, whom.person, whom.groups)
    count = await observations.count(work, which)
    found: list[Observation] = []
    if page.size and count:
        # One more than the page tells whether there is a next one.
        size = page.size + page.is_cursor
        found = await observations.page(work, which, size, after=after, offset=page.offset, of=count)
    last = None
    if page.is_cursor and len(found) > page.size > 0:
        found = found[: page.size]
        last = [found[-1].measured.occurred_at.isoformat(), found[-1].id]
    names = await names_of(work, list({observation.person for observation in found}))
    links = query.links(call, asked, count, last)
    authors = await author_names(work, [one.created_by for one in found])
    return _document(call, shown(found, names, authors), {"count": count}, links=links)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /patient_health_metric/{id}."""
    query.read_nothing(call)
    found = await observations.get(work, call.path["id"])
    if found.organization != organization(work):
        raise NotAllowed
    await scope.require_people(work, [found.person])
    observations.note_reads(work, found.organization, [found])
    names, authors = await names_of(work, [found.person]), await author_names(work, [found.created_by])
    return _document(call, shown([found], names, authors)[0])


ROUTES = [
    Route("POST", f"/pub/{KIND}", create, "twine.v7:createPatientHealthMetric", max_body=_MOST_BYTES),
    Route("GET", f"/pub/{KIND}", fetch_all, "twine.v7:fetchPatientHealthMetrics"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "twine.v7:fetchPatientHealthMetric"),
]
