"""Notes/New and Notes/Replace: the report as a file inside the message."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from openward.care.ehr import Head, Note
from openward.wire.redox.copied import at, instant, order_id, read, start, text

_FILE: Final = "report.pdf"


def write(head: Head, note: Note) -> bytes:
    """The message; one that replaces names the document that it stands for now."""
    order = read(head.order)
    said_in: dict[str, Any] = {
        "ContentType": "Base64 Encoded",
        "FileContents": base64.b64encode(note.pdf).decode(),
        "FileName": _FILE,
        "FileType": "PDF",
        "DocumentType": "Diabetes Report",
        "DocumentID": head.document,
        "DocumentDescription": "Glucose report of the last 14 days of data",
        "ServiceDateTime": instant(head.at),
        "DocumentationDateTime": instant(head.at),
        "Status": "Resulted",
        "Availability": "Available",
        "Provider": _provider(head, order),
    }
    if note.replaces is not None:
        said_in["OriginalDocumentID"] = note.replaces
    if note.gmi is not None:
        said_in["Components"] = [
            {"ID": "GLUCOSE_MANAGEMENT_INDICATOR", "Name": "Glucose Management Indicator", "Value": f"{note.gmi:.1f}%"}
        ]
    number: dict[str, Any] = {"ID": order_id(order, head)}
    name = text(at(order, "Order", "Procedure", "Description"))
    if name is not None:
        number["Name"] = name
    event = "New" if note.replaces is None else "Replace"
    return msgspec.json.encode(start(head, order, "Notes", event) | {"Note": said_in, "Orders": [number]})


def report_of(message: bytes) -> bytes | None:
    """The file inside a message of ours."""
    contents = at(read(message), "Note", "FileContents")
    return base64.b64decode(contents) if isinstance(contents, str) else None


def _provider(head: Head, order: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever ordered the report; a note has to name somebody, and without such a one it names us."""
    given = at(order, "Order", "Provider")
    who = text(at(given, "ID")) or text(at(given, "NPI"))
    if who is None:
        return {"ID": head.link.get("source_id") or "openward"}
    copied = {name: found for name in ("IDType", "FirstName", "LastName") if (found := text(at(given, name)))}
    if text(at(given, "ID")) is None:
        copied["IDType"] = "NPI"
    return {"ID": who} | copied
