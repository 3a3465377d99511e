"""Messages, also called notes, on a user's data (message.v1)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from openward.care import accounts, conversations, identity
from openward.care.conversations import Message, Words
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics.bodies import Moment, decoded, in_utc, instant
from openward.wire.tidepool.data.parameters import instant as instant_of
from openward.wire.tidepool.data.people import person_of

_LARGEST = 1 << 17  # bytes: the longest message, with room for escapes


class NewMessage(msgspec.Struct):
    """What a client says."""

    messagetext: str
    timestamp: Moment
    guid: UUID


class NewMessageBody(msgspec.Struct):
    """A message to write."""

    message: NewMessage


class Edits(msgspec.Struct):
    """Other words, another moment, or both; what else a client sends is not changed."""

    messagetext: str | None = None
    timestamp: Moment | None = None


class EditsBody(msgspec.Struct):
    """A message to change."""

    message: Edits


async def list_all(work: Work, call: Call) -> Reply:
    """GET /message/all/{userId}."""
    return await _list(work, call, only_first=False)


async def list_first(work: Work, call: Call) -> Reply:
    """GET /message/notes/{userId}: the beginnings of threads only."""
    return await _list(work, call, only_first=True)


async def _list(work: Work, call: Call, *, only_first: bool) -> Reply:
    # Clients leave a bound empty that they do not mean.
    given = {name: value for name, value in call.query.items() if value}
    start, end = instant_of(given, "starttime"), instant_of(given, "endtime")
    person = await person_of(work, call)
    found = await conversations.list_of(work, person, start, end, only_first=only_first)
    return json_reply({"messages": await _encode(work, found)})


async def send(work: Work, call: Call) -> Reply:
    """POST /message/send/{userId}."""
    person = await person_of(work, call)
    return await _created(work, await conversations.send(work, person, await _words(call)))


async def reply(work: Work, call: Call) -> Reply:
    """POST /message/reply/{messageId}."""
    key = await _key(work, call)
    return await _created(work, await conversations.reply(work, key, await _words(call)))


async def read(work: Work, call: Call) -> Reply:
    """GET /message/read/{messageId}."""
    found = await conversations.get(work, await _key(work, call))
    return json_reply({"message": (await _encode(work, [found]))[0]})


async def thread(work: Work, call: Call) -> Reply:
    """GET /message/thread/{messageId}."""
    found = await conversations.thread(work, await _key(work, call))
    return json_reply({"messages": await _encode(work, found)})


async def edit(work: Work, call: Call) -> Reply:
    """PUT /message/edit/{messageId}."""
    key = await _key(work, call)
    edits = (await decoded(call, EditsBody)).message
    if edits.messagetext is None and edits.timestamp is None:
        raise Invalid("neither messagetext nor timestamp is given")
    at = None if edits.timestamp is None else _moment(edits.timestamp)
    await conversations.edit(work, key, edits.messagetext, at)
    return empty(200)


async def remove(work: Work, call: Call) -> Reply:
    """DELETE /message/remove/{messageId}."""
    await conversations.delete(work, await _key(work, call))
    return empty(202)


async def _words(call: Call) -> Words:
    said = (await decoded(call, NewMessageBody)).message
    return Words(said.messagetext, _moment(said.timestamp), said.guid)


def _moment(said: datetime) -> datetime:
    at = in_utc(said)
    if at is None:
        raise Invalid("timestamp is no time")
    return at


async def _key(work: Work, call: Call) -> UUID:
    found = await identity.find(work, Identifier(System.MESSAGE, call.path["messageId"]))
    if found is None:
        raise NotFound("message not found")
    return found


async def _created(work: Work, key: UUID) -> Reply:
    return json_reply({"id": await identity.name(work, key, System.MESSAGE)}, 201)


async def _encode(work: Work, messages: list[Message]) -> list[dict[str, Any]]:
    """Messages as printed, with the name that each author goes by."""
    authors = list({one.author for one in messages})
    keys = [key for one in messages for key in (one.key, one.parent) if key is not None]
    ids = await identity.names(work, keys, System.MESSAGE)
    users = await identity.names(work, [*authors, *{one.person for one in messages}], System.USER)
    profiles = await accounts.documents(work, authors, "profile")
    return [_one(one, ids, users, (profiles.get(one.author) or {}).get("fullName")) for one in messages]


def _one(one: Message, ids: dict[UUID, str], users: dict[UUID, str], full_name: object) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": ids[one.key],
        "guid": str(one.guid),
        "parentmessage": ids[one.parent] if one.parent else None,
        "userid": users[one.author],
        "groupid": users[one.person],
        "timestamp": instant(one.at),
        "createdtime": instant(one.created_at),
        "messagetext": one.body,
    }
    if one.modified_at:
        body["modifiedtime"] = instant(one.modified_at)
    if isinstance(full_name, str) and full_name:
        body["user"] = {"fullName": full_name}
    return body


_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/message/all/{userId}", "ListAllMessages", list_all),
    ("GET", "/message/notes/{userId}", "ListTopLevelMessages", list_first),
    ("POST", "/message/send/{userId}", "CreateMessage", send),
    ("POST", "/message/reply/{messageId}", "ReplyToMessage", reply),
    ("GET", "/message/read/{messageId}", "FindMessageById", read),
    ("GET", "/message/thread/{messageId}", "GetMessageThread", thread),
    ("PUT", "/message/edit/{messageId}", "UpdateMessage", edit),
    ("DELETE", "/message/remove/{messageId}", "DeleteMessage", remove),
)

ROUTES = [
    Route(
        method, path, handler, f"message.v1:{operation}", identify=identify, render=errors.messages, max_body=_LARGEST
    )
    for method, path, operation, handler in _TABLE
]
