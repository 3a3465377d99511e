"""`openward simulate teams`: Microsoft Graph as far as meetings go, until it is stopped."""

import asyncio
import contextlib
import json

import click
from aiohttp import web

from openward.simulators.teams import Teams


@click.command("teams")
@click.option("--port", type=click.IntRange(0, 65535), default=9100, show_default=True, help="0 takes any free one.")
def teams(port: int) -> None:
    """Stand in for Microsoft Graph on 127.0.0.1, and print the address for `teams: {graph_url}`.

    Any token will do but the word `refused`.

    \b
    Example:
      openward simulate teams --port 9100
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(port))


async def _serve(port: int) -> None:
    runner = web.AppRunner(Teams().app())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        click.echo(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}/v1.0"}))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
