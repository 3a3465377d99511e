"""Keeping what a fetch brings: the data, how far it has come and what the source says of itself, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openward.care import devicedata
from openward.care.connections import task_store
from openward.care.connections.copies import copy_source
from openward.care.connections.ports import Partner, Stretch
from openward.care.connections.schedule import Claim
from openward.care.devicedata import Delivery
from openward.care.work import Work

_NOTHING = Delivery(0, None, None, {})


class Lost(Exception):
    """The fetch is not ours any more: disconnected, or taken over by another worker."""


async def keep_stretch(work: Work, claim: Claim, partner: Partner, stretch: Stretch) -> Delivery:
    """Keep one stretch of a fetch that is ours, or raise `Lost` and keep nothing.

    Raises NotFound or Conflict when the source's data set is gone or closed.
    """
    row = await task_store.hold(work, claim.source, claim.session, claim.lease)
    if row is None:
        raise Lost
    data_sets: Sequence[str] = row["data_sets"]
    delivery = _NOTHING
    if stretch.data or (stretch.readings is not None and stretch.readings.ids):
        if not data_sets:
            body = devicedata.check_data_set(_with_time(partner.data_set, work.now))
            data_sets = [(await devicedata.create(work, claim.person, body)).name]
        target = await devicedata.lock(work, data_sets[0])
        delivery = await devicedata.append_new(
            work, target, stretch.data, stretch.timezone_offset_min, stretch.readings, stretch.device
        )
    if delivery.stored:
        earliest, latest = _span(row["earliest_data_at"], row["latest_data_at"], delivery, work.now)
        await task_store.note_data(work, claim.source, data_sets, earliest, latest)
        if latest != row["latest_data_at"]:
            await copy_source(work, claim.person, claim.provider)
    await task_store.advance(work, claim.source, stretch.until, stretch.memory)
    return delivery


def _with_time(body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {**body, "time": devicedata.print_instant(now)}


def _span(
    earliest: datetime | None, latest: datetime | None, delivery: Delivery, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """First and last time of a source's data; never in the future, and a first only if it lies before the last."""
    known = [time for time in (earliest, latest, delivery.earliest, delivery.latest) if time is not None]
    last = min(max(known), now)
    first = min(known)
    return (first if first < last else None), last
