"""Bring a database to the present shape: numbered SQL files, each applied once, under one lock.

A file that was applied and then changed is refused: what is in the database would no longer be what the file says.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openward.infra.db import Connection
from openward.infra.jobs import install as install_jobs

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6F70656E  # "open": any number that no other program on this database would take


class MigrationError(Exception):
    """The database and the files do not agree; the message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered file, for example `0012_visits_add_episode.sql`."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def steps(folder: Path = FOLDER) -> list[Step]:
    """All files in order; two with one number are an error of ours."""
    found = [Step(int(path.name[:4]), path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]
    numbers = [step.number for step in found]
    if len(set(numbers)) != len(numbers):
        raise MigrationError(f"two migrations share a number in {folder.name}")
    return found


async def pending(connection: Connection) -> list[Step]:
    """The files that this database has not seen yet; raises when a seen one has changed or is newer than this code."""
    await connection.execute(
        "create table if not exists public.openward_migration ("
        " number int primary key, name text not null, checksum text not null,"
        " applied_at timestamptz not null default now())"
    )
    rows = await connection.fetch("select number, name, checksum from public.openward_migration")
    seen = {row["number"]: row for row in rows}
    known = steps()
    newest = known[-1].number if known else 0
    for number, row in seen.items():
        if number > newest:
            raise MigrationError(f"the database has migration {row['name']}, newer than this program: upgrade Openward")
    for step in known:
        if step.number in seen and seen[step.number]["checksum"] != step.checksum:
            raise MigrationError(f"{step.name}.sql was changed after it was applied; add a new migration in its place")
    return [step for step in known if step.number not in seen]


async def missing(connection: Connection) -> list[str]:
    """Names of the files that are not applied yet, without changing anything; all of them on an empty database."""
    known = [step.name for step in steps()]
    if await connection.fetchval("select to_regclass('public.openward_migration') is null"):
        return known
    rows = await connection.fetch("select name from public.openward_migration")
    seen = {row["name"] for row in rows}
    return [name for name in known if name not in seen]


async def migrate(connection: Connection, report: Callable[[str], None] = lambda name: None) -> int:
    """Apply what is missing, each file in a transaction of its own; returns how many were applied.

    A session lock keeps two starting servers from applying the same file.
    """
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await install_jobs(connection)
        todo = await pending(connection)
        for step in todo:
            report(step.name)
            async with connection.transaction():
                await connection.execute(step.sql)
                await connection.execute(
                    "insert into public.openward_migration (number, name, checksum) values ($1, $2, $3)",
                    step.number,
                    step.name,
                    step.checksum,
                )
        return len(todo)
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)
