"""What pages say of webhooks: topics, states, and why a delivery failed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from openward.care.subscriptions import Delivery, State, Subscription, Topic

TOPICS: Final[Mapping[Topic, str]] = {
    Topic.PATIENT_CREATED: "Patient created",
    Topic.PATIENT_UPDATED: "Patient updated",
    Topic.PATIENT_DEACTIVATED: "Patient deactivated",
    Topic.APPOINTMENT_BOOKED: "Visit scheduled",
    Topic.APPOINTMENT_RESCHEDULED: "Visit rescheduled",
    Topic.APPOINTMENT_CANCELLED: "Visit cancelled",
    Topic.APPOINTMENT_COMPLETED: "Visit completed",
    Topic.APPOINTMENT_INCOMPLETE: "Visit ended incomplete",
    Topic.APPOINTMENT_NO_SHOW: "Patient did not show up",
    Topic.APPOINTMENT_LEFT: "Patient left without being seen",
    Topic.EPISODE_CREATED: "Episode created",
    Topic.EPISODE_UPDATED: "Episode updated",
}

STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.WAITING: ("Waiting", ""),
    State.DELIVERED: ("Delivered", "connected"),
    State.GIVEN_UP: ("Given up", "error"),
}
"""The word, and the class that colours it."""

_REASONS: Final[Mapping[str, str]] = {
    "timeout": "no answer within 10 seconds",
    "connection": "no connection",
    "address-refused": "the address is private",
    "bad-url": "the address cannot be called",
    "broken-answer": "the answer could not be read",
    "subject-gone": "the record is gone",
    "disabled": "the webhook was switched off",
}


def last_answer(delivery: Delivery) -> str:
    """What came of the last attempt, in a few words."""
    if delivery.reason is not None:
        return _REASONS.get(delivery.reason, "it failed")
    return f"status {delivery.status}" if delivery.status is not None else "–"


def standing(webhook: Subscription) -> tuple[str, str, datetime | None]:
    """How an endpoint is doing: the word, the class that colours it, and since when."""
    if webhook.disabled_at is not None:
        return "Switched off", "error", webhook.disabled_at
    if webhook.failing_since is not None:
        return "Failing", "error", webhook.failing_since
    return "On", "connected", None
