"""Notes that people write on a person's data, and their answers to one another."""

from openward.care.conversations.joining_store import join as join_people
from openward.care.conversations.model import Message, Words
from openward.care.conversations.talk import delete, edit, get, list_of, reply, send, thread

__all__ = ["Message", "Words", "delete", "edit", "get", "join_people", "list_of", "reply", "send", "thread"]
