"""Rows straight from sensor readings that took the short way in; equal to what `packing.pack` makes of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET

from openward.care.devicedata.model import KIND_NUMBERS, Batch, Row, Shape
from openward.care.devicedata.packing import add_shape, device_delta_ms, pack_detail, pack_one
from openward.care.devicedata.rules import Checked
from openward.care.devicedata.rules.fast import CbgReading, fields_of

_CBG = KIND_NUMBERS["cbg"]
_parse = datetime.fromisoformat
_MS = timedelta(milliseconds=1)
_OWN = frozenset({"payload", "origin"})
_SHAPED = (
    ("deviceId", "device_id"),
    ("source", "source"),
    ("sampleInterval", "sample_interval"),
    ("timezone", "timezone"),
    ("timezoneOffset", "timezone_offset"),
    ("conversionOffset", "conversion_offset"),
    ("clockDriftOffset", "clock_drift_offset"),
    ("units", "units"),
    ("trend", "trend"),
    ("trendRateUnits", "trend_rate_units"),
    ("backfilled", "backfilled"),
)


def pack_cbg(readings: Sequence[CbgReading]) -> Batch:
    """Rows for readings, in their order."""
    shapes: dict[bytes, Shape] = {}
    known: dict[tuple[object, ...], tuple[bytes, timedelta | None]] = {}
    rows = [_row(place, reading, shapes, known) for place, reading in enumerate(readings)]

    def fields(place: int) -> Mapping[str, Any]:
        return fields_of(readings[place])

    return Batch(rows, shapes, fields)


def _row(
    place: int,
    reading: CbgReading,
    shapes: dict[bytes, Shape],
    known: dict[tuple[object, ...], tuple[bytes, timedelta | None]],
) -> Row:
    extras = reading.extras
    if reading.id is not UNSET or (extras is not None and not _is_simple(extras)):
        return pack_one(place, Checked("cbg", reading.time, fields_of(reading)), shapes)
    key = (
        reading.device_id,
        reading.timezone,
        reading.timezone_offset,
        reading.conversion_offset,
        reading.clock_drift_offset,
        reading.trend,
        reading.sample_interval,
        reading.trend_rate_units,
        reading.backfilled,
        reading.source,
        reading.device_time is UNSET,
    )
    found = known.get(key)
    time = reading.time
    if found is None:
        found = known[key] = _shape(reading, shapes)
    packed, delta = found
    if delta is not None and not _fits(time, delta, reading.device_time):
        # The distance between the clocks changed within the batch (a daylight saving change, say).
        packed, delta = known[key] = _shape(reading, shapes)
    if delta is None and reading.device_time is not UNSET:
        return pack_one(place, Checked("cbg", time, fields_of(reading)), shapes)
    rate = reading.trend_rate
    if extras is None:
        return Row(time, float(reading.value), _CBG, packed, None if rate is UNSET else _rate(rate), place)
    own = extras if rate is UNSET else {"trendRate": rate, **extras}
    name = extras["origin"]["id"] if "origin" in extras else None
    return Row(time, float(reading.value), _CBG, packed, pack_detail(own), place, None, name)


def _is_simple(extras: Mapping[str, Any]) -> bool:
    """Whether they belong to this reading alone, so that nothing of them goes into the shape."""
    for name in extras:
        if name not in _OWN:
            return False
    origin = extras.get("origin")
    return origin is None or (len(origin) == 1 and "id" in origin)


def _fits(time: datetime, delta: timedelta, device_time: str | Any) -> bool:
    if not time.microsecond and not delta.microseconds:
        return _parse(device_time + "Z") - time == delta
    try:
        return (time + delta).isoformat(timespec="seconds")[:19] == device_time
    except OverflowError:
        return False


def _rate(rate: float) -> bytes | None:
    return pack_detail({"trendRate": rate})


def _shape(reading: CbgReading, shapes: dict[bytes, Shape]) -> tuple[bytes, timedelta | None]:
    fields = {name: value for name, slot in _SHAPED if (value := getattr(reading, slot)) is not UNSET}
    delta = None
    if reading.device_time is not UNSET:
        delta = device_delta_ms(reading.time, reading.device_time, fields)
    return add_shape(shapes, Shape("cbg", fields, delta)), None if delta is None else delta * _MS
