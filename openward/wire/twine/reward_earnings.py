"""Reward earnings: what of a reward a patient has earned; one by one or many at once."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import rewards
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.rewards import Earned, Earning, Reward
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.errors import body_fault
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, keys_of, names_of
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, placed, require_owner, selection, shown
from openward.wire.twine.schema import read

KIND = "reward_earning"
_ACTIVATION = "reward_program_activation"
_READY = "ready_for_fulfillment"
_FILTERS = {**scope.FILTERS, _READY: Filter.FLAG}


async def render(work: Work, found: Sequence[Earning]) -> list[Resource]:
    """Earnings as resources; one query for all ids."""
    names = await names_of(
        work, [key for one in found for key in (one.key, one.person, one.activation, one.reward, one.group)]
    )
    return [
        resource(
            KIND,
            names[one.key],
            shown(
                {
                    "earned_value": amount(one.value),
                    "earned_unit": one.unit.value,
                    "earned_at": written(one.earned_at),
                    _READY: one.is_ready,
                    "fulfilled_value": amount(one.fulfilled_value),
                    "fulfilled_at": written(one.fulfilled_at),
                }
            ),
            {
                "group": pointer_to("group", names.get(one.group)),
                "patient": pointer_to("patient", names[one.person]),
                _ACTIVATION: pointer_to(_ACTIVATION, names[one.activation]),
                "reward": pointer_to("reward", names[one.reward]),
            },
        )
        for one in found
    ]


async def create(work: Work, call: Call) -> Reply:
    """POST /reward_earning: one or up to a thousand, all or none; one for each reward."""
    query.read_nothing(call)
    data = (await read(call, "RewardEarningCreate"))["data"]
    is_list = isinstance(data, list)
    bodies = [Body(item, f"/data/{place}") for place, item in enumerate(data)] if is_list else [Body(data)]
    found = await _rewards(work, bodies)
    wanted = [
        Earned(reward.key if reward else UUID(int=0), body.amount("earned_value"), body.moment("earned_at"))
        for body, reward in zip(bodies, found, strict=True)
    ]
    told = [(place, fault) for place, body in enumerate(bodies) for fault in body.faults]
    try:
        made = await rewards.earn(work, wanted, told)
    except Invalid as refused:
        raise Invalid([_said(fault, bodies) for fault in refused.faults]) from None
    shown_ones = await render(work, made)
    return one(call, shown_ones if is_list else shown_ones[0])


def _said(fault: Fault, bodies: Sequence[Body]) -> Fault:
    """A fault with its pointer; those found here have theirs."""
    if fault.pointer.startswith("/"):
        return body_fault(fault.pointer, fault.detail)
    return placed(fault, bodies[int(fault.meta["place"])].base)


async def _rewards(work: Work, bodies: Sequence[Body]) -> list[Reward | None]:
    """The rewards that the items name, each within the token's reach; None for one that there is not."""
    given = [body.data["relationships"]["reward"]["data"]["id"] for body in bodies]
    keys = await keys_of(work, given)
    known = {one.key: one for one in await rewards.rewards_of(work, list(keys.values()))}
    found = [known.get(keys[name]) if name in keys else None for name in given]
    for body, reward in zip(bodies, found, strict=True):
        if reward is None:
            body.unknown("reward")
        elif reward.organization != organization(work):
            await require_owner(work, reward.organization, reward.person)
    await scope.require_people(work, list({one.person for one in known.values()}))
    return found


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /reward_earning: in the order in which they were made."""
    asked = query.read(call, filters=_FILTERS, paging=PAGING)
    which = await selection(work, asked, is_ready=asked.get(_READY))
    if which is None:
        return collection(call, [], 0, query.links(call, asked, 0))

    async def fetch(offset: int, limit: int, after: UUID | None) -> list[Earning]:
        return await rewards.earnings(work, which, offset=offset, limit=limit, after=after)

    return await listed(work, call, asked, await rewards.count_earnings(work, which), fetch, render)


async def reached(work: Work, key: UUID) -> Earning:
    """An earning of a patient whom the token reaches; `NotFound` for something else."""
    found = await rewards.earnings_of(work, [key])
    if not found:
        raise NotFound
    await require_owner(work, found[0].organization, found[0].person)
    return found[0]


async def fetch(work: Work, call: Call) -> Reply:
    """GET /reward_earning/{id}."""
    query.read_nothing(call)
    found = await reached(work, await key_of(work, call.path["id"]))
    rewards.note_reads(work, found.organization, [found])
    return one(call, (await render(work, [found]))[0])


ROUTES = [
    Route("POST", f"/pub/{KIND}", create, "rewards.v7:createRewardEarning"),
    Route("GET", f"/pub/{KIND}", fetch_all, "rewards.v7:fetchRewardEarnings"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "rewards.v7:fetchRewardEarning"),
]
