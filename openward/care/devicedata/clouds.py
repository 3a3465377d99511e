"""Keep what a partner cloud delivers: it repeats itself, and what a set has by its origin's id is dropped."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from openward.care import audit
from openward.care.devicedata import store, store_data
from openward.care.devicedata.dedup import origin_digest
from openward.care.devicedata.ingest import announce, keep, pack_batch
from openward.care.devicedata.model import Batch, DataSet, Row
from openward.care.devicedata.rules import Checked, check_batch
from openward.care.devicedata.rules.fast import decode_cbg
from openward.care.errors import Invalid
from openward.care.work import Work

_BATCH = 2000
_OFF_LOOP_FROM = 200
"""From so many data on, checking and packing takes milliseconds in which others would have to wait."""
_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivery: how many data are new, their first and last time, faults by code of those skipped."""

    stored: int
    earliest: datetime | None
    latest: datetime | None
    skipped: Mapping[str, int]


async def append_new(
    work: Work, target: DataSet, data: Sequence[Mapping[str, Any]], timezone_offset_min: int | None = None
) -> Delivery:
    """Keep the data that a set held by `lock` does not have yet, in batches; what breaks a rule is left out.

    data: JSON values, each with an `origin.id`, by which they are told apart; timezone_offset_min: the device's, noted
    on the set.
    """
    if timezone_offset_min is not None and target.body.get("timezoneOffset") != timezone_offset_min:
        body = {**target.body, "timezoneOffset": timezone_offset_min}
        await store.change(work, target.key, body, is_open=True, time=target.time)
    skipped: Counter[str] = Counter()
    kept: list[Row] = []
    for start in range(0, len(data), _BATCH):
        fresh = await _unknown(work, target, data[start : start + _BATCH], skipped)
        for batch in await _packed(work, fresh, skipped):
            await keep(work, target, batch, has_origins=True)
            kept += batch.rows
            target = await store.find_data_set(work, target.name) or target
    if kept:
        audit.note(work, "write", "devicedata", target.person)
        announce(work, target, "DATA_ADDED", {}, kept)
    times = [row.time for row in kept]
    return Delivery(len(kept), min(times, default=None), max(times, default=None), skipped)


async def _unknown(
    work: Work, target: DataSet, data: Sequence[Mapping[str, Any]], skipped: Counter[str]
) -> list[Mapping[str, Any]]:
    """Those whose origin neither the set nor an earlier one of them has; looked up before they cost any checking."""
    first: dict[str, Mapping[str, Any]] = {}
    for datum in data:
        origin = datum.get("origin")
        name = origin.get("id") if isinstance(origin, Mapping) else None
        if isinstance(name, str) and name:
            first.setdefault(name, datum)
        else:
            skipped["origin-missing"] += 1
    digests = {origin_digest(name): name for name in first}
    for digest, _ in await store_data.by_origin(work, target.key, list(digests)):
        first.pop(digests[digest], None)
    return list(first.values())


async def _packed(work: Work, data: list[Mapping[str, Any]], skipped: Counter[str]) -> list[Batch]:
    if not data:
        return []

    def mint() -> str:
        return work.token_bytes(16).hex()

    if len(data) < _OFF_LOOP_FROM:
        return _pack(data, mint, skipped)
    return await asyncio.to_thread(_pack, data, mint, skipped)


def _pack(data: list[Mapping[str, Any]], mint: Callable[[], str], skipped: Counter[str]) -> list[Batch]:
    """Rows for what is valid: sensor readings by the short way where that is possible."""
    readings = [datum for datum in data if datum.get("type") == "cbg"]
    rest = [datum for datum in data if datum.get("type") != "cbg"]
    batches = []
    fast = decode_cbg(_to_json(readings)) if readings else None
    if fast is not None:
        batches.append(pack_batch(fast))
    else:
        rest = data
    checked = _checked(rest, mint, skipped)
    if checked:
        batches.append(pack_batch(checked))
    return batches


def _checked(data: Sequence[Mapping[str, Any]], mint: Callable[[], str], skipped: Counter[str]) -> list[Checked]:
    """The data that break no rule. Faults of parsing hide others, so what is left is looked at again."""
    left = [dict(datum) for datum in data]
    while left:
        try:
            return check_batch(left, mint_id=mint)
        except Invalid as invalid:
            faulty = {int(fault.pointer.split("/")[1]): fault.code for fault in invalid.faults}
            skipped.update(faulty.values())
            left = [datum for place, datum in enumerate(left) if place not in faulty]
    return []
