"""Faults of one body from several looks at it (its form, the rules, what it names), all told in one answer."""

from collections.abc import Awaitable, Iterable
from typing import TypeVar

from openward.care.errors import Fault, Invalid

Found = TypeVar("Found")


class Together:
    """What is wrong so far; of a member that is wrong already nothing more is told, nor of what it holds or is in."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = list(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """More faults, as far as they are about something else."""
        pointers = {fault.pointer for fault in self.faults}
        self.faults += [fault for fault in faults if not is_told(fault.pointer, pointers)]

    async def of(self, looking: Awaitable[Found]) -> Found | None:
        """What this comes to; None where it finds faults, which are noted."""
        try:
            return await looking
        except Invalid as error:
            self.add(error.faults)
            return None

    def require(self) -> None:
        """`Invalid` with everything that is wrong."""
        if self.faults:
            raise Invalid(self.faults)


def is_told(pointer: str, pointers: set[str]) -> bool:
    """Whether one of these names the same member, one that holds it, or one inside it."""
    parts = pointer.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return not above.isdisjoint(pointers) or any(one.startswith(pointer + "/") for one in pointers)
