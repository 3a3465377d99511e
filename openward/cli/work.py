"""`openward work`: more job workers on the same database."""

import asyncio
from pathlib import Path

import click

from openward.cli.options import begin_tree, database_options, settings_from


@click.command()
@database_options
@click.option("--workers", metavar="N", type=click.IntRange(1, 256), help="Job worker processes.  [default: 1]")
def work(data_dir: Path | None, database_url: str | None, workers: int | None) -> None:
    """Add job workers beside a running server.

    Any number of these may run at once on one data folder or one database, also while no server runs; then the
    embedded database is started here. SIGTERM or Ctrl-C finishes the jobs under way.

    \b
    Examples:
      openward work --data-dir /srv/openward
      openward work --database-url postgresql://openward:secret@db/openward --workers 4
    """
    settings = settings_from(data_dir=data_dir, database_url=database_url, workers=workers)
    begin_tree(settings)
    from openward.cli.tree import Tree

    async def ready() -> None:
        click.echo("Workers are running; stop them with Ctrl-C.", err=True)

    async def run() -> None:
        await Tree(settings, None, processes=0, workers=max(1, settings.workers)).run(ready)

    asyncio.run(run())
