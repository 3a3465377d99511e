"""The SQL that moves the places, devices and requests of an organization."""

from collections.abc import Mapping
from uuid import UUID

from openward.care.work import OrganizationKey, Work


async def twins(work: Work, source: OrganizationKey, target: OrganizationKey) -> dict[UUID, UUID]:
    """Devices of the source by whose serial number the target has one: the key of the other by the key of the one."""
    rows = await work.tx.fetch(
        "select mine.key, theirs.key as twin from assistance.device mine"
        " join assistance.device theirs on theirs.organization = $2"
        " and lower(theirs.serial_number) = lower(mine.serial_number)"
        " where mine.organization = $1 for update of mine, theirs",
        source,
        target,
    )
    return {row["key"]: row["twin"] for row in rows}


async def unite(work: Work, united: Mapping[UUID, UUID]) -> None:
    """Requests go to the twins, the devices themselves go. Of two open requests that of the twin stays open."""
    pairs = list(united), list(united.values())
    await work.tx.execute(
        "update assistance.request set status = 'cancelled', finished_at = $3"
        " from unnest($1::uuid[], $2::uuid[]) pair (mine, twin) where device = mine and finished_at is null"
        " and exists (select from assistance.request o where o.device = twin and o.finished_at is null)",
        *pairs,
        work.now,
    )
    await work.tx.execute(
        "update assistance.request set device = twin from unnest($1::uuid[], $2::uuid[]) pair (mine, twin)"
        " where device = mine",
        *pairs,
    )
    await work.tx.execute("delete from assistance.device where key = any($1::uuid[])", pairs[0])


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give everything another organization."""
    for table in ("location", "device", "request"):
        await work.tx.execute(
            f"update assistance.{table} set organization = $2 where organization = $1",  # noqa: S608 -- fixed names
            source,
            target,
        )
