"""Making programs, activations, rewards, earnings and fulfillments; each is made once and never changed.

Whoever is above is locked first: the program before an activation, the activation before a reward or an earning, the
earning before a fulfillment. Faults name the field that they are about.
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


@dataclass(frozen=True, slots=True)
class Earned:
    """What was earned of a reward, and when."""

    reward: UUID
    value: Decimal
    earned_at: datetime


async def create_program(work: Work, organization: OrganizationKey, group: UUID, terms: Terms) -> Program:
    """A program for one group of the organization; `Invalid` for terms that cannot be."""
    _refuse(rules.faults_of_terms(terms))
    made = Program(new_key(work), organization, group, terms, work.now)
    await program_store.insert(work, made)
    await identity.mint(work, made.key, Kind.REWARD)
    return made


async def activate(
    work: Work,
    program: Program,
    person: PersonKey,
    activated_at: datetime,
    deactivated_at: datetime | None = None,
    *,
    is_active: bool | None = None,
) -> Activation:
    """Activate a program for a patient of its group, once; `Invalid` for anything else."""
    faults = rules.faults_of_activation(program, activated_at, deactivated_at, is_active, work.now)
    if person not in await patients.in_groups(work, program.organization, [program.group], [person]):
        faults.append(Fault("reward", "patient", "The patient is not in the group of the program"))
    expires_at = rules.expiry(program.terms, activated_at)
    if faults or expires_at is None:
        raise Invalid(faults)
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
        raise Invalid([Fault("reward", "reward_program", "This program was activated for the patient already")])
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, person, program.organization)
    return made


async def allocate(work: Work, activation: UUID, wanted: Allotment) -> Reward:
    """Allocate part of what is left of an activation's budget; `Invalid` when it does not fit."""
    await store.lock(work, "activation", [activation])
    [target] = await read.activations_of(work, [activation])
    program = await program_store.get(work, target.program)
    _refuse([] if program is None else rules.faults_of_allotment(program, target, wanted))
    made = Reward(new_key(work), target.organization, activation, target.person, wanted, work.now, target.unit)
    await store.insert_reward(work, made.key, activation, wanted)
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, target.person, target.organization)
    return made


async def earn(work: Work, wanted: Sequence[Earned], faults: Sequence[tuple[int, Fault]] = ()) -> list[Earning]:
    """What was earned of rewards, one earning each, all or none.

    faults: what is wrong with some of the items already, by their place. `Invalid` has a fault for each place, whose
    `meta` says which (`place`).
    """
    keys = [one.reward for one in wanted]
    await store.lock(work, "reward", keys)
    found = {one.key: one for one in await read.rewards_of(work, keys)}
    activations = {one.key: one for one in await read.activations_of(work, [one.activation for one in found.values()])}
    told, seen = list(faults), set()
    for place, one in enumerate(wanted):
        reward = found.get(one.reward)
        if reward is None:
            continue  # that it is unknown is among the faults already
        if reward.earned_at is not None or one.reward in seen:
            told.append((place, Fault("reward", "reward", "This reward has an earning already")))
        seen.add(one.reward)
        activation = activations[reward.activation]
        told += [(place, fault) for fault in rules.faults_of_earning(reward, activation, one.value, one.earned_at)]
    if told:
        told.sort(key=lambda item: item[0])
        raise Invalid([replace(fault, meta={"place": str(place)}) for place, fault in told])
    made = [new_key(work) for _ in wanted]
    rows = [(key, one.reward, one.value, one.earned_at) for key, one in zip(made, wanted, strict=True)]
    await store.insert_earnings(work, rows)
    await identity.mint_many(work, made, Kind.REWARD)
    kept = {one.key: one for one in await read.earnings_of(work, made)}
    for earning in kept.values():
        audit.note(work, "write", WHAT, earning.person, earning.organization)
    return [kept[key] for key in made]


async def fulfill(work: Work, earning: UUID, value: Decimal, fulfilled_at: datetime) -> Fulfillment:
    """What of an earning was fulfilled, once; `Invalid` for more than was earned, or before."""
    await store.lock(work, "earning", [earning])
    [target] = await read.earnings_of(work, [earning])
    faults = rules.faults_of_fulfillment(target, value, fulfilled_at)
    if target.fulfilled_at is not None:
        faults.append(Fault("reward", "reward_earning", "This earning has a fulfillment already"))
    _refuse(faults)
    made = Fulfillment(
        new_key(work), target.organization, earning, target.person, value, fulfilled_at, work.now, target.unit
    )
    await store.insert_fulfillment(work, made)
    await identity.mint(work, made.key, Kind.REWARD)
    audit.note(work, "write", WHAT, target.person, target.organization)
    return made


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid(faults)
