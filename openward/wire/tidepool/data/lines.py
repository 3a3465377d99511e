"""Kept data as lines of JSON, quickly: what a shape shares is encoded once, and only time, value and id per datum."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from openward.care import devicedata
from openward.care.devicedata import Answer, DataSet, Found, Shape
from openward.care.work import Work
from openward.wire.tidepool.data.data_set_json import upload_record

_json = msgspec.json.Encoder().encode
_SHORT_DETAIL = 6
"""Bytes: what holds a rate of change and no id."""
_Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The text around time, value and id of all data of one shape; `delta_ms` as in the shape, None: no device time.

    `is_simple`: nothing is to be added from elsewhere, neither a part of the origin nor a hash.
    """

    beginning: str
    delta_ms: int | None
    is_simple: bool


class LineEncoder:
    """Turns blocks of stored rows into lines, each one JSON object, separated by a comma and a newline."""

    def __init__(self, work: Work, answer: Answer, user_id: str) -> None:
        self._ids = work.tools.ids
        self._answer = answer
        self._user_id = user_id
        self._frames: dict[int, _Frame] = {}
        # Glucose comes in a few hundred different values: their text is made once.
        self._numbers: dict[float | None, str] = {None: ""}
        self._details: dict[bytes, str] = {}

    def encode(self, rows: Sequence[Found]) -> str:
        """Lines for one block."""
        seconds, values, data_sets, ordinals, shapes, details = zip(*rows, strict=True)
        ids = self._ids.encode_many(data_sets, ordinals)
        places = (np.array(data_sets, dtype=np.int64) << 16 | np.array(shapes, dtype=np.int64)).tolist()
        frames = [self._frames.get(place) or self._frame(place) for place in places]
        time_ms: _Ints = np.rint(np.array(seconds) * 1000).astype(np.int64)
        times = _texts(time_ms)
        deltas = np.array([frame.delta_ms or 0 for frame in frames], dtype=np.int64)
        device_times = np.datetime_as_string((time_ms + deltas).astype("M8[ms]").astype("M8[s]")).tolist()
        numbers = self._numbers
        lines = []
        for place, (frame, time, value, device_time, detail, minted) in enumerate(
            zip(frames, times, values, device_times, details, ids, strict=True)
        ):
            number = numbers.get(value)
            if number is None:
                number = numbers[value] = f',"value":{value!r}'
            line = f'{frame.beginning}{time}Z"{number}'
            if frame.delta_ms is not None:
                line = f'{line},"deviceTime":"{device_time}"'
            if detail is None and frame.is_simple:
                lines.append(f'{line},"id":"{minted}"}}')
            else:
                lines.append(line + self._end(frame, rows[place], minted))
        return ",\n".join(lines)

    def _frame(self, place: int) -> _Frame:
        """Everything up to the time's text, and the distance of the device's clock."""
        data_set = place >> 16
        target, shape = self._answer.data_sets[data_set], self._answer.shapes[data_set, place & 0xFFFF]
        fields: dict[str, Any] = {"type": shape.kind, **shape.fields}
        has_origin = fields.pop("origin", None) is not None
        fields["uploadId"] = target.name
        beginning = _json(fields)[:-1].decode() + ',"time":"'
        is_simple = not has_origin and target.deduplicator not in devicedata.HASH_DEDUPLICATORS
        found = self._frames[place] = _Frame(beginning, shape.device_delta_ms, is_simple)
        return found

    def _end(self, frame: _Frame, row: Found, minted: str) -> str:
        """The rest of a datum that has fields of its own, or a hash."""
        detail = row[5]
        if detail is not None and len(detail) <= _SHORT_DETAIL and frame.is_simple:
            # Short details are rates of change, of which there are few different ones.
            known = self._details.get(detail)
            if known is None:
                known = self._details[detail] = _json(devicedata.unpack_detail(detail))[1:-1].decode()
            return f',{known},"id":"{minted}"}}'
        return "," + _json(self._own(row, minted))[1:].decode()

    def _own(self, row: Found, minted: str) -> dict[str, Any]:
        seconds, value, data_set, _ordinal, number, detail = row
        shape, target = self._answer.shapes[data_set, number], self._answer.data_sets[data_set]
        own: dict[str, Any] = devicedata.unpack_detail(detail) if detail is not None else {}
        own.setdefault("id", minted)
        if "origin" in shape.fields:
            own["origin"] = {**shape.fields["origin"], **own.get("origin", {})}
        if target.deduplicator in devicedata.HASH_DEDUPLICATORS:
            time = devicedata.moment(seconds)
            fields = devicedata.unpack(shape, time, value, detail)
            own["deduplicator"] = self._deduplicator(target, shape, time, fields)
        return own

    def _deduplicator(self, target: DataSet, shape: Shape, time: datetime, fields: dict[str, Any]) -> dict[str, str]:
        found = devicedata.hash_of(target, self._user_id, shape.kind, time, fields)
        version = devicedata.VERSIONS[devicedata.Deduplicator(target.deduplicator)]
        return {"name": target.deduplicator, "version": version, "hash": found or ""}


def _texts(time_ms: _Ints) -> list[str]:
    """RFC 3339 in UTC without its zone, the fraction (milliseconds) left out when it is zero."""
    if not np.any(time_ms % 1000):
        return np.datetime_as_string(time_ms.astype("M8[ms]").astype("M8[s]")).tolist()  # type: ignore[no-any-return]
    return [text.removesuffix(".000") for text in np.datetime_as_string(time_ms.astype("M8[ms]")).tolist()]


async def json_lines(work: Work, answer: Answer, user_id: str) -> AsyncIterator[bytes]:
    """A JSON array of all that a query found, one object a line, data first and data sets last."""
    encoder = LineEncoder(work, answer, user_id)
    before = "[\n"
    async for rows in answer.blocks:
        if rows:
            yield (before + encoder.encode(rows)).encode()
            before = ",\n"
    for upload in answer.uploads:
        yield before.encode() + _json(upload_record(upload, is_brief=True))
        before = ",\n"
    yield b"[\n]" if before == "[\n" else b"\n]"


def datum_fields(work: Work, answer: Answer, row: Found) -> tuple[str, Mapping[str, Any]]:
    """One stored row as (type, all fields as the wire shows them), for exports that lay data out anew."""
    seconds, value, data_set, ordinal, number, detail = row
    shape, time = answer.shapes[data_set, number], devicedata.moment(seconds)
    fields: dict[str, Any] = {"type": shape.kind, "time": devicedata.print_instant(time)}
    fields.update(devicedata.unpack(shape, time, value, detail))
    fields.setdefault("id", work.tools.ids.encode(data_set, ordinal))
    fields["uploadId"] = answer.data_sets[data_set].name
    return shape.kind, fields
