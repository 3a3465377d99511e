"""`openward simulate redox`: an EHR behind Redox that runs until it is stopped."""

import asyncio
import contextlib
import json
from pathlib import Path

import click
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from openward.cli.outcome import BadInput
from openward.simulators.redox import Redox
from openward.wire.redox.schema import faults


@click.command("redox")
@click.option("--port", type=click.IntRange(0, 65535), default=9300, show_default=True, help="0 takes any free one.")
@click.option("--client-id", default="openward", show_default=True, help="As in the provisioning file.")
@click.option("--key-id", default="key-1", show_default=True, help="As in the provisioning file.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("redox-key.pem"),
    show_default=True,
    help="The private key of the provisioning file; made when it is not there.",
)
@click.option("--tell", metavar="URL", help="The server that hears of orders.")
@click.option("--token", metavar="TOKEN", help="The verification token that is shown to that server.")
def redox(port: int, client_id: str, key_id: str, key: Path, tell: str | None, token: str | None) -> None:
    """Stand in for Redox on 127.0.0.1, and print the address.

    \b
    Examples:
      openward simulate redox --tell http://127.0.0.1:8000 --token TOKEN
      curl -X POST http://127.0.0.1:9300/simulator/orders -d @order.json
      curl http://127.0.0.1:9300/simulator/messages
    """
    if (tell is None) != (token is None):
        raise BadInput("--tell and --token belong together.")
    made = Redox(client_id, key_id, _public(key), faults, (tell, token) if tell and token else None)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(made, port))


def _public(path: Path) -> str:
    """The public half of the key in a file, which is made when it is not there."""
    if not path.exists():
        new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.touch(mode=0o600)
        path.write_bytes(new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise BadInput(f"--key {path}: not a private key in PEM form without a password.") from None
    if not isinstance(found, rsa.RSAPrivateKey):
        raise BadInput(f"--key {path}: not an RSA key.")
    return found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


async def _serve(made: Redox, port: int) -> None:
    runner = web.AppRunner(made.app())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        click.echo(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
