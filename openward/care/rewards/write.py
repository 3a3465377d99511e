"""Making programs, activations, rewards, earnings and fulfillments; each is made once and never changed.

Whoever is above is locked first: the program before an activation, the activation before a reward or an earning, the
earning before a fulfillment. Faults name the field that they are about.

`refused`: the fields that are refused already, None where none is. Something stands in for them (None for what is named
and is not there), nothing is made, and `Invalid` has what is wrong with the others, if anything is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from openward.care import audit, identity, patients
from openward.care.errors import Fault, Invalid
from openward.care.identity import Kind
from openward.care.rewards import program_store, read, rules, store
from openward.care.rewards.model import Activation, Allotment, Earning, Fulfillment, Program, Reward, Terms
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

WHAT = read.WHAT
_ALREADY = Fault("reward", "reward_program", "This program was activated for the patient already")


Refused = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Earned:
    """What was earned of a reward, and when."""

    reward: UUID | None
    value: Decimal
    earned_at: datetime
    refused: Refused = None


async def create_program(
    work: Work, organization: OrganizationKey, group: UUID | None, terms: Terms, *, refused: Refused = None
) -> Program:
    """A program for one group of the organization; `Invalid` for terms that cannot be."""
    faults = rules.faults_of_terms(terms, refused or ())
    if faults or refused is not None or group is None:
        raise Invalid(faults)
    made = Program(new_key(work), organization, group, terms, work.now)
    await program_store.insert(work, made)
    await identity.mint(work, made.key, Kind.REWARD)
    return made


async def activate(
    work: Work,
    program: Program | None,
    person: PersonKey | None,
    activated_at: datetime,
    deactivated_at: datetime | None = None,
    *,
    is_active: bool | None = None,
    refused: Refused = None,
) -> Activation:
    """Activate a program for a patient of its group, once; `Invalid` for anything else."""
    faults = rules.faults_of_activation(program, activated_at, deactivated_at, is_active, work.now, refused or ())
    if program is None or person is None:
        raise Invalid(faults)
    if person not in await patients.in_groups(work, program.organization, [program.group], [person]):
        faults.append(Fault("reward", "patient", "The patient is not in the group of the program"))
    expires_at = rules.expiry(program.terms, activated_at)
    if faults or refused is not None or expires_at is None:
        is_there = await store.is_activated(work, program.key, person)
        raise Invalid([*faults, _ALREADY] if is_there else faults)
    made = Activation(
        new_key(work),
        program.organization,
        program.key,
        person,
        activated_at,
        deactivated_at,
        expires_at,
        work.now,
        program.terms.unit,
        program.terms.fulfills_as_earned,
    )
    if not await store.insert_activation(work, made):
        raise Invalid([_ALREADY])
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, person, program.organization)
    return made


async def allocate(work: Work, activation: UUID | None, wanted: Allotment, *, refused: Refused = None) -> Reward:
    """Allocate part of what is left of an activation's budget; `Invalid` when it does not fit."""
    target, program = None, None
    if activation is not None:
        await store.lock(work, "activation", [activation])
        [target] = await read.activations_of(work, [activation])
        program = await program_store.get(work, target.program)
    faults = rules.faults_of_allotment(program, target, wanted, refused or ())
    if faults or refused is not None or target is None:
        raise Invalid(faults)
    made = Reward(new_key(work), target.organization, target.key, target.person, wanted, work.now, target.unit)
    await store.insert_reward(work, made.key, target.key, wanted)
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, target.person, target.organization)
    return made


async def earn(work: Work, wanted: Sequence[Earned]) -> list[Earning]:
    """What was earned of rewards, one earning each, all or none.

    `Invalid` has faults whose `meta` says of which item each is (`place`).
    """
    keys = [one.reward for one in wanted if one.reward is not None]
    await store.lock(work, "reward", keys)
    found = {one.key: one for one in await read.rewards_of(work, keys)}
    activations = {one.key: one for one in await read.activations_of(work, [one.activation for one in found.values()])}
    faults: list[Fault] = []
    seen: set[UUID] = set()
    for place, one in enumerate(wanted):
        reward = None if one.reward is None else found.get(one.reward)
        if reward is None:
            continue
        told = []
        if reward.earned_at is not None or reward.key in seen:
            told.append(Fault("reward", "reward", "This reward has an earning already"))
        seen.add(reward.key)
        activation = activations[reward.activation]
        told += rules.faults_of_earning(reward, activation, one.value, one.earned_at, one.refused or ())
        faults += [replace(fault, meta={"place": str(place)}) for fault in told]
    if faults or any(one.refused is not None or one.reward not in found for one in wanted):
        raise Invalid(faults)
    made = [new_key(work) for _ in wanted]
    rows = [(key, reward, one.value, one.earned_at) for key, reward, one in zip(made, keys, wanted, strict=True)]
    await store.insert_earnings(work, rows)
    await identity.mint_many(work, made, Kind.REWARD)
    kept = {one.key: one for one in await read.earnings_of(work, made)}
    for earning in kept.values():
        audit.note(work, "write", WHAT, earning.person, earning.organization)
    return [kept[key] for key in made]


async def fulfill(
    work: Work, earning: UUID | None, value: Decimal, fulfilled_at: datetime, *, refused: Refused = None
) -> Fulfillment:
    """What of an earning was fulfilled, once; `Invalid` for more than was earned, or before."""
    if earning is None:
        raise Invalid([])
    await store.lock(work, "earning", [earning])
    [target] = await read.earnings_of(work, [earning])
    faults = rules.faults_of_fulfillment(target, value, fulfilled_at, refused or ())
    if target.fulfilled_at is not None:
        faults.append(Fault("reward", "reward_earning", "This earning has a fulfillment already"))
    if faults or refused is not None:
        raise Invalid(faults)
    made = Fulfillment(
        new_key(work), target.organization, earning, target.person, value, fulfilled_at, work.now, target.unit
    )
    await store.insert_fulfillment(work, made)
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, target.person, target.organization)
    return made
