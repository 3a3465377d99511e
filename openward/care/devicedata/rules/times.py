"""Rules between two instants of one object."""

from typing import Any

from openward.care.devicedata.rules.instants import parse_instant
from openward.care.devicedata.rules.reading import Notebook, Rule, quoted


def later_than(name: str, earlier: str) -> Rule:
    """Ask that one instant lies strictly after another, where both are there and valid."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        late, early = kept.get(name), kept.get(earlier)
        if late is None or early is None:
            return
        after, before = parse_instant(late), parse_instant(early)
        if after is not None and before is not None and after <= before:
            notes.broken("value-not-after", f"{at}/{name}", f"value {quoted(late)} is not after {quoted(early)}")

    return rule
