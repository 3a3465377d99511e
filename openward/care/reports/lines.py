"""The lines of a report of visits, as CSV (RFC 4180): made by the database, passed on in pieces of bounded size."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openward.care import audit, organizations
from openward.care.reports import store
from openward.care.reports.orders import Choice, Span
from openward.care.work import OrganizationKey, PersonKey, Work

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def days_of(first: date, last: date, zone: ZoneInfo) -> Span:
    """The days from `first` to `last`, both included, by the clocks of a zone."""
    end = _LAST if last == date.max else _midnight(last + timedelta(days=1), zone, _LAST)
    return Span(_midnight(first, zone, _FIRST), end)


def _midnight(day: date, zone: ZoneInfo, otherwise: datetime) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:  # in the first and the last hours of the calendar
        return otherwise


def header(columns: Sequence[str]) -> bytes:
    """The first line."""
    return ",".join(columns).encode() + b"\r\n"


async def note_patients(work: Work, organization: OrganizationKey, span: Span, choice: Choice) -> None:
    """Note in the audit whose visits a report shows; one entry, however many they are."""
    found = await store.people(work, organization, span, choice)
    audit.note_all(work, "read", "visit report", [PersonKey(one) for one in found], organization)


async def lines(work: Work, organization: OrganizationKey, span: Span, choice: Choice) -> AsyncIterator[bytes]:
    """The header and a line for each visit, earliest first; moments are told by the clocks of the practice."""
    yield header(choice.columns)
    await store.set_zone(work, (await practice_zone(work, organization)).key)
    async for piece in store.lines(work, organization, span, choice):
        yield piece


async def practice_zone(work: Work, organization: OrganizationKey) -> ZoneInfo:
    """The time zone of a practice; UTC when it has none."""
    name = (await organizations.get(work, organization)).profile.timezone
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def dump(work: Work, organization: OrganizationKey, first: date, last: date) -> AsyncIterator[bytes]:
    """All visits of these days; the audit is written before the first line is read."""
    span = days_of(first, last, await practice_zone(work, organization))
    await note_patients(work, organization, span, Choice())
    return lines(work, organization, span, Choice())
