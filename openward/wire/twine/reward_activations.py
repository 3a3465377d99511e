"""Reward program activations: a program that runs for one patient."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import rewards
from openward.care.errors import NotFound
from openward.care.rewards import Activation, Program
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query, reward_programs, scope
from openward.wire.twine.moments import written
from openward.wire.twine.names import key_of, names_of
from openward.wire.twine.resource import Resource, collection, one, pointer_to, resource
from openward.wire.twine.reward_words import PAGING, Body, amount, listed, read_body, require_owner, selection, shown

KIND = "reward_program_activation"


async def render(work: Work, activations: Sequence[Activation]) -> list[Resource]:
    """Activations as resources; one query for all ids."""
    names = await names_of(work, [key for one in activations for key in (one.key, one.person, one.program)])
    return [
        resource(
            KIND,
            names[one.key],
            shown(
                {
                    "active": one.is_active(work.now),
                    "activated_at": written(one.activated_at),
                    "deactivated_at": written(one.deactivated_at),
                    "expires_at": written(one.expires_at),
                    "fulfill_as_earned": one.fulfills_as_earned,
                    "allocated_count": one.allocated_count,
                    "total_allocated_value": amount(one.allocated_value),
                    "earned_count": one.earned_count,
                    "total_earned_value": amount(one.earned_value),
                    "budget_unit": one.unit.value,
                }
            ),
            {
                "patient": pointer_to("patient", names[one.person]),
                "reward_program": pointer_to("reward_program", names[one.program]),
            },
        )
        for one in activations
    ]


async def create(work: Work, call: Call) -> Reply:
    """POST /reward_program_activation: once for a patient and a program, both within the token's reach."""
    query.read_nothing(call)
    body = await read_body(call, "RewardProgramActivationCreate")
    person, program = await _person(work, body), await _program(work, body)
    activated_at, deactivated_at = body.moment("activated_at"), body.moment_or_none("deactivated_at")
    is_active = body.flag("active")
    made = await body.made(
        rewards.activate(work, program, person, activated_at, deactivated_at, is_active=is_active, refused=body.refused)
    )
    return one(call, (await render(work, [made]))[0])


async def _person(work: Work, body: Body) -> PersonKey | None:
    key = await body.related(work, "patient")
    try:
        await scope.require_people(work, [] if key is None else [PersonKey(key)])
    except NotFound:
        body.unknown("patient")
        return None
    return None if key is None else PersonKey(key)


async def _program(work: Work, body: Body) -> Program | None:
    key = await body.related(work, "reward_program")
    try:
        return None if key is None else await reward_programs.reached(work, key)
    except NotFound:
        body.unknown("reward_program")
        return None


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /reward_program_activation: in the order in which they were made."""
    asked = query.read(call, filters=scope.FILTERS, paging=PAGING)
    which = await selection(work, asked)
    if which is None:
        return collection(call, [], 0, query.links(call, asked, 0))

    async def fetch(offset: int, limit: int, after: UUID | None) -> list[Activation]:
        return await rewards.activations(work, which, offset=offset, limit=limit, after=after)

    return await listed(work, call, asked, await rewards.count_activations(work, which), fetch, render)


async def reached(work: Work, key: UUID) -> Activation:
    """An activation of a patient whom the token reaches; `NotFound` for something else."""
    found = await rewards.activations_of(work, [key])
    if not found:
        raise NotFound
    await require_owner(work, found[0].organization, found[0].person)
    return found[0]


async def fetch(work: Work, call: Call) -> Reply:
    """GET /reward_program_activation/{id}."""
    query.read_nothing(call)
    found = await reached(work, await key_of(work, call.path["id"]))
    rewards.note_reads(work, found.organization, [found])
    return one(call, (await render(work, [found]))[0])


ROUTES = [
    Route("POST", f"/pub/{KIND}", create, "rewards.v7:createRewardProgramActivation"),
    Route("GET", f"/pub/{KIND}", fetch_all, "rewards.v7:fetchRewardProgramActivations"),
    Route("GET", f"/pub/{KIND}/{{id}}", fetch, "rewards.v7:fetchRewardProgramActivation"),
]
