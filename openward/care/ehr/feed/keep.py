"""Taking a message in: kept whole, with its effect and answer, in one piece of work; once, however often it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from openward.care import audit
from openward.care.ehr.feed import link_store, store
from openward.care.ehr.feed.model import OPEN, Envelope, Feed, Message, Outcome, State
from openward.care.ehr.feed.ports import FeedReader
from openward.care.errors import Conflict, NotFound
from openward.care.work import OrganizationKey, Work, new_key

SWEEP = "ehr.feed-sweep"
KEPT_FOR = timedelta(days=90)
"""Afterwards a message that waits for nobody goes, and its number may be given again."""
_COLUMN = "ehr.feed_message.content_sealed"


@dataclass(frozen=True, slots=True)
class Begun:
    """A message that is to be handled, or that was: then `answer` is what its sender was told (None: nothing).

    reuses_number: another message of the sender had its number, so that neither its effect nor its answer can be meant.
    before: how a former try ended that left it open.
    """

    key: UUID
    is_over: bool = False
    answer: bytes | None = None
    reuses_number: bool = False
    before: tuple[State, str | None, bytes | None] | None = None


async def begin(work: Work, feed: Feed, envelope: Envelope) -> Begun:
    """Keep a message before anything is done about it. Whoever brings the same one meanwhile waits for its end."""
    key = new_key(work)
    sealed = work.tools.keyring.seal(envelope.content, _COLUMN, key)
    if await store.insert(work, key, feed, envelope, sealed):
        return Begun(key)
    kept = await store.lock(work, feed.key, envelope.control_id)
    if kept is None:
        raise Conflict("the message was removed just now")
    if kept.digest != envelope.digest:
        return Begun(kept.key, reuses_number=True)
    if kept.state in OPEN:
        return Begun(kept.key, before=(kept.state, kept.reason, kept.answer))
    return Begun(kept.key, is_over=True, answer=kept.answer)


async def settle(work: Work, key: UUID, outcome: Outcome, answer: bytes | None) -> None:
    """Write what became of a message and what its sender is told."""
    await store.settle(work, key, outcome, answer)


async def feed_messages(
    work: Work,
    organization: OrganizationKey,
    *,
    only_open: bool = False,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> Sequence[Message]:
    """What came for an organization and what became of it, newest first; `before` (time, key) pages on."""
    return await store.of_organization(work, organization, only_open, before, limit)


async def count_open(work: Work, organization: OrganizationKey) -> int:
    """How many messages of an organization wait for somebody."""
    return await store.count_open(work, organization)


async def reopen(work: Work, organization: OrganizationKey, key: UUID) -> tuple[Message, Feed, bytes]:
    """A message that failed, held, with its sender and its bytes, to be handled anew.

    `NotFound` for another organization's, `Conflict` for one that waits for nobody.
    """
    found = await store.hold(work, organization, key)
    if found is None:
        raise NotFound("message not found")
    message, sealed = found
    feed = await link_store.get(work, organization, message.feed)
    if feed is None:
        raise NotFound("sender not found")
    if message.state not in OPEN:
        raise Conflict("only a message that failed can be tried again")
    audit.note(work, "read", "feed-message", message.person, organization)
    return message, feed, work.tools.keyring.unseal(sealed, _COLUMN, key)


async def try_again(work: Work, organization: OrganizationKey, key: UUID) -> Outcome:
    """Handle a message that failed once more, because somebody has mended the cause; its sender is told nothing.

    `NotFound`, `Conflict` as with `reopen`.
    """
    reader: FeedReader = work.tools.feed_reader
    outcome = await reader.try_again(work, organization, key)
    audit.note(work, "write", "feed-message", outcome.person, organization)
    return outcome


async def set_aside(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """Somebody has seen to a message that failed; `NotFound`, `Conflict` as with `reopen`."""
    message, _, _ = await reopen(work, organization, key)
    audit.note(work, "write", "feed-message", message.person, organization)
    outcome = Outcome(State.SETTLED, message.reason, message.person, message.appointment)
    await store.settle(work, key, outcome, None)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Follow a merge of organizations."""
    await link_store.move(work, source, target)
    await store.move(work, source, target)


async def sweep_job(work: Work, _data: object) -> None:
    """Remove what is older than is kept."""
    await store.sweep(work, work.now - KEPT_FOR)
