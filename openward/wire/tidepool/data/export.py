"""`GET /export/{userId}`: a person's data as a file: JSON, a workbook with one sheet per type, or CSV."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from openward.care import connections, devicedata
from openward.care.devicedata import Answer, Filters
from openward.care.errors import Fault, Invalid
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.tidepool.data.data_set_json import upload_record
from openward.wire.tidepool.data.lines import datum_fields, json_lines
from openward.wire.tidepool.data.mg_dl import to_mg_dl
from openward.wire.tidepool.data.parameters import instant
from openward.wire.tidepool.data.people import person_of
from openward.wire.tidepool.data.workbook import Workbook

_json = msgspec.json.Encoder().encode
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS = {"json": "json", "excel": "xlsx", "xlsx": "xlsx", "csv": "csv"}
_UNITS = ("mmol/L", "mg/dL")
_CHUNK = 1 << 16
_FIRST_COLUMNS = ("type", "time", "deviceTime", "timezone", "timezoneOffset", "deviceId", "value", "units", "subType")
_LAST_COLUMNS = ("uploadId", "id")


async def get(work: Work, call: Call) -> Reply:
    """The file, named after its format."""
    kind = _FORMATS.get(call.query.get("format", "json"))
    if kind is None:
        raise Invalid([Fault("value-not-allowed", "format", "format is not one of json, excel, xlsx, csv")])
    units = call.query.get("bgUnits", _UNITS[0])
    if units not in _UNITS:
        raise Invalid([Fault("value-not-allowed", "bgUnits", "bgUnits is not one of mmol/L, mg/dL")])
    filters = Filters(start=instant(call.query, "startDate"), end=instant(call.query, "endDate"))
    person = await person_of(work, call)
    filters = replace(filters, clouds=await connections.spans(work, person))
    export = _Export(work, person, call.path["userId"], filters, is_mg_dl=units == "mg/dL")
    answer = await export.find()
    headers = {"content-disposition": f"attachment; filename=openward-data.{kind}"}
    if kind == "json":
        body = export.json_array(answer) if export.is_mg_dl else json_lines(work, answer, export.user_id)
        return Reply(200, body, "application/json", headers)
    if kind == "csv":
        return Reply(200, export.csv(answer), "text/csv", headers)
    return Reply(200, export.workbook(answer), _XLSX, headers)


class _Export:
    def __init__(self, work: Work, person: PersonKey, user_id: str, filters: Filters, *, is_mg_dl: bool) -> None:
        self._work = work
        self._person = person
        self.user_id = user_id
        self._filters = filters
        self.is_mg_dl = is_mg_dl

    async def find(self) -> Answer:
        """The data; a table needs them twice, because its columns are not known before."""
        return await devicedata.find(self._work, self._person, self._filters, action="export")

    async def _rows(self, answer: Answer) -> AsyncIterator[list[tuple[str, Mapping[str, Any]]]]:
        async for rows in answer.blocks:
            block = [datum_fields(self._work, answer, row) for row in rows]
            yield [(kind, to_mg_dl(kind, fields)) for kind, fields in block] if self.is_mg_dl else block
        yield [("upload", upload_record(one, is_brief=True)) for one in answer.uploads]

    async def json_array(self, answer: Answer) -> AsyncIterator[bytes]:
        """The array of the data query, with glucose in mg/dL."""
        before = b"[\n"
        async for block in self._rows(answer):
            if block:
                yield before + b",\n".join(_json(fields) for _, fields in block)
                before = b",\n"
        yield b"[\n]" if before == b"[\n" else b"\n]"

    async def _columns(self, answer: Answer) -> dict[str, list[str]]:
        """The columns of each kind, in an order that people expect."""
        seen: dict[str, set[str]] = {}
        async for block in self._rows(answer):
            for kind, fields in block:
                seen.setdefault(kind, set()).update(fields)
        return {kind: in_order(names) for kind, names in seen.items()}

    async def csv(self, answer: Answer) -> AsyncIterator[bytes]:
        """One table of everything; objects and arrays stand in their cells as JSON."""
        found = await self._columns(answer)
        columns = in_order({name for names in found.values() for name in names})
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        async for block in self._rows(await self.find()):
            writer.writerows([[_csv_cell(fields.get(name)) for name in columns] for _, fields in block])
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()

    async def workbook(self, answer: Answer) -> AsyncIterator[bytes]:
        """One sheet per kind, written to a temporary file row by row, so that memory stays flat."""
        columns = await self._columns(answer)
        with TemporaryDirectory(prefix="openward-export-") as folder:
            path = Path(folder) / "export.xlsx"
            book = Workbook(path, columns)
            async for block in self._rows(await self.find()):
                await asyncio.to_thread(book.write, block)
            await asyncio.to_thread(book.close)
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk


def in_order(names: Iterable[str]) -> list[str]:
    """The best known columns first, ids last, the others between them by name."""
    left = set(names)
    first = [name for name in _FIRST_COLUMNS if name in left]
    last = [name for name in _LAST_COLUMNS if name in left]
    return [*first, *sorted(left.difference(first, last)), *last]


def _csv_cell(value: Any) -> Any:
    """A cell; a text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return _json(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
