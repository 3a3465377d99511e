"""Coaches: the people who work for the organization."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import organizations
from openward.care.errors import NotAllowed, NotFound
from openward.care.organizations import Coach
from openward.care.work import MemberKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, scope
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.names import key_of, names_of
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointers, resource

_FILTERS = {"groups": Filter.IDS, "organization": Filter.ID}


async def render(work: Work, coaches: Sequence[Coach]) -> list[Resource]:
    """Coaches as resources, with those of their groups that the token reaches; one query for all names."""
    confined = reach(work)
    shown = {coach.member: [key for key in coach.groups if confined is None or key in confined] for coach in coaches}
    keys = [coach.member for coach in coaches] + [key for groups in shown.values() for key in groups]
    names = await names_of(work, keys)
    return [
        resource(
            "coach",
            names[coach.member],
            {"first_name": coach.first_name, "last_name": coach.last_name},
            {"groups": pointers("group", [names[key] for key in shown[coach.member]])},
        )
        for coach in coaches
    ]


def is_visible(work: Work, coach: Coach) -> bool:
    """Whether the token reaches a coach: one of its organization who, for a token of groups, shares one."""
    confined = reach(work)
    return coach.organization == organization(work) and (confined is None or not set(confined).isdisjoint(coach.groups))


async def author_names(work: Work, people: Sequence[PersonKey | None]) -> dict[UUID, str]:
    """The ids of those who wrote something: of the coach where they are one here, else of the patient."""
    wanted = {person for person in people if person is not None}
    if not wanted:
        return {}
    members = {one.person: one.member for one in await organizations.coaches(work, organization(work))}
    keys = {person: members.get(person, person) for person in wanted}
    names = await names_of(work, list(keys.values()))
    return {person: names[key] for person, key in keys.items() if key in names}


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /coach: in the order they joined."""
    asked = query.read(call, filters=_FILTERS)
    whom = await scope.read(work, asked, tuple(_FILTERS))
    found = [] if whom.is_empty else await organizations.coaches(work, whom.organization, whom.groups)
    return collection(call, await render(work, found), len(found), query.links(call, asked, len(found)))


async def fetch(work: Work, call: Call) -> Reply:
    """GET /coach/{id}."""
    query.read_nothing(call)
    key = MemberKey(await key_of(work, call.path["id"]))
    found = (await organizations.get_coaches(work, [key])).get(key)
    if found is None:
        raise NotFound
    if not is_visible(work, found):
        raise NotAllowed
    return one(call, (await render(work, [found]))[0])


ROUTES = [
    Route("GET", "/pub/coach", fetch_all, "twine.v7:fetchCoaches"),
    Route("GET", "/pub/coach/{id}", fetch, "twine.v7:fetchCoach"),
]
