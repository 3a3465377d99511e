"""The clinic's patient list: search, filters, quick filters, any order, fifty to a page; a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import accounts, identity, organizations, roster
from openward.care.accounts import ConfirmationType
from openward.care.identity import System
from openward.care.organizations import Group, Label
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token
from openward.wire.web.connection_words import titles_of
from openward.wire.web.list_query import COLUMNS, PAGE, QUICK, Asked, keys_of, read, roster_query
from openward.wire.web.list_rows import rows_of
from openward.wire.web.page import render_template
from openward.wire.web.patient_form import choices_of, groups_of
from openward.wire.web.said import words_of
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
    choices = await choices_of(work, key)
    groups = await groups_of(work, key)
    counts = await roster.label_counts(work, [key]) if choices.tags or choices.sites or groups else {}
    tags, sites = keys_of(asked.tags, choices.tags), keys_of(asked.sites, choices.sites)
    query = roster_query(asked, tags, sites, keys_of(asked.groups, groups), work.now)
    enrolments, found = await roster.patients_of(work, key, query)
    people = [one.person for one in enrolments]
    summaries = await roster.summaries(work, people)
    user_ids = await identity.names(work, people, System.USER)
    units = place.units
    tag_names = {one.key: one.name for one in choices.tags.values()}
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": place,
        "asked": asked,
        "columns": COLUMNS,
        "quick": [(name, quick.label(units)) for name, quick in QUICK.items()],
        "said": words_of(call),
        "waiting": len(await accounts.confirmations(work, ConfirmationType.CARETEAM, organization=key)),
        "invited": [
            one.organization.profile.name or "A clinic"
            for one in await organizations.received_invites(work, head.account.key)
        ],
        "tags": _choices(choices.tags, counts, asked.tags),
        "sites": _choices(choices.sites, counts, asked.sites),
        "groups": _choices(groups, counts, asked.groups),
        "units": units,
        "rows": rows_of(enrolments, summaries, user_ids, tag_names, place, asked, work.now, titles_of(work)),
        "count": found.count,
        "total": found.total,
        **_pages(asked, found.count, len(enrolments), place),
    }
    return render_template("patients.html", values)


def _choices(labels: Mapping[str, Label | Group], counts: Mapping[UUID, int], chosen: Sequence[str]) -> list[Choice]:
    return [Choice(id_, one.name, counts.get(one.key, 0), id_ in chosen) for id_, one in labels.items()]


def _pages(asked: Asked, count: int, shown: int, place: Place) -> dict[str, Any]:
    """The words and links below the table."""
    first = asked.page * PAGE + 1
    return {
        "range_text": f"{first}–{first + shown - 1} of {count}" if shown else f"None of {count}" if count else "Nobody",
        "newer": asked.href(place, page=asked.page - 1) if asked.page else None,
        "older": asked.href(place, page=asked.page + 1) if (asked.page + 1) * PAGE < count else None,
    }


ROUTES = [Route("GET", "/patients", show, is_documented=False)]
