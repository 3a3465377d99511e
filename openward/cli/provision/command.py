"""`openward provision FILE`: set an installation up, as often as one likes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from openward.cli.options import database_options, settings_from
from openward.cli.outcome import BadInput
from openward.cli.provision.faults import BadFile
from openward.cli.provision.file import Plan, decode
from openward.cli.provision.reading import read
from openward.config import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_options
@click.option(
    "--rotate",
    metavar="NAME",
    multiple=True,
    help="Make this secret anew: service_secret, or the client id of an OAuth client. May be given several times.",
)
@click.option("--check", is_flag=True, help="Only check the file; write nothing.")
def provision(
    file: Path, data_dir: Path | None, database_url: str | None, rotate: tuple[str, ...], check: bool
) -> None:
    """Set clinics, people and secrets up from FILE (YAML or JSON).

    Makes whatever is missing, changes what differs, removes nothing, and prints one JSON document with every id and
    secret. The same file twice changes nothing. It works beside a running server and without one. A file with a fault
    is refused as a whole, each fault with its path, and the exit code is 2.

    A secret that was made earlier is stored as a hash only; it comes back as null with "kept": true beside it.

    \b
    Examples:
      openward provision clinics.yaml --data-dir /srv/openward > secrets.json
      openward provision clinics.yaml --rotate service_secret
      openward provision clinics.yaml --check

    \b
    A first file:
      users:
        - {email: ana@example.org, password: choose-a-good-one, name: Ana Ruiz, roles: [clinic]}
      organizations:
        - key: willow
          name: Willow Clinic
          timezone: America/New_York
          members: [{email: ana@example.org, roles: [CLINIC_ADMIN]}]
          tags: [Pump]
    """
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    try:
        plan = decode(read(file))
        if check:
            return
        answer = run(settings, plan, rotate)
    except BadFile as error:
        raise BadInput("\n".join([f"{file} is refused, and nothing was written:", *map(str, error.faults)])) from None
    click.echo(json.dumps(answer, indent=1, ensure_ascii=False))


def run(settings: Settings, plan: Plan, rotate: tuple[str, ...] = ()) -> dict[str, Any]:
    """Apply a checked plan to the installation of these settings."""
    from openward.cli.act import acting
    from openward.cli.provision.apply import apply
    from openward.cli.tree.database import opened
    from openward.infra.logs import set_up_logs

    async def go(dsn: str) -> dict[str, Any]:
        async with acting(settings, dsn, "provision") as work:
            return await apply(work, plan, rotate)

    set_up_logs("warning")
    with opened(settings) as dsn:
        return asyncio.run(go(dsn))
