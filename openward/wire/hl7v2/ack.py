"""Acknowledgements: what the sender is told, in its own separators, version and character set."""

from datetime import datetime
from typing import Final
from uuid import UUID

from openward.wire.hl7v2.faults import REJECTED, TABLE_0357, Said
from openward.wire.hl7v2.header import Header
from openward.wire.hl7v2.times import write_moment

_OURS: Final = "OPENWARD"
BARE: Final = Header(("MSH", "|", "^~\\&", "", "", "", "", "", "", "", "", "P", "2.5"))
"""Stands for the head of what has none."""


def answers(header: Header, said: Said | None, now: datetime, key: UUID) -> list[bytes]:
    """What goes back, none to two messages; `said` is what was wrong, None when nothing was.

    In the original mode that is AA, AE or AR. In the enhanced mode (MSH-15, MSH-16) first the accept acknowledgement,
    then the application's, each when the sender wants it. A message that is kept counts as accepted; but when the
    sender does not want to hear from the application, the first one says how it ended.
    """
    manner = "A" if said is None else "R" if said.manner == REJECTED else "E"
    if not header.is_enhanced:
        return [write(header, f"A{manner}", said, now, f"{key.hex[:18]}")]
    made = []
    hears_application = _is_wanted(header.part(16), manner)
    accepted = "A" if manner == "E" and hears_application else manner
    if _is_wanted(header.part(15), accepted):
        reported = None if accepted == "A" else said
        made.append(write(header, f"C{accepted}", reported, now, f"{key.hex[:18]}C"))
    if hears_application:
        made.append(write(header, f"A{manner}", said, now, f"{key.hex[:18]}A"))
    return made


def _is_wanted(condition: str, manner: str) -> bool:
    """NE and nothing never, ER when it failed, SU when it did not; all else counts as AL, always."""
    match condition.upper():
        case "" | "NE":
            return False
        case "ER":
            return manner != "A"
        case "SU":
            return manner == "A"
        case _:
            return True


def write(header: Header, code: str, said: Said | None, now: datetime, number: str) -> bytes:
    """One acknowledgement."""
    version = header.part(12) or "2.5"
    trigger = header.part(9, 2)
    kind = ["ACK", trigger, "ACK"] if _is_at_least(version, 2, 4) else ["ACK", trigger]
    msh: dict[int, str] = {
        3: header.raw(5) or _OURS,
        4: header.raw(6),
        5: header.raw(3),
        6: header.raw(4),
        7: write_moment(now) if _is_at_least(version, 2, 3) else f"{now:%Y%m%d%H%M%S}",
        9: header.component.join(part for part in kind if part),
        10: number,
        11: header.raw(11) or "P",
        12: header.raw(12) or version,
        18: header.raw(18),
    }
    signs = header.raw(2) or "^~\\&"
    head = header.field.join(["MSH", signs, *(msh.get(place, "") for place in range(3, 19))]).rstrip(header.field)
    segments = [head, _segment(header, "MSA", {1: code, 2: header.control_id, 3: _text(header, said)})]
    if said is not None:
        segments.append(_error(header, said, version))
    return ("\r".join(segments) + "\r").encode(header.encoding("") or "utf-8", "replace")


def _error(header: Header, said: Said, version: str) -> str:
    coded = header.component.join([str(said.code), TABLE_0357[said.code], "HL70357"])
    if _is_at_least(version, 2, 5):
        place = header.component.join([*said.place[:2], *said.place[2:]])
        return _segment(header, "ERR", {2: place, 3: coded, 4: "E", 8: _text(header, said)})
    inner = coded.replace(header.component, header.subcomponent)
    segment, number, field = (*said.place, "", "")[:3]
    return _segment(header, "ERR", {1: header.component.join([segment, number, field, inner])})


def _segment(header: Header, name: str, fields: dict[int, str]) -> str:
    last = max(fields)
    return header.field.join([name, *(fields.get(place, "") for place in range(1, last + 1))]).rstrip(header.field)


def _text(header: Header, said: Said | None) -> str:
    """Our own sentences hold none of the usual separators; of unusual ones they are freed."""
    signs = (header.field, header.component, header.repetition, header.escape, header.subcomponent)
    return "".join(" " if sign in signs else sign for sign in said.text) if said else ""


def _is_at_least(version: str, major: int, minor: int) -> bool:
    parts = version.split(".")
    try:
        return (int(parts[0]), int(parts[1])) >= (major, minor)
    except (ValueError, IndexError):
        return True
