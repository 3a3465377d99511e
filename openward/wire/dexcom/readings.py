"""Estimated glucose values -> `cbg`, by a short way, for there are hundreds of them for every other record.

They are read from the bytes into structs, and made into readings of ours only where they are new.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from openward.care.devicedata import ZERO, CbgReading, Readings
from openward.wire.dexcom.times import clock_fields, instant, parse
from openward.wire.dexcom.translate import LOWEST, Record, device_name, number

_TRENDS: Final = {
    "doubleUp": "rapidRise",
    "singleUp": "moderateRise",
    "fortyFiveUp": "slowRise",
    "flat": "constant",
    "fortyFiveDown": "slowFall",
    "singleDown": "moderateFall",
    "doubleDown": "rapidFall",
}
_RATE_UNITS: Final = {"mg/dL/min": "mg/dL/minute", "mmol/L/min": "mmol/L/minute"}
_HIGHEST: Final = {"mg/dL": (400, 401), "mmol/L": (22.20299, 22.30299)}
_WALL: Final = "--T::"
"""What stands between the numbers of a date and a time."""
_from_iso = datetime.fromisoformat
_Offsets = tuple[int | UnsetType, int | UnsetType, int | UnsetType]
"""Of the zone in minutes, of the clock's drift and of a wrong date in milliseconds."""
_NO_OFFSETS: Final = (UNSET, UNSET, UNSET)


class Egv(msgspec.Struct, gc=False, rename="camel"):
    """One value as sent; a field of any type is read, for a record that cannot be read spoils no others."""

    record_id: Any = None
    system_time: Any = None
    display_time: Any = None
    value: Any = None
    unit: Any = None
    status: Any = None
    trend: Any = None
    trend_rate: Any = None
    rate_unit: Any = None
    transmitter_id: Any = None
    transmitter_ticks: Any = None
    display_device: Any = None
    transmitter_generation: Any = None


class Page(msgspec.Struct, rename="camel"):
    """The answer: envelope and values."""

    records: list[Egv]
    record_type: Any = None
    record_version: Any = None
    user_id: Any = None


_page = msgspec.json.Decoder(Page).decode


def read(body: bytes) -> Any:
    """The answer as a page, or as plain JSON where it does not look like one; raises `msgspec.DecodeError`.

    Records that are no objects are left out.
    """
    try:
        return _page(body)
    except msgspec.ValidationError:
        content = msgspec.json.decode(body)
    if not isinstance(content, dict) or not isinstance(content.get("records"), list):
        return content
    records = [one for one in content["records"] if isinstance(one, dict)]
    return msgspec.convert({**content, "records": records}, Page)


def egv(record: Record) -> CbgReading | None:
    """One value that came as JSON; None where it says nothing that we keep."""
    return _Maker().reading(msgspec.convert(record, Egv))


def within(records: Sequence[Egv], start: datetime, end: datetime) -> list[Egv]:
    """Those that can be told apart, between two whole seconds, both included, in order of time."""
    first, last = (at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z" for at in (start, end))
    found = []
    for record in records:
        at, name = record.system_time, record.record_id
        if type(at) is not str or type(name) is not str or not name:
            continue
        if (first <= at <= last) if _is_plain(at) else _is_within(at, start, end):
            found.append(record)
    found.sort(key=lambda one: str(one.system_time))
    return found


def readings(records: Sequence[Egv]) -> Readings:
    """The same, to be made into readings where they are new."""
    maker = _Maker()
    return Readings([one.record_id for one in records], lambda place: maker.reading(records[place]))


def last_zone(records: Sequence[Egv]) -> tuple[str, int] | None:
    """The last time at which the display's distance from UTC is known, and that distance in minutes."""
    maker = _Maker()
    for record in reversed(records):
        made = maker.reading(record) if record.display_time is not None else None
        if made is not None and made.timezone_offset is not UNSET:
            return made.time_sent, made.timezone_offset
    return None


def _is_plain(text: str) -> bool:
    """Whether a time looks as Dexcom writes it, to the second in UTC: such ones are in order as texts are."""
    return len(text) == 20 and text[19] == "Z" and text[4:17:3] == _WALL and text.isascii()


def _is_within(text: str, start: datetime, end: datetime) -> bool:
    at = parse(text)
    return at is not None and start <= instant(at) <= end


class _Maker:
    """Makes readings; remembers what it has found out once, for devices and distances between clocks are few."""

    def __init__(self) -> None:
        self._offsets: dict[tuple[timedelta, str], _Offsets] = {}

    def reading(self, record: Egv) -> CbgReading | None:
        """A value below or above what the sensor measures is marked as out of range."""
        unit, value, name = record.unit, record.value, record.record_id
        if type(value) is not int:
            value = number(value)
        if value is None or type(unit) is not str or unit not in LOWEST or type(name) is not str or not name:
            return None
        times = self._times(record.system_time, record.display_time)
        if times is None:
            return None
        time, moment, device_time, (zone, drift, conversion) = times
        extras: dict[str, Any] = {"payload": _payload(record), "origin": {"id": name}}
        (low, stored_low), (high, stored_high) = LOWEST[unit], _HIGHEST[unit]
        if value < low:
            value = stored_low
            extras["annotations"] = [{"code": "bg/out-of-range", "threshold": low, "value": "low"}]
        elif value > high:
            value = stored_high
            extras["annotations"] = [{"code": "bg/out-of-range", "threshold": high, "value": "high"}]
        rate, rate_units = None, _RATE_UNITS.get(record.rate_unit) if type(record.rate_unit) is str else None
        if rate_units is not None and (rate := number(record.trend_rate)) is not None:
            extras["payload"]["trendRateUnits"] = record.rate_unit
        device = device_name(record.transmitter_generation, record.transmitter_id)
        return CbgReading(
            type="cbg",
            time_sent=time,
            units=unit,  # type: ignore[arg-type]  # it is one of the two that are known
            value=value,
            device_id=UNSET if device is None else device,
            device_time=device_time,
            timezone_offset=zone,
            clock_drift_offset=drift,
            conversion_offset=conversion,
            trend=_TRENDS.get(record.trend, UNSET) if type(record.trend) is str else UNSET,  # type: ignore[arg-type]
            trend_rate=UNSET if rate is None else rate,
            trend_rate_units=UNSET if rate is None else rate_units,  # type: ignore[arg-type]
            time=moment,
            extras=extras,
        )

    def _times(self, system: Any, display: Any) -> tuple[str, datetime, str | UnsetType, _Offsets] | None:
        """Time, the same read (or `ZERO`), device time and what lies between both; None when one cannot be read."""
        if type(system) is str and type(display) is str and _is_plain(system) and display[4:17:3] == _WALL:
            shown, zone = display[:19], display[19:]
            try:
                moment = _from_iso(system)
                delta = _from_iso(shown + "Z") - moment
            except ValueError:
                return None
            known = self._offsets.get((delta, zone))
            if known is None:
                fields = clock_fields(system, display)
                if fields is None:
                    return None
                known = self._offsets[delta, zone] = _offsets(fields)
            return system, moment, shown, known
        fields = clock_fields(system, display) if type(system) is str else None
        return None if fields is None else (fields["time"], ZERO, fields.get("deviceTime", UNSET), _offsets(fields))


def _offsets(fields: Mapping[str, Any]) -> _Offsets:
    if "timezoneOffset" not in fields:
        return _NO_OFFSETS
    return (
        fields["timezoneOffset"],
        fields.get("clockDriftOffset", UNSET),
        fields.get("conversionOffset", UNSET),
    )


def _payload(record: Egv) -> dict[str, Any]:
    """What has no place of its own in our model, as it was sent."""
    kept: dict[str, Any] = {}
    for name, value in (
        ("status", record.status),
        ("trend", record.trend),
        ("trendRate", record.trend_rate),
        ("transmitterId", record.transmitter_id),
        ("transmitterTicks", record.transmitter_ticks),
        ("displayDevice", record.display_device),
        ("transmitterGeneration", record.transmitter_generation),
    ):
        if value is not None and value != "":
            kept[name] = value
    kept["systemTime"] = record.system_time
    if record.display_time is not None:
        kept["displayTime"] = record.display_time
    return kept
