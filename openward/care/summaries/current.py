"""Reading summaries as they stand, and the hours behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from openward.care import audit, identity, patients
from openward.care.identity import System
from openward.care.summaries import store
from openward.care.summaries.clinic_copy import SCHEMA_VERSION, Document, clinic_stats
from openward.care.summaries.continuous import CONTINUOUS_DTYPE, realtime_days
from openward.care.summaries.model import (
    ContinuousPeriod,
    ContinuousSummary,
    Dates,
    GlucoseSummary,
    Kind,
    Period,
    Rules,
)
from openward.care.summaries.packing import unpack_days
from openward.care.work import PersonKey, Work

_encoder = msgspec.msgpack.Encoder()
_glucose = msgspec.msgpack.Decoder(dict[str, Period])
_continuous = msgspec.msgpack.Decoder(dict[str, ContinuousPeriod])


@dataclass(frozen=True, slots=True)
class Kept:
    """A summary as it stands, with the id that Tidepool's systems know it by (24 hex digits)."""

    summary_id: str
    summary: GlucoseSummary | ContinuousSummary


def rules(work: Work) -> Rules:
    """How this installation classifies and merges."""
    return Rules(work.tools.settings.reference_edges, work.tools.settings.reference_merging)


def version(work: Work) -> str:
    """What a summary's figures depend on beside the data; when it differs from a kept one's, compute anew."""
    ours = rules(work)
    return f"{SCHEMA_VERSION}{'-edges' * ours.reference_edges}{'-merging' * ours.reference_merging}"


def encode_periods(periods: Mapping[str, Period] | Mapping[str, ContinuousPeriod]) -> bytes:
    """Periods for keeping."""
    return _encoder.encode(periods)


async def current(work: Work, person: PersonKey, kind: Kind) -> Kept | None:
    """The summary of this kind, None for a person who has none. Whoever shows it asks for permission and notes it."""
    row = await store.summary(work, person, kind)
    if row is None:
        return None
    marks = [mark for mark in await store.marks(work, person) if kind in mark.kinds]
    dates = Dates(
        row.updated_at,
        row.updated_reason,
        row.last_upload,
        row.first_data,
        row.last_data,
        min((mark.at for mark in marks), default=None),
        tuple(sorted({mark.reason for mark in marks})),
    )
    summary_id = await identity.name(work, row.key, System.SUMMARY)
    if kind is Kind.CONTINUOUS:
        return Kept(summary_id, ContinuousSummary(dates, _continuous.decode(row.periods)))
    return Kept(summary_id, GlucoseSummary(kind, dates, _glucose.decode(row.periods)))


def copy_of(kept: Kept) -> Document:
    """What clinics keep of a sensor or meter summary; TypeError for one of continuous data, which they do not keep."""
    if isinstance(kept.summary, ContinuousSummary):
        raise TypeError("clinics keep no copy of a summary of continuous data")
    return clinic_stats(kept.summary, summary_id=kept.summary_id)


async def shown(work: Work, person: PersonKey, kind: Kind) -> Kept | None:
    """`current` for somebody who may view this person, with a note in the audit; `NotAllowed` for anybody else."""
    await patients.require(work, person, patients.Permission.VIEW)
    audit.note(work, "read", "summary", person)
    return await current(work, person, kind)


async def outdated(work: Work, kind: Kind, limit: int) -> list[PersonKey]:
    """People whose summary of this kind waits to be computed, longest waiting first."""
    return await store.outdated(work, kind, limit)


async def migratable(work: Work, kind: Kind, limit: int) -> list[PersonKey]:
    """People whose summary of this kind was computed by other rules than today's and waits for nothing else."""
    return await store.of_other_version(work, version(work), (kind,), limit)


async def realtime(work: Work, people: Sequence[PersonKey], start: datetime, end: datetime) -> dict[PersonKey, int]:
    """Days with readings that reached us within a day, from start to end (aware, both included), of each person."""
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    found = await store.days_of_many(work, people, Kind.CONTINUOUS, first, last)
    return {
        person: realtime_days(unpack_days(days.items(), CONTINUOUS_DTYPE), start, end) for person, days in found.items()
    }
