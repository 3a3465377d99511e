"""The database of a process tree: the one at a URL, or the embedded cluster, which is reopened when it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openward.cli.options import make_data_dir
from openward.cli.outcome import BadInput
from openward.config import Settings
from openward.infra.db import connect
from openward.infra.logs import get_log
from openward.infra.migrate import migrate
from openward.infra.postgres import ClusterError, RunningCluster, open_cluster

log = get_log("openward.database")
_WATCH_STEP_S = 0.5
_REOPEN_PAUSE_S = 2.0


def _open(settings: Settings) -> RunningCluster:
    make_data_dir(settings)
    bin_dir = Path(settings.postgres_bin_dir) if settings.postgres_bin_dir else None
    return open_cluster(settings.data_dir / "postgres", bin_dir=bin_dir)


@contextmanager
def opened(settings: Settings, *, must_exist: bool = False) -> Iterator[str]:
    """For commands that do one thing: the address of the database while the block runs, beside a server or without.

    must_exist: a folder without a database is a mistake (`BadInput`) instead of the place for a new one.
    """
    if must_exist and not settings.database_url and not (settings.data_dir / "postgres" / "pgdata").exists():
        raise BadInput(f"{settings.data_dir} holds no installation. Name the folder of the server with --data-dir.")
    if settings.database_url:
        make_data_dir(settings)
        yield settings.database_url
        return
    with _open(settings) as cluster:
        yield cluster.dsn


async def bring_up_to_date(dsn: str) -> None:
    """Apply the migrations that are missing."""
    connection = await connect(dsn)
    try:
        count = await migrate(connection, lambda name: log.info("migration applied", migration=name))
        if count:
            log.info("database is up to date", count=count)
    finally:
        await connection.close()


class Database:
    """Opens the database of a long-running tree, and opens it again whenever the server process ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cluster: RunningCluster | None = None
        self.dsn = settings.database_url

    async def open(self) -> None:
        """Return when the database answers and has the present shape."""
        if not self._settings.database_url:
            self._cluster = await asyncio.to_thread(_open, self._settings)
            self.dsn = self._cluster.dsn
        await bring_up_to_date(self.dsn)

    async def keep(self, reopened: Callable[[], Awaitable[None]]) -> None:
        """Watch for ever; after each reopening `reopened` is called. A database at a URL keeps itself."""
        if self._cluster is None:
            await asyncio.Event().wait()
        while True:
            assert self._cluster is not None
            if not await asyncio.to_thread(self._cluster.watch, _WATCH_STEP_S):
                continue
            log.warning("database has ended and is started again")
            try:
                self._cluster = await asyncio.to_thread(_open, self._settings)
            except ClusterError:
                log.exception("database does not start")
                await asyncio.sleep(_REOPEN_PAUSE_S)
                continue
            self.dsn = self._cluster.dsn
            await reopened()

    async def close(self, timeout_s: float) -> None:
        """Stop the embedded server if this tree started it."""
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.stop, timeout_s)
