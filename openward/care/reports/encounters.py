"""Encounter reports: ordered, built by a job into a locked archive, kept for seven days."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from openward.care import identity
from openward.care.errors import Conflict, Gone, NotFound
from openward.care.identity import Kind
from openward.care.reports import store
from openward.care.reports.building import BUILD, COLUMN, kept_files
from openward.care.reports.lines import note_patients
from openward.care.reports.orders import Order, OrderStatus, Span
from openward.care.reports.presets import preset
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra.blobs import BlobMissing
from openward.infra.jobs import Deferred

_UNKNOWN = "Report not found"
_LAST, _TICK = datetime.max.replace(tzinfo=UTC), timedelta(microseconds=1)


async def order_report(
    work: Work, organization: OrganizationKey, first: datetime, last: datetime, chosen: UUID, password: str
) -> Order:
    """Order a report of the visits that start from `first` to `last`, both included, by a preset of the practice.

    The password is sealed at once, and forgotten when the file is built. `NotFound` for an unknown preset.
    """
    wanted = await preset(work, organization, chosen)
    span = Span(first, min(last, _LAST - _TICK) + _TICK)
    made = Order(new_key(work), organization, span, wanted.choice, OrderStatus.PENDING, None, work.now, None)
    await store.insert_order(work, made, work.tools.keyring.seal(password.encode(), COLUMN, made.key))
    await identity.mint(work, made.key, Kind.REPORT)
    await note_patients(work, organization, span, wanted.choice)
    work.tasks.append(Deferred(BUILD, {"report": str(made.key)}, key=f"{BUILD}:{made.key}"))
    return made


async def report_order(work: Work, organization: OrganizationKey, key: UUID) -> Order:
    """How an order stands, or `NotFound`."""
    found = await store.order(work, key)
    if found is None or found.organization != organization:
        raise NotFound(_UNKNOWN)
    return found


async def report_file(work: Work, organization: OrganizationKey, key: UUID) -> AsyncIterator[bytes]:
    """The archive in pieces; `Conflict` while it is not ready or when it failed, `Gone` after seven days."""
    found = await report_order(work, organization, key)
    if found.status is OrderStatus.PENDING:
        raise Conflict("Report is not ready")
    if found.status is OrderStatus.FAILED:
        raise Conflict("Report generation failed")
    if found.content is None or (found.expires_at is not None and found.expires_at <= work.now):
        raise Gone("Report has expired")
    files = kept_files(work.tools)
    try:
        await files.size_bytes(found.content)
    except BlobMissing:
        raise Gone("Report has expired") from None
    await note_patients(work, organization, found.span, found.choice)
    return files.read(found.content)
