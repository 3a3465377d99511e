"""Reward programs: what a group's patients may be given, and when."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from openward.care import organizations, rewards
from openward.care.errors import NotAllowed, NotFound
from openward.care.rewards import Program, Terms, Unit
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import groups, query, scope
from openward.wire.twine.auth import organization, require_groups
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, names_of
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, read_body, shown

KIND = "reward_program"
_FILTERS = {"groups": Filter.IDS, "organization": Filter.ID}


async def render(work: Work, programs: Sequence[Program]) -> list[Resource]:
    """Programs as resources; one query for all ids."""
    names = await names_of(work, [key for one in programs for key in (one.key, one.group)])
    return [
        resource(KIND, names[one.key], _attributes(one.terms), {"group": pointer_to("group", names.get(one.group))})
        for one in programs
    ]


def _attributes(terms: Terms) -> dict[str, Any]:
    return shown(
        {
            "name": terms.name,
            "tagline": terms.tagline,
            "description": terms.description,
            "start_at": written(terms.start_at),
            "end_at": written(terms.end_at),
            "budget_value": amount(terms.budget_value),
            "budget_unit": terms.unit.value,
            "duration_active": amount(terms.duration_days),
            "fulfill_as_earned": terms.fulfills_as_earned,
            "frozen": terms.is_frozen,
        }
    )


async def create(work: Work, call: Call) -> Reply:
    """POST /reward_program: for a group that the token reaches."""
    query.read_nothing(call)
    body = await read_body(call, "RewardProgramCreate")
    group, terms = await _group(work, body), _terms(body)
    made = await body.made(rewards.create_program(work, organization(work), group, terms, refused=body.refused))
    return one(call, (await render(work, [made]))[0])


def _terms(body: Body) -> Terms:
    unit = body.get("budget_unit")
    given = {
        "unit": Unit(unit) if unit in set(Unit) else Unit.DOLLAR,
        "fulfills_as_earned": body.flag("fulfill_as_earned") is True,
        "is_frozen": body.flag("frozen") is True,
        "tagline": body.get("tagline"),
        "description": body.get("description"),
    }
    if body.get("duration_active") is not None:
        given["duration_days"] = body.amount("duration_active")
    start, end = body.moment("start_at"), body.moment("end_at")
    return Terms(body.text("name"), start, end, body.amount("budget_value"), **given)


async def _group(work: Work, body: Body) -> UUID | None:
    """The group of the body, within the token's reach; None for one that there is not, which is told."""
    key = await body.related(work, "group")
    if key is None:
        return None
    found = await organizations.get_groups(work, [key])
    if key not in found:
        body.unknown("group")
        return None
    if found[key].organization != organization(work):
        raise NotAllowed
    require_groups(work, [key])
    return key


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /reward_program: those of all groups that the token reaches, in the order in which they were made."""
    asked = query.read(call, filters=_FILTERS, paging=PAGING)
    whom = await scope.read(work, asked, tuple(_FILTERS))
    if whom.is_empty:
        return collection(call, [], 0, query.links(call, asked, 0))
    owner, confined = whom.organization, whom.groups

    async def fetch(offset: int, limit: int, after: UUID | None) -> list[Program]:
        return await rewards.programs(work, owner, confined, offset=offset, limit=limit, after=after)

    count = await rewards.count_programs(work, owner, confined)
    return await listed(work, call, asked, count, fetch, render)


async def _reached(work: Work, call: Call) -> Program:
    query.read_nothing(call)
    return await reached(work, await key_of(work, call.path["id"]))


async def reached(work: Work, key: UUID) -> Program:
    """A program of a group that the token reaches; `NotFound` for something else, `NotAllowed` out of reach."""
    found = await rewards.program(work, key)
    if found is None:
        raise NotFound
    if found.organization != organization(work):
        raise NotAllowed
    require_groups(work, [found.group])
    return found


async def fetch(work: Work, call: Call) -> Reply:
    """GET /reward_program/{id}."""
    return one(call, (await render(work, [await _reached(work, call)]))[0])


async def fetch_group(work: Work, call: Call) -> Reply:
    """GET /reward_program/{id}/group: a list of one."""
    program = await _reached(work, call)
    found = await organizations.get_groups(work, [program.group])
    shown_groups = await groups.render(work, list(found.values()))
    return collection(call, shown_groups, len(shown_groups), query.links(call, query.Query(), len(shown_groups)))


ROUTES = [
    Route("POST", "/pub/reward_program", create, "rewards.v7:createRewardProgram"),
    Route("GET", "/pub/reward_program", fetch_all, "rewards.v7:fetchRewardPrograms"),
    Route("GET", "/pub/reward_program/{id}", fetch, "rewards.v7:fetchRewardProgram"),
    Route("GET", "/pub/reward_program/{id}/group", fetch_group, "rewards.v7:fetchRewardProgramGroup"),
]
