"""The tables: when this happened, this changes with it and these jobs follow; and all jobs by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openward.care.work import Work
from openward.infra.jobs import Deferred


@dataclass(frozen=True, slots=True)
class Task:
    """A job: `run(work, data)`; or, when it must call out between two transactions, `run(gate, data)`."""

    run: Callable[[Any, Mapping[str, Any]], Awaitable[None]]
    attempts: int = 12
    opens_own_work: bool = False


JOBS: dict[str, Task] = {}

SCHEDULES: dict[str, str] = {}
"""Job name to a five-field cron expression in UTC."""

IMMEDIATE: dict[type, list[Callable[[Work, Any], Awaitable[None]]]] = {}
"""What must change in the very transaction of an event; what it records is followed in turn. Keep these cheap."""

REACTIONS: dict[type, list[Callable[[Any], Sequence[Deferred]]]] = {}


def follow(recorded: Sequence[object]) -> list[Deferred]:
    """The jobs that follow from what was recorded, in order."""
    return [job for event in recorded for reaction in REACTIONS.get(type(event), ()) for job in reaction(event)]


async def react(work: Work) -> None:
    """Run what must change together with what was recorded, in order."""
    for event in work.recorded:  # grows when a reaction records something itself
        for reaction in IMMEDIATE.get(type(event), ()):
            await reaction(work, event)
