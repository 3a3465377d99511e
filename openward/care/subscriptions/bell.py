"""Who has to be woken: only sleepers are notified, because PostgreSQL commits those who notify in single file.

A deliverer that goes to sleep holds `LOCK` alone, in the session of the connection that it listens on. Whoever queues
tries to share it for the rest of its transaction. When that works nobody sleeps, and nobody can fall asleep before the
transaction has ended; when not, somebody sleeps and is notified. A sleeper that dies lets go of everything.
"""

from enum import Enum
from typing import Final

from openward.infra.db import Connection
from openward.infra.jobs import lock_number

LOCK: Final = lock_number("subscriptions.bell")
_PILLOW: Final = lock_number("subscriptions.pillow")  # one sleeper holds the lock for all


class Bell(Enum):
    """Whether a deliverer may sleep."""

    SET = "set"  # whoever queues from now on notifies; look once more at what was queued until now
    SET_BY_ANOTHER = "set-by-another"
    BUSY = "busy"  # somebody queues just now without notifying


async def set_bell(connection: Connection) -> Bell:
    """Before sleeping, on the connection that listens."""
    if not await connection.fetchval("select pg_try_advisory_lock($1)", _PILLOW):
        return Bell.SET_BY_ANOTHER
    if await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
        return Bell.SET
    await connection.execute("select pg_advisory_unlock($1)", _PILLOW)
    return Bell.BUSY


async def unset_bell(connection: Connection) -> None:
    """When awake again."""
    await connection.execute("select pg_advisory_unlock($1), pg_advisory_unlock($2)", LOCK, _PILLOW)
