"""Bringing a person's summaries up to date: only touched hours are made anew, then all periods from all hours."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from openward.care import audit, events, identity
from openward.care.errors import NotAllowed
from openward.care.identity import Identifier, System, hex24
from openward.care.summaries import store
from openward.care.summaries.buckets import Buckets
from openward.care.summaries.continuous import compute_continuous
from openward.care.summaries.current import Kept, current, encode_periods, rules, version
from openward.care.summaries.mark import SCHEMA_MIGRATION, SummaryChanged, mark_all, sweep
from openward.care.summaries.model import ContinuousSummary, Dates, GlucoseSummary, Kind
from openward.care.summaries.packing import pack_days, unpack_days
from openward.care.summaries.periods import compute
from openward.care.summaries.source import Source, from_ms, to_ms
from openward.care.summaries.splicing import Touched, remade, remade_continuous
from openward.care.summaries.store import Mark, Row
from openward.care.work import PersonKey, Work, new_key

_UPLOADS = ("DATA_ADDED", "UPLOAD_COMPLETED")


async def refresh(work: Work, person: PersonKey) -> list[Kind]:
    """Compute what is marked and forget the marks; returns the kinds that changed.

    One computation of a person at a time. The marks are taken before any data are read, so what is committed later
    either shows in the data or leaves its own mark, or both. Nothing is noted in the audit: what was uploaded is,
    and nobody sees anything here.
    """
    await store.lock(work, person)
    marks = await store.take_marks(work, person)
    changed = []
    for kind in Kind:
        mine = [mark for mark in marks if kind in mark.kinds]
        if mine and await _compute(work, person, kind, mine):
            events.record(work, SummaryChanged(person, kind.value))
            changed.append(kind)
    return changed


async def refresh_job(work: Work, data: Mapping[str, Any]) -> None:
    """The job `summaries.refresh`."""
    await refresh(work, PersonKey(UUID(data["person"])))


async def sweep_job(work: Work, _data: Mapping[str, Any]) -> None:
    """The job `summaries.sweep`."""
    await sweep(work)


async def recompute(work: Work, person: PersonKey, kind: Kind, reason: str | None) -> Kept:
    """Compute a summary from all data, now; one without periods and id for a person without data.

    For services, `NotAllowed` for anybody else; noted in the audit, since it is shown.
    """
    if not work.actor.is_service:
        raise NotAllowed("a service token is required", code="unauthorized")
    audit.note(work, "read", "summary", person)
    await mark_all(work, person, (kind,), reason or "")
    await refresh(work, person)
    kept = await current(work, person, kind)
    if kept is not None:
        return kept
    dates = Dates(last_updated=work.now, last_updated_reason=(reason,) if reason else ())
    return Kept("", ContinuousSummary(dates, {}) if kind is Kind.CONTINUOUS else GlucoseSummary(kind, dates, {}))


async def _compute(work: Work, person: PersonKey, kind: Kind, marks: Sequence[Mark]) -> bool:
    """Compute one summary; whether there is one now, or was one before."""
    before = await store.summary(work, person, kind)
    known = before if before is not None and before.version == version(work) else None
    earliest, latest = min(mark.earliest for mark in marks), max(mark.latest for mark in marks)
    source = Source(work, person, kind)
    last_known = known.last_data if known else None
    last_ms = await source.newest_ms(last_known, earliest)
    if last_ms is None:
        return await _remove(work, person, kind, before)
    touched = Touched(to_ms(earliest), to_ms(latest), to_ms(last_known) if last_known else None, last_ms)
    packed = await store.days(work, person, kind)
    buckets = unpack_days(packed.items() if known else (), store.LAYOUT[kind])
    if kind is Kind.CONTINUOUS:
        buckets = await remade_continuous(buckets, touched, source.arrivals)
        periods = encode_periods(compute_continuous(buckets))
    else:
        buckets = await remade(buckets, touched, source.readings, rules(work))
        periods = encode_periods(compute(buckets, rules(work)))
    await _keep_days(work, person, kind, packed, buckets)
    reasons = {mark.reason for mark in marks if mark.reason}
    if before is not None and known is None:
        reasons.add(SCHEMA_MIGRATION)
    row = Row(
        before.key if before else await _named(work),
        version(work),
        work.now,
        tuple(sorted(reasons)),
        _last_upload(before, marks),
        from_ms(int(buckets["first"][0])) if buckets.size else None,
        from_ms(last_ms),
        periods,
    )
    await store.put_summary(work, person, kind, row)
    return True


def _last_upload(before: Row | None, marks: Sequence[Mark]) -> datetime | None:
    """When data last arrived; taking some away is no upload, and neither is computing anew."""
    moments = [mark.at for mark in marks if mark.reason in _UPLOADS]
    if before is not None and before.last_upload is not None:
        moments.append(before.last_upload)
    return max(moments, default=None)


async def _keep_days(work: Work, person: PersonKey, kind: Kind, before: Mapping[date, bytes], buckets: Buckets) -> None:
    now = pack_days(buckets)
    days = {day for day, _ in now}
    await store.put_days(work, person, kind, [(day, hours) for day, hours in now if before.get(day) != hours])
    await store.delete_days(work, person, kind, [day for day in before if day not in days])


async def _named(work: Work) -> UUID:
    """The key of a new summary, named as Tidepool's systems want it."""
    key = new_key(work)
    await identity.add(work, Identifier(System.SUMMARY, hex24(work.now)), key, identity.Kind.OTHER)
    return key


async def _remove(work: Work, person: PersonKey, kind: Kind, before: Row | None) -> bool:
    """Take away the summary of somebody who has no data any more; whether there was one."""
    if before is None:
        return False
    name = await identity.name(work, before.key, System.SUMMARY)
    await identity.remove(work, Identifier(System.SUMMARY, name), before.key)
    await store.delete_summary(work, person, kind)
    return True
