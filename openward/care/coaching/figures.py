"""Adherence of plans and actions, computed for many at once when they are shown."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from openward.care.coaching import result_store, rules
from openward.care.coaching.model import Action, Figures, Plan
from openward.care.work import Work

_A_DAY_MORE = timedelta(days=2)  # somewhere on earth it is another day


async def figures(work: Work, plans: Sequence[Plan], actions: Sequence[Action]) -> dict[UUID, Figures]:
    """What is computed of these plans, by key; `actions` are all of theirs. Two statements at most.

    Most runs began within the days that are looked back on; only where one may have not, all days are read.
    """
    by_plan: dict[UUID, list[Action]] = defaultdict(list)
    for action in actions:
        by_plan[action.plan].append(action)
    horizon = (work.now - rules.LOOK_BACK - _A_DAY_MORE).date()
    found = await _figures(work, plans, by_plan, horizon)
    longer = [plan for plan in plans if rules.may_go_back(plan.content, by_plan[plan.key], found[plan.key], work.now)]
    return found | await _figures(work, longer, by_plan, date.min)


async def _figures(
    work: Work, plans: Sequence[Plan], by_plan: dict[UUID, list[Action]], first: date
) -> dict[UUID, Figures]:
    keys = [action.key for plan in plans for action in by_plan[plan.key]]
    done, latest = await result_store.days_done(work, keys, first) if keys else ({}, {})
    return {plan.key: rules.figures(plan.content, by_plan[plan.key], done, latest, work.now) for plan in plans}
