"""What people let each other see and do (access.v1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from openward.care import accounts, audit, identity
from openward.care.errors import Invalid, NotAllowed, NotFound
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.auth import identify, may_manage
from openward.wire.tidepool.errors import account as render

_ROOT: dict[str, dict[str, Any]] = {"root": {}}


def encode_permissions(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Each permission as a key with an empty object."""
    return {name: {} for name in sorted(names)}


def decode_permissions(body: object) -> list[str]:
    """The names of the permissions; null counts as none. `Invalid` for another shape."""
    if body is None:
        return []
    if not isinstance(body, Mapping) or not all(isinstance(value, Mapping) for value in body.values()):
        raise Invalid("permissions are an object of objects", code="type-not-object")
    return list(body)


async def _person(work: Work, call: Call, name: str) -> PersonKey:
    found = await accounts.find(work, call.path[name])
    if found is None or "@" in call.path[name]:
        if work.actor.is_service:
            raise NotFound("Requested account was not found", code="user-id-not-found")
        raise NotAllowed("Not authorized for requested operation")
    return found.key


async def groups(work: Work, call: Call) -> Reply:
    """Whose data the user may see, himself included."""
    person = await _person(work, call, "userId")
    if not await may_manage(work, person):
        raise NotAllowed("Not authorized for requested operation")
    found = await accounts.grants(work, grantee=person)
    names = await identity.names(work, [person, *(grant.owner for grant in found)], System.USER)
    audit.note(work, "read", "grants", person)
    body = {names[grant.owner]: encode_permissions(grant.permissions) for grant in found}
    return json_reply({names[person]: _ROOT} | body)


async def members(work: Work, call: Call) -> Reply:
    """Who may see the user's data, himself included."""
    person = await _person(work, call, "sharerId")
    if not await may_manage(work, person):
        raise NotAllowed("Not authorized for requested operation")
    found = await accounts.grants(work, owner=person)
    names = await identity.names(work, [person, *(grant.grantee for grant in found)], System.USER)
    audit.note(work, "read", "grants", person)
    body = {names[grant.grantee]: encode_permissions(grant.permissions) for grant in found}
    return json_reply({names[person]: _ROOT} | body)


async def between(work: Work, call: Call) -> Reply:
    """What one lets the other do; nothing is a 404."""
    owner, grantee = await _person(work, call, "sharerId"), await _person(work, call, "userId")
    if not work.actor.is_person(grantee) and not await may_manage(work, owner):
        raise NotAllowed("Not authorized for requested operation")
    audit.note(work, "read", "grants", owner)
    if owner == grantee:
        return json_reply(_ROOT)
    found = await accounts.permissions(work, owner, grantee)
    if not found:
        raise NotFound("no permissions were granted")
    return json_reply(encode_permissions(found))


async def set_between(work: Work, call: Call) -> Reply:
    """Replace what one lets the other do. Whoever was let in may leave by himself."""
    owner, grantee = await _person(work, call, "sharerId"), await _person(work, call, "userId")
    is_leaving = work.actor.is_person(grantee) and owner != grantee
    is_manager = await may_manage(work, owner)
    if not is_manager and not is_leaving:
        raise NotAllowed("Not authorized for requested operation")
    names = decode_permissions(await call.json(optional=True))
    if names and not is_manager:
        raise NotAllowed("Not authorized for requested operation")
    return json_reply(encode_permissions(await accounts.set_grant(work, owner, grantee, names)))


ROUTES = [
    Route("GET", "/access/groups/{userId}", groups, "access.v1:GetGroupsForUser", identify=identify, render=render),
    Route("GET", "/access/{sharerId}", members, "access.v1:GetUsersInGroup", identify=identify, render=render),
    Route(
        "GET",
        "/access/{sharerId}/{userId}",
        between,
        "access.v1:GetPermissionsForUser",
        identify=identify,
        render=render,
    ),
    Route(
        "POST",
        "/access/{sharerId}/{userId}",
        set_between,
        "access.v1:GrantPermissionsInGroup",
        identify=identify,
        render=render,
    ),
]
