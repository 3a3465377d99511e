"""The patients of those who coach: what each has to do, how it went, and when somebody last spoke with him."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from openward.care import coaching, identity, organizations, patients, roster
from openward.care.coaching import Standings
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import Coach, Group
from openward.care.roster import Query
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.coaching_rows import rows_of
from openward.wire.web.desk import Desk, enter, show_page
from openward.wire.web.patient_form import groups_of

PATH = "/coaching"
PAGE = 25
MOST = 3000
"""More patients are not looked at together: the page asks to narrow the choice."""
MINE, ALL = "", "all"
SORTS = (("need", "Most overdue first"), ("name", "By name"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices of one look. `group`: "" is the viewer's own groups, `all` everybody; `coach`: an id, or ""."""

    search: str = ""
    group: str = MINE
    coach: str = ""
    sort: str = "need"
    is_overdue: bool = False
    page: int = 0

    def href(self, desk: Desk, **changes: Any) -> str:
        """The address of the same look with these changes; each but paging begins at the first page."""
        one = replace(self, **{"page": 0, **changes})
        query = [("clinic", desk.place.id)] if len(desk.place.switches) > 1 else []
        pairs = (("q", one.search), ("group", one.group), ("coach", one.coach), ("sort", one.sort))
        query += [(name, value) for name, value in pairs if value and (name, value) != ("sort", "need")]
        query += [("only", "overdue")] if one.is_overdue else []
        query += [("page", str(one.page))] if one.page else []
        return f"{PATH}?{urlencode(query)}" if query else PATH


@dataclass(frozen=True, slots=True)
class Choices:
    """Groups and coaches of a clinic by their ids; `own` are the groups of the viewer."""

    groups: Mapping[str, Group]
    coaches: Mapping[str, Coach]
    own: tuple[UUID, ...]


async def show(work: Work, call: Call) -> Reply:
    """A page of the list; a constant number of queries."""
    desk = await enter(work, call)
    choices = await choices_of(work, desk)
    asked = _read(call, choices)
    people, found = await chosen(work, desk, asked, choices)
    standings = await _standings(work, desk, asked, people)
    values: dict[str, Any] = {
        "asked": asked,
        "groups": [(id_, one.name) for id_, one in choices.groups.items()],
        "coaches": [(id_, name_of(one)) for id_, one in choices.coaches.items()],
        "has_own": bool(choices.own),
        "sorts": SORTS,
        "path": PATH,
        "rows": await rows_of(work, desk, standings.page, choices.groups.values(), choices.coaches.values()),
        "people": len(people),
        "standings": standings,
        "most": MOST if found > MOST else 0,
        "toggled": asked.href(desk, is_overdue=not asked.is_overdue),
        "cleared": Asked().href(desk),
        "is_filtered": asked != replace(Asked(), page=asked.page),
        **_pages(desk, asked, standings),
    }
    return show_page(work, call, desk, "coaching.html", values)


async def choices_of(work: Work, desk: Desk) -> Choices:
    """What the list can be narrowed to."""
    coaches = sorted(await organizations.coaches(work, desk.key), key=lambda one: name_of(one).casefold())
    ids = await identity.names(work, [one.member for one in coaches], System.TWINE)
    own = next((one.groups for one in coaches if one.member == desk.place.member.key), ())
    return Choices(await groups_of(work, desk.key), {ids[one.member]: one for one in coaches}, tuple(own))


def _read(call: Call, choices: Choices) -> Asked:
    said = call.query
    asked = Asked(
        search=" ".join(said.get("q", "").split())[:200],
        group=said.get("group", MINE),
        coach=said.get("coach", ""),
        sort=said.get("sort") or "need",
        is_overdue=said.get("only") == "overdue",
        page=int(page) if (page := said.get("page", "0")).isascii() and page.isdigit() and len(page) < 5 else 0,
    )
    if asked.group not in (MINE, ALL, *choices.groups) or asked.coach not in ("", *choices.coaches):
        raise Invalid("this group or coach does not exist any more")
    if asked.sort not in dict(SORTS):
        raise Invalid("this address of the list cannot be read: begin again with the list as it is")
    return asked


async def chosen(work: Work, desk: Desk, asked: Asked, choices: Choices) -> tuple[list[PersonKey], int]:
    """Who fits, by name, at most `MOST`, and how many there are; nothing of their records is read."""
    groups: tuple[UUID, ...] | None = None
    if asked.group in choices.groups:
        groups = (choices.groups[asked.group].key,)
    elif asked.group == MINE and choices.own:
        groups = choices.own
    found = await roster.find(work, desk.key, Query(search=asked.search, groups=groups, limit=MOST))
    people: Sequence[PersonKey] = found.people
    if asked.coach:
        theirs = await patients.coached_by(work, desk.key, choices.coaches[asked.coach].member)
        people = [person for person in people if person in theirs]
    return list(people), found.count


async def _standings(work: Work, desk: Desk, asked: Asked, people: Sequence[PersonKey]) -> Standings:
    return await coaching.standings(
        work,
        desk.key,
        people,
        only_overdue=asked.is_overdue,
        by_need=asked.sort == "need",
        offset=asked.page * PAGE,
        limit=PAGE,
    )


def _pages(desk: Desk, asked: Asked, standings: Standings) -> dict[str, Any]:
    first, shown = asked.page * PAGE + 1, len(standings.page)
    return {
        "range_text": f"{first}–{first + shown - 1} of {standings.count}" if shown else "",
        "newer": asked.href(desk, page=asked.page - 1) if asked.page else "",
        "older": asked.href(desk, page=asked.page + 1) if (asked.page + 1) * PAGE < standings.count else "",
    }


def name_of(coach: Coach) -> str:
    """A coach in words."""
    return f"{coach.first_name} {coach.last_name}".strip() or "(no name)"


ROUTES = [Route("GET", PATH, show, is_documented=False)]
