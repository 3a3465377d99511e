"""Whose plan it is: what a program may see and change of plans, and what a request names beside one."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from openward.care import audit, coaching
from openward.care.coaching import Plan
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.wire.twine import scope
from openward.wire.twine.auth import organization
from openward.wire.twine.coaches import author_names
from openward.wire.twine.errors import body_fault, refuse
from openward.wire.twine.names import key_of, keys_of
from openward.wire.twine.plan_words import TOO_SOON
from openward.wire.twine.schema import below


class Hanging(Protocol):
    """What belongs to a plan."""

    @property
    def plan(self) -> UUID:
        """Its plan."""
        ...


_Kept = TypeVar("_Kept", bound=Hanging)
Find = Callable[[Work, Sequence[UUID]], Awaitable[dict[UUID, _Kept]]]


async def require_reached(work: Work, plans: Collection[Plan]) -> None:
    """`NotAllowed` unless the token reaches the patients of all these plans in its own organization."""
    if any(plan.organization != organization(work) for plan in plans):
        raise NotAllowed
    await scope.require_people(work, [plan.person for plan in plans])


async def reached(work: Work, name: str, find: Find[_Kept], what: str) -> tuple[_Kept, Plan]:
    """What has this id, with its plan; `NotFound` for nothing, `NotAllowed` out of the token's reach."""
    key = await key_of(work, name)
    found = (await find(work, [key])).get(key)
    if found is None:
        raise NotFound
    plan = (await coaching.plans(work, [found.plan]))[found.plan]
    await require_reached(work, [plan])
    audit.note(work, "read", what, plan.person, plan.organization)
    return found, plan


def related(data: Mapping[str, Any], relation: str) -> list[str] | None:
    """The ids in a relationship to many; None where it is left as it is."""
    given = below(data, "relationships", relation).get("data")
    return None if given is None else list(dict.fromkeys(one["id"] for one in given if one and one.get("id")))


async def plan_of(work: Work, data: Mapping[str, Any]) -> Plan:
    """The plan that a new thing names; a fault of the body for no plan, `NotAllowed` out of reach."""
    name = below(data, "relationships", "plan", "data").get("id") or ""
    key = (await keys_of(work, [name])).get(name)
    found = None if key is None else (await coaching.plans(work, [key])).get(key)
    if found is None:
        raise refuse("/data/relationships/plan", "There is no such plan")
    await require_reached(work, [found])
    return found


async def keys_beside(
    work: Work, data: Mapping[str, Any], relation: str, find: Find[_Kept], plan: UUID | None
) -> list[UUID] | None:
    """The keys of what a relationship names, None where it is left as it is.

    `NotAllowed` for what the token does not reach; a fault of the body for what is nothing or not of the same plan,
    which is None where nobody knows it.
    """
    names = related(data, relation)
    if names is None:
        return None
    keys = await keys_of(work, names)
    found = await find(work, list(keys.values()))
    others = {one.plan for one in found.values()} - {plan}
    if others:
        await require_reached(work, list((await coaching.plans(work, list(others))).values()))
    if (others and plan) or len(found) < len(names):
        raise refuse(f"/data/relationships/{relation}", f"These must be {relation} of the same plan")
    return [keys[name] for name in names]


async def require_same_plan(call: Call, name: str) -> None:
    """A change may name the plan that a thing has, and no other."""
    relationships = below(await call.json(), "data", "relationships")
    if relationships.get("plan") is not None and below(relationships, "plan", "data").get("id") != name:
        raise refuse("/data/relationships/plan", "The plan cannot be changed")


def in_their_words(error: Invalid, attributes: Mapping[str, Any], relation: str) -> Invalid:
    """What care found in an action or bundle, with pointers."""
    ending = "effective_to" if "effective_to" in attributes else "effective_from"
    pointers = {
        coaching.ENDS_TOO_SOON: (f"/data/attributes/{ending}", TOO_SOON),
        coaching.OTHER_PLAN: (f"/data/relationships/{relation}", f"These must be {relation} of the same plan"),
    }
    faults: list[Fault] = [body_fault(*pointers[fault.code]) for fault in error.faults]
    return Invalid(faults)


async def authors(work: Work, kept: Sequence[Any]) -> dict[UUID, str]:
    """The ids of those who made and last changed these; programs have none."""
    return await author_names(
        work, [person for one in kept for person in (one.written.created_by, one.written.updated_by)]
    )
