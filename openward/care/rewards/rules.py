"""What programs, activations, rewards, earnings and fulfillments may be; plain decisions, each fault with its field."""

from datetime import datetime, timedelta
from decimal import Decimal

from openward.care.errors import Fault
from openward.care.rewards.model import Activation, Allotment, Earning, Program, Reward, Terms, ends_at

_LONGEST_DAYS = 36_500


def _fault(field: str, sentence: str) -> Fault:
    return Fault("reward", field, sentence)


def faults_of_terms(terms: Terms) -> list[Fault]:
    """A program ends after it starts, has something to give, and is active for some days."""
    faults = []
    if terms.end_at <= terms.start_at:
        faults.append(_fault("end_at", "This must be after start_at"))
    if terms.budget_value <= 0:
        faults.append(_fault("budget_value", "This must be more than 0"))
    if not 0 < terms.duration_days <= _LONGEST_DAYS:
        faults.append(_fault("duration_active", f"This must be more than 0 and at most {_LONGEST_DAYS}"))
    return faults


def expiry(terms: Terms, activated_at: datetime) -> datetime | None:
    """When an activation expires; None where no calendar goes so far."""
    try:
        return activated_at + timedelta(days=float(terms.duration_days))
    except OverflowError:
        return None


def faults_of_activation(
    program: Program, activated_at: datetime, deactivated_at: datetime | None, is_active: bool | None, now: datetime
) -> list[Fault]:
    """A program that is not frozen is activated while it runs; `is_active` must not contradict the times."""
    faults = []
    if program.terms.is_frozen:
        faults.append(_fault("reward_program", "This program is frozen"))
    if not program.terms.start_at <= activated_at <= program.terms.end_at:
        faults.append(_fault("activated_at", "This must be between start_at and end_at of the program"))
    if expiry(program.terms, activated_at) is None:
        faults.append(_fault("activated_at", "This leads beyond any calendar"))
    if deactivated_at is not None and deactivated_at <= activated_at:
        faults.append(_fault("deactivated_at", "This must be after activated_at"))
    if is_active is False and deactivated_at is None:
        faults.append(_fault("deactivated_at", "This is needed for what is not active"))
    elif is_active is True and deactivated_at is not None and deactivated_at <= now:
        faults.append(_fault("active", "This was deactivated already"))
    return faults


def faults_of_allotment(program: Program, activation: Activation, wanted: Allotment) -> list[Fault]:
    """A reward fits into what is left of the budget, while the activation is active."""
    faults = []
    left = program.terms.budget_value - activation.allocated_value
    if program.terms.is_frozen:
        faults.append(_fault("reward_program_activation", "The program is frozen"))
    if wanted.value <= 0:
        faults.append(_fault("allocated_value", "This must be more than 0"))
    elif wanted.value > left:
        faults.append(_fault("allocated_value", "This is more than what is left of the budget"))
    if not activation.is_active(wanted.allocated_at):
        faults.append(_fault("allocated_at", "The activation is not active at this time"))
    if wanted.target_at is not None and wanted.target_at < wanted.allocated_at:
        faults.append(_fault("target_at", "This must not be before allocated_at"))
    return faults


def faults_of_earning(reward: Reward, activation: Activation, value: Decimal, earned_at: datetime) -> list[Fault]:
    """No more is earned than was allocated, after that and while the activation is active."""
    faults = []
    if not 0 <= value <= reward.allotment.value:
        faults.append(_fault("earned_value", "This must not be more than what was allocated"))
    if earned_at < reward.allotment.allocated_at:
        faults.append(_fault("earned_at", "This must not be before the reward was allocated"))
    elif earned_at >= ends_at(activation.deactivated_at, activation.expires_at):
        faults.append(_fault("earned_at", "The activation is not active at this time"))
    return faults


def faults_of_fulfillment(earning: Earning, value: Decimal, fulfilled_at: datetime) -> list[Fault]:
    """No more is fulfilled than was earned, and not before."""
    faults = []
    if not 0 <= value <= earning.value:
        faults.append(_fault("fulfilled_value", "This must not be more than what was earned"))
    if fulfilled_at < earning.earned_at:
        faults.append(_fault("fulfilled_at", "This must not be before it was earned"))
    return faults
