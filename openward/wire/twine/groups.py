"""Groups of patients."""

from collections.abc import Sequence

from openward.care import organizations
from openward.care.errors import Conflict, NotAllowed
from openward.care.organizations import Group
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, scope
from openward.wire.twine.auth import organization, reach, require_groups
from openward.wire.twine.errors import refuse
from openward.wire.twine.names import key_of, names_of, organization_key, organization_name
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.schema import below, look_together

_FILTERS = {"organization": Filter.ID, "name": Filter.TEXT}


async def render(work: Work, groups: Sequence[Group]) -> list[Resource]:
    """Groups of the token's organization as resources; two queries for all."""
    names = await names_of(work, [group.key for group in groups])
    owner = pointer_to("organization", await organization_name(work, organization(work))) if groups else None
    return [resource("group", names[group.key], _attributes(group), {"organization": owner}) for group in groups]


def _attributes(group: Group) -> dict[str, str]:
    return {"name": group.name} | ({} if group.bio is None else {"bio": group.bio})


async def visible(work: Work) -> list[Group]:
    """All groups that the token reaches, oldest first."""
    confined = reach(work)
    found = await organizations.groups(work, organization(work))
    return [group for group in found if confined is None or group.key in confined]


async def create(work: Work, call: Call) -> Reply:
    """POST /group: by a token of the whole organization; 409 for a name that is taken."""
    query.read_nothing(call)
    document, told = await look_together(call, "GroupCreate")
    owner = below(document, "data", "relationships", "organization", "data").get("id")
    if owner and query.is_id(owner) and await organization_key(work, owner) != organization(work):
        raise NotAllowed
    if reach(work) is not None:
        raise NotAllowed("A token of some groups makes no new ones")
    attributes = below(document, "data", "attributes")
    name = attributes.get("name")
    made = await told.of(_made(work, name, attributes.get("bio"))) if name else None
    told.require()
    assert made is not None  # else there is a fault
    return one(call, (await render(work, [made]))[0], status=201)


async def _made(work: Work, name: str, bio: str | None) -> Group:
    try:
        return await organizations.create_group(work, organization(work), name, bio)
    except Conflict:
        raise refuse("/data/attributes/name", "A group of this name exists") from None


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /group: every group that the token reaches, oldest first."""
    asked = query.read(call, filters=_FILTERS)
    whom = await scope.read(work, asked, ("organization",))
    found = [] if whom.is_empty else await visible(work)
    if asked.get("name") is not None:
        found = [group for group in found if group.name == asked.get("name")]
    return collection(call, await render(work, found), len(found), query.links(call, asked, len(found)))


async def fetch(work: Work, call: Call) -> Reply:
    """GET /group/{id}."""
    query.read_nothing(call)
    group = await organizations.group(work, await key_of(work, call.path["id"]))
    if group.organization != organization(work):
        raise NotAllowed
    require_groups(work, [group.key])
    return one(call, (await render(work, [group]))[0])


ROUTES = [
    Route("POST", "/pub/group", create, "twine.v7:createGroup"),
    Route("GET", "/pub/group", fetch_all, "twine.v7:fetchGroups"),
    Route("GET", "/pub/group/{id}", fetch, "twine.v7:fetchGroup"),
]
