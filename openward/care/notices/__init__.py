"""What we told people: templates, messages, and the history of what was sent."""

from openward.care.notices.compose import Composed, compose
from openward.care.notices.joining_store import join as join_people
from openward.care.notices.mailed import get_mail, mails, move, receivers
from openward.care.notices.model import Mailed
from openward.care.notices.send import Notice, deliver, history, send

__all__ = [
    "Composed",
    "Mailed",
    "Notice",
    "compose",
    "deliver",
    "get_mail",
    "history",
    "join_people",
    "mails",
    "move",
    "receivers",
    "send",
]
