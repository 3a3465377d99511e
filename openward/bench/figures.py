"""One measured figure, its limit, and the table of all of them."""

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import cpu_count


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`; `limit` says what is wanted (`>= 30000`); `is_met` whether it is reached, None for remarks."""

    scenario: str
    what: str
    value: float
    unit: str
    limit: str = ""
    is_met: bool | None = None

    def shown(self) -> str:
        """The value with three significant digits, or whole when it is large."""
        return f"{self.value:,.0f}" if abs(self.value) >= 1000 else f"{self.value:.3g}"


def at_least(scenario: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must reach its limit."""
    return Figure(scenario, what, value, unit, f">= {limit:,g}", value >= limit)


def at_most(scenario: str, what: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must stay below its limit."""
    return Figure(scenario, what, value, unit, f"<= {limit:,g}", value <= limit)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def table(figures: Sequence[Figure]) -> str:
    """All figures as a Markdown table."""
    lines = ["| scenario | what | value | unit | wanted | met |", "|---|---|---:|---|---|---|"]
    for figure in figures:
        met = "" if figure.is_met is None else ("yes" if figure.is_met else "**no**")
        row = (figure.scenario, figure.what, figure.shown(), figure.unit, figure.limit, met)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def heading() -> str:
    """Where and when it was measured, without naming the machine."""
    day = datetime.now(UTC).date().isoformat()
    return f"Measured {day} on {cpu_count()} cores, CPython {platform.python_version()}, PostgreSQL as packaged."
