"""Making and changing bundles, which show actions of one plan together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from openward.care import audit, identity
from openward.care.coaching import action_store, plans, rules, store
from openward.care.coaching.actions import ENDS_TOO_SOON, OTHER_PLAN, is_repeat, require_seen, thread_of
from openward.care.coaching.model import Bundle, BundleContent, Plan, Written
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import Kind
from openward.care.work import Work, new_key


async def create_bundle(
    work: Work, plan: UUID, content: BundleContent, actions: Sequence[UUID] = (), *, is_once: bool = False
) -> Bundle:
    """A new bundle of a plan with these actions; `NotFound` for no plan, `Invalid` (`ENDS_TOO_SOON`, `OTHER_PLAN`).

    is_once: as for actions, of the same title.
    """
    whose = await plans.lock(work, plan)
    await _check(work, whose, content, actions)
    for there in await store.bundles_of(work, [plan]) if is_once else ():
        if is_repeat(work, there.written) and there.content.title == content.title:
            return there
    content = replace(content, thread=content.thread or thread_of(work, content.type))
    written = Written(work.now, work.now, work.actor.person, work.actor.person)
    bundle = Bundle(new_key(work), plan, content, written, tuple(sorted(set(actions))))
    await store.insert_bundle(work, bundle)
    await store.put_actions(work, bundle.key, bundle.actions)
    await identity.mint(work, bundle.key, Kind.BUNDLE)
    audit.note(work, "write", "bundle", whose.person, whose.organization)
    return bundle


async def update_bundle(
    work: Work,
    key: UUID,
    change: Callable[[BundleContent], BundleContent],
    actions: Sequence[UUID] | None = None,
    *,
    seen: datetime | None = None,
) -> Bundle:
    """Change a bundle; `actions` (None: as they are) replace those in it. `NotFound`, or `Invalid` as above.

    seen: when it was last changed, as the caller knows it; `Conflict` when somebody else has changed it since.
    """
    whose = await plans.lock(work, (await _one(work, key)).plan)
    before = await _one(work, key)
    require_seen(before.written, seen)
    content = change(before.content)
    await _check(work, whose, content, actions or ())
    await store.update_bundle(work, key, replace(content, thread=content.thread or thread_of(work, content.type)))
    if actions is not None:
        await store.put_actions(work, key, actions)
    audit.note(work, "write", "bundle", whose.person, whose.organization)
    return await _one(work, key)


async def bundles(work: Work, keys: Sequence[UUID]) -> dict[UUID, Bundle]:
    """Bundles by key, of whatever organization; the caller asks whose they are and notes what it shows."""
    return await store.bundles(work, keys)


async def bundles_of(work: Work, plans: Sequence[UUID]) -> list[Bundle]:
    """All bundles of plans, those that have ended too, oldest first."""
    return await store.bundles_of(work, plans)


async def _one(work: Work, key: UUID) -> Bundle:
    found = (await store.bundles(work, [key])).get(key)
    if found is None:
        raise NotFound
    return found


async def _check(work: Work, plan: Plan, content: BundleContent, actions: Sequence[UUID]) -> None:
    faults = [Fault(ENDS_TOO_SOON, detail="it would end before it begins")] if rules.ends_too_soon(content) else []
    known = await action_store.actions(work, actions) if actions else {}
    if any(key not in known or known[key].plan != plan.key for key in actions):
        faults.append(Fault(OTHER_PLAN, detail="one of the actions is not of the same plan"))
    if faults:
        raise Invalid(faults)
