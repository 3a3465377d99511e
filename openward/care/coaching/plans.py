"""Finding and changing plans; one is written down when somebody first looks, so that making patients is quick."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from openward.care import audit, identity, patients
from openward.care.coaching import action_store, result_store, rules, store
from openward.care.coaching.model import Plan, PlanContent
from openward.care.errors import Conflict, Fault, Invalid, NotFound
from openward.care.identity import Kind
from openward.care.work import OrganizationKey, PersonKey, Work

ZONE_UNKNOWN = "time-zone-unknown"
ACTION_ELSEWHERE = "action-elsewhere"
"""Codes of the faults of an `Invalid` plan; the pointer of the latter is `<part>/<place>`."""


async def plans_of(
    work: Work,
    organization: OrganizationKey,
    groups: Collection[UUID] | None = None,
    person: PersonKey | None = None,
) -> list[Plan]:
    """The plans of an organization's patients, past ones too, in the order in which these came."""
    return await _written_down(work, organization, await patients.came(work, organization, groups, person))


async def of_patient(work: Work, organization: OrganizationKey, person: PersonKey) -> Plan:
    """The plan of one patient; `NotFound` for somebody who never was one."""
    found = await plans_of(work, organization, person=person)
    if not found:
        raise NotFound
    return found[0]


async def _written_down(work: Work, organization: OrganizationKey, came: Mapping[PersonKey, datetime]) -> list[Plan]:
    found = await store.plans_of(work, organization, list(came))
    known = {plan.person for plan in found}
    missing = {person: at for person, at in came.items() if person not in known}
    if missing:
        made = await store.insert_plans(work, organization, missing)
        await identity.mint_many(work, made, Kind.PLAN)
        found = await store.plans_of(work, organization, list(came))
    audit.note_all(work, "read", "plan", [plan.person for plan in found], organization)
    return found


async def plans(work: Work, keys: Sequence[UUID]) -> dict[UUID, Plan]:
    """Plans by key, of whatever organization; the caller asks whose they are and notes what it shows."""
    return await store.plans(work, keys)


async def lock(work: Work, key: UUID) -> Plan:
    """One plan, held: whoever changes what hangs from it holds it first. `NotFound` when there is none."""
    found = await store.lock_plan(work, key)
    if found is None:
        raise NotFound
    return found


async def known_plans(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[PersonKey, Plan]:
    """The plans of these people as far as they are written down; what is shown of them is the caller's to note."""
    return {plan.person: plan for plan in await store.plans_of(work, organization, people)} if people else {}


async def update(
    work: Work, key: UUID, change: Callable[[PlanContent], PlanContent], *, seen: datetime | None = None
) -> Plan:
    """Change what is decided of a plan; `Invalid` for an unknown zone and for actions that are not the plan's.

    seen: when it was last changed, as the caller knows it; `Conflict` when somebody else has changed it since.
    """
    plan = await lock(work, key)
    if seen is not None and plan.updated_at != seen:
        raise Conflict("somebody else has changed this meanwhile")
    content = change(plan.content)
    await _check(work, plan, content)
    await store.update_plan(work, key, content)
    if content.zone.key != plan.content.zone.key:
        times = await result_store.times(work, key)
        await result_store.put_days(work, {one: rules.local_day(at, content.zone) for one, at in times.items()})
    audit.note(work, "write", "plan", plan.person, plan.organization)
    return (await store.plans(work, [key]))[key]


async def _check(work: Work, plan: Plan, content: PlanContent) -> None:
    faults = []
    if content.time_zone is not None and content.time_zone not in available_timezones():
        faults.append(Fault(ZONE_UNKNOWN, detail="there is no such time zone"))
    named = [key for part in content.window_order for key in part.actions]
    own = await action_store.actions(work, named) if named else {}
    for place, part in enumerate(content.window_order):
        for number, key in enumerate(part.actions):
            if key not in own or own[key].plan != plan.key:
                faults.append(Fault(ACTION_ELSEWHERE, f"{place}/{number}", "this action is not one of the plan"))
    if faults:
        raise Invalid(faults)
