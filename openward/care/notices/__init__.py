"""What we told people: templates, messages, and the history of what was sent."""

from openward.care.notices.compose import Composed, compose
from openward.care.notices.send import Notice, deliver, history, send

__all__ = ["Composed", "Notice", "compose", "deliver", "history", "send"]
