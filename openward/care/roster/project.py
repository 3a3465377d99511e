"""Keeping the list true: an enrolment changed, a summary was made anew."""

import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from openward.care import patients
from openward.care.patients import Enrolment, EnrolmentChanged, ManyEnrolled
from openward.care.roster import label_store, store
from openward.care.roster.grouping import regroup
from openward.care.roster.model import FIELDS, LOWEST, PERIODS, folded, searchable
from openward.care.roster.store import Entry, Newcomer, Standing
from openward.care.roster.words import MANY
from openward.care.summaries import Kind
from openward.care.work import PersonKey, Work

_DATE_NAMES = {
    "last_data": "lastData",
    "first_data": "firstData",
    "last_upload": "lastUploadDate",
    "outdated_since": "outdatedSince",
}


async def follow_enrolment(work: Work, event: EnrolmentChanged) -> None:
    """Write the entry of an active patient, or take an inactive one off the list; counts follow."""
    await store.lock_person(work, event.person)
    enrolment = await patients.peek(work, event.organization, event.person)
    before = await label_store.of(work, event.organization, event.person)
    changes: dict[UUID, int] = {}
    if enrolment is not None and enrolment.is_active:
        entry = _entry(enrolment)
        await store.put_entry(work, entry)
        changes = await label_store.put(
            work, entry.organization, entry.person, before or (), enrolment.tags, enrolment.sites
        )
        if before is None:
            await _begin(work, entry)
            changes |= await regroup(work, entry.organization, [entry.person])
            changes[label_store.ALL] = 1
    elif before is not None:
        await store.delete(work, event.organization, event.person)
        changes = await label_store.clear(work, event.organization, event.person)
        changes[label_store.ALL] = -1
    await label_store.tally(work, event.organization, changes)


async def follow_many(work: Work, event: ManyEnrolled) -> None:
    """Write the entries of many new patients. Nobody else knows these people yet, so there is nothing to wait for."""
    entries = [_newcomer(enrolment) for enrolment in event.enrolments]
    await store.insert_newcomers(work, entries, is_fresh=len(entries) >= MANY)
    groups = [(group, one.person) for one, keys in zip(event.enrolments, event.groups, strict=True) for group in keys]
    await label_store.begin_groups(work, event.organization, groups)
    counts = Counter(group for group, _ in groups)
    await label_store.tally(work, event.organization, {**counts, label_store.ALL: len(event.enrolments)})


async def _begin(work: Work, entry: Entry) -> None:
    """Give a new entry the figures of the summaries that are there already."""
    for person, kind, document in await store.summaries(work, [entry.person]):
        stats = msgspec.json.decode(zlib.decompress(document))
        await store.put_standing(work, person, kind, _standing(kind, stats))


async def put_summary(
    work: Work,
    person: PersonKey,
    kind: Kind,
    stats: Mapping[str, Any] | None,
    figures: Mapping[str, Mapping[str, float | None]] | None = None,
) -> None:
    """Keep a summary of a person and carry it into every list he is on; None forgets it.

    `stats` is what the Clinics API shows: `{id, config, dates, periods}`; `figures` are the flat figures by period
    and name, read from `stats` when not given. Four statements, of which two for what lists show.
    """
    await store.lock_person(work, person)
    if stats is None:
        await store.delete_summary(work, person, kind)
        await store.put_standing(work, person, kind, store.NOTHING)
        return
    document = zlib.compress(msgspec.json.encode(stats), 1)
    await store.put_summary(work, person, kind, str(stats.get("id", "")), document)
    await store.put_standing(work, person, kind, _standing(kind, stats, figures))


async def forget_summary(work: Work, name: str) -> int:
    """Forget the summary with this id wherever it is shown; how many there were."""
    found = await store.named(work, name)
    for person, kind in found:
        await put_summary(work, person, kind, None)
    return len(found)


def _entry(enrolment: Enrolment) -> Entry:
    unconnected = patients.unconnected(enrolment.data_sources)
    return Entry(*_newcomer(enrolment), enrolment.last_reviewed_at, unconnected)


def _newcomer(enrolment: Enrolment) -> Newcomer:
    birth = enrolment.birth_date.isoformat() if enrolment.birth_date else ""
    return (
        enrolment.organization,
        enrolment.person,
        enrolment.key,
        folded(enrolment.full_name),
        enrolment.birth_date,
        searchable(enrolment.full_name, enrolment.email, enrolment.mrn, birth),
        patients.has_standard_ranges(enrolment.glycemic_ranges),
    )


def _standing(
    kind: Kind, stats: Mapping[str, Any], figures: Mapping[str, Mapping[str, float | None]] | None = None
) -> Standing:
    by_period = stats.get("periods") or {} if figures is None else figures
    dates = stats.get("dates") or {}
    return Standing(
        {name: _moment(dates.get(word)) for name, word in _DATE_NAMES.items()},
        {period: _row(kind, by_period.get(period)) for period in PERIODS},
    )


def _row(kind: Kind, figures: Mapping[str, float | None] | None) -> list[float]:
    if not figures:
        return []
    return [LOWEST if (value := figures.get(name)) is None else float(value) for name in FIELDS[kind]]


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime) or value is None:
        return value
    return msgspec.convert(value, datetime)
