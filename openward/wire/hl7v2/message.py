"""A message taken apart: segments, fields, repetitions, components; python-hl7 splits, we bound and read.

Only segments that we act upon are given to the library, and only so much of them as a patient or a visit may take: it
needs a minute for ten megabytes. Its own unescaping drops what follows a lone escape sign, and writes fields it cannot
read to the log; so texts are unescaped here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import hl7

from openward.care.ehr.feed import Refused
from openward.wire.hl7v2.header import Header, segments_of

NULL: Final = '""'
"""The value that deletes what is known; an empty one leaves it."""
USED: Final = frozenset(
    (b"MSH", b"EVN", b"PID", b"MRG", b"NK1", b"PV1", b"SCH", b"TQ1", b"NTE", b"RGS", b"AIS", b"AIG", b"AIL", b"AIP")
)
_MOST_BYTES: Final = 256 << 10
_MOST_SIGNS: Final = 20_000
_BREAKS: Final = (".br", ".sp", ".ce", ".fi", ".nf")
_HEX: Final = re.compile(r"X(?:[0-9A-Fa-f]{2})+\Z")
LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of a field."""

    parts: Any
    clean: Callable[[str], str]

    def raw(self, component: int = 1, subcomponent: int = 1) -> str:
        """A component as it came; "" where there is none."""
        found = (
            _at(self.parts, component) if not isinstance(self.parts, str) else (self.parts if component == 1 else "")
        )
        if not isinstance(found, str):
            found = _at(found, subcomponent)
        elif subcomponent > 1:
            found = ""
        return found if isinstance(found, str) else ""

    def value(self, component: int = 1, subcomponent: int = 1) -> str:
        """The same as text, without blanks around it; "" for null, too."""
        found = self.raw(component, subcomponent).strip()
        return "" if found == NULL else self.clean(found).strip()


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `number` says the how manieth of its name it is."""

    name: str
    number: int
    fields: Any
    clean: Callable[[str], str]

    def repetitions(self, field: int) -> list[Repetition]:
        """All repetitions of a field that say something; none for an empty field."""
        found = self.fields[field] if field < len(self.fields) else ""
        if isinstance(found, str):
            parts: Sequence[Any] = [found]
        else:
            parts = list(found)
        made = [Repetition(part, self.clean) for part in parts]
        return [one for one in made if str(one.parts).strip()]

    def first(self, field: int) -> Repetition:
        """The first repetition, an empty one where there is none."""
        return next(iter(self.repetitions(field)), Repetition("", self.clean))

    def value(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """A component of the first repetition as text."""
        return self.first(field).value(component, subcomponent)

    def is_null(self, field: int) -> bool:
        """Whether the field says that there is no such thing."""
        return self.first(field).raw().strip() == NULL

    def is_said(self, field: int) -> bool:
        """Whether the field says anything, be it null."""
        return bool(self.repetitions(field))


@dataclass(frozen=True, slots=True)
class Message:
    """A message as far as it is used."""

    header: Header
    parts: tuple[Segment, ...]

    def all(self, name: str) -> list[Segment]:
        """The segments of this name, in order."""
        return [part for part in self.parts if part.name == name]

    def one(self, name: str) -> Segment | None:
        """The first of them."""
        return next(iter(self.all(name)), None)

    def need(self, name: str) -> Segment:
        """The first of them; `Refused` when it is missing."""
        found = self.one(name)
        if found is None:
            raise Refused(f"segment-missing:{name}")
        return found

    @property
    def kind(self) -> str:
        """ADT^A04; very old senders name the event in EVN alone."""
        return kind_of(self.header, self.one("EVN"))


def kind_of(header: Header, event: Segment | None) -> str:
    """The type of a message and its event."""
    trigger = header.part(9, 2) or (event.value(1) if event else "")
    return f"{header.part(9)}^{trigger}"


def read_message(header: Header, content: bytes, otherwise: str) -> Message:
    """The message; `Refused` (charset-unknown, charset-wrong, too-much, unreadable) for one that cannot be read.

    otherwise: the character set of a message that does not say its own.
    """
    used = [line for line in segments_of(content[content.index(b"MSH") :]) if line[:3] in USED]
    body = b"\r".join(used)
    signs = [sign.encode() for sign in (header.field, header.component, header.repetition, header.subcomponent)]
    if len(body) > _MOST_BYTES or sum(body.count(sign) for sign in signs) > _MOST_SIGNS:
        raise Refused("too-much")
    encoding = header.encoding(otherwise)
    if encoding is None:
        raise Refused("charset-unknown")
    try:
        # Without a word about it most senders write ASCII, of which UTF-8 is more.
        text = body.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        raise Refused("charset-wrong") from None
    try:
        split = hl7.parse(text)
    except (hl7.HL7Exception, IndexError, ValueError):
        raise Refused("unreadable") from None

    def clean(value: str) -> str:
        return unescape(value, header, encoding or "utf-8")

    counts: dict[str, int] = {}
    parts = []
    for fields in split:
        name = str(fields[0])
        counts[name] = counts.get(name, 0) + 1
        parts.append(Segment(name, counts[name], fields, clean))
    return Message(header, tuple(parts))


def unescape(value: str, header: Header, encoding: str) -> str:
    """A text without escape sequences and control characters; a lone escape sign stands for itself."""
    if header.escape in value:
        sign = re.escape(header.escape)

        def replace(found: re.Match[str]) -> str:
            return _sequence(found[1], header, encoding)

        value = re.sub(f"{sign}([^{sign}]*){sign}", replace, value)
    return "".join(one for one in value if one == "\n" or one.isprintable())


def _sequence(code: str, header: Header, encoding: str) -> str:
    known = {
        "F": header.field,
        "S": header.component,
        "T": header.subcomponent,
        "R": header.repetition,
        "E": header.escape,
        "P": "#",
    }
    if code in known:
        return known[code]
    if code.startswith(_BREAKS):
        return "\n"
    if _HEX.match(code):
        return bytes.fromhex(code[1:]).decode(encoding, "ignore")
    return ""  # highlighting, other character sets, the sender's own: nothing to be shown


def _at(parts: Any, number: int) -> Any:
    return parts[number - 1] if number <= len(parts) else ""
