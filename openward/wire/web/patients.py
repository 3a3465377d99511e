"""The clinic's patient list: search, filters, quick filters, any order, fifty to a page; a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import identity, organizations, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import Label
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token
from openward.wire.web.list_query import COLUMNS, PAGE, QUICK, Asked, read, roster_query
from openward.wire.web.list_rows import rows_of
from openward.wire.web.page import render_template
from openward.wire.web.viewer import Place, places_of, viewer


@dataclass(frozen=True, slots=True)
class Choice:
    """A tag or a site in a filter: its public id, its name, how many patients have it, whether it is chosen."""

    id: str
    name: str
    count: int
    is_chosen: bool


async def show(work: Work, call: Call) -> Reply:
    """The list of one clinic; each patient shown is noted in the audit."""
    head = await viewer(work, call)
    place = (await places_of(work, call, head))[0]
    asked = read(call.query_items)
    key = place.clinic.key
    tags, sites = (
        (await organizations.tags(work, [key])).get(key, []),
        (await organizations.sites(work, [key])).get(key, []),
    )
    tag_ids = await identity.names(work, [one.key for one in tags], System.TAG)
    site_ids = await identity.names(work, [one.key for one in sites], System.SITE)
    counts = await roster.label_counts(work, [key]) if tags or sites else {}
    query = roster_query(asked, _keys(asked.tags, tag_ids), _keys(asked.sites, site_ids), work.now)
    enrolments, found = await roster.patients_of(work, key, query)
    people = [one.person for one in enrolments]
    summaries = await roster.summaries(work, people)
    user_ids = await identity.names(work, people, System.USER)
    units = place.clinic.profile.preferred_units or organizations.DEFAULT_UNITS
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": place,
        "asked": asked,
        "columns": COLUMNS,
        "quick": [(name, quick.label(units)) for name, quick in QUICK.items()],
        "tags": _choices(tags, tag_ids, counts, asked.tags),
        "sites": _choices(sites, site_ids, counts, asked.sites),
        "units": units,
        "rows": rows_of(enrolments, summaries, user_ids, {one.key: one.name for one in tags}, place, asked, work.now),
        "count": found.count,
        "total": found.total,
        **_pages(asked, found.count, len(enrolments), place),
    }
    return render_template("patients.html", values)


def _keys(wanted: Sequence[str], ids: dict[UUID, str]) -> tuple[UUID, ...] | None:
    """The labels with these public ids; None when none is asked for."""
    by_id = {public: key for key, public in ids.items()}
    if any(one not in by_id for one in wanted):
        raise Invalid("this tag or site does not exist any more")
    return tuple(by_id[one] for one in wanted) or None


def _choices(
    labels: Sequence[Label], ids: dict[UUID, str], counts: dict[UUID, int], chosen: Sequence[str]
) -> list[Choice]:
    made = [Choice(ids[one.key], one.name, counts.get(one.key, 0), ids[one.key] in chosen) for one in labels]
    return sorted(made, key=lambda one: one.name.casefold())


def _pages(asked: Asked, count: int, shown: int, place: Place) -> dict[str, Any]:
    """The words and links below the table."""
    first = asked.page * PAGE + 1
    return {
        "range_text": f"{first}–{first + shown - 1} of {count}" if shown else f"None of {count}" if count else "Nobody",
        "newer": asked.href(place, page=asked.page - 1) if asked.page else None,
        "older": asked.href(place, page=asked.page + 1) if (asked.page + 1) * PAGE < count else None,
    }


ROUTES = [Route("GET", "/patients", show, is_documented=False)]
