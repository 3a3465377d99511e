"""Keep what a partner cloud delivers: it repeats itself, and what a set has by its origin's id is dropped."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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
from openward.infra.threads import Threads

_BATCH = 2000
_READINGS_BATCH = 10_000
"""A month of sensor readings at once: they are small, and known to be wanted before anything is made of them."""
_OFF_LOOP_FROM = 200
"""From so many data on, checking and packing takes milliseconds in which others would have to wait."""
_PACKER = Threads(1, "pack")
"""One after another: threads that all want the processor only take it from each other, and from the event loop."""
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
    device: Mapping[str, Any] | None = None,
) -> Delivery:
    """Keep the data that a set held by `lock` does not have yet, in batches; what breaks a rule is left out.

    data: JSON values, each with an `origin.id`, by which they are told apart; timezone_offset_min: the device's, noted
    on the set as `device` is, by the names of its fields; readings: more data, by the short way where that is possible,
    with the same outcome.
    """
    offset = {} if timezone_offset_min is None else {"timezoneOffset": timezone_offset_min}
    body = {**target.body, **(device or {}), **offset}
    if body != target.body:
        await store.change(work, target.key, body, is_open=True, time=target.time)
    intake = _Intake(work, target)
    named = _named(data, intake.skipped)
    for start in range(0, len(named), _BATCH):
        part = named[start : start + _BATCH]
        await intake.take([name for name, _ in part], partial(_pack, [datum for _, datum in part]))
    if readings is not None:
        for start in range(0, len(readings.ids), _READINGS_BATCH):
            names = readings.ids[start : start + _READINGS_BATCH]
            await intake.take(names, partial(_pack_readings, readings.make, start))
    kept = intake.kept
    if kept:
        audit.note(work, "write", "devicedata", target.person)
        announce(work, target, "DATA_ADDED", {}, kept)
    times = [row.time for row in kept]
    return Delivery(len(kept), min(times, default=None), max(times, default=None), intake.skipped)


class _Intake:
    """One delivery on its way into its set: what has been kept of it, and faults of what has not."""

    def __init__(self, work: Work, target: DataSet) -> None:
        self.kept: list[Row] = []
        self.skipped: Counter[str] = Counter()
        self._work, self._target = work, target

    async def take(self, names: Sequence[str], pack: Callable[["_Intake", Sequence[int]], list[Batch]]) -> None:
        """Keep what `pack` makes of those places whose origins are not known yet."""
        fresh = await self._unknown(names)
        places = list(fresh.values())
        if len(places) < _OFF_LOOP_FROM:
            batches = pack(self, places)
        else:
            batches = await _PACKER.run(pack, self, places)
        digests = {names[place]: digest for digest, place in fresh.items()}
        for batch in batches:
            if self.kept:
                # The rows before have taken ordinals and shapes.
                self._target = await store.find_data_set(self._work, self._target.name) or self._target
            await keep(self._work, self._target, batch, digests)
            self.kept += batch.rows

    async def _unknown(self, names: Sequence[str]) -> dict[UUID, int]:
        """Digests and places of the origins that neither the set nor an earlier place has: before they cost work."""
        first: dict[UUID, int] = {}
        for place, name in enumerate(names):
            first.setdefault(origin_digest(name), place)
        if first and (self._target.next_ordinal or self.kept):
            for digest, _ in await store_data.by_origin(self._work, self._target.key, list(first)):
                first.pop(digest, None)
        return first

    def checked(self, data: Sequence[Mapping[str, Any]]) -> list[Checked]:
        """The data that break no rule. Faults of parsing hide others, so what is left is looked at again."""
        left = [dict(datum) for datum in data]
        while left:
            try:
                return check_batch(left, mint_id=lambda: self._work.token_bytes(16).hex())
            except Invalid as invalid:
                faulty = {int(fault.pointer.split("/")[1]): fault.code for fault in invalid.faults}
                self.skipped.update(faulty.values())
                left = [datum for place, datum in enumerate(left) if place not in faulty]
        return []


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


def _pack(data: Sequence[Mapping[str, Any]], intake: _Intake, places: Sequence[int]) -> list[Batch]:
    """Rows for what is valid: sensor readings by the short way where that is possible."""
    chosen = [data[place] for place in places]
    sampled = [datum for datum in chosen if datum.get("type") == "cbg"]
    rest = [datum for datum in chosen if datum.get("type") != "cbg"]
    fast = decode_cbg(_to_json(sampled)) if sampled else None
    batches = [] if fast is None else [pack_batch(fast)]
    checked = intake.checked(chosen if fast is None else rest)
    return [*batches, pack_batch(checked)] if checked else batches


def _pack_readings(
    make: Callable[[int], CbgReading | None], start: int, intake: _Intake, places: Sequence[int]
) -> list[Batch]:
    """Rows for the readings at these places, counted from `start`; those that are not plain go the long way."""
    plain: list[CbgReading] = []
    rest: list[dict[str, Any]] = []
    for place in places:
        made = make(start + place)
        if made is None:
            continue
        if settle_made(made):
            plain.append(made)
        elif (again := make(start + place)) is not None:
            rest.append(sent_form(again))
    batches = [pack_batch(plain)] if plain else []
    checked = intake.checked(rest)
    return [*batches, pack_batch(checked)] if checked else batches
