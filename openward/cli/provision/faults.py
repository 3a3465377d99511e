"""What is wrong with a provisioning file: each fault with its path."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. path: `organizations[0].tags[1]`, empty for the file as a whole; reason: one sentence."""

    path: str
    reason: str

    def __str__(self) -> str:
        """As it is printed: `organizations[0].tags[1]: ...`."""
        return f"{self.path}: {self.reason}" if self.path else self.reason


class BadFile(Exception):
    """The file is refused, and nothing was written; `faults` holds everything found, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = list(faults)
