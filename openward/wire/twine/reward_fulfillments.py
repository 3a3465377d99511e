"""Reward earning fulfillments: what of an earning the patient was given."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import rewards
from openward.care.errors import NotFound
from openward.care.rewards import Fulfillment
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, reward_earnings, scope
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, names_of
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, read_body, require_owner, selection

KIND = "reward_earning_fulfillment"


async def render(work: Work, found: Sequence[Fulfillment]) -> list[Resource]:
    """Fulfillments as resources; one query for all ids."""
    names = await names_of(work, [key for one in found for key in (one.key, one.person, one.earning)])
    return [
        resource(
            KIND,
            names[one.key],
            {
                "fulfilled_value": amount(one.value),
                "fulfilled_unit": one.unit.value,
                "fulfilled_at": written(one.fulfilled_at),
            },
            {
                "patient": pointer_to("patient", names[one.person]),
                "reward_earning": pointer_to("reward_earning", names[one.earning]),
            },
        )
        for one in found
    ]


async def create(work: Work, call: Call) -> Reply:
    """POST /reward_earning_fulfillment: once for each earning of a patient whom the token reaches."""
    query.read_nothing(call)
    body = await read_body(call, "RewardEarningFulfillmentCreate")
    key = await _earning(work, body)
    value, fulfilled_at = body.amount("fulfilled_value"), body.moment("fulfilled_at")
    made = await body.made(rewards.fulfill(work, key, value, fulfilled_at, refused=body.refused))
    return one(call, (await render(work, [made]))[0])


async def _earning(work: Work, body: Body) -> UUID | None:
    key = await body.related(work, "reward_earning")
    try:
        return None if key is None else (await reward_earnings.reached(work, key)).key
    except NotFound:
        body.unknown("reward_earning")
        return None


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /reward_earning_fulfillment: in the order in which they were made."""
    asked = query.read(call, filters=scope.FILTERS, paging=PAGING)
    which = await selection(work, asked)
    if which is None:
        return collection(call, [], 0, query.links(call, asked, 0))

    async def fetch(offset: int, limit: int, after: UUID | None) -> list[Fulfillment]:
        return await rewards.fulfillments(work, which, offset=offset, limit=limit, after=after)

    return await listed(work, call, asked, await rewards.count_fulfillments(work, which), fetch, render)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /reward_earning_fulfillment/{id}."""
    query.read_nothing(call)
    found = await rewards.fulfillments_of(work, [await key_of(work, call.path["id"])])
    if not found:
        raise NotFound
    await require_owner(work, found[0].organization, found[0].person)
    rewards.note_reads(work, found[0].organization, found)
    return one(call, (await render(work, found))[0])


ROUTES = [
    Route("POST", f"/pub/{KIND}", create, "rewards.v7:createRewardEarningFulfillment"),
    Route("GET", f"/pub/{KIND}", fetch_all, "rewards.v7:fetchRewardEarningFulfillments"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "rewards.v7:fetchRewardEarningFulfillment"),
]
