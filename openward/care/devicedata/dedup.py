"""Which deduplicator a data set has, and what each does when data come, when they are withdrawn, and at the end.

Source: Tidepool, deduplicators (names, versions, automatic selection and effects).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from uuid import UUID

from openward.care.devicedata import store, store_data, store_hidden
from openward.care.devicedata.hashing import datum_hash
from openward.care.devicedata.model import KIND_NAMES, VALUED, Batch, DataSet, Row
from openward.care.devicedata.packing import unpack, unpack_shape
from openward.care.devicedata.rules.instants import parse_instant
from openward.care.errors import Fault, Invalid
from openward.care.work import Work
from openward.infra.db import uuid_of


class Deduplicator(StrEnum):
    """The six ways of telling a repetition from something new."""

    NONE = "org.tidepool.deduplicator.none"
    TRUNCATE = "org.tidepool.deduplicator.device.truncate.dataset"
    DEACTIVATE_HASH = "org.tidepool.deduplicator.device.deactivate.hash"
    DELETE_ORIGIN = "org.tidepool.deduplicator.dataset.delete.origin"
    DELETE_ORIGIN_OLDER = "org.tidepool.deduplicator.dataset.delete.origin.older"
    DROP_HASH = "org.tidepool.deduplicator.dataset.drop.hash"


VERSIONS = {
    Deduplicator.NONE: "1.0.0",
    Deduplicator.TRUNCATE: "1.1.0",
    Deduplicator.DEACTIVATE_HASH: "1.1.0",
    Deduplicator.DELETE_ORIGIN: "1.0.0",
    Deduplicator.DELETE_ORIGIN_OLDER: "1.0.0",
    Deduplicator.DROP_HASH: "1.0.0",
}
_ALIASES = {
    "org.tidepool.continuous": Deduplicator.NONE,
    "org.tidepool.truncate": Deduplicator.TRUNCATE,
    "org.tidepool.hash-deactivate-old": Deduplicator.DEACTIVATE_HASH,
    "org.tidepool.continuous.origin": Deduplicator.DELETE_ORIGIN,
}
_HASHED_DEVICES = {
    "Abbott": {"FreeStyle Libre"},
    "LifeScan": {"OneTouch Ultra 2", "OneTouch UltraMini", "Verio", "Verio Flex"},
    "Medtronic": {
        "523",
        "523K",
        "551",
        "554",
        "723",
        "723K",
        "751",
        "754",
        "1510",
        "1510K",
        "1511",
        "1512",
        "1580",
        "1581",
        "1582",
        "1710",
        "1710K",
        "1711",
        "1712",
        "1714",
        "1714K",
        "1715",
        "1780",
        "1781",
        "1782",
    },
    "Trividia Health": {"TRUE METRIX", "TRUE METRIX AIR", "TRUE METRIX GO"},
}
HASH_DEDUPLICATORS = frozenset({Deduplicator.DEACTIVATE_HASH, Deduplicator.DROP_HASH})
_BY_ORIGIN = frozenset({Deduplicator.DELETE_ORIGIN, Deduplicator.DELETE_ORIGIN_OLDER})
_KEPT_UNLESS_NEWER = frozenset({"bolus", "food"})
_BY_VARIANT = frozenset({"basal", "bolus", "deviceEvent"})


def choose(body: dict[str, Any]) -> Deduplicator:
    """The deduplicator for a checked new data set; `Invalid` for an unknown name."""
    name = (body.get("deduplicator") or {}).get("name")
    if name is not None:
        if name in _ALIASES:
            return _ALIASES[name]
        try:
            return Deduplicator(name)
        except ValueError:
            detail = (
                f'value "{name[:200]}" is not one of [{", ".join(chr(34) + one + chr(34) for one in Deduplicator)}]'
            )
            raise Invalid([Fault("value-not-allowed", "/deduplicator/name", detail)]) from None
    makers = body.get("deviceManufacturers") or ()
    if body["dataSetType"] == "normal" and body.get("deviceId"):
        if any(body.get("deviceModel") in _HASHED_DEVICES.get(maker, ()) for maker in makers):
            return Deduplicator.DEACTIVATE_HASH
        if "Animas" in makers:
            return Deduplicator.TRUNCATE
    return Deduplicator.NONE


def origin_digest(origin_id: str) -> UUID:
    """Sixteen bytes that stand for an origin's id of any length."""
    return uuid_of(blake2b(origin_id.encode(), digest_size=16).digest())


@dataclass(slots=True)
class Arrival:
    """What is to be done with a batch: the rows to keep, the ordinals that give way to them."""

    rows: list[Row]
    replaced: list[int] = field(default_factory=list)


async def on_append(work: Work, target: DataSet, batch: Batch) -> Arrival:
    """Decide about a batch; the caller holds the data set."""
    match Deduplicator(target.deduplicator):
        case Deduplicator.DEACTIVATE_HASH:
            _require_devices(batch)
        case Deduplicator.DROP_HASH:
            return Arrival(await _drop_known(work, target, batch))
        case Deduplicator.DELETE_ORIGIN:
            return await _replace_origins(work, target, batch, keeps_newer=False)
        case Deduplicator.DELETE_ORIGIN_OLDER:
            return await _replace_origins(work, target, batch, keeps_newer=True)
        case _:
            pass
    return Arrival(batch.rows)


def _require_devices(batch: Batch) -> None:
    """The device is part of the identity by which later uploads find these data."""
    bare = {packed for packed, shape in batch.shapes.items() if not shape.device}
    if bare:
        faults = [
            Fault("value-not-exists", f"/{row.place}/deviceId", "the data set's deduplicator needs a device id")
            for row in batch.rows
            if row.shape in bare
        ]
        raise Invalid(faults)


_Key = tuple[int, datetime, float | None, str | None]


def _identity(row: Row, variants: dict[bytes, str | None]) -> _Key:
    return (row.kind, row.time, row.value, variants[row.shape])


async def _drop_known(work: Work, target: DataSet, batch: Batch) -> list[Row]:
    """Within the batch the last of equals wins; what the set has already is dropped."""
    variants = {packed: shape.variant if shape.kind in _BY_VARIANT else None for packed, shape in batch.shapes.items()}
    last = {_identity(row, variants): row for row in batch.rows}
    moments = sorted({(kind, time) for kind, time, _, _ in last})
    known: set[_Key] = set()
    for kind, time, value, variant in await store_data.same_moments(work, target, moments):
        known.add((kind, time, value, variant if KIND_NAMES[kind] in _BY_VARIANT else None))
    return sorted((row for key, row in last.items() if key not in known), key=lambda row: row.place)


async def _replace_origins(work: Work, target: DataSet, batch: Batch, *, keeps_newer: bool) -> Arrival:
    """Rows of the set with the same origin give way; a bolus or a meal only to a strictly newer one, if so asked."""
    digests = {row.origin_id: origin_digest(row.origin_id) for row in batch.rows if row.origin_id}
    ordinals: dict[UUID, list[int]] = {}
    for digest, ordinal in await store_data.by_origin(work, target.key, list(digests.values())):
        ordinals.setdefault(digest, []).append(ordinal)
    rows = batch.rows
    if keeps_newer and ordinals:
        guarded = [row for row in rows if row.origin_id and KIND_NAMES[row.kind] in _KEPT_UNLESS_NEWER]
        places = [number for row in guarded for number in ordinals.get(digests[row.origin_id or ""], ())]
        stored = await _origin_times(work, target, places)
        dropped = {
            row.place
            for row in guarded
            if row.origin_id in stored and not _is_newer(row.origin_time, stored[row.origin_id])
        }
        rows = [row for row in rows if row.place not in dropped]
    kept = {digests[row.origin_id] for row in rows if row.origin_id}
    return Arrival(rows, sorted(number for digest in kept for number in ordinals.get(digest, ())))


def _is_newer(sent: str | None, stored: datetime | None) -> bool:
    """Whether the time that came is strictly newer; a stored row without a readable time counts as older."""
    moment = parse_instant(sent) if sent else None
    return moment is not None and (stored is None or moment > stored)


async def _origin_times(work: Work, target: DataSet, ordinals: Sequence[int]) -> dict[str, datetime | None]:
    """By origin id, the newest origin time among these rows of the set."""
    shapes = {number: unpack_shape(body) for _, number, body in await store_data.shapes(work, [target.key])}
    found: dict[str, datetime | None] = {}
    for time, value, _key, _ordinal, shape, detail in await store_data.at_ordinals(work, target.key, ordinals):
        origin = unpack(shapes[shape], time, value, detail).get("origin") or {}
        moment = parse_instant(origin["time"]) if origin.get("time") else None
        before = found.get(origin["id"])
        found[origin["id"]] = moment if before is None or (moment is not None and moment > before) else before
    return found


async def on_close(work: Work, target: DataSet) -> list[int]:
    """What a finished normal set does to others before its data count; the sets that changed."""
    match Deduplicator(target.deduplicator):
        case Deduplicator.DEACTIVATE_HASH:
            await store_hidden.lock_others(work, target)
            touched = await store_hidden.archive_same_events(work, target, Deduplicator.DEACTIVATE_HASH)
            await store_hidden.count_hidden(work, touched)
            return touched
        case Deduplicator.TRUNCATE if target.device_id:
            await store_hidden.lock_others(work, target)
            touched = await store_hidden.remove_same_device(work, target)
            await store.mark_deleted(work, touched)
            await store_data.delete_all(work, touched)
            return touched
        case _:
            return []


async def on_delete(work: Work, target: DataSet) -> list[int]:
    """What a set gives back before its data are removed; the sets that changed."""
    if target.deduplicator == Deduplicator.DEACTIVATE_HASH:
        await store_hidden.lock_others(work, target)
        return await store_hidden.unarchive(work, target)
    return []


async def withdraw(work: Work, target: DataSet, ordinals: Sequence[int]) -> None:
    """Take single data out of an open set: sets by origin archive them, all others remove them for good."""
    if target.deduplicator in _BY_ORIGIN:
        await store_hidden.hide(work, target.key, ordinals)
    else:
        await store_data.delete(work, target.key, ordinals)


def is_by_origin(target: DataSet) -> bool:
    """Whether the set replaces its data by their origin."""
    return target.deduplicator in _BY_ORIGIN


def hash_of(target: DataSet, user_id: str, kind: str, time: datetime, fields: dict[str, Any]) -> str | None:
    """The identity hash that the set's deduplicator gives a datum; None where it uses none."""
    if target.deduplicator == Deduplicator.DEACTIVATE_HASH:
        scope = str(fields.get("deviceId") or "")
    elif target.deduplicator == Deduplicator.DROP_HASH:
        scope = target.name
    else:
        return None
    known = fields if kind not in VALUED or "units" in fields else {**fields, "units": "mmol/L"}
    return datum_hash(user_id, scope, kind, time, known)
