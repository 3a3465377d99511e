"""What a deliverer does between two calls: takes endpoints, reads what is due, notes what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from openward.care import events
from openward.care.subscriptions import delivery_store, lane_store, rules
from openward.care.subscriptions.endpoints import COLUMN
from openward.care.subscriptions.model import Batch, EndpointDisabled, Lane, Outcome, State
from openward.care.work import OrganizationKey, Work

LEASE_S: Final = 9.0
DISABLED: Final = "disabled"
GONE: Final = "subject-gone"
_LEASE: Final = timedelta(seconds=LEASE_S)


class Outlook(NamedTuple):
    """When the first delivery to an endpoint that nobody holds is due: for those in order, and for failing ones; and
    after how many seconds an endpoint that somebody holds may be free.
    """

    due_at: datetime | None
    failing_due_at: datetime | None
    lease_left_s: float | None


async def claim(work: Work, limit: int, *, is_failing: bool) -> list[Lane]:
    """Hold up to `limit` endpoints at which something is due; those that fail are claimed by themselves."""
    return await lane_store.claim(work, limit, _LEASE, is_failing=is_failing) if limit > 0 else []


async def outlook(work: Work) -> Outlook:
    """When to look again."""
    rows = {row["is_failing"]: row for row in await lane_store.outlook(work)}
    due = {is_failing: row["due_at"] for is_failing, row in rows.items()}
    leases = [row["lease_left_s"] for row in rows.values() if row["lease_left_s"] is not None]
    return Outlook(due.get(False), due.get(True), min(leases, default=None))


async def batch(work: Work, lane: Lane, limit: int) -> Batch | None:
    """What is due at an endpoint that is held; None when nothing is, or it is not held any more."""
    row = await lane_store.endpoint(work, lane)
    if row is None:
        return None
    waiting = await lane_store.waiting(work, lane.subscription, limit)
    if not waiting:
        return None
    secret = work.tools.keyring.unseal(row["secret_sealed"], COLUMN, lane.subscription).decode()
    return Batch(row["endpoint"], secret, waiting)


async def settle(work: Work, lane: Lane, outcomes: Sequence[Outcome]) -> bool:
    """Note what became of attempts, in the order in which they ended; False when the endpoint is not ours any more.

    One that has done nothing but fail for days is disabled: what waits is given up, and the practice is told.
    """
    held = await lane_store.hold(work, lane)
    if held is None:
        return False
    ends = [_end(outcome) for outcome in outcomes]
    await delivery_store.settle(
        work,
        [outcome.due.key for outcome in outcomes],
        [state for state, _ in ends],
        [due_at for _, due_at in ends],
        [outcome.at for outcome in outcomes],
        [outcome.status for outcome in outcomes],
        [outcome.reason for outcome in outcomes],
    )
    since: datetime | None = held["failing_since"]
    for outcome in outcomes:
        if outcome.is_delivered:
            since = None
        elif outcome.reason != GONE:
            since = since or outcome.at
    if since != held["failing_since"]:
        await lane_store.set_failing(work, lane.subscription, since)
    if rules.is_hopeless(since, work.now):
        await _disable(work, lane, held["organization"], held["endpoint"])
    return True


async def prolong(work: Work, lanes: Sequence[Lane]) -> set[object]:
    """Go on holding; the leases that still hold."""
    return set(await lane_store.prolong(work, lanes, _LEASE))


async def release(work: Work, lanes: Sequence[Lane]) -> None:
    """Let others hold them."""
    await lane_store.release(work, lanes)


def _end(outcome: Outcome) -> tuple[State, datetime | None]:
    if outcome.is_delivered:
        return State.DELIVERED, None
    again_at = None if outcome.reason == GONE else rules.next_try(outcome.due.attempts + 1, outcome.at)
    return (State.GIVEN_UP, None) if again_at is None else (State.WAITING, again_at)


async def _disable(work: Work, lane: Lane, organization: OrganizationKey, endpoint: str) -> None:
    is_news = await lane_store.disable(work, lane.subscription)
    await delivery_store.give_up(work, lane.subscription, DISABLED)
    if is_news:
        events.record(work, EndpointDisabled(organization, lane.subscription, urlsplit(endpoint).hostname or ""))
