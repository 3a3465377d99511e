"""Kept data as lines of JSON, quickly: what a shape shares is encoded once, and only time, value and id per datum."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from openward.care import devicedata
from openward.care.devicedata import Answer, DataSet, Shape
from openward.care.work import Work
from openward.wire.tidepool.data.data_set_json import upload_record

_json = msgspec.json.Encoder().encode
_MILLISECONDS_END = -6  # "+00:00"


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC, the fraction (milliseconds) left out when it is zero."""
    if moment.microsecond:
        return moment.isoformat(timespec="milliseconds")[:_MILLISECONDS_END] + "Z"
    return moment.isoformat()[:_MILLISECONDS_END] + "Z"


class LineEncoder:
    """Turns blocks of stored rows into lines, each one JSON object, separated by a comma and a newline."""

    def __init__(self, work: Work, answer: Answer, user_id: str) -> None:
        self._ids = work.tools.ids
        self._answer = answer
        self._user_id = user_id
        self._beginnings: dict[tuple[int, int], tuple[str, int | None]] = {}
        self._hashed = {
            key: one for key, one in answer.data_sets.items() if one.deduplicator in devicedata.HASH_DEDUPLICATORS
        }

    def encode(self, rows: Sequence[devicedata.Stored]) -> str:
        """Lines for one block."""
        ids = self._ids.encode_many([row[2] for row in rows], [row[3] for row in rows])
        beginnings = self._beginnings
        hashed = self._hashed
        parts = []
        for (time, value, data_set, _ordinal, number, detail), minted in zip(rows, ids, strict=True):
            found = beginnings.get((data_set, number))
            if found is None:
                found = self._begin(data_set, number)
            beginning, delta = found
            if time.microsecond:
                text = f'{beginning}{time.isoformat(timespec="milliseconds")[:-6]}Z"'
            else:
                text = f'{beginning}{time.isoformat()[:-6]}Z"'
            if value is not None:
                text = f'{text},"value":{value!r}'
            if delta is not None:
                text = f'{text},"deviceTime":"{devicedata.device_time(time, delta)}"'
            if detail is not None or data_set in hashed:
                parts.append(self._end(text, (time, value, data_set, _ordinal, number, detail), minted))
            else:
                parts.append(f'{text},"id":"{minted}"}}')
        return ",\n".join(parts)

    def _begin(self, data_set: int, number: int) -> tuple[str, int | None]:
        """Everything up to the time's text, and the distance of the device's clock."""
        shape = self._answer.shapes[data_set, number]
        fields: dict[str, Any] = {"type": shape.kind, **shape.fields}
        fields.pop("origin", None)
        fields["uploadId"] = self._answer.data_sets[data_set].name
        found = (_json(fields)[:-1].decode() + ',"time":"', shape.device_delta_ms)
        self._beginnings[data_set, number] = found
        return found

    def _end(self, text: str, row: devicedata.Stored, minted: str) -> str:
        """The rest of a datum that has fields of its own, or a hash."""
        time, value, data_set, _ordinal, number, detail = row
        shape = self._answer.shapes[data_set, number]
        own: dict[str, Any] = devicedata.unpack_detail(detail) if detail is not None else {}
        own.setdefault("id", minted)
        if "origin" in shape.fields:
            own["origin"] = {**shape.fields["origin"], **own.get("origin", {})}
        target = self._hashed.get(data_set)
        if target is not None:
            whole = devicedata.unpack(shape, time, value, detail)
            own["deduplicator"] = self._deduplicator(target, shape, time, whole)
        return text + "," + _json(own)[1:].decode()

    def _deduplicator(self, target: DataSet, shape: Shape, time: datetime, fields: dict[str, Any]) -> dict[str, str]:
        found = devicedata.hash_of(target, self._user_id, shape.kind, time, fields)
        version = devicedata.VERSIONS[devicedata.Deduplicator(target.deduplicator)]
        return {"name": target.deduplicator, "version": version, "hash": found or ""}


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


def datum_fields(work: Work, answer: Answer, row: devicedata.Stored) -> tuple[str, Mapping[str, Any]]:
    """One stored row as (type, all fields as the wire shows them), for exports that lay data out anew."""
    time, value, data_set, ordinal, number, detail = row
    shape = answer.shapes[data_set, number]
    fields: dict[str, Any] = {"type": shape.kind, "time": instant_text(time)}
    fields.update(devicedata.unpack(shape, time, value, detail))
    fields.setdefault("id", work.tools.ids.encode(data_set, ordinal))
    fields["uploadId"] = answer.data_sets[data_set].name
    return shape.kind, fields
