"""A record system that feeds HL7 version 2 messages: invented patients, what becomes of them, and what goes wrong.

It waits for each answer, as interface engines do, and sends a message again until it has one; also when the other side
cannot take it just now.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

FAULTS: Final = {
    "replay": "a message is sent once more",
    "late": "a message comes behind one that was written after it",
    "garbage": "bytes that are no message",
    "huge": "a message of 12 MiB",
    "cut": "the connection breaks within a message, which is sent again",
}
_GIVEN: Final = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ida", "Jon", "Kim", "Leo", "Mia", "Noé")
_FAMILY: Final = ("Adler", "Brandt", "Costa", "Díaz", "Eriksen", "Fox", "O'Neil", "Gruber", "Haddad", "Iwata", "Müller")
_STREETS: Final = ("Elm St", "Oak Ave", "Mill Rd", "Harbor Way")
_UNAVAILABLE: Final = "207"
_HUGE_BYTES: Final = 12 << 20
_ANSWER_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Names:
    """MSH-3 to MSH-6, and the codes of the schedule's rooms."""

    sender: tuple[str, str] = ("EPIC", "NORTH")
    receiver: tuple[str, str] = ("OPENWARD", "CLINIC")
    rooms: tuple[str, ...] = ("ROOM1",)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be sent; `fault` is what is wrong with it, "" for nothing."""

    kind: str
    control_id: str
    content: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came back: the code of the answer ("" for none), the code of its error, and how often it was sent."""

    item: Item
    code: str
    problem: str
    tries: int


@dataclass(slots=True)
class _Patient:
    mrn: str
    given: str
    family: str
    born: str
    sex: str
    street: str
    visits: list[str] = field(default_factory=list)


class Feed:
    """A day at the front desk, drawn by chance: the same seed makes the same day."""

    def __init__(self, names: Names, seed: int, prefix: str, began: datetime | None = None) -> None:
        """prefix: what all numbers of this feed begin with, so that two feeds do not meet by accident."""
        self._names = names
        self._chance = random.Random(seed)
        self._prefix = prefix
        self._now = began or datetime.now(UTC)
        self._number = 0
        self._visit = 0
        self._patients: list[_Patient] = []

    def messages(self, count: int) -> Iterator[Item]:
        """So many messages, in the order in which things happened."""
        for _ in range(count):
            self._now += timedelta(seconds=1)
            yield self._draw()

    def _draw(self) -> Item:
        dice = self._chance.random()
        if not self._patients or dice < 0.35:
            return self._register()
        patient = self._chance.choice(self._patients)
        if dice < 0.6:
            patient.street = self._street()
            return self._adt(self._chance.choice(("A08", "A31", "A01")), patient)
        if dice < 0.65 and len(self._patients) > 3:
            return self._merge()
        if patient.visits and dice < 0.85:
            return self._move(patient)
        return self._book(patient)

    def _register(self) -> Item:
        chance = self._chance
        self._patients.append(
            _Patient(
                mrn=f"{self._prefix}{len(self._patients) + self._number + 1000}",
                given=chance.choice(_GIVEN),
                family=chance.choice(_FAMILY),
                born=f"{chance.randint(1930, 2020)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}",
                sex=chance.choice("MFO"),
                street=self._street(),
            )
        )
        return self._adt("A04", self._patients[-1])

    def _merge(self) -> Item:
        gone, kept = self._chance.sample(self._patients, 2)
        self._patients.remove(gone)
        kept.visits += gone.visits
        return self._adt("A40", kept, (f"MRG|{gone.mrn}^^^{self._names.sender[1]}^MR",))

    def _book(self, patient: _Patient) -> Item:
        self._visit += 1
        patient.visits.append(f"{self._prefix}V{self._visit}")
        return self._siu("S12", patient, patient.visits[-1])

    def _move(self, patient: _Patient) -> Item:
        visit = self._chance.choice(patient.visits)
        if self._chance.random() < 0.3:
            patient.visits.remove(visit)
            return self._siu("S15", patient, visit)
        return self._siu("S13", patient, visit)

    def _street(self) -> str:
        return f"{self._chance.randint(1, 99)} {self._chance.choice(_STREETS)}"

    def _adt(self, event: str, patient: _Patient, more: Sequence[str] = ()) -> Item:
        return self._message(f"ADT^{event}", (f"EVN|{event}|{self._stamp()}", self._pid(patient), *more))

    def _siu(self, event: str, patient: _Patient, visit: str) -> Item:
        start = (self._now + timedelta(days=self._chance.randint(1, 30))).replace(minute=0, second=0)
        lines = [
            f"SCH||{visit}|||||^Check-up||30|min|^^30^{start:%Y%m%d%H%M%S}+0000",
            self._pid(patient),
            "RGS|1",
            f"AIL|1||{self._chance.choice(self._names.rooms)}",
        ]
        return self._message(f"SIU^{event}", lines)

    def _pid(self, patient: _Patient) -> str:
        name = f"{patient.family}^{patient.given}^^^^^L"
        number = f"{patient.mrn}^^^{self._names.sender[1]}^MR"
        return f"PID|1||{number}||{name}||{patient.born}|{patient.sex}|||{patient.street}^^Springfield^IL^62701^US^H"

    def _message(self, kind: str, lines: Sequence[str]) -> Item:
        self._number += 1
        number = f"{self._prefix}{self._number}"
        sides = "|".join((*self._names.sender, *self._names.receiver))
        head = f"MSH|^~\\&|{sides}|{self._stamp()}||{kind}|{number}|P|2.5||||||UNICODE UTF-8"
        return Item(kind, number, ("\r".join((head, *lines)) + "\r").encode())

    def _stamp(self) -> str:
        return f"{self._now:%Y%m%d%H%M%S}+0000"


def with_faults(items: Iterator[Item], chances: Mapping[str, float], seed: int) -> Iterator[Item]:
    """The same with faults, each as likely as `chances` says."""
    chance = random.Random(f"faults {seed}")
    held: Item | None = None
    last: Item | None = None
    for item in items:
        happens = {name for name in FAULTS if chance.random() < chances.get(name, 0.0)}
        if "garbage" in happens:
            yield Item("garbage", "", bytes(chance.choice(b"MSH|^~\\&\rPIDabc123") for _ in range(80)), "garbage")
        if "huge" in happens:
            yield Item(item.kind, f"{item.control_id}H", item.content + b"OBX|1|ED|x||" + b"A" * _HUGE_BYTES, "huge")
        if "replay" in happens and last is not None:
            yield Item(last.kind, last.control_id, last.content, "replay")
        if held is None and "late" in happens:
            held = Item(item.kind, item.control_id, item.content, "late")
            continue
        last = Item(item.kind, item.control_id, item.content, "cut" if "cut" in happens else "")
        yield last
        if held is not None:
            yield held
            held = None
    if held is not None:
        yield held


class Line:
    """One connection that is opened anew whenever it breaks."""

    def __init__(self, host: str, port: int, *, patience_s: float = 60.0) -> None:
        """patience_s: for so long a message is tried before the feed gives up."""
        self._place = host, port
        self._patience_s = patience_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, item: Item) -> Told:
        """Send until there is an answer; raises TimeoutError when there is none for too long."""
        pause_s = 0.05
        tries = 0
        async with asyncio.timeout(self._patience_s):
            while True:
                tries += 1
                try:
                    code, problem = await self._try(item, is_cut=item.fault == "cut" and tries == 1)
                except (OSError, asyncio.IncompleteReadError):
                    await self.close()
                else:
                    if (code, problem) != ("AR", _UNAVAILABLE) or item.fault == "huge":
                        return Told(item, code, problem, tries)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _try(self, item: Item, *, is_cut: bool) -> tuple[str, str]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(*self._place)
        data = b"\x0b" + item.content + b"\x1c\r"
        self._writer.write(data[: len(data) // 2] if is_cut else data)
        await self._writer.drain()
        if is_cut:
            raise ConnectionResetError
        async with asyncio.timeout(_ANSWER_S):
            raw = await self._reader.readuntil(b"\x1c\r")
        return _read(raw)

    async def close(self) -> None:
        """Hang up."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _read(raw: bytes) -> tuple[str, str]:
    """The code of an answer, and that of its error."""
    lines = raw.strip(b"\x0b\x1c\r").decode("utf-8", "replace").split("\r")
    fields = {line[:3]: line.split("|") for line in lines}
    code = fields.get("MSA", ["", ""])[1]
    error = fields.get("ERR", [])
    return code, error[3].split("^")[0] if len(error) > 3 else ""


async def send_all(line: Line, items: Iterator[Item], rate: float) -> AsyncIterator[Told]:
    """One after the other, so many a second at most (0: as fast as they are answered)."""
    try:
        for item in items:
            yield await line.send(item)
            if rate:
                await asyncio.sleep(1 / rate)
    finally:
        await line.close()
