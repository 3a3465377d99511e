"""Making and changing the actions of a plan. An action ends by its `effective_to`; it is never deleted."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from openward.care import audit, identity
from openward.care.coaching import action_store, plans, rules, store
from openward.care.coaching.model import Action, ActionContent, Plan, Written
from openward.care.errors import Conflict, Fault, Invalid, NotFound
from openward.care.identity import Kind, hex24
from openward.care.observations import TYPES
from openward.care.work import Work, new_key

ENDS_TOO_SOON = "ends-too-soon"
OTHER_PLAN = "other-plan"
"""Codes of faults: it would end before it begins; a bundle or an action is not one of the same plan."""


_A_MOMENT = timedelta(minutes=1)


async def create_action(
    work: Work, plan: UUID, content: ActionContent, bundles: Sequence[UUID] = (), *, is_once: bool = False
) -> Action:
    """A new action of a plan, in these bundles; `NotFound` for no plan, `Invalid` (`ENDS_TOO_SOON`, `OTHER_PLAN`).

    is_once: for forms, which are sent twice by a double click: one of the same title that the same person has made in
    the last minute is returned as it is.
    """
    whose = await plans.lock(work, plan)
    await _check(work, whose, content, bundles)
    for there in await action_store.actions_of(work, [plan]) if is_once else ():
        if is_repeat(work, there.written) and there.static_title == content.title:
            return there
    content = replace(content, thread=content.thread or thread_of(work, content.type))
    written = Written(work.now, work.now, work.actor.person, work.actor.person)
    action = Action(new_key(work), plan, content.title, content, written, tuple(sorted(set(bundles))))
    await action_store.insert(work, action)
    await store.put_bundles(work, action.key, action.bundles)
    await identity.mint(work, action.key, Kind.ACTION)
    audit.note(work, "write", "action", whose.person, whose.organization)
    return action


async def update_action(
    work: Work,
    key: UUID,
    change: Callable[[ActionContent], ActionContent],
    bundles: Sequence[UUID] | None = None,
    *,
    seen: datetime | None = None,
) -> Action:
    """Change an action; `bundles` (None: as they are) replace those that it is in. `NotFound`; `Invalid` as above.

    seen: when it was last changed, as the caller knows it; `Conflict` when somebody else has changed it since.
    """
    whose = await plans.lock(work, (await _one(work, key)).plan)
    before = await _one(work, key)
    require_seen(before.written, seen)
    content = change(before.content)
    await _check(work, whose, content, bundles or ())
    await action_store.update(work, key, replace(content, thread=content.thread or thread_of(work, content.type)))
    if bundles is not None:
        await store.put_bundles(work, key, bundles)
    audit.note(work, "write", "action", whose.person, whose.organization)
    return await _one(work, key)


async def actions(work: Work, keys: Sequence[UUID]) -> dict[UUID, Action]:
    """Actions by key, of whatever organization; the caller asks whose they are and notes what it shows."""
    return await action_store.actions(work, keys)


async def actions_of(work: Work, plans: Sequence[UUID]) -> list[Action]:
    """All actions of plans, those that have ended too, oldest first."""
    return await action_store.actions_of(work, plans)


def thread_of(work: Work, kind: str) -> str:
    """What ties versions together: the type where it is one of a measurement, else something new."""
    return kind if kind in TYPES else hex24(work.now)


def is_repeat(work: Work, written: Written) -> bool:
    """Whether the one who is at work has made something a moment ago."""
    return written.created_by == work.actor.person and work.now - written.created_at < _A_MOMENT


def require_seen(written: Written, seen: datetime | None) -> None:
    """`Conflict` when something was changed after the caller has looked at it; None stands for no matter when."""
    if seen is not None and written.updated_at != seen:
        raise Conflict("somebody else has changed this meanwhile")


async def _one(work: Work, key: UUID) -> Action:
    found = (await action_store.actions(work, [key])).get(key)
    if found is None:
        raise NotFound
    return found


async def _check(work: Work, plan: Plan, content: ActionContent, bundles: Sequence[UUID]) -> None:
    faults = [Fault(ENDS_TOO_SOON, detail="it would end before it begins")] if rules.ends_too_soon(content) else []
    known = await store.bundles(work, bundles) if bundles else {}
    if any(key not in known or known[key].plan != plan.key for key in bundles):
        faults.append(Fault(OTHER_PLAN, detail="one of the bundles is not of the same plan"))
    if faults:
        raise Invalid(faults)
