"""`openward import FILE`: a device export into a person's data."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import click

from openward.cli.api import BATCH
from openward.cli.outcome import BadInput
from openward.cli.progress import counting
from openward.cli.sign_in import Visitor, server_options, signed_in

CLIENT = "org.openward.import"


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", metavar="USERID", help="Whose data they are.  [default: whoever signs in]")
@click.option("--timezone", metavar="ZONE", required=True, help="Where the times of the file were: America/New_York.")
@click.option("--check", is_flag=True, help="Only read the file and say what is in it.")
@server_options
def bring(
    file: Path,
    user: str | None,
    timezone: str,
    check: bool,
    server: str,
    email: str | None,
    password: str | None,
    service_secret: str | None,
) -> None:
    """Read a device export into a person's data.

    FILE is a CSV export of Dexcom Clarity. Its times have no zone, so the zone has to be given. The same file again,
    or a newer one that overlaps, adds only what is missing.

    \b
    Examples:
      openward import clarity.csv --timezone America/New_York --email sam@patient.example
      openward import clarity.csv --timezone Europe/Berlin --user 433e1008-0ca2-431d-96be-7d6e3187d01a \\
          --email ana@example.org
      openward import clarity.csv --timezone Europe/Berlin --check
    """
    if timezone not in available_timezones():
        raise BadInput(f"--timezone {timezone}: no such time zone; one is America/New_York.")
    from openward.cli.transfer.clarity import NotClarity, read

    try:
        export = read(file.read_bytes(), ZoneInfo(timezone))
    except NotClarity as error:
        raise BadInput(f"{file}: {error}. Nothing was imported.") from None
    click.echo(f"{len(export.data)} data of device {export.device}; {export.skipped} other rows", err=True)
    if check or not export.data:
        return

    async def go() -> None:
        async with signed_in(server, email, password, service_secret) as visitor:
            await upload(visitor, visitor.person(user), f"Clarity-{export.device}", timezone, export.data)

    asyncio.run(go())
    click.echo("Imported.", err=True)


async def upload(visitor: Visitor, user_id: str, device: str, timezone: str, data: list[dict[str, Any]]) -> None:
    """Add data to the import's own data set of this device; what is there already is dropped by the server."""
    data_set_id = await _data_set(visitor, user_id, device, timezone)
    with counting("Uploading", len(data)) as report:
        for first in range(0, len(data), BATCH):
            batch = data[first : first + BATCH]
            await visitor.api.add_data(visitor.token, data_set_id, batch)
            report(len(batch))


async def _data_set(visitor: Visitor, user_id: str, device: str, timezone: str) -> str:
    """One data set for each device, found again at the next import: duplicates are dropped within a data set."""
    page = 0
    while listed := await visitor.api.call(
        "GET", f"/v1/users/{user_id}/data_sets?client.name={CLIENT}&size=100&page={page}", visitor.token
    ):
        for found in listed:
            if found.get("deviceId") == device:
                return str(found["uploadId"])
        page += 1
    made = {
        "client": {"name": CLIENT, "version": "1.0.0"},
        "dataSetType": "continuous",
        "deviceId": device,
        "deviceTags": ["cgm"],
        "timeProcessing": "none",
        "timezone": timezone,
        "deduplicator": {"name": "org.tidepool.deduplicator.dataset.drop.hash"},
    }
    return await visitor.api.open_data_set(visitor.token, user_id, made)
