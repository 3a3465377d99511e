"""`openward serve`: the whole server in one process tree."""

import asyncio
import json
import sys
from pathlib import Path

import click

from openward.cli.options import begin_tree, database_options, settings_from


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 is all of them.  [default: 127.0.0.1]")
@click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), help="0 picks a free one.  [default: 8000]")
@database_options
@click.option("--processes", metavar="N", type=click.IntRange(1, 256), help="API processes.  [default: one a core]")
@click.option("--workers", metavar="N", type=click.IntRange(0, 256), help="Job worker processes.  [default: 1]")
@click.option(
    "--mllp-port", metavar="PORT", type=click.IntRange(0, 65535), help="Take HL7 v2 messages there; 0 picks a free one."
)
@click.option("--no-jobs", is_flag=True, help="Start no job worker; `openward work` adds some elsewhere.")
def serve(
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    database_url: str | None,
    processes: int | None,
    workers: int | None,
    mllp_port: int | None,
    no_jobs: bool,
) -> None:
    """Start the server: database, API, pages and job workers.

    Without a database URL a PostgreSQL of its own runs inside the data folder. When everything answers, one line is
    printed on standard output: {"ready": true, "url": "http://127.0.0.1:8000"}; with a port for HL7 messages it says
    that, too: "mllp": "127.0.0.1:2575". Log lines go to standard error.
    SIGTERM or Ctrl-C finishes what is under way and stops within ten seconds.

    \b
    Examples:
      openward serve
      openward serve --data-dir /srv/openward --port 8080 --processes 4 --workers 2
      openward serve --database-url postgresql://openward:secret@db/openward --no-jobs
      openward serve --mllp-port 2575
      openward serve --port 0 | head -1
    """
    settings = settings_from(
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        processes=processes,
        mllp_port=mllp_port,
        workers=0 if no_jobs else workers,
    )
    from openward.cli.tree import Tree, listen

    listener = listen(settings.host, settings.port)
    begin_tree(settings)
    said: dict[str, object] = {"ready": True, "url": listener.url}
    feed = None
    if settings.mllp_port >= 0:
        from openward.cli.tree.feed import tls_of

        tls_of(settings)
        feed = listen(settings.mllp_host or settings.host, settings.mllp_port)
        said["mllp"] = feed.url.removeprefix("http://")
    line = json.dumps(said)

    async def announce() -> None:
        click.echo(line)
        sys.stdout.flush()

    async def run() -> None:
        await Tree(settings, listener, processes=settings.processes, workers=settings.workers, feed=feed).run(announce)

    asyncio.run(run())
