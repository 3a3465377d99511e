"""The short way for a batch of plain glucose sensor readings, by far the most frequent data.

It reads raw bytes straight into structs, or takes structs that a partner's code has made, and accepts only what is
plainly valid; for everything else the full rules say what is wrong. It never accepts what they refuse, and its result
equals theirs.
"""

import re
from collections.abc import Callable, Mapping
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
_PLAIN_PAYLOAD_BYTES = 3500
"""Well below what the rules permit, for brackets and quotes are not counted."""

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


def settle_made(reading: CbgReading) -> bool:
    """Normalise a reading that was made here and not read from bytes; False sends it the long way, in its sent form.

    Its `extras` hold `payload`, `origin` and `annotations` as JSON values; here they are checked. Where `time` is set,
    both times were read by whoever made it. A reading that was refused may be half changed: have it made once more for
    its `sent_form`.
    """
    device, extras = reading.device_id, reading.extras
    offset, drift = reading.timezone_offset, reading.clock_drift_offset
    if device is not UNSET and (not device or not is_storable(device)):
        return False
    if offset is not UNSET and not -10080 <= offset <= 10080:
        return False
    if drift is not UNSET and not -datum.DAY_MS <= drift <= datum.DAY_MS:
        return False
    if extras is not None:
        for name, value in extras.items():
            is_plain = _PLAIN.get(name)
            if is_plain is None or not is_plain(value):
                return False
    return (reading.time != ZERO or _settle_time(reading)) and _settle_glucose(reading)


def sent_form(reading: CbgReading) -> dict[str, Any]:
    """Give a reading that is not settled yet as a datum of JSON values."""
    sent = {name: value for name, attribute in _SIMPLE if (value := getattr(reading, attribute)) is not UNSET}
    return {"type": "cbg", "time": reading.time_sent, **sent, **(reading.extras or {})}


def _is_plain_payload(value: dict[str, Any]) -> bool:
    """Whether it is flat and short."""
    size = 0
    for name, one in value.items():
        kind = type(one)
        if kind is str:
            # As JSON a character takes six bytes at most.
            size += 6 * len(one)
            if "\x00" in one:
                return False
        elif kind is float or kind is int:
            size += 24
            if not -INT64 < one < INT64:
                return False
        else:
            return False
        size += len(name)
    return 0 < size < _PLAIN_PAYLOAD_BYTES


def _is_plain_origin(value: dict[str, Any]) -> bool:
    name = value.get("id")
    return len(value) == 1 and type(name) is str and 0 < len(name) <= 100 and is_storable(name)


def _is_plain_annotations(value: list[Any]) -> bool:
    notes = Notebook(str)
    return datum.annotations(value, "", notes) == value and not (notes.parsing or notes.validation)


_PLAIN: Mapping[str, Callable[[Any], bool]] = {
    "payload": _is_plain_payload,
    "origin": _is_plain_origin,
    "annotations": _is_plain_annotations,
}


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
