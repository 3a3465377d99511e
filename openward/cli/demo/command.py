"""`openward demo`: everything at once, to look around."""

import asyncio
import os
from pathlib import Path

import click

from openward.cli.options import begin_tree, settings_from

_FOLDER = Path("var/demo")


@click.command()
@click.option(
    "--data-dir",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=_FOLDER,
    show_default=True,
    help="Folder of the demo; it must hold nothing else.",
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="0 picks a free one.  [default: 8000, or a free one when that is taken]",
)
@click.option("--reset", is_flag=True, help="Throw the demo's data away and begin anew.")
@click.option("--load-only", is_flag=True, help="Stop when everything is loaded.")
def demo(data_dir: Path, host: str | None, port: int | None, reset: bool, load_only: bool) -> None:
    """Start Openward with two clinics and some fifty invented patients.

    The first start loads real and simulated glucose and insulin data through the public API, moved so that they end
    today; the address is shown as soon as the pages answer. Later starts use the same data at once.

    \b
    Examples:
      openward demo
      openward demo --port 9000
      openward demo --reset
    """
    settings = settings_from(
        data_dir=data_dir,
        database_url="",
        host=host,
        port=port,
        webhooks_allow_private=True,
        log_level=None if "OPENWARD_LOG_LEVEL" in os.environ else "warning",
    )
    from openward.cli.demo.state import State, remove

    if reset:
        remove(settings.data_dir)
    state = State.read(settings.data_dir)
    begin_tree(settings)
    from openward.cli.demo.run import run

    asyncio.run(run(settings, state, is_port_given=port is not None, load_only=load_only))
