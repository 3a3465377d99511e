"""What sending needs from the wire of a record system: its words, and a way to it."""

from datetime import datetime
from typing import Any, Protocol

from openward.care.ehr.outgoing import Answered, Figures, Head, Note, Verdict
from openward.care.ehr.token import Token


class RecordSystem(Protocol):
    """How a wire writes and sends what leaves."""

    def ordered_at(self, order: bytes) -> datetime | None:
        """When an order was given, aware; None when it does not say."""
        ...

    def results(self, head: Head, verdict: Verdict) -> bytes:
        """The message that says what became of an order."""
        ...

    def flowsheet(self, head: Head, figures: Figures) -> bytes | None:
        """The message with a person's figures; None when there are none."""
        ...

    def notes(self, head: Head, note: Note) -> bytes:
        """The message with a person's report."""
        ...

    def report_of(self, notes_body: bytes) -> bytes | None:
        """The file inside a message with a report; None when there is none."""
        ...

    async def send(
        self, http: Any, link: dict[str, str], token: str | None, body: bytes, now: datetime
    ) -> tuple[Answered, Token | None]:
        """Send one message with the kept token or a new one, which is given back. Never raises."""
        ...
