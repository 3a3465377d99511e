"""The weekly review: the clinic's patients by need, first those who were too low, last those who do well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from openward.care import identity, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.roster import MOST_PLACED, MOST_WITHOUT_DATA, PERIODS, Tide, TideQuery
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token
from openward.wire.web.list_query import LIMITS, keys_of
from openward.wire.web.page import render_template
from openward.wire.web.patient_form import choices_of
from openward.wire.web.said import words_of
from openward.wire.web.tide_rows import Row, rows_of
from openward.wire.web.viewer import Place, places_of, viewer

PATH: Final = "/review"
_SINCE: Final = (1, 2, 7, 14, 30)
_LAPSED_SOURCE: Final = "dexcom"


@dataclass(frozen=True, slots=True)
class Heading:
    """How a category is called, what it means in one line, and the column that put people into it."""

    title: str
    rule: str
    column: str


HEADINGS: Final[Mapping[str, Heading]] = {
    "timeInVeryLowPercent": Heading("Very low", "More than 1 % of the time below {very_low} {units}", "very_low"),
    "timeInAnyLowPercent": Heading("Low", "More than 4 % of the time below {low} {units}", "low"),
    "timeInVeryHighPercent": Heading("Very high", "More than 5 % of the time above {very_high} {units}", "very_high"),
    "timeInAnyHighPercent": Heading("High", "More than 25 % of the time above {high} {units}", "high"),
    "dropInTimeInTargetPercent": Heading(
        "Getting worse", "Time in range fell by more than 15 points against the period before", "change"
    ),
    "timeCGMUsePercent": Heading("Little sensor use", "Less than 70 % of the time", "use"),
    "meetingTargets": Heading(
        "Meeting targets", "At least 70 % in range and 70 % sensor use, few lows and highs", "target"
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices of one look: length of the period, tags that all must be there, days that data may be old."""

    period: str = "14d"
    tags: tuple[str, ...] = ()
    since: int = 14

    def href(self, place: Place, **changes: Any) -> str:
        """The address of the same look with these changes."""
        changed = replace(self, **changes)
        pairs = [("clinic", place.id)] if len(place.switches) > 1 else []
        pairs += [("period", changed.period)] if changed.period != Asked().period else []
        pairs += [("tag", tag) for tag in changed.tags]
        pairs += [("since", str(changed.since))] if changed.since != Asked().since else []
        return f"{PATH}?{urlencode(pairs)}" if pairs else PATH


@dataclass(frozen=True, slots=True)
class Section:
    """One category with its lines; `anchor` is where links on the page lead."""

    anchor: str
    title: str
    rule: str
    column: str
    rows: Sequence[Row]


async def show(work: Work, call: Call) -> Reply:
    """The review of one clinic in a fixed number of queries; each patient shown is noted in the audit."""
    head = await viewer(work, call)
    place = (await places_of(work, call, head))[0]
    choices = await choices_of(work, place.clinic.key)
    asked = _read(call.query_items)
    query = TideQuery(
        tags=keys_of(asked.tags, choices.tags) or (),
        cutoff=work.now - timedelta(days=asked.since),
        period=asked.period,
        categories=tuple(HEADINGS),
        lapsed_source=_LAPSED_SOURCE,
    )
    found = await roster.tide(work, place.clinic.key, query)
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": place,
        "asked": asked,
        "said": words_of(call),
        "since_choices": _SINCE,
        "tags": choices.tags,
        "tag_words": ", ".join(one.name for id_, one in choices.tags.items() if id_ in asked.tags),
        "limits": LIMITS[place.units],
        "now": work.now,
        "cutoff": query.cutoff,
        "is_full": sum(len(rows) for rows in found.categories.values()) == MOST_PLACED,
        "most": MOST_PLACED,
        "most_without": MOST_WITHOUT_DATA,
        **await _sections(work, place, found),
    }
    return render_template("tide.html", values)


async def _sections(work: Work, place: Place, found: Tide) -> dict[str, Any]:
    no_data = found.no_data or ()
    people = {row.enrolment.person for rows in (*found.categories.values(), no_data) for row in rows}
    user_ids = await identity.names(work, list(people), System.USER)
    words = {**LIMITS[place.units], "units": place.units}
    sections = []
    for number, (name, rows) in enumerate(found.categories.items()):
        heading = HEADINGS[name]
        lines = rows_of(rows, user_ids, place, work.now, f"s{number}")
        sections.append(Section(f"s{number}", heading.title, heading.rule.format_map(words), heading.column, lines))
    return {"sections": sections, "no_data": rows_of(no_data, user_ids, place, work.now, "n")}


def _read(items: Sequence[tuple[str, str]]) -> Asked:
    """The choices in an address; `Invalid` for values that no link of ours has."""
    single = dict(items)
    asked = Asked(
        period=single.get("period") or "14d",
        tags=tuple(dict.fromkeys(value for name, value in items if name == "tag" and value)),
        since=next((days for days in _SINCE if str(days) == (single.get("since") or "14")), 0),
    )
    if asked.period not in PERIODS or not asked.since:
        raise Invalid("this address of the review cannot be read: begin again with the review as it is")
    return asked


ROUTES = [Route("GET", PATH, show, is_documented=False)]
