"""Reward earnings: what of a reward a patient has earned; one by one or many at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from openward.care import rewards
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.rewards import Earned, Earning, Reward
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, keys_of, names_of
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, placed, require_owner, selection, shown
from openward.wire.twine.schema import look
from openward.wire.twine.together import Together

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
    document, faults = await look(call, "RewardEarningCreate")
    data = document.get("data")
    is_list = isinstance(data, list)
    bodies, others = _bodies(data, faults)
    found = await _rewards(work, bodies)
    wanted = [
        Earned(reward.key if reward else None, body.amount("earned_value"), body.moment("earned_at"), body.refused)
        for body, reward in zip(bodies, found, strict=True)
    ]
    try:
        made = await rewards.earn(work, wanted)
    except Invalid as refused:
        for fault in refused.faults:
            body = bodies[int(fault.meta["place"])]
            body.told.add([placed(fault, body.base)])
        others += [fault for body in bodies for fault in body.told.faults]
    if others:
        raise Invalid(others)
    shown_ones = await render(work, made)
    return one(call, shown_ones if is_list else shown_ones[0])


def _bodies(data: Any, faults: Sequence[Fault]) -> tuple[list[Body], list[Fault]]:
    """The items of a body, each with its own faults, and the faults that are of no item."""
    if not isinstance(data, list):
        return [Body(data, Together(faults))], []
    own: dict[str, list[Fault]] = {f"/data/{place}": [] for place in range(len(data))}
    others: list[Fault] = []
    for fault in faults:
        own.get("/".join(fault.pointer.split("/")[:3]), others).append(fault)
    return [Body(item, Together(own[base]), base) for base, item in zip(own, data, strict=True)], others


async def _rewards(work: Work, bodies: Sequence[Body]) -> list[Reward | None]:
    """The rewards that the items name, each within the token's reach; None for one that there is not."""
    given = [body.id_of("reward") for body in bodies]
    keys = await keys_of(work, list({name for name in given if name}))
    known = {one.key: one for one in await rewards.rewards_of(work, list(keys.values()))}
    found = [known.get(keys[name]) if name in keys else None for name in given]
    for name, body, reward in zip(given, bodies, found, strict=True):
        if reward is None and name:
            body.unknown("reward")
    if any(one.organization != organization(work) for one in known.values()):
        raise NotAllowed
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
