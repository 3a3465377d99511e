"""Many JSON objects of one form, written at once: the text of one is repeated, and its columns are filled in.

A page of a month holds 8,640 readings; an encoder that looks at each value takes a hundred times as long.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
DAY_S: Final = 86_400
_HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)
_TEXT = b"".join(b"%02d:%02d:%02d" % (s // 3600, s // 60 % 60, s % 60) for s in range(DAY_S))
_CLOCK: Final = np.frombuffer(_TEXT, np.uint8).reshape(DAY_S, 8)


class Rows:
    """So many copies of a text; every `{name:width}` in it is a column to fill."""

    def __init__(self, form: Sequence[bytes | tuple[str, int]], count: int) -> None:
        """form: texts, and columns as name and width in bytes."""
        width = sum(len(part) if isinstance(part, bytes) else part[1] for part in form)
        self._cells = np.full((count, width), ord(" "), np.uint8)
        self._places: dict[str, slice] = {}
        place = 0
        for part in form:
            size = len(part) if isinstance(part, bytes) else part[1]
            if isinstance(part, bytes):
                self._cells[:, place : place + size] = np.frombuffer(part, np.uint8)
            else:
                self._places[part[0]] = slice(place, place + size)
            place += size

    def fill(self, name: str, values: Bytes) -> None:
        """A column; values has a row for each, or one for all."""
        self._cells[:, self._places[name]] = values

    def array(self, order: Ints | None = None) -> bytes:
        """All of them as a JSON array, or those at these places."""
        cells = self._cells if order is None else self._cells[order]
        if not len(cells):
            return b"[]"
        cells[:, -1] = ord(",")
        cells[-1, -1] = ord(" ")
        return b"[" + cells.tobytes() + b"]"


def table(texts: Sequence[str]) -> Bytes:
    """Texts as rows of one width, filled up with blanks."""
    encoded = [text.encode() for text in texts]
    width = max(map(len, encoded), default=0)
    joined = b"".join(text.ljust(width) for text in encoded)
    return np.frombuffer(joined, np.uint8).reshape(len(encoded), width)


def times(wall_s: Ints) -> Bytes:
    """`YYYY-MM-DDTHH:MM:SS`, 19 bytes each, of seconds since 1970."""
    days, seconds = np.divmod(wall_s, DAY_S)
    known, which = np.unique(days, return_inverse=True)
    dates = table([str(day) + "T" for day in known.astype("datetime64[D]").astype(str)])
    return np.concatenate([dates.reshape(-1, 11)[which], _CLOCK[seconds]], axis=1)


def hexes(numbers: Ints, width: int) -> Bytes:
    """Hexadecimal digits, filled up with zeros."""
    shifts = np.arange(width - 1, -1, -1, dtype=np.int64) * 4
    digits: Bytes = _HEX[(numbers[:, None] >> shifts) & 15]
    return digits


def numbers(values: Ints, width: int) -> Bytes:
    """Decimal digits, at most so many, with blanks before them; values from 0 up."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    digits = (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    is_leading = (values[:, None] < powers) & (powers > 1)
    return np.where(is_leading, np.uint8(ord(" ")), digits)
