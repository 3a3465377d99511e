"""The minimal lower layer protocol: messages between a start byte and an end byte, out of whatever bytes arrive."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

START: Final = 0x0B
END: Final = 0x1C
CR: Final = b"\r"
HEAD_BYTES: Final = 4096
"""Of a message that is too large so much is kept: its first segment, by which it is answered."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; of one that `is_cut` because it was too large there is only the beginning."""

    content: bytes
    is_cut: bool = False


def wrap(content: bytes) -> bytes:
    """A message as it goes over the line."""
    return bytes((START,)) + content + bytes((END,)) + CR


class Framer:
    """Cuts a stream of bytes into messages.

    `stray` counts bytes between messages that are none of the protocol's; `pending` the bytes of an unfinished message,
    however many of them are kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._parts: list[bytes] = []
        self._is_open = False
        self._is_cut = False
        self.pending = 0
        self.stray = 0

    @property
    def is_open(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._is_open

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The messages that end in these bytes, in order.

        A second start byte begins anew: who sent it broke off. The end byte alone ends a message, because some senders
        leave out the carriage return behind it and wait.
        """
        position = 0
        while position < len(data):
            if not self._is_open:
                position = self._seek(data, position)
                continue
            end = _first(data, position)
            if end < 0:
                self._keep(data[position:])
                return
            self._keep(data[position:end])
            position = end + 1
            if data[end] == END:
                yield self._close()
            else:
                self._open()

    def _seek(self, data: bytes, position: int) -> int:
        start = data.find(START, position)
        between = data[position:] if start < 0 else data[position:start]
        self.stray += len(between.strip(b"\r\n\x1c"))
        if start < 0:
            return len(data)
        self._open()
        return start + 1

    def _open(self) -> None:
        self._parts, self.pending = [], 0
        self._is_open, self._is_cut = True, False

    def _keep(self, part: bytes) -> None:
        self.pending += len(part)
        if self.pending > self._limit and not self._is_cut:
            self._is_cut = True
            head = b"".join([*self._parts, part])[:HEAD_BYTES]
            self._parts = [head]
        elif not self._is_cut:
            self._parts.append(part)

    def _close(self) -> Frame:
        frame = Frame(b"".join(self._parts), self._is_cut)
        self._parts, self.pending = [], 0
        self._is_open = self._is_cut = False
        return frame


def _first(data: bytes, position: int) -> int:
    """Where the first start or end byte is, -1 for nowhere."""
    found = [place for place in (data.find(START, position), data.find(END, position)) if place >= 0]
    return min(found, default=-1)
