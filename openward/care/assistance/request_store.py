"""The SQL of requests: `assistance.request`, read together with its device."""

from uuid import UUID

from openward.care.assistance.model import Request, Status
from openward.care.assistance.store import DEVICE_COLUMNS, device_of
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_SELECT = (
    "select r.key, r.organization, r.person, r.status, r.assigned_to, r.is_external, r.created_at, r.finished_at, "  # noqa: S608
    + ", ".join(f"d.{name} as d_{name}" for name in DEVICE_COLUMNS)
    + " from assistance.request r join assistance.device d on d.key = r.device"
)


def _request(row: Record) -> Request:
    return Request(
        row["key"],
        OrganizationKey(row["organization"]),
        device_of(row, "d_"),
        row["person"],
        Status(row["status"]),
        row["assigned_to"],
        row["is_external"],
        row["created_at"],
        row["finished_at"],
    )


async def find_open(work: Work, device: UUID) -> Request | None:
    """The open request at a device."""
    row = await work.tx.fetchrow(f"{_SELECT} where r.device = $1 and r.finished_at is null", device)
    return None if row is None else _request(row)


async def open_of(work: Work, organization: OrganizationKey, limit: int) -> list[Request]:
    """The open requests of an organization, oldest first."""
    rows = await work.tx.fetch(
        f"{_SELECT} where r.organization = $1 and r.finished_at is null order by r.created_at, r.key limit $2",
        organization,
        limit,
    )
    return [_request(row) for row in rows]


async def lock(work: Work, key: UUID) -> Request | None:
    """A request whose device is held until the end of the work."""
    await work.tx.execute(
        "select from assistance.device where key = (select device from assistance.request where key = $1) for update",
        key,
    )
    row = await work.tx.fetchrow(f"{_SELECT} where r.key = $1", key)
    return None if row is None else _request(row)


async def insert(work: Work, request: Request) -> None:
    """Keep a new request."""
    await work.tx.execute(
        "insert into assistance.request (key, organization, device, person, status, is_external, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        request.key,
        request.organization,
        request.device.key,
        request.person,
        request.status.value,
        request.is_external,
        work.now,
    )


async def assign(work: Work, key: UUID, by: PersonKey) -> None:
    """Somebody sees to it."""
    await work.tx.execute(
        "update assistance.request set status = 'in progress', assigned_to = $2 where key = $1", key, by
    )


async def close(work: Work, key: UUID, status: Status) -> None:
    """It is over."""
    await work.tx.execute(
        "update assistance.request set status = $2, finished_at = $3 where key = $1", key, status.value, work.now
    )
