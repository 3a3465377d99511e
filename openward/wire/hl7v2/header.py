"""The first segment of a message, read without the library so that whatever comes can be answered by it."""

import re
from dataclasses import dataclass
from typing import Final

from openward.care.ehr.feed import Names

_END_OF_SEGMENT: Final = re.compile(rb"\r\n|\r|\n")
_BATCH: Final = (b"FHS", b"BHS")
_ENCODINGS: Final = {
    "": "",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
} | {f"8859/{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)}
VERSIONS: Final = ("2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8")
_LONGEST_NUMBER: Final = 199


class Unreadable(Exception):
    """Not a message at all; `is_batch` for the head of a file or batch, which are not taken."""

    def __init__(self, *, is_batch: bool = False) -> None:
        super().__init__("not a message")
        self.is_batch = is_batch


@dataclass(frozen=True, slots=True)
class Header:
    """MSH: `fields[n]` is MSH-n as it came (0 is the name). Separators are those of the message."""

    fields: tuple[str, ...]
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def raw(self, number: int) -> str:
        """A whole field as it came; "" where there is none."""
        return self.fields[number] if number < len(self.fields) else ""

    def part(self, number: int, component: int = 1) -> str:
        """A component of the first repetition; "" where there is none."""
        parts = self.raw(number).split(self.repetition)[0].split(self.component)
        return parts[component - 1].strip() if component <= len(parts) else ""

    @property
    def names(self) -> Names:
        """The two sides, each application and facility by its name, or by its universal id when it has no name."""
        return Names(*((self.part(number) or self.part(number, 2))[:255] for number in (3, 4, 5, 6)))

    @property
    def control_id(self) -> str:
        """MSH-10 as it came; "" when it is missing or too long to be kept."""
        found = self.raw(10)
        return found if len(found) <= _LONGEST_NUMBER else ""

    @property
    def version(self) -> str:
        """MSH-12 up to the second number: 2.5 of 2.5.1."""
        return ".".join(self.part(12).split(".")[:2])

    @property
    def is_enhanced(self) -> bool:
        """Whether the sender says when it wants to be answered (MSH-15, MSH-16)."""
        return bool(self.part(15) or self.part(16))

    def encoding(self, otherwise: str) -> str | None:
        """The codec of MSH-18, or of this character set when there is none; None for one that we cannot read."""
        return _ENCODINGS.get((self.part(18) or otherwise).upper())


def segments_of(content: bytes) -> list[bytes]:
    """The segments, whatever ends their lines."""
    return [line for line in _END_OF_SEGMENT.split(content) if line.strip()]


def read_header(content: bytes) -> Header:
    """The head of a message; `Unreadable` for anything else."""
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:3] in _BATCH:
        raise Unreadable(is_batch=True)
    if start[:3] != b"MSH":
        raise Unreadable
    found = content[content.index(b"MSH") :]
    line = _END_OF_SEGMENT.split(found[:65536], maxsplit=1)[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    text = "".join(sign for sign in text if sign.isprintable())
    if len(text) < 8:
        raise Unreadable
    separator = text[3]
    fields = text.split(separator)
    signs = fields[1]
    own = [separator, *signs[:4]]
    if len(signs) < 2 or len(set(own)) < len(own) or any(sign.isalnum() or sign.isspace() for sign in own):
        raise Unreadable
    component, repetition, escape, subcomponent = list((signs + "^~\\&"[len(signs) :])[:4])
    return Header((fields[0], separator, *fields[1:]), separator, component, repetition, escape, subcomponent)
