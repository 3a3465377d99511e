"""Whose turn it is: fetches are claimed when due, kept by a lease, and given back with the time of the next.

The next time is committed with the end of a run, so a restart neither hurries nor delays anybody; a run that is cut
short stays due and goes on where its last stretch was kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from openward.care.connections import lease_store, sources, task_store
from openward.care.connections.model import ConnectionClosed, ConnectionOpened, SourceState, Token
from openward.care.connections.policy import Policy
from openward.care.connections.sessions import open_token
from openward.care.work import PersonKey, Work
from openward.infra.crypto import SealBroken
from openward.infra.db import from_json

LEASE_S: Final = 15.0
"""How long the fetches of a worker that hangs, or that lost its machine, stay untouched."""
_LEASE: Final = timedelta(seconds=LEASE_S)
_SILENCE: Final = timedelta(seconds=LEASE_S - 2)
"""A worker whose mark is gone counts as dead after two seconds: it may only have lost one connection."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One fetch that is ours for as long as we prolong it. `due_at`: since when it waits; `token`: None if lost."""

    source: UUID
    lease: UUID
    person: PersonKey
    provider: str
    session: UUID
    token: Token | None = field(repr=False)
    due_at: datetime
    is_backfill: bool
    failures: int
    since: datetime | None
    memory: Mapping[str, Any]


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"  # everything there was
    MORE = "more"  # a slice of more
    PAUSED = "paused"  # the partner's pause began
    STOPPED = "stopped"  # the worker stops
    REFUSED = "refused"  # the partner does not take our token
    FAILED = "failed"  # no usable answer, this time
    INVALID = "invalid"  # what we keep of the connection does not fit together
    LOST = "lost"  # it is not ours any more: disconnected, or taken over


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run. `was_answered`: whether any call succeeded; `reason`: of a failure, a short stable word."""

    ending: Ending
    began_at: datetime
    was_answered: bool = False
    reason: str = ""
    retry_after_s: float = 0.0


_ERRORS: Final = {
    Ending.REFUSED: ("unauthenticated", "authentication token is invalid", "the partner does not accept our access"),
    Ending.FAILED: ("resource-failure", "the partner gave no usable answer", "the last fetch failed and is repeated"),
    Ending.INVALID: ("invalid-state", "the connection is incomplete", "the connection has to be made again"),
}


async def begin_fetching(work: Work, event: ConnectionOpened) -> None:
    """A source is connected: fetch at once."""
    await task_store.begin(work, event.source, event.person, event.provider, event.session)


async def end_fetching(work: Work, event: ConnectionClosed) -> None:
    """A session has ended: nothing is fetched in it any more, and nothing of a fetch under way is kept."""
    await task_store.end(work, event.session)


async def claim(work: Work, provider: str, limit: int, *, is_backfill: bool, engine: int = 0) -> list[Claim]:
    """Take up to `limit` fetches of a partner that are due, longest waiting first, in the name of an engine."""
    found = []
    for row in await task_store.claim(work, provider, limit, _LEASE, is_backfill=is_backfill, engine=engine):
        values = dict(row)
        sealed = values.pop("token_sealed")
        try:
            token = open_token(work, row["session"], sealed)
        except SealBroken:  # the key is gone, or the row was changed: the others are fetched all the same
            token = None
        found.append(Claim(**values | {"memory": from_json(row["memory"])}, token=token))
    return sorted(found, key=lambda one: one.due_at)


async def settle(work: Work, policy: Policy, claim: Claim, end: End) -> bool:
    """Give a fetch back; whether it was still ours."""
    share = work.uniform(0, 1)
    match end.ending:
        case Ending.LOST:
            # If the lease still holds then the source is not connected any more, whoever did that.
            await task_store.settle(work, claim.source, claim.lease, None, is_backfill=True, failures=0)
            return False
        case Ending.DONE:
            due_at = _next(policy, end.began_at, work.now, share)
            is_ours = await task_store.settle_done(work, claim.source, claim.lease, due_at)
            await task_store.tell(work, due_at)
            return is_ours
        case Ending.MORE:
            return await _give_back(work, claim, work.now, is_backfill=True, failures=0)
        case Ending.PAUSED:
            return await _give_back(work, claim, policy.after_pause(work.now, share))
        case Ending.STOPPED:
            return await _give_back(work, claim, claim.due_at)
        case Ending.REFUSED | Ending.FAILED | Ending.INVALID:
            return await _settle_trouble(work, policy, claim, end, share)


def _next(policy: Policy, began_at: datetime, now: datetime, share: float) -> datetime:
    """A random time of the interval after the last start, and never closer to its end than the interval's begin."""
    low, high = (timedelta(minutes=minutes) for minutes in policy.interval_minutes)
    return policy.after_pause(max(began_at + low + (high - low) * share, now + low), share)


async def _give_back(
    work: Work, claim: Claim, due_at: datetime, *, is_backfill: bool | None = None, failures: int | None = None
) -> bool:
    is_ours = await task_store.settle(
        work,
        claim.source,
        claim.lease,
        due_at,
        is_backfill=claim.is_backfill if is_backfill is None else is_backfill,
        failures=claim.failures if failures is None else failures,
    )
    await task_store.tell(work, due_at)
    return is_ours


async def _settle_trouble(work: Work, policy: Policy, claim: Claim, end: End, share: float) -> bool:
    """Source: Tidepool, the classes of errors and the ladder of retries."""
    if await task_store.hold(work, claim.source, claim.session, claim.lease) is None:
        return False
    failures = 0 if end.was_answered else claim.failures
    due_at: datetime | None
    match end.ending:
        case Ending.REFUSED:
            failures += 1
            due_at = policy.retry(work.now, failures, share)
        case Ending.FAILED:
            due_at = _next(policy, end.began_at, work.now, share)
            asked_for = work.now + timedelta(seconds=end.retry_after_s)
            if asked_for > due_at:
                due_at = policy.after_pause(asked_for, share)
        case _:
            due_at = None
    code, title, detail = _ERRORS[end.ending]
    changes: dict[str, Any] = {"error": {"code": code, "title": title, "detail": detail}}
    if due_at is None:
        changes["state"] = SourceState.ERROR
    await task_store.count_trouble(work, claim.provider, end.reason or end.ending.value)
    await sources.write(work, claim.source, changes)
    await task_store.settle(work, claim.source, claim.lease, due_at, is_backfill=claim.is_backfill, failures=failures)
    if due_at is not None:
        await task_store.tell(work, due_at)
    return True


async def prolong(work: Work, claims: Sequence[Claim]) -> set[UUID]:
    """Keep what we hold; the leases that still hold."""
    if not claims:
        return set()
    return await lease_store.prolong(work, [one.lease for one in claims], [one.source for one in claims], _LEASE)


async def release(work: Work, claims: Sequence[Claim]) -> None:
    """Give back what was not finished: it stays due, and another worker goes on with it at once."""
    if claims:
        await lease_store.release(work, [one.lease for one in claims], [one.source for one in claims])
        await task_store.tell(work, min(one.due_at for one in claims))


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the first fetch of each lane is due (None: there is none).

    lease_left_s: when a lease may run out, in seconds; has_others: whether other engines fetch now.
    """

    due_at: tuple[datetime | None, ...]
    lease_left_s: float | None
    has_others: bool


async def look(work: Work, lanes: Sequence[tuple[str, bool]], *, engine: int = 0, may_judge: bool = False) -> Outlook:
    """What is to come in these lanes (provider, is_backfill); takes back first what died workers held.

    may_judge: whether to believe that an engine without its mark is dead. When the database comes back all have lost
    their marks, and set them again within a second or two.
    """
    held = await lease_store.leases(work, engine, _SILENCE)
    dead = held["dead"] if may_judge else []
    if dead or (held["left_s"] is not None and held["left_s"] <= 0):
        freed_at = await lease_store.free(work, dead)
        if freed_at is not None:
            await task_store.tell(work, freed_at)
        held = await lease_store.leases(work, engine, _SILENCE)
    return Outlook(tuple(await task_store.next_due(work, lanes)), held["left_s"], held["has_others"])


def is_up_to_date(policy: Policy, until: datetime, now: datetime) -> bool:
    """Whether a run that has come so far need not be continued before its next turn."""
    return now - until < timedelta(minutes=policy.interval_minutes[0])
