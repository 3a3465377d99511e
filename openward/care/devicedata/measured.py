"""Glucose that an organization writes down of its patients: readings of a meter, in one set a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from openward.care import audit, events, patients
from openward.care.devicedata import store_data, store_measured
from openward.care.devicedata.dedup import Deduplicator, origin_digest
from openward.care.devicedata.ingest import in_summaries
from openward.care.devicedata.model import KIND_NUMBERS, ManyDataChanged, Shape
from openward.care.devicedata.packing import pack_detail, pack_shape
from openward.care.devicedata.store_measured import NewReading
from openward.care.devicedata.units import BOUNDS, MG_DL, MMOL_L, to_mmol_l
from openward.care.work import OrganizationKey, PersonKey, Work

SMBG = "smbg"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One glucose value as it was written down; `unit` is mg/dL or mmol/L in any case."""

    person: PersonKey
    time: datetime
    value: float
    unit: str


async def keep_measured(
    work: Work, organization: OrganizationKey, source: str, measurements: Sequence[Measurement]
) -> None:
    """Keep what an organization measured of its present patients; what is there already is passed over.

    source: the name of the client that the sets and the origins of the readings carry. A value outside of what meters
    show is no reading. The caller has seen to it that the organization may write of these people; whoever has left it
    is passed over. A constant number of statements.
    """
    present = await patients.present(work, organization, list({one.person for one in measurements}))
    readings: dict[tuple[PersonKey, str], tuple[datetime, float]] = {}
    for one in measurements:
        mmol = _mmol_l(one)
        if one.person in present and mmol is not None:
            time = _moment(one)
            readings[one.person, _name(time, mmol)] = (time, mmol)
    if not readings:
        return
    shape = pack_shape(Shape(SMBG, {"units": MMOL_L, "origin": {"name": source, "type": "service"}}))
    people = sorted({person for person, _ in readings})
    sets = await store_measured.hold_sets(work, organization, people, _body(source), shape, Deduplicator.NONE)
    new = [
        NewReading(sets[person], time, mmol, origin_digest(name), pack_detail({"origin": {"id": name}}))
        for (person, name), (time, mmol) in readings.items()
    ]
    kept = await store_measured.insert_new(work, new, KIND_NUMBERS[SMBG])
    if kept:
        audit.note_all(work, "write", "devicedata", list({one.target.person for one in kept}), organization)
        _announce(work, kept)


async def forget_measured(
    work: Work, organization: OrganizationKey, source: str, gone: Measurement, others: Sequence[Measurement] = ()
) -> None:
    """Take one value back that an organization has kept; nothing happens when there is no such reading.

    others: what is still written down of that moment. Equal values are one reading, which stays as long as one does.
    """
    mmol, time = _mmol_l(gone), _moment(gone)
    if mmol is None or any((_mmol_l(one), _moment(one)) == (mmol, time) for one in others):
        return
    taken = False
    for key in await store_measured.held_sets_of(work, organization, source, gone.person):
        kept = await store_data.by_origin(work, key, [origin_digest(_name(time, mmol))])
        if kept:
            await store_data.delete(work, key, [ordinal for _, ordinal in kept])
            taken = True
    if taken:
        audit.note(work, "delete", "devicedata", gone.person, organization)
        if in_summaries(work, time):
            events.record(work, ManyDataChanged((SMBG,), ((gone.person, time, time),), "DATA_REMOVED"))


def _moment(one: Measurement) -> datetime:
    return one.time.replace(microsecond=one.time.microsecond // 1000 * 1000)


def _name(time: datetime, mmol: float) -> str:
    """The origin by which a value is known again."""
    return f"{time.isoformat()} {mmol}"


def _mmol_l(one: Measurement) -> float | None:
    unit = MMOL_L if one.unit.lower() == MMOL_L.lower() else MG_DL
    low, high = BOUNDS[unit]
    return to_mmol_l(one.value, unit) if low <= one.value <= high else None


def _body(source: str) -> Mapping[str, object]:
    """What the set of a person says of itself."""
    return {"dataSetType": "continuous", "client": {"name": source, "version": "1.0.0"}}


def _announce(work: Work, kept: Sequence[NewReading]) -> None:
    """Record for each person between which times there is new glucose, as far as summaries look."""
    spans: dict[PersonKey, tuple[datetime, datetime]] = {}
    for one in kept:
        if in_summaries(work, one.time):
            low, high = spans.get(one.target.person, (one.time, one.time))
            spans[one.target.person] = min(low, one.time), max(high, one.time)
    if spans:
        changed = tuple((person, low, high) for person, (low, high) in spans.items())
        events.record(work, ManyDataChanged((SMBG,), changed, "DATA_ADDED"))


async def move_sets(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the target goes on with the source's sets."""
    await store_measured.move(work, source, target)
