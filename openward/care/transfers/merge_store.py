"""The SQL of executed merges: `transfers.merge`."""

from uuid import UUID

import asyncpg
import msgspec

from openward.care.errors import NotFound
from openward.care.transfers.merge_model import MergePlan
from openward.care.transfers.model import Merged
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_COLUMNS = "key, target, source, source_name, at, by_person, counts"
_counts = msgspec.json.Decoder(dict[str, dict[str, int]])


def _merged(row: asyncpg.Record) -> Merged:
    return Merged(
        key=row["key"],
        target=OrganizationKey(row["target"]),
        source=OrganizationKey(row["source"]),
        source_name=row["source_name"],
        at=row["at"],
        by=None if row["by_person"] is None else PersonKey(row["by_person"]),
        counts=_counts.decode(row["counts"]),
    )


async def insert(work: Work, merged: Merged, plan: MergePlan) -> None:
    """Keep what was done and how it was planned."""
    await work.tx.execute(
        f"insert into transfers.merge ({_COLUMNS}, credential, plan) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",  # noqa: S608
        merged.key,
        merged.target,
        merged.source,
        merged.source_name,
        merged.at,
        merged.by,
        to_json(merged.counts),
        work.actor.credential,
        to_json(plan),
    )


async def of_target(work: Work, organization: OrganizationKey) -> list[Merged]:
    """What an organization has taken up, and what those had taken up before, newest first."""
    rows = await work.tx.fetch(
        f"with recursive taken as (select {_COLUMNS} from transfers.merge where target = $1"  # noqa: S608
        f" union select {', '.join(f'm.{name.strip()}' for name in _COLUMNS.split(','))}"
        "  from transfers.merge m join taken on m.target = taken.source)"
        f" select {_COLUMNS} from taken order by at desc, key desc",
        organization,
    )
    return [_merged(row) for row in rows]


async def lock(work: Work, key: UUID) -> tuple[Merged, int, MergePlan]:
    """One merge, how many of those to be told have been, and its plan; locked until the end of the transaction."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS}, told, plan from transfers.merge where key = $1 for update",  # noqa: S608
        key,
    )
    if row is None:
        raise NotFound("merge not found")
    return _merged(row), row["told"], msgspec.json.decode(row["plan"], type=MergePlan)


async def put_told(work: Work, key: UUID, told: int) -> None:
    """So many of those to be told have been."""
    await work.tx.execute("update transfers.merge set told = $2 where key = $1", key, told)
