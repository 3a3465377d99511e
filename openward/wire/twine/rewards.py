"""Rewards: parts of the budget of an activation, each for something that the patient is to reach."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import rewards
from openward.care.errors import NotFound
from openward.care.rewards import Allotment, Reward
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, reward_activations, scope
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, names_of
from openward.wire.twine.query import Filter
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, read_body, require_owner, selection, shown

KIND = "reward"
_ACTIVATION = "reward_program_activation"
_FILTERS = {**scope.FILTERS, _ACTIVATION: Filter.ID, "thread": Filter.TEXT}


async def render(work: Work, found: Sequence[Reward]) -> list[Resource]:
    """Rewards as resources; one query for all ids."""
    names = await names_of(work, [key for one in found for key in (one.key, one.person, one.activation)])
    return [
        resource(
            KIND,
            names[one.key],
            shown(
                {
                    "_thread": one.allotment.thread,
                    "description": one.allotment.description,
                    "allocated_value": amount(one.allotment.value),
                    "allocated_unit": one.unit.value,
                    "allocated_at": written(one.allotment.allocated_at),
                    "target_at": written(one.allotment.target_at),
                    "earned_value": amount(one.earned_value),
                    "earned_at": written(one.earned_at),
                    "fulfilled_value": amount(one.fulfilled_value),
                    "fulfilled_at": written(one.fulfilled_at),
                }
            ),
            {
                "patient": pointer_to("patient", names[one.person]),
                _ACTIVATION: pointer_to(_ACTIVATION, names[one.activation]),
            },
        )
        for one in found
    ]


async def create(work: Work, call: Call) -> Reply:
    """POST /reward: out of an activation of a patient whom the token reaches."""
    query.read_nothing(call)
    body = await read_body(call, "RewardCreate")
    key = await _activation(work, body)
    wanted = Allotment(
        body.text("description"),
        body.amount("allocated_value"),
        body.moment("allocated_at"),
        body.moment_or_none("target_at"),
        body.get("_thread"),
    )
    made = await body.made(rewards.allocate(work, key, wanted, refused=body.refused))
    return one(call, (await render(work, [made]))[0])


async def _activation(work: Work, body: Body) -> UUID | None:
    key = await body.related(work, _ACTIVATION)
    try:
        return None if key is None else (await reward_activations.reached(work, key)).key
    except NotFound:
        body.unknown(_ACTIVATION)
        return None


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /reward: in the order in which they were made."""
    asked = query.read(call, filters=_FILTERS, paging=PAGING)
    activation, is_unknown = None, False
    if asked.get(_ACTIVATION) is not None:
        try:
            activation = (await reward_activations.reached(work, await key_of(work, asked.get(_ACTIVATION)))).key
        except NotFound:
            is_unknown = True
    which = await selection(work, asked, activation, asked.get("thread"))
    if which is None or is_unknown:
        return collection(call, [], 0, query.links(call, asked, 0))

    async def fetch(offset: int, limit: int, after: UUID | None) -> list[Reward]:
        return await rewards.rewards(work, which, offset=offset, limit=limit, after=after)

    return await listed(work, call, asked, await rewards.count_rewards(work, which), fetch, render)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /reward/{id}."""
    query.read_nothing(call)
    found = await rewards.rewards_of(work, [await key_of(work, call.path["id"])])
    if not found:
        raise NotFound
    await require_owner(work, found[0].organization, found[0].person)
    rewards.note_reads(work, found[0].organization, found)
    return one(call, (await render(work, found))[0])


ROUTES = [
    Route("POST", "/pub/reward", create, "rewards.v7:createReward"),
    Route("GET", "/pub/reward", fetch_all, "rewards.v7:fetchRewards"),
    Route("GET", "/pub/reward/{id}", fetch, "rewards.v7:fetchReward"),
]
