"""Keep what a partner cloud delivers: it repeats itself, and what a set has by its origin's id is dropped."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from openward.care import audit
from openward.care.devicedata import store, store_data
from openward.care.devicedata.dedup import origin_digest
from openward.care.devicedata.ingest import announce, keep, pack_batch
from openward.care.devicedata.model import Batch, DataSet, Row
from openward.care.devicedata.rules import Checked, check_batch
from openward.care.devicedata.rules.fast import CbgReading, decode_cbg, sent_form, settle_made
from openward.care.errors import Invalid
from openward.care.work import Work

_BATCH = 2000
_READINGS_BATCH = 10_000
"""A month of sensor readings at once: they are small, and known to be wanted before anything is made of them."""
_OFF_LOOP_FROM = 200
"""From so many data on, checking and packing takes milliseconds in which others would have to wait."""
_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Readings:
    """Sensor readings as a partner's code has them, made into ours one by one and only where they are new.

    ids: the `origin.id` of each, not empty; make: the reading at a place, unsettled (see `CbgReading`, `settle_made`),
    with this origin among its extras; None where it says nothing that is kept. It may be called from a thread.
    """

    ids: Sequence[str]
    make: Callable[[int], CbgReading | None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivery: how many data are new, their first and last time, faults by code of those skipped."""

    stored: int
    earliest: datetime | None
    latest: datetime | None
    skipped: Mapping[str, int]


async def append_new(
    work: Work,
    target: DataSet,
    data: Sequence[Mapping[str, Any]],
    timezone_offset_min: int | None = None,
    readings: Readings | None = None,
) -> Delivery:
    """Keep the data that a set held by `lock` does not have yet, in batches; what breaks a rule is left out.

    data: JSON values, each with an `origin.id`, by which they are told apart; timezone_offset_min: the device's, noted
    on the set; readings: more data, by the short way where that is possible, with the same outcome.
    """
    if timezone_offset_min is not None and target.body.get("timezoneOffset") != timezone_offset_min:
        body = {**target.body, "timezoneOffset": timezone_offset_min}
        await store.change(work, target.key, body, is_open=True, time=target.time)
    skipped: Counter[str] = Counter()
    kept: list[Row] = []

    def mint() -> str:
        return work.token_bytes(16).hex()

    async def take(names: Sequence[str], packed: Callable[[list[int]], list[Batch]]) -> None:
        nonlocal target
        fresh = await _unknown(work, target, names)
        if not fresh:
            return
        places = list(fresh.values())
        batches = packed(places) if len(places) < _OFF_LOOP_FROM else await asyncio.to_thread(packed, places)
        digests = {names[place]: digest for digest, place in fresh.items()}
        for batch in batches:
            await keep(work, target, batch, digests)
            kept.extend(batch.rows)
            target = await store.find_data_set(work, target.name) or target

    named = _named(data, skipped)
    for start in range(0, len(named), _BATCH):
        part = named[start : start + _BATCH]
        await take(
            [name for name, _ in part],
            lambda places, part=part: _pack([part[place][1] for place in places], mint, skipped),
        )
    if readings is not None:
        for start in range(0, len(readings.ids), _READINGS_BATCH):
            await take(
                readings.ids[start : start + _READINGS_BATCH],
                lambda places, start=start: _pack_readings(readings, start, places, mint, skipped),
            )
    if kept:
        audit.note(work, "write", "devicedata", target.person)
        announce(work, target, "DATA_ADDED", {}, kept)
    times = [row.time for row in kept]
    return Delivery(len(kept), min(times, default=None), max(times, default=None), skipped)


def _named(data: Sequence[Mapping[str, Any]], skipped: Counter[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each datum with its origin's id; those without one are left out."""
    found = []
    for datum in data:
        origin = datum.get("origin")
        name = origin.get("id") if isinstance(origin, Mapping) else None
        if isinstance(name, str) and name:
            found.append((name, datum))
        else:
            skipped["origin-missing"] += 1
    return found


async def _unknown(work: Work, target: DataSet, names: Sequence[str]) -> dict[UUID, int]:
    """Digests and places of the origins that neither the set nor an earlier place has: before they cost any work."""
    first: dict[UUID, int] = {}
    for place, name in enumerate(names):
        first.setdefault(origin_digest(name), place)
    if first and target.next_ordinal:
        for digest, _ in await store_data.by_origin(work, target.key, list(first)):
            first.pop(digest, None)
    return first


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


def _pack_readings(
    readings: Readings, start: int, places: Sequence[int], mint: Callable[[], str], skipped: Counter[str]
) -> list[Batch]:
    """Rows for the readings at these places, counted from `start`; those that are not plain go the long way."""
    plain: list[CbgReading] = []
    rest: list[dict[str, Any]] = []
    make = readings.make
    for place in places:
        made = make(start + place)
        if made is None:
            continue
        if settle_made(made):
            plain.append(made)
        elif (again := make(start + place)) is not None:
            rest.append(sent_form(again))
    batches = [pack_batch(plain)] if plain else []
    checked = _checked(rest, mint, skipped)
    return [*batches, pack_batch(checked)] if checked else batches


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
