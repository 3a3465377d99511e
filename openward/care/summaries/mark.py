"""Noting that summaries no longer fit the data, in the transaction that changed the data, and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care import events
from openward.care.devicedata import DataChanged, ManyDataChanged
from openward.care.summaries import joining_store, store
from openward.care.summaries.current import version
from openward.care.summaries.model import Kind
from openward.care.summaries.store import Mark
from openward.care.work import PersonKey, Work
from openward.infra.jobs import Deferred

REFRESH = "summaries.refresh"
SWEEP = "summaries.sweep"
SPREAD = "summaries.spread"

SCHEMA_MIGRATION = "SCHEMA_MIGRATION"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

# A datum type feeds its own summary and, when its data set is continuous, that of continuous data.
_KINDS: dict[str, tuple[Kind, ...]] = {"cbg": (Kind.CGM, Kind.CONTINUOUS), "smbg": (Kind.BGM, Kind.CONTINUOUS)}

# Batches of one upload follow each other closely: a short wait lets one refresh serve many of them.
_GATHER = timedelta(milliseconds=700)
_FEW = 20
"""So many jobs are made at once; more would keep a caller waiting, and one job makes them."""
_OVERDUE = timedelta(minutes=1)
_MOST_OVERDUE = 1000
_MOST_MIGRATED = 500


@dataclass(frozen=True, slots=True)
class SummaryChanged:
    """A summary was computed anew, or is gone; kind is one of cgm, bgm, con."""

    person: PersonKey
    kind: str


def refresh_of(work: Work, person: PersonKey) -> Deferred:
    """The job that brings a person's summaries up to date; one waiting copy is enough."""
    return Deferred(REFRESH, {"person": str(person)}, key=f"summary:{person}", not_before=work.now + _GATHER)


async def mark(work: Work, event: DataChanged) -> None:
    """Note what an upload, an edit or a deletion of glucose data outdates; other data change no summary."""
    kinds = _outdated(event.kinds)
    if kinds:
        await store.add_mark(work, event.person, Mark(kinds, work.now, event.reason, event.earliest, event.latest))
        work.tasks.append(refresh_of(work, event.person))


async def mark_many(work: Work, event: ManyDataChanged) -> None:
    """The same for many people, in one statement."""
    kinds = _outdated(event.kinds)
    if kinds:
        marks = {person: Mark(kinds, work.now, event.reason, low, high) for person, low, high in event.changed}
        await store.add_marks(work, marks)
        if len(marks) <= _FEW:
            work.tasks.extend(refresh_of(work, person) for person in marks)
        else:
            work.tasks.append(Deferred(SPREAD, {"people": [str(person) for person in marks]}))


async def spread_job(work: Work, data: Mapping[str, Any]) -> None:
    """Call for the refreshing of many people's summaries."""
    work.tasks.extend(refresh_of(work, PersonKey(UUID(person))) for person in data["people"])


def _outdated(datum_types: Sequence[str]) -> tuple[Kind, ...]:
    return tuple(dict.fromkeys(kind for datum_type in datum_types for kind in _KINDS.get(datum_type, ())))


async def mark_all(work: Work, person: PersonKey, kinds: tuple[Kind, ...], reason: str) -> None:
    """Note that these summaries are to be computed from all data, whatever has changed."""
    await store.add_mark(work, person, Mark(kinds, work.now, reason, _EVER, work.now + timedelta(days=1)))


async def join_people(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """The data of one person are another's now, whose summaries are computed anew; those of the one are no more."""
    await joining_store.forget(work, gone)
    for kind in Kind:
        events.record(work, SummaryChanged(gone, kind.value))
    await mark_all(work, kept, tuple(Kind), "DATA_ADDED")
    work.tasks.append(refresh_of(work, kept))


async def sweep(work: Work) -> int:
    """Call for what has waited too long, and for summaries by older rules; returns for how many people.

    Every mark comes with its job; this catches up on jobs that an operator removed or that were given up.
    """
    overdue = await store.waiting_since(work, work.now - _OVERDUE, _MOST_OVERDUE)
    outgrown = await store.of_other_version(work, version(work), tuple(Kind), _MOST_MIGRATED)
    for person in outgrown:
        await mark_all(work, person, tuple(Kind), SCHEMA_MIGRATION)
    work.tasks.extend(refresh_of(work, person) for person in (*overdue, *outgrown))
    return len(overdue) + len(outgrown)
