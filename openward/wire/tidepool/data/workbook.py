"""A workbook with one sheet per kind of data, written row by row in constant memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xlsxwriter

_json = msgspec.json.Encoder().encode
_LONGEST_CELL = 32767
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16384


class Workbook:
    """Opens sheets for `columns` (kind to column names); `write` takes rows in any order of kinds."""

    def __init__(self, path: Path, columns: Mapping[str, Sequence[str]]) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(path.parent)})
        self._columns = columns
        self._sheets: dict[str, list[Any]] = {}
        self._rows: dict[str, int] = {}
        self._bold = self._book.add_format({"bold": True})
        for kind in sorted(columns, key=lambda name: (name == "upload", name)):
            self._open(kind)
        if not columns:
            self._book.add_worksheet("data")

    def _open(self, kind: str) -> None:
        """A new sheet for a kind: the first, or one more where the last is full."""
        opened = self._sheets.setdefault(kind, [])
        sheet = self._book.add_worksheet(kind if not opened else f"{kind} {len(opened) + 1}")
        for place, name in enumerate(self._columns[kind][:_MOST_COLUMNS]):
            sheet.write_string(0, place, name, self._bold)
        opened.append(sheet)
        self._rows[kind] = 1

    def write(self, block: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Append rows to the sheets of their kinds."""
        for kind, fields in block:
            if self._rows[kind] >= _MOST_ROWS:
                self._open(kind)
            sheet, row = self._sheets[kind][-1], self._rows[kind]
            for place, name in enumerate(self._columns[kind][:_MOST_COLUMNS]):
                if name in fields:
                    _write(sheet, row, place, fields[name])
            self._rows[kind] = row + 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def _write(sheet: Any, row: int, place: int, value: Any) -> None:
    """One cell; text stays text whatever it begins with, numbers beyond a spreadsheet's precision become text."""
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        sheet.write_number(row, place, value)
    elif isinstance(value, str):
        sheet.write_string(row, place, value[:_LONGEST_CELL])
    elif value is not None:
        sheet.write_string(row, place, _json(value).decode()[:_LONGEST_CELL])
