"""The short way for a batch of plain glucose sensor readings, by far the most frequent data.

It reads raw bytes straight into structs and accepts only what is plainly valid; for everything else it gives None and
the full rules say what is wrong. It never accepts what they refuse, and its result equals theirs.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from openward.care.devicedata.rules import datum
from openward.care.devicedata.rules.instants import ZERO, is_local_time, parse_instant
from openward.care.devicedata.rules.reading import Notebook, Reader, is_storable
from openward.care.devicedata.rules.scalars import DATUM_ID, INT64, free_object, known_zones
from openward.care.devicedata.units import BOUNDS, MMOL_L, MMOL_L_MINUTE, RATE_BOUNDS, from_mg_dl

_Drift = Annotated[int, Meta(ge=-datum.DAY_MS, le=datum.DAY_MS)]
_Offset = Annotated[int, Meta(ge=-10080, le=10080)]
_Int64 = Annotated[int, Meta(ge=1 - INT64, le=INT64 - 1)]
_Interval = Annotated[int, Meta(ge=0, le=datum.DAY_MS)]
_Trend = Literal["constant", "slowFall", "slowRise", "moderateFall", "moderateRise", "rapidFall", "rapidRise"]


class CbgReading(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """One glucose sensor reading, normalised (units and value in mmol/L, `time` in UTC with milliseconds).

    The raw fields are as sent; their checked and normalised form is in `extras`, which may be shared between
    readings and must not be changed. Use `fields_of` for the reading's fields as `check_batch` gives them.
    """

    # A field and not a struct tag: a tag may be left out by the client, the type of a datum may not.
    type: Literal["cbg"]
    time_sent: str = msgspec.field(name="time")
    units: Literal["mg/dL", "mg/dl", "mmol/L", "mmol/l"]
    value: int | float
    device_id: str | UnsetType = UNSET
    device_time: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    timezone_offset: _Offset | UnsetType = UNSET
    conversion_offset: _Int64 | UnsetType = UNSET
    clock_drift_offset: _Drift | UnsetType = UNSET
    id: str | UnsetType = UNSET
    source: Literal["carelink"] | UnsetType = UNSET
    trend: _Trend | UnsetType = UNSET
    trend_rate: int | float | UnsetType = UNSET
    trend_rate_units: Literal["mg/dL/minute", "mmol/L/minute"] | UnsetType = UNSET
    sample_interval: _Interval | UnsetType = UNSET
    backfilled: bool | UnsetType = UNSET
    annotations: Raw | UnsetType = UNSET
    associations: Raw | UnsetType = UNSET
    location: Raw | UnsetType = UNSET
    notes: Raw | UnsetType = UNSET
    tags: Raw | UnsetType = UNSET
    origin: Raw | UnsetType = UNSET
    payload: Raw | UnsetType = UNSET
    # Clients repeat the data set's id in each datum; the server's own knowledge wins, so it is read past.
    upload_id: str | UnsetType = UNSET
    # The last two are filled here and never taken from a client: who sends fields of these names goes the long way.
    time: datetime = msgspec.field(default=ZERO, name="parsedTime")
    extras: dict[str, Any] | None = None


_COMPLEX: Mapping[str, Reader] = {
    "annotations": datum.annotations,
    "associations": datum.associations,
    "location": datum.location,
    "notes": datum.notes_of_datum,
    "tags": datum.tags,
    "origin": datum.origin,
    "payload": free_object,
}
_SIMPLE = (
    ("deviceTime", "device_time"),
    ("timezone", "timezone"),
    ("timezoneOffset", "timezone_offset"),
    ("conversionOffset", "conversion_offset"),
    ("clockDriftOffset", "clock_drift_offset"),
    ("deviceId", "device_id"),
    ("id", "id"),
    ("source", "source"),
    ("units", "units"),
    ("value", "value"),
    ("trend", "trend"),
    ("trendRate", "trend_rate"),
    ("trendRateUnits", "trend_rate_units"),
    ("sampleInterval", "sample_interval"),
    ("backfilled", "backfilled"),
)

# Longer fields go the long way, so that no client can fill the memory of the cache below.
_MAX_CACHED_BYTES = 8192

_decode = msgspec.json.Decoder(list[CbgReading]).decode
_is_datum_id = re.compile(DATUM_ID).fullmatch


def decode_cbg(body: bytes) -> list[CbgReading] | None:
    """Read a JSON array that holds only plainly valid `cbg` data; None sends the caller the long way."""
    try:
        readings = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    device: str | None = None
    for reading in readings:
        if reading.time is not ZERO or reading.extras is not None:
            return None
        if reading.device_id is not UNSET and reading.device_id != device:
            device = reading.device_id
            if not device or not is_storable(device):
                return None
        if not (_settle_time(reading) and _settle_glucose(reading) and _settle_rest(reading)):
            return None
    return readings


def fields_of(reading: CbgReading) -> dict[str, Any]:
    """Give a reading's fields without type and time, equal to those of `check_batch`."""
    found = {name: value for name, attribute in _SIMPLE if (value := getattr(reading, attribute)) is not UNSET}
    if reading.extras:
        found.update(reading.extras)
    return found


def _settle_time(reading: CbgReading) -> bool:
    time = parse_instant(reading.time_sent)
    if time is None or time == ZERO:
        return False
    reading.time = time
    local = reading.device_time
    return local is UNSET or is_local_time(local)


def _settle_glucose(reading: CbgReading) -> bool:
    units, value = reading.units, reading.value
    low, high = BOUNDS[units]
    if not low <= value <= high:
        return False
    if units[1] == "g":
        reading.value = from_mg_dl(value)
    reading.units = MMOL_L
    rate, rate_units = reading.trend_rate, reading.trend_rate_units
    if rate is UNSET:
        return rate_units is UNSET
    if rate_units is UNSET:
        return -INT64 < rate < INT64
    low, high = RATE_BOUNDS[rate_units]
    if not low <= rate <= high:
        return False
    if rate_units != MMOL_L_MINUTE:
        reading.trend_rate = from_mg_dl(rate)
        reading.trend_rate_units = MMOL_L_MINUTE
    return True


def _settle_rest(reading: CbgReading) -> bool:
    if reading.timezone is not UNSET and reading.timezone not in known_zones():
        return False
    if reading.id is not UNSET and _is_datum_id(reading.id) is None:
        return False
    for name, raw in (
        ("payload", reading.payload),
        ("origin", reading.origin),
        ("annotations", reading.annotations),
        ("associations", reading.associations),
        ("location", reading.location),
        ("notes", reading.notes),
        ("tags", reading.tags),
    ):
        if raw is not UNSET:
            sent = bytes(raw)
            valid, kept = _checked(name, sent) if len(sent) <= _MAX_CACHED_BYTES else (False, None)
            if not valid:
                return False
            if kept is not None:
                if reading.extras is None:
                    reading.extras = {}
                reading.extras[name] = kept
    return True


@lru_cache(maxsize=256)
def _checked(name: str, raw: bytes) -> tuple[bool, Any]:
    """Check one composed field by the full rules; the same bytes come again and again within an upload."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False, None
    if value is None:
        return True, None
    notes = Notebook(str)
    kept = _COMPLEX[name](value, "", notes)
    return not (notes.parsing or notes.validation), kept
