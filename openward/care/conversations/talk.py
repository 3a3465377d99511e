"""Write, answer, read, change and remove messages. Source of who may: Tidepool, the `note` permission."""

from datetime import datetime
from uuid import UUID

from openward.care import audit, identity, patients
from openward.care.conversations import store
from openward.care.conversations.model import MOST_CHARACTERS, MOST_LISTED, Message, Words
from openward.care.errors import Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.patients import Permission
from openward.care.work import ActorKind, PersonKey, Work, new_key


async def send(work: Work, person: PersonKey, words: Words) -> UUID:
    """The first message of a thread; its key. The same one sent again is the same message."""
    await patients.require(work, person, Permission.NOTE)
    return await _keep(work, person, words, None)


async def reply(work: Work, key: UUID, words: Words) -> UUID:
    """An answer to a message; its key."""
    found = await _reached(work, key)
    return await _keep(work, found.person, words, found)


async def _keep(work: Work, person: PersonKey, words: Words, answered: Message | None) -> UUID:
    author = work.actor.person
    if work.actor.kind is not ActorKind.PERSON or author is None:
        raise NotAllowed("only people write messages", code="unauthorized")
    _check_length(words.body)
    key = new_key(work)
    parent, root = (answered.key, answered.root) if answered else (None, key)
    one = Message(key, person, author, parent, root, words.guid, words.body, words.at, work.now, None)
    kept = await store.insert(work, one)
    if kept == key:
        await identity.add(work, Identifier(System.MESSAGE, identity.hex24(work.now)), key, Kind.OTHER)
        audit.note(work, "write", "message", person)
    return kept


async def list_of(
    work: Work, person: PersonKey, start: datetime | None, end: datetime | None, *, only_first: bool
) -> list[Message]:
    """The newest messages on a person's data within a time, newest first; `only_first` leaves answers out."""
    await patients.require(work, person, Permission.NOTE)
    audit.note(work, "read", "message", person)
    return await store.list_of(work, person, start, end, only_first=only_first, limit=MOST_LISTED)


async def get(work: Work, key: UUID) -> Message:
    """One message."""
    found = await _reached(work, key)
    audit.note(work, "read", "message", found.person)
    return found


async def thread(work: Work, key: UUID) -> list[Message]:
    """The whole thread that a message belongs to, newest first."""
    found = await get(work, key)
    return await store.thread(work, found.root, MOST_LISTED)


async def edit(work: Work, key: UUID, body: str | None, at: datetime | None) -> None:
    """Other words or another moment, by the author alone: nobody puts words into somebody else's mouth."""
    found = await _reached(work, key, lock=True)
    if not work.actor.is_person(found.author):
        raise NotAllowed("only its author changes a message", code="unauthorized")
    if body is not None:
        _check_length(body)
    await store.change(work, key, body, at)
    audit.note(work, "write", "message", found.person)


async def delete(work: Work, key: UUID) -> None:
    """Remove a message: its author, the person whose data it is about, or a service."""
    found = await _reached(work, key, lock=True)
    if not (work.actor.is_service or work.actor.is_person(found.author) or work.actor.is_person(found.person)):
        raise NotAllowed("only its author or the owner of the data removes a message", code="unauthorized")
    await store.delete(work, key)
    audit.note(work, "delete", "message", found.person)


async def _reached(work: Work, key: UUID, *, lock: bool = False) -> Message:
    found = await store.find(work, key, lock=lock)
    if found is None:
        raise NotFound("message not found")
    await patients.require(work, found.person, Permission.NOTE)
    return found


def _check_length(body: str) -> None:
    if not 1 <= len(body) <= MOST_CHARACTERS:
        raise Invalid(f"a message has 1 to {MOST_CHARACTERS} characters")
