"""`openward simulate xealth`: an EHR behind Xealth that runs until it is stopped."""

import asyncio
import contextlib
import json

import click
from aiohttp import web

from openward.cli.outcome import BadInput
from openward.simulators.xealth import Xealth


@click.command("xealth")
@click.option("--port", type=click.IntRange(0, 65535), default=9400, show_default=True, help="0 takes any free one.")
@click.option("--client-id", default="openward", show_default=True, help="As in the provisioning file.")
@click.option("--client-secret", default="secret", show_default=True, help="As in the provisioning file.")
@click.option("--tell", metavar="URL", help="The server that hears of orders.")
@click.option("--bearer", metavar="TOKEN", help="What is shown to that server.")
def xealth(port: int, client_id: str, client_secret: str, tell: str | None, bearer: str | None) -> None:
    """Stand in for Xealth on 127.0.0.1, and print the address.

    \b
    Examples:
      openward simulate xealth --tell http://127.0.0.1:8000 --bearer TOKEN
      curl -X PUT http://127.0.0.1:9400/simulator/orders/healthsystem_001/1 -d @order.json
    """
    if (tell is None) != (bearer is None):
        raise BadInput("--tell and --bearer belong together.")
    made = Xealth((client_id, client_secret), (tell, bearer) if tell and bearer else None)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(made, port))


async def _serve(made: Xealth, port: int) -> None:
    runner = web.AppRunner(made.app())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        click.echo(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
