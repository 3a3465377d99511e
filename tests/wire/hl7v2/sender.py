"""A record system that sends: messages as text, and a connection that waits for each answer."""

import asyncio
import itertools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from openward.wire.hl7v2.frames import Framer, wrap

_numbers = itertools.count(1)


def adt(
    event: str = "A04",
    *,
    mrn: str = "M-1",
    name: str = "Lee^Ann",
    number: str | None = None,
    at: str = "20260310120000",
    sender: str = "EPIC|NORTH",
    receiver: str = "OPENWARD|WILLOW",
    version: str = "2.5",
    mode: str = "P",
    pid: str = "|19900101|F",
    more: Sequence[str] = (),
    charset: str = "",
    acks: str = "|",
) -> bytes:
    """A message about a patient; `pid` goes on behind PID-6."""
    control_id = f"N{next(_numbers)}" if number is None else number
    lines = [
        f"MSH|^~\\&|{sender}|{receiver}|{at}||ADT^{event}|{control_id}|{mode}|{version}|||{acks}||{charset}",
        f"EVN|{event}|{at}",
        f"PID|1||{mrn}^^^NORTH^MR||{name}|{pid}",
        *more,
    ]
    return ("\r".join(lines) + "\r").encode()


def siu(
    event: str = "S12",
    *,
    visit: str = "V-1",
    start: str = "20260401093000",
    mrn: str = "M-1",
    number: str | None = None,
    at: str = "20260310120000",
    sender: str = "EPIC|NORTH",
    sch: str | None = None,
    more: Sequence[str] = ("AIL|1||ROOM1",),
) -> bytes:
    """A message about an appointment of version 2.3 to 2.4, or with a whole SCH."""
    control_id = f"N{next(_numbers)}" if number is None else number
    lines = [
        f"MSH|^~\\&|{sender}|OPENWARD|WILLOW|{at}||SIU^{event}|{control_id}|P|2.4",
        sch or f"SCH||{visit}|||||^Check-up||30|min|^^30^{start}",
        f"PID|1||{mrn}^^^NORTH^MR||Lee^Ann||19900101|F",
        "RGS|1",
        *more,
    ]
    return ("\r".join(lines) + "\r").encode()


@dataclass(frozen=True, slots=True)
class Ack:
    """An answer: its code, the control id that it names, and the fields of its error."""

    code: str
    control_id: str
    error: tuple[str, ...]
    raw: str

    @property
    def problem(self) -> str:
        """The code of table 0357, "" without an error."""
        coded = self.error[3] if len(self.error) > 3 else (self.error[1].split("^")[3] if self.error else "")
        return coded.replace("&", "^").split("^")[0]


def read_ack(raw: bytes) -> Ack:
    """An answer with the usual separators."""
    lines = raw.decode().strip().split("\r")
    msa = next(line for line in lines if line.startswith("MSA")).split("|")
    error = next((tuple(line.split("|")) for line in lines if line.startswith("ERR")), ())
    return Ack(msa[1], msa[2] if len(msa) > 2 else "", error, raw.decode())


class Sender:
    """One connection."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._place, self._tls = (host, port), tls
        self._framer = Framer(1 << 20)
        self._waiting: list[bytes] = []

    async def __aenter__(self) -> "Sender":
        self.reader, self.writer = await asyncio.open_connection(*self._place, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def answer(self, limit_s: float = 20) -> bytes:
        """The next answer; b"" when the other side hangs up."""
        async with asyncio.timeout(limit_s):
            while not self._waiting:
                chunk = await self.reader.read(65536)
                if not chunk:
                    return b""
                self._waiting += [frame.content for frame in self._framer.feed(chunk)]
        return self._waiting.pop(0)

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, message: bytes) -> Ack:
        """One message and its answer."""
        await self.raw(wrap(message))
        answer = await self.answer()
        if not answer:
            raise ConnectionError("the other side has hung up")
        return read_ack(answer)
