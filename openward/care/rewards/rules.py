"""What programs, activations, rewards, earnings and fulfillments may be; plain decisions, each fault with its field.

`unread` names fields in which something stands in for what could not be read: nothing is concluded from them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal

from openward.care.errors import Fault
from openward.care.rewards.model import Activation, Allotment, Earning, Program, Reward, Terms, ends_at

_LONGEST_DAYS = 36_500


class _Found:
    """The faults of the rules that can be judged."""

    def __init__(self, unread: Collection[str]) -> None:
        self.faults: list[Fault] = []
        self._unread = frozenset(unread)

    def add(self, is_broken: bool, field: str, sentence: str, *beside: str) -> None:
        """A rule about a field; `beside` are the others that it looks at."""
        if is_broken and self._unread.isdisjoint((field, *beside)):
            self.faults.append(Fault("reward", field, sentence))


def faults_of_terms(terms: Terms, unread: Collection[str] = ()) -> list[Fault]:
    """A program ends after it starts, has something to give, and is active for some days."""
    found = _Found(unread)
    found.add(terms.end_at <= terms.start_at, "end_at", "This must be after start_at", "start_at")
    found.add(terms.budget_value <= 0, "budget_value", "This must be more than 0")
    is_long = not 0 < terms.duration_days <= _LONGEST_DAYS
    found.add(is_long, "duration_active", f"This must be more than 0 and at most {_LONGEST_DAYS}")
    return found.faults


def expiry(terms: Terms, activated_at: datetime) -> datetime | None:
    """When an activation expires; None where no calendar goes so far."""
    try:
        return activated_at + timedelta(days=float(terms.duration_days))
    except OverflowError:
        return None


def faults_of_activation(
    program: Program | None,
    activated_at: datetime,
    deactivated_at: datetime | None,
    is_active: bool | None,
    now: datetime,
    unread: Collection[str] = (),
) -> list[Fault]:
    """A program that is not frozen is activated while it runs; `is_active` must not contradict the times.

    program: None for one that there is not.
    """
    found = _Found(unread)
    if program is not None:
        terms = program.terms
        found.add(terms.is_frozen, "reward_program", "This program is frozen")
        is_beside = not terms.start_at <= activated_at <= terms.end_at
        found.add(is_beside, "activated_at", "This must be between start_at and end_at of the program")
        found.add(expiry(terms, activated_at) is None, "activated_at", "This leads beyond any calendar")
    if deactivated_at is None:
        found.add(is_active is False, "deactivated_at", "This is needed for what is not active", "active")
        return found.faults
    is_early = deactivated_at <= activated_at
    found.add(is_early, "deactivated_at", "This must be after activated_at", "activated_at")
    is_over = is_active is True and deactivated_at <= now
    found.add(is_over, "active", "This was deactivated already", "deactivated_at")
    return found.faults


def faults_of_allotment(
    program: Program | None, activation: Activation | None, wanted: Allotment, unread: Collection[str] = ()
) -> list[Fault]:
    """A reward fits into what is left of the budget, while the activation is active; None for what there is not."""
    found = _Found(unread)
    found.add(wanted.value <= 0, "allocated_value", "This must be more than 0")
    if program is not None and activation is not None:
        left = program.terms.budget_value - activation.allocated_value
        found.add(program.terms.is_frozen, "reward_program_activation", "The program is frozen")
        is_more = wanted.value > left and wanted.value > 0
        found.add(is_more, "allocated_value", "This is more than what is left of the budget")
        is_beside = not activation.is_active(wanted.allocated_at)
        found.add(is_beside, "allocated_at", "The activation is not active at this time")
    is_early = wanted.target_at is not None and wanted.target_at < wanted.allocated_at
    found.add(is_early, "target_at", "This must not be before allocated_at", "allocated_at")
    return found.faults


def faults_of_earning(
    reward: Reward, activation: Activation, value: Decimal, earned_at: datetime, unread: Collection[str] = ()
) -> list[Fault]:
    """No more is earned than was allocated, after that and while the activation is active."""
    found = _Found(unread)
    is_more = not 0 <= value <= reward.allotment.value
    found.add(is_more, "earned_value", "This must not be more than what was allocated")
    is_early = earned_at < reward.allotment.allocated_at
    found.add(is_early, "earned_at", "This must not be before the reward was allocated")
    is_late = not is_early and earned_at >= ends_at(activation.deactivated_at, activation.expires_at)
    found.add(is_late, "earned_at", "The activation is not active at this time")
    return found.faults


def faults_of_fulfillment(
    earning: Earning, value: Decimal, fulfilled_at: datetime, unread: Collection[str] = ()
) -> list[Fault]:
    """No more is fulfilled than was earned, and not before."""
    found = _Found(unread)
    found.add(not 0 <= value <= earning.value, "fulfilled_value", "This must not be more than what was earned")
    found.add(fulfilled_at < earning.earned_at, "fulfilled_at", "This must not be before it was earned")
    return found.faults
