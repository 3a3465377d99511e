"""Called: what leaves for record systems through Redox; the port that `ehr` sends by."""

from collections.abc import Mapping
from datetime import datetime

import aiohttp

from openward.care.ehr import Answered, Figures, Head, Note, Token, Verdict
from openward.wire.redox import client, flowsheet, notes, results
from openward.wire.redox.copied import ordered_at


class Redox:
    """Redox's words, and the way to it."""

    def ordered_at(self, order: bytes) -> datetime | None:
        """`Meta.EventDateTime` of an order."""
        return ordered_at(order)

    def results(self, head: Head, verdict: Verdict) -> bytes:
        """Results/New."""
        return results.write(head, verdict)

    def flowsheet(self, head: Head, figures: Figures) -> bytes | None:
        """Flowsheet/New, None without an observation."""
        return flowsheet.write(head, figures)

    def notes(self, head: Head, note: Note) -> bytes:
        """Notes/New or Notes/Replace."""
        return notes.write(head, note)

    def report_of(self, notes_body: bytes) -> bytes | None:
        """`Note.FileContents`."""
        return notes.report_of(notes_body)

    async def send(
        self, http: aiohttp.ClientSession, link: Mapping[str, str], token: str | None, body: bytes, now: datetime
    ) -> tuple[Answered, Token | None]:
        """Post one message."""
        return await client.send(http, link, token, body, now)
