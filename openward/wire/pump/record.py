"""What every record of the pump cloud has, and how its fields are read."""

import math
from collections.abc import Mapping
from typing import Any, Final

from openward.wire.pump.times import clock_fields

Record = Mapping[str, Any]
_LONGEST_NAME: Final = 100


def datum(record: Record, kind: str, **fields: Any) -> dict[str, Any] | None:
    """The common fields of a datum with those of its kind, without what is None; None without id, time or device."""
    name, device, times = record.get("id"), record.get("deviceId"), clock_fields(record)
    if times is None or not _is_name(name) or not _is_name(device):
        return None
    made = {"type": kind, **times, "deviceId": device, "origin": {"id": name}}
    return made | {field: value for field, value in fields.items() if value is not None}


def device(record: Record) -> dict[str, Any]:
    """What a data set says of the device (tables of the partner guide); its display name stands in its settings."""
    maker = text(record, "deviceManufacturer")
    found = {
        "deviceId": text(record, "deviceId"),
        "deviceModel": text(record, "deviceModel"),
        "deviceManufacturers": [maker] if maker else None,
        "deviceSerialNumber": text(record, "deviceSerialNumber"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def number(record: Record, name: str) -> float | None:
    """A finite number, or None."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def whole(record: Record, name: str) -> int | None:
    """A number rounded to a whole one, as milliseconds are kept."""
    value = number(record, name)
    return None if value is None else round(value)


def text(record: Record, name: str) -> str | None:
    """A text that says something, cut to what a name may hold."""
    value = record.get(name)
    return value[:_LONGEST_NAME] if isinstance(value, str) and value.strip() else None


def word(record: Record, name: str, known: Mapping[str, str]) -> str | None:
    """Their word in ours, or None for one that is not known."""
    value = record.get(name)
    return known.get(value) if isinstance(value, str) else None


def part(record: Record, name: str) -> Record | None:
    """An object within the record."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else None


def span(record: Record) -> dict[str, int | None]:
    """`duration`, and `expectedDuration` where it was meant to be longer, in ms."""
    duration, expected = whole(record, "duration"), whole(record, "expectedDuration")
    is_cut = duration is not None and expected is not None and expected > duration
    return {"duration": duration, "expectedDuration": expected if is_cut else None}
