"""How each partner cloud is doing: for operators. Counts only, nobody is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from openward.care.connections import task_store
from openward.care.connections.partners import every_partner
from openward.care.work import Work

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PartnerHealth:
    """One partner that is set up.

    connected, failed, disconnected: sources by state; running: fetches under way; waiting: fetches that are due and not
    begun; lag_s: how long the first of those has waited; backfilling: sources that have more than one turn to fetch;
    started: fetches begun within the last hour; errors: how many of them went wrong, by a short stable word; faults:
    why it is held, see `PartnerSetup`.
    """

    name: str
    title: str
    connected: int
    failed: int
    disconnected: int
    running: int
    waiting: int
    lag_s: float
    backfilling: int
    started: int
    errors: Mapping[str, int]
    last_import_at: datetime | None
    faults: tuple[str, ...] = ()


async def partner_health(work: Work) -> list[PartnerHealth]:
    """All partners that are set up, by name. Asks no permission."""
    counts = {row["provider"]: row for row in await task_store.states(work, work.now - _HOUR)}
    errors: dict[str, dict[str, int]] = {}
    for row in await task_store.troubles(work, work.now - _HOUR):
        errors.setdefault(row["provider"], {})[row["reason"]] = row["count"]
    found = []
    for one in await every_partner(work):
        row = counts.get(one.name)
        oldest = row["oldest_due_at"] if row is not None else None
        found.append(
            PartnerHealth(
                name=one.name,
                title=one.code.title,
                connected=row["connected"] if row else 0,
                failed=row["failed"] if row else 0,
                disconnected=row["disconnected"] if row else 0,
                running=row["running"] if row else 0,
                waiting=row["waiting"] if row else 0,
                lag_s=(work.now - oldest).total_seconds() if oldest else 0.0,
                backfilling=row["backfilling"] if row else 0,
                started=row["started"] if row else 0,
                errors=errors.get(one.name, {}),
                last_import_at=row["last_import_at"] if row else None,
                faults=one.faults,
            )
        )
    return found
