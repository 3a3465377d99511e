"""One UTC day of hours as compact bytes, since a row per patient, kind and day is what is kept."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from openward.care.summaries.bands import CELLS
from openward.care.summaries.buckets import BUCKET_DTYPE, Buckets
from openward.care.summaries.continuous import CONTINUOUS_DTYPE
from openward.care.summaries.model import DAY_MS, HOUR_MS

_EPOCH = date(1970, 1, 1)

# Little-endian and without padding, so that bytes mean the same on every machine. 61 bytes an hour: readings are
# at most 61, and overlapping is refused, so the minutes of one hour stay below an hour and one day.
_GLUCOSE_V1: Final = np.dtype(
    [
        ("hour", "<u1"),
        ("first", "<u4"),
        ("last", "<u4"),
        ("minutes", "<u2", (CELLS,)),
        ("records", "<u1", (CELLS,)),
        ("glucose", "<f8"),
        ("variance", "<f8"),
        ("min", "<f8"),
        ("max", "<f8"),
        ("duration", "<u2"),
    ]
)
_CONTINUOUS_V1: Final = np.dtype(
    [("hour", "<u1"), ("first", "<u4"), ("last", "<u4"), ("realtime", "<u4"), ("deferred", "<u4")]
)
# The leading byte says which layout follows; a new layout takes a new number and these stay readable.
_LAYOUTS: Final = {1: (_GLUCOSE_V1, BUCKET_DTYPE), 2: (_CONTINUOUS_V1, CONTINUOUS_DTYPE)}
_NUMBERS: Final = {BUCKET_DTYPE: 1, CONTINUOUS_DTYPE: 2}


def pack_days(buckets: Buckets) -> list[tuple[date, bytes]]:
    """Ascending hours as (UTC day, bytes), one per day that has any."""
    if buckets.size == 0:
        return []
    number = _NUMBERS[buckets.dtype]
    packed_type, _ = _LAYOUTS[number]
    days = buckets["time"] // DAY_MS
    packed = np.empty(buckets.size, dtype=packed_type)
    packed["hour"] = buckets["time"] % DAY_MS // HOUR_MS
    packed["first"] = buckets["first"] - buckets["time"]
    packed["last"] = buckets["last"] - buckets["time"]
    for name in packed_type.names[3:]:  # type: ignore[index]
        packed[name] = buckets[name]
    cuts = np.flatnonzero(days[1:] != days[:-1]) + 1
    head = bytes([number])
    begins, ends = [0, *cuts.tolist()], [*cuts.tolist(), buckets.size]
    return [
        (_EPOCH + timedelta(days=int(days[begin])), head + packed[begin:end].tobytes())
        for begin, end in zip(begins, ends, strict=True)
    ]


def unpack_days(rows: Iterable[tuple[date, bytes]], layout: DTypeLike = BUCKET_DTYPE) -> Buckets:
    """Hours of many packed days of one kind as one ascending array; days may come in any order.

    layout says what an empty answer is an array of. Raises ValueError on bytes of an unknown layout, of another
    kind or of a broken length.
    """
    wanted = np.dtype(layout)
    number = _NUMBERS[wanted]
    packed_type, _ = _LAYOUTS[number]
    ordered = sorted(rows)
    for _, body in ordered:
        if not body or body[0] != number or (len(body) - 1) % packed_type.itemsize:
            raise ValueError("these bytes are not packed hours of the kind asked for")
    packed = np.frombuffer(b"".join([body[1:] for _, body in ordered]), dtype=packed_type)
    sizes = [(len(body) - 1) // packed_type.itemsize for _, body in ordered]
    starts = np.array([(day - _EPOCH).days * DAY_MS for day, _ in ordered], dtype=np.int64)
    buckets = np.empty(packed.size, dtype=wanted)
    times = np.repeat(starts, sizes) + packed["hour"].astype(np.int64) * HOUR_MS
    buckets["time"] = times
    buckets["first"] = times + packed["first"]
    buckets["last"] = times + packed["last"]
    for name in packed_type.names[3:]:  # type: ignore[index]
        buckets[name] = packed[name]
    return buckets
