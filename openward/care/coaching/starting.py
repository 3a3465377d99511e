"""Ready-made bundles put into a plan, and plans that get their time zone when somebody first works on them."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from openward.care.coaching import store
from openward.care.coaching.actions import create_action
from openward.care.coaching.bundles import create_bundle
from openward.care.coaching.model import ActionContent, Bundle, BundleContent, Plan
from openward.care.coaching.plans import lock, update
from openward.care.work import Work


async def add_ready_made(
    work: Work, plan: UUID, content: BundleContent, wanted: Sequence[ActionContent]
) -> tuple[Bundle, bool]:
    """A bundle with its actions, told by its thread; False with the one that is there where the plan has it already."""
    await lock(work, plan)
    for there in await store.bundles_of(work, [plan]):
        ends = there.content.effective_to
        if there.content.thread == content.thread and (ends is None or ends > work.now):
            return there, False
    made = [(await create_action(work, plan, one)).key for one in wanted]
    return await create_bundle(work, plan, content, made), True


async def settle_zone(work: Work, plan: Plan, zone: str) -> Plan:
    """The plan with its own time zone; one that has none, so that its days would be those of UTC, gets this one."""
    if plan.content.time_zone is not None:
        return plan
    return await update(work, plan.key, lambda content: replace(content, time_zone=content.time_zone or zone))
