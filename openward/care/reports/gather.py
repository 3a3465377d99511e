"""Brings a person's readings, insulin and meals together for a report; the arithmetic runs beside the event loop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from openward.care import audit, devicedata, patients
from openward.care.devicedata import GlucoseColumns, Treatment
from openward.care.reports.bands import STANDARD, RangePreset
from openward.care.reports.build import Events, build
from openward.care.reports.model import Basal, Bolus, Carbs, GlucoseReport, Person, Units
from openward.care.reports.readings import MINUTE_MS, Ints, Readings
from openward.care.work import OrganizationKey, PersonKey, Work

_STEP_MS = 30 * MINUTE_MS
"""All zones of our time change their clocks on a half hour of UTC."""
_LONGEST_BASAL = timedelta(days=1)
_SETS_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Which report is asked for: the `days` local days that end with `last_day`."""

    days: int
    last_day: date
    timezone: ZoneInfo
    units: Units = "mg/dL"
    preset: RangePreset = STANDARD

    @property
    def start(self) -> datetime:
        """The first moment, aware."""
        return datetime.combine(self.last_day - timedelta(days=self.days - 1), time(), self.timezone)

    @property
    def end(self) -> datetime:
        """The first moment after it, aware."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), self.timezone)


async def gather(
    work: Work, person: PersonKey, about: Person, window: Window, *, organization: OrganizationKey | None = None
) -> GlucoseReport:
    """The report of a person, for whoever may view him (`NotAllowed` else); the look is noted in the audit."""
    await patients.require(work, person, patients.Permission.VIEW)
    audit.note(work, "read", "glucose-report", person, organization)
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    # The readings' counter leaves its first moment out, ours is inside.
    columns = await devicedata.readings(work, person, ("cbg", "smbg"), start - timedelta(milliseconds=1), end)
    given = await devicedata.insulin_and_carbs(work, person, start - _LONGEST_BASAL, end)
    return await asyncio.to_thread(_make, about, window, columns, given, work.now)


async def last_reading(work: Work, person: PersonKey) -> datetime | None:
    """The time of a person's newest glucose reading, None without any; for whoever may view him."""
    found = await devicedata.find(work, person, devicedata.Filters(types=("cbg", "smbg"), is_latest=True))
    seconds = [row[0] async for rows in found.blocks for row in rows]
    return datetime.fromtimestamp(max(seconds), UTC) if seconds else None


async def zone_of(work: Work, person: PersonKey, *otherwise: str | None) -> ZoneInfo:
    """The person's time zone as the newest data set that names one says, else the first known name, else UTC."""
    sets = await devicedata.list_of(work, person, limit=_SETS_LOOKED_AT)
    names = [one.body.get("timezone") for one in sets]
    known = available_timezones()
    return ZoneInfo(next((name for name in (*names, *otherwise) if isinstance(name, str) and name in known), "UTC"))


def _make(
    about: Person, window: Window, columns: GlucoseColumns, given: Sequence[Treatment], now: datetime
) -> GlucoseReport:
    local_ms = _wall_clock(columns.time_ms, window.timezone)
    sensor = columns.is_sensor
    made = [
        Readings.of(columns.time_ms[which], columns.value_mmol[which], minutes[which], local_ms=local_ms[which])
        for which, minutes in ((sensor, columns.duration_min), (~sensor, np.ones_like(columns.duration_min)))
    ]
    gone_by = min(now, window.end) - window.start
    return build(
        about,
        made[0],
        last_day=window.last_day,
        days=window.days,
        units=window.units,
        preset=window.preset,
        meter=made[1],
        events=_events(given, window.timezone),
        made_on=now.astimezone(window.timezone).date(),
        elapsed_min=max(gone_by / timedelta(minutes=1), 1.0),
    )


def _wall_clock(time_ms: Ints, zone: ZoneInfo) -> Ints:
    """The person's wall clock for each moment (ms since 1970 in UTC), as if it were UTC."""
    step, place = np.unique(time_ms // _STEP_MS, return_inverse=True)
    moments = (datetime.fromtimestamp(int(one) * _STEP_MS / 1000, zone) for one in step)
    offsets = np.array([round(_offset(one) / timedelta(milliseconds=1)) for one in moments], dtype=np.int64)
    return time_ms + offsets[place] if step.size else time_ms


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _events(given: Sequence[Treatment], zone: ZoneInfo) -> Events:
    boluses, basals, carbs = [], [], []
    time_ms = np.array([round(one.time.timestamp() * 1000) for one in given], dtype=np.int64)
    for one, local_ms in zip(given, _wall_clock(time_ms, zone).tolist(), strict=True):
        if one.kind == "bolus":
            is_long = one.variant == "long-acting"
            boluses.append(Bolus(local_ms, one.units, is_long or one.variant == "injected", is_long))
        elif one.kind == "carbs":
            carbs.append(Carbs(local_ms, one.carbs_g))
        else:
            basals.append(Basal(local_ms, local_ms + one.duration_ms, one.units))
    return Events(boluses, _cut(basals), carbs)


def _cut(basals: Sequence[Basal]) -> list[Basal]:
    """A rate ends at the latest where the next one begins: pumps announce longer than they deliver."""
    ends = [one.start_local_ms for one in basals[1:]] + [one.end_local_ms for one in basals[-1:]]
    return [
        Basal(one.start_local_ms, min(one.end_local_ms, end), one.units_per_hour)
        for one, end in zip(basals, ends, strict=True)
    ]
