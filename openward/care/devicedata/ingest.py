"""Keep one batch of data in one data set, all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from openward.care import audit, events, patients
from openward.care.devicedata import dedup, store, store_data
from openward.care.devicedata.model import KIND_NAMES, KIND_NUMBERS, Batch, DataChanged, DataSet, Row
from openward.care.devicedata.packing import pack, spill
from openward.care.devicedata.packing_cbg import pack_cbg
from openward.care.devicedata.rules import Checked
from openward.care.devicedata.rules.fast import CbgReading
from openward.care.errors import Conflict, Fault, Invalid, NotFound, TooLarge
from openward.care.work import PersonKey, Work

GLUCOSE = (KIND_NUMBERS["cbg"], KIND_NUMBERS["smbg"])
_PAST = timedelta(days=731)
_AHEAD = timedelta(days=1)
_FEW_SHAPES = 256
_ROWS_A_SHAPE = 32
"""A set may have this many shapes anyway, and one more for each so many rows: beyond, a shape saves nothing."""
_MOST_SHAPES = 32767
_MOST_ROWS = 2**31 - 1


async def require_upload(work: Work, person: PersonKey) -> None:
    """`NotAllowed` unless the caller may write this person's data: asked before a body is read closely."""
    await patients.require(work, person, patients.Permission.UPLOAD)


async def lock(work: Work, name: str) -> DataSet:
    """Hold an open data set for writing data: `NotFound`, `NotAllowed`, or `Conflict` when it is closed."""
    target = await store.find_data_set(work, name, lock=True)
    if target is None or target.deleted_at is not None:
        raise NotFound("data set with the given id was not found", code="data-set-id-not-found")
    await patients.require(work, target.person, patients.Permission.UPLOAD)
    if not target.is_open:
        raise Conflict("data set with the given id is closed for new data", code="data-set-closed")
    return target


def pack_batch(data: Sequence[Checked] | Sequence[CbgReading]) -> Batch:
    """Rows for checked data; costs processor time only, so a large batch is packed off the event loop."""
    if data and isinstance(data[0], CbgReading):
        return pack_cbg(data)  # type: ignore[arg-type]  # a batch is of one sort
    return pack(data)  # type: ignore[arg-type]


async def append(work: Work, target: DataSet, batch: Batch) -> None:
    """De-duplicate and keep a batch in a set held by `lock`; its data count at once if the set is active."""
    audit.note(work, "write", "devicedata", target.person)
    arrival = await dedup.on_append(work, target, batch)
    if arrival.replaced:
        replaced = await store_data.span(work, [target.key], arrival.replaced)
        await store_data.delete(work, target.key, arrival.replaced)
    else:
        replaced = {}
    if arrival.rows:
        await _refuse_known_ids(work, target, arrival.rows)
        await keep(work, target, Batch(arrival.rows, batch.shapes, batch.fields_of))
    if target.is_active:
        announce(work, target, "DATA_ADDED", replaced, arrival.rows)


async def keep(work: Work, target: DataSet, batch: Batch, digests: Mapping[str, UUID] | None = None) -> None:
    """Write rows under the next ordinals of a set that the caller holds.

    digests: of the rows' origins, which are remembered also where the set's own deduplicator does not ask for it.
    """
    rows = batch.rows
    if target.next_ordinal + len(rows) > _MOST_ROWS:
        raise TooLarge("the data set is full")
    numbers = await _numbers(work, target, batch)
    await store_data.insert(work, target, rows, numbers)
    if digests is not None or dedup.is_by_origin(target):
        known = digests or {}
        # What lies within another datum, as the bolus of a calculator does, has an origin that nobody looked up.
        origins = [
            (known.get(row.origin_id) or dedup.origin_digest(row.origin_id), ordinal)
            for ordinal, row in enumerate(rows, target.next_ordinal)
            if row.origin_id
        ]
        if origins:
            await store_data.insert_origins(work, target.key, origins)
    await store.advance(work, target, len(rows), has_pump_loop=any(row.is_pump_loop for row in rows))


async def _refuse_known_ids(work: Work, target: DataSet, rows: Sequence[Row]) -> None:
    """An id names one datum of a set."""
    given = [row for row in rows if row.given_id]
    if not given:
        return
    known: Mapping[str, int] = await store_data.by_given_id(work, target.key, [str(row.given_id) for row in given])
    seen = set(known)
    faults = []
    for row in given:
        if row.given_id in seen:
            faults.append(Fault("value-duplicate", f"/{row.place}/id", "the data set has a datum with this id"))
        seen.add(str(row.given_id))
    if faults:
        raise Invalid(faults)


async def _numbers(work: Work, target: DataSet, batch: Batch) -> dict[bytes, int]:
    """The number of every shape that the batch needs; adds new ones, and spills what would be too many."""
    numbers = await _known_numbers(work, target, batch)
    limit = min(_FEW_SHAPES + target.next_ordinal // _ROWS_A_SHAPE, _MOST_SHAPES // 2)
    missing = {row.shape for row in batch.rows} - numbers.keys()
    if target.shapes + len(missing) > limit:
        for row in batch.rows:
            if row.shape in missing:
                spill(row, batch)
        numbers = await _known_numbers(work, target, batch)
        missing = {row.shape for row in batch.rows} - numbers.keys()
    if target.shapes + len(missing) > _MOST_SHAPES:
        raise TooLarge("the data set holds data of too many devices")
    fresh = list(enumerate(sorted(missing), target.shapes))
    if fresh:
        await store_data.insert_shapes(
            work,
            target.key,
            [
                (number, KIND_NUMBERS[shape.kind], shape.device, shape.variant, _digest(packed), packed)
                for number, packed in fresh
                for shape in (batch.shapes[packed],)
            ],
        )
    return numbers | {packed: number for number, packed in fresh}


async def _known_numbers(work: Work, target: DataSet, batch: Batch) -> dict[bytes, int]:
    digests = {_digest(packed): packed for packed in {row.shape for row in batch.rows}}
    known = await store_data.shape_numbers(work, target.key, list(digests))
    return {digests[digest]: number for digest, number in known.items()}


def _digest(packed: bytes) -> UUID:
    return UUID(bytes=blake2b(packed, digest_size=16).digest())


def _looked_at(work: Work) -> tuple[datetime, datetime]:
    return work.now - _PAST, work.now + _AHEAD


def in_summaries(work: Work, time: datetime) -> bool:
    """Whether this lies within the time that summaries look at."""
    low, high = _looked_at(work)
    return low <= time <= high


def announce(
    work: Work,
    target: DataSet,
    reason: str,
    spans: Mapping[int, tuple[datetime, datetime]],
    rows: Sequence[Row] = (),
) -> None:
    """Record that glucose changed within the time that summaries look at: in `rows` or in `spans` by kind."""
    low, high = _looked_at(work)
    counted = [(row.kind, row.time) for row in rows if row.kind in GLUCOSE and low <= row.time <= high]
    for kind, (first, last) in spans.items():
        # A span may reach beyond that time at either end, and what lies between has changed all the same.
        if first <= high and last >= low:
            counted += [(kind, max(first, low)), (kind, min(last, high))]
    if counted:
        names = tuple(sorted({KIND_NAMES[kind] for kind, _ in counted}))
        times = [time for _, time in counted]
        events.record(work, DataChanged(target.person, names, min(times), max(times), reason))
    elif reason == "UPLOAD_COMPLETED":
        # Tidepool: a completed upload marks all summaries, whatever it held.
        events.record(work, DataChanged(target.person, ("cbg", "smbg"), work.now, work.now, reason))
