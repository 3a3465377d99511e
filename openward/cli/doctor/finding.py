"""What one look at an installation found."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was seen, and what to do about it (empty when nothing)."""

    subject: str
    grade: Grade
    seen: str
    todo: str = ""


def good(subject: str, seen: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, Grade.GOOD, seen)


def note(subject: str, seen: str, todo: str) -> Finding:
    """Works, but should be known."""
    return Finding(subject, Grade.NOTE, seen, todo)


def bad(subject: str, seen: str, todo: str) -> Finding:
    """Does not work, or is not safe."""
    return Finding(subject, Grade.BAD, seen, todo)
