"""How a datum is split into the shape it shares with others and the detail of its own, and put together again.

A day of readings repeats its device, zone, offsets and units in every datum; kept once per data set these cost nothing
per reading. The rest that has no column is packed as MessagePack, with numbers in place of the commonest names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from openward.care.devicedata.model import EPOCH, KIND_NUMBERS, VALUED, Batch, Row, Shape
from openward.care.devicedata.rules import Checked

_json = msgspec.json.Encoder(order="sorted").encode
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

# What decides about a query or a duplicate: always in the shape, so that SQL need not open the details.
_CORE = ("deviceId", "subType", "deliveryType", "source", "sampleInterval")
# What seldom changes from one datum of a set to the next.
_SHARED = (
    "timezone",
    "timezoneOffset",
    "conversionOffset",
    "clockDriftOffset",
    "units",
    "trend",
    "trendRateUnits",
    "backfilled",
    "annotations",
    "insulinFormulation",
    "deliveryContext",
    "carbUnits",
    "scheduleName",
    "tags",
    "location",
)
_ORIGIN_SHARED = ("name", "version", "type")
_LOOP_SINCE = datetime(2017, 9, 1, tzinfo=UTC)
_REPEATS = 8
"""A payload that comes this often in one batch is worth a shape."""

# A name's number is stored: append only, never change one.
# fmt: off
_NAMES = (
    "id", "origin", "trendRate", "payload", "deviceTime", "duration", "rate", "normal", "extended", "annotations",
    "timezone", "timezoneOffset", "conversionOffset", "clockDriftOffset", "units", "trend", "trendRateUnits",
    "backfilled", "notes", "expectedDuration", "expectedNormal", "expectedExtended", "percent", "suppressed",
    "bgInput", "bgTarget", "bolus", "carbInput", "insulinCarbRatio", "insulinOnBoard", "insulinSensitivity",
    "recommended", "nutrition", "amount", "name", "meal", "status", "reason", "location", "tags", "scheduleName",
    "carbUnits", "deliveryContext", "insulinFormulation", "associations", "food", "dose", "states", "value",
)
# fmt: on
_CODES: dict[str, int | str] = {name: place for place, name in enumerate(_NAMES)}
_E5 = 127
"""Stands for trendRate as a whole number of 0.00001 mmol/L per minute: three bytes in place of nine."""

_SECOND = timedelta(seconds=1)
_MS = timedelta(milliseconds=1)


_JSON = b"\xc1"
"""The one byte that MessagePack never uses: what follows is JSON, for whole numbers that MessagePack cannot hold."""


def pack_shape(shape: Shape) -> bytes:
    """A shape as bytes (JSON: there are few of them); equal shapes give equal bytes."""
    return _json([shape.kind, shape.device_delta_ms, dict(shape.fields)])


def unpack_shape(body: bytes) -> Shape:
    """The reverse of `pack_shape`."""
    kind, delta, fields = msgspec.json.decode(body)
    return Shape(kind, fields, delta)


def pack_detail(fields: Mapping[str, Any]) -> bytes | None:
    """What has no column and no shape, as bytes; None for nothing."""
    if not fields:
        return None
    packed: dict[int | str, Any] = {}
    for name, value in fields.items():
        if name == "trendRate" and type(value) is float and abs(value) < 100:
            scaled = round(value * 100000)
            if scaled / 100000 == value:
                packed[_E5] = scaled
                continue
        packed[_CODES.get(name, name)] = value
    try:
        return _encode(packed)
    except OverflowError:
        return _JSON + _json(dict(fields))


def unpack_detail(detail: bytes) -> dict[str, Any]:
    """The reverse of `pack_detail`."""
    if detail[:1] == _JSON:
        whole: dict[str, Any] = msgspec.json.decode(detail[1:])
        return whole
    fields: dict[str, Any] = {}
    for name, value in _decode(detail).items():
        if name == _E5:
            fields["trendRate"] = value / 100000
        else:
            fields[_NAMES[name] if type(name) is int else name] = value
    return fields


def device_delta_ms(time: datetime, device_time: str, fields: Mapping[str, Any]) -> int | None:
    """What to add to `time` to get `device_time` back; from the offsets if they agree, else the plain distance.

    None near the ends of the calendar, where the sum would leave it.
    """
    said = datetime.fromisoformat(device_time)
    local = time.replace(tzinfo=None)
    try:
        delta = (
            fields.get("timezoneOffset", 0) * 60000
            + fields.get("conversionOffset", 0)
            + fields.get("clockDriftOffset", 0)
        )
        if (local + delta * _MS).replace(microsecond=0) == said:
            return int(delta)
    except OverflowError:
        return None
    return (said - local.replace(microsecond=0)) // _SECOND * 1000


def device_time(time: datetime, delta_ms: int) -> str:
    """The device time that `device_delta_ms` was made from."""
    return (time.replace(tzinfo=None) + delta_ms * _MS).isoformat(timespec="seconds")


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as aware UTC with milliseconds."""
    return EPOCH + round(seconds * 1000) * _MS


def pack(batch: Sequence[Checked]) -> Batch:
    """Rows for a checked batch, in its order."""
    counts = Counter(_json(datum.fields["payload"]) for datum in batch if "payload" in datum.fields)
    often = {body for body, count in counts.items() if count >= _REPEATS}
    shapes: dict[bytes, Shape] = {}
    rows = [pack_one(place, datum, shapes, often) for place, datum in enumerate(batch)]
    return Batch(rows, shapes, lambda place: batch[place].fields)


def pack_one(place: int, datum: Checked, shapes: dict[bytes, Shape], often: Set[bytes] = frozenset()) -> Row:
    """The row of one datum; its shape joins `shapes`. `often` holds payloads that are worth a shape."""
    rest: dict[str, Any] = dict(datum.fields)
    value = rest.pop("value") if datum.kind in VALUED else None
    shared = {name: rest.pop(name) for name in (*_CORE, *_SHARED) if name in rest}
    delta = None
    if "deviceTime" in rest:
        delta = device_delta_ms(datum.time, rest["deviceTime"], shared)
        if delta is not None:
            del rest["deviceTime"]
    origin = rest.get("origin") or {}
    common = {name: origin[name] for name in _ORIGIN_SHARED if name in origin}
    if common:
        shared["origin"] = common
        rest["origin"] = {name: part for name, part in origin.items() if name not in common}
        if not rest["origin"]:
            del rest["origin"]
    if often and "payload" in rest and _json(rest["payload"]) in often:
        shared["payload"] = rest.pop("payload")
    packed = add_shape(shapes, Shape(datum.kind, shared, delta))
    return Row(
        datum.time,
        None if value is None else float(value),
        KIND_NUMBERS[datum.kind],
        packed,
        pack_detail(rest),
        place,
        rest.get("id"),
        origin.get("id"),
        origin.get("time"),
        bool(origin) and datum.time >= _LOOP_SINCE and _pump_maker(origin) == "Medtronic",
    )


def _pump_maker(origin: Mapping[str, Any]) -> object:
    device = (origin.get("payload") or {}).get("device")
    return device.get("manufacturer") if isinstance(device, dict) else None


def add_shape(shapes: dict[bytes, Shape], shape: Shape) -> bytes:
    """Note a shape that a batch needs; its packed form."""
    packed = pack_shape(shape)
    shapes.setdefault(packed, shape)
    return packed


def spill(row: Row, batch: Batch) -> None:
    """Rewrite a row so that only what queries look at stays in its shape: the set has too many shapes already."""
    rest = dict(batch.fields_of(row.place))
    kind = batch.shapes[row.shape].kind
    if kind in VALUED:
        del rest["value"]
    core = {name: rest.pop(name) for name in _CORE if name in rest}
    row.shape = add_shape(batch.shapes, Shape(kind, core))
    row.detail = pack_detail(rest)


def unpack(shape: Shape, time: datetime, value: float | None, detail: bytes | None) -> dict[str, Any]:
    """All fields of a kept datum but `type`, `time`, its minted id and what its data set adds."""
    fields = dict(shape.fields)
    if value is not None:
        fields["value"] = value
    if shape.device_delta_ms is not None:
        fields["deviceTime"] = device_time(time, shape.device_delta_ms)
    if detail is not None:
        own = unpack_detail(detail)
        if "origin" in own and "origin" in fields:
            own["origin"] = {**fields["origin"], **own["origin"]}
        fields.update(own)
    return fields
