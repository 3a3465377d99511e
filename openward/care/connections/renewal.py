"""Exchanging a token for a new one so that the new one is never lost and no two workers ask at once.

Refresh tokens are good once. So a renewal is noted and committed first, then the partner is asked outside of any
transaction, then the new token is committed before anybody uses it; the caller lets nothing cancel the last two steps.
A worker that is killed between the partner's answer and the commit leaves the note behind: ten seconds after the note
the next worker tries the old token once more, which a partner with a grace for lost answers still takes; fifty seconds
after it when nobody knows whether the first one is dead. With a partner that has no grace the connection is lost and
the person is asked to connect again; no server can do better there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from openward.care.connections import lease_store
from openward.care.connections.model import Token
from openward.care.connections.revoking import revoke_later
from openward.care.connections.sessions import hold_session, keep_token
from openward.care.work import Work

LONGEST_S: Final = 50.0
"""A renewal that takes longer is given up for dead; whoever asks a partner for a token waits less than this."""
_DEAD_AFTER_S: Final = 10.0
"""The same when the engine that began it has died: it may have lost no more than its mark, and answers are fast."""
_SLACK: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Renew:
    """The partner is to be asked now, with this token."""

    old: Token


@dataclass(frozen=True, slots=True)
class Wait:
    """Another worker asks the partner already; look again after so many seconds at the latest."""

    seconds: float


def needs_renewal(token: Token, now: datetime) -> bool:
    """Whether the access token ends within the next ten seconds, as far as we know."""
    return token.expires_at is not None and token.expires_at - _SLACK <= now


async def begin_renewal(work: Work, session: UUID, bad: str, holder: UUID) -> Token | Renew | Wait | None:
    """What is to be done about an access token that is `bad`: use that other one, renew, or wait for who does.

    None when the session has ended.
    """
    held = await hold_session(work, session)
    if held is None or held.token is None:
        return None
    if held.token.access != bad and not needs_renewal(held.token, work.now):
        return held.token
    left = await lease_store.is_being_renewed(work, session, holder, LONGEST_S - _DEAD_AFTER_S)
    if left:
        return Wait(left)
    await lease_store.put_renewal(work, session, holder, LONGEST_S)
    return Renew(held.token)


async def finish_renewal(
    work: Work, session: UUID, holder: UUID, provider: str, old: Token, new: Token
) -> Token | None:
    """Keep what the partner gave for the old token; the token that holds now, None when the session has ended.

    A token that came too late for its session is given back to the partner.
    """
    held = await hold_session(work, session)
    if held is None or held.token is None:
        await revoke_later(work, provider, new)
        return None
    await lease_store.drop_renewal(work, session, holder)
    if held.token != old:
        return held.token  # a service has put another, or a worker that was given up for dead has come back
    await keep_token(work, held, new)
    return new


async def give_up_renewal(work: Work, session: UUID, holder: UUID, old: Token) -> Token | None:
    """The partner gave nothing: the token of somebody who was luckier in the meantime, or None."""
    held = await hold_session(work, session)
    await lease_store.drop_renewal(work, session, holder)
    return held.token if held is not None and held.token != old else None
