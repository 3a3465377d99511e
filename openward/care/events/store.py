"""The only SQL of the room: `events.event`."""

from collections.abc import Sequence

from openward.care.work import Work, new_key
from openward.infra.db import write_rows


async def insert(work: Work, rows: Sequence[tuple[str, str]]) -> None:
    """Append events, given as (kind, JSON)."""
    await write_rows(
        work.tx,
        "insert into events.event (key, at, kind, trace, data) values ($1, $2, $3, $4, $5)",
        [(new_key(work), work.now, kind, work.trace, data) for kind, data in rows],
    )
