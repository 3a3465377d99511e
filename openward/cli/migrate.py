"""`openward migrate`: the database in the shape that this version needs."""

import asyncio
from pathlib import Path

import click

from openward.cli.options import database_options, settings_from
from openward.cli.outcome import Failed


@click.command()
@database_options
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when migrations are missing.")
def migrate(data_dir: Path | None, database_url: str | None, check: bool) -> None:
    """Bring the database to the shape that this version needs.

    `openward serve` does this by itself at its start; a database of your own may want it done beforehand.

    \b
    Examples:
      openward migrate --database-url postgresql://openward:secret@db/openward
      openward migrate --data-dir /srv/openward --check
    """
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    from openward.cli.tree.database import opened
    from openward.infra.db import connect
    from openward.infra.migrate import migrate as apply
    from openward.infra.migrate import missing

    async def go(dsn: str) -> None:
        connection = await connect(dsn)
        try:
            if not check:
                count = await apply(connection, lambda name: click.echo(f"applied {name}"))
                click.echo(f"{count} migrations applied" if count else "up to date")
                return
            waiting = await missing(connection)
            for name in waiting:
                click.echo(f"missing {name}")
            if waiting:
                raise Failed(f"{len(waiting)} migrations are missing. Run `openward migrate` without --check.")
            click.echo("up to date")
        finally:
            await connection.close()

    with opened(settings) as dsn:
        asyncio.run(go(dsn))
