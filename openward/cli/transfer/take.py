"""`openward export`: a person's data into a file."""

import asyncio
import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

import click
import msgspec

from openward.cli.sign_in import Visitor, server_options, signed_in

_COLUMNS = (
    "time deviceTime timezone type subType deliveryType value units normal extended rate duration doseTotal carbs"
    " deviceId uploadId id"
)


@click.command(name="export")
@click.option("--user", metavar="USERID", help="Whose data.  [default: whoever signs in]")
@click.option("--format", "form", type=click.Choice(["json", "csv", "xlsx"]), help="[default: from the file's name]")
@click.option("--from", "start", metavar="DATE", type=click.DateTime(), help="Data from this moment on (UTC).")
@click.option("--to", "end", metavar="DATE", type=click.DateTime(), help="Data up to this moment (UTC).")
@click.option("--units", type=click.Choice(["mmol/L", "mg/dL"]), default="mmol/L", show_default=True,
              help="Units of glucose.")  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File.  [default: standard output]"
)
@server_options
def take(
    user: str | None,
    form: str | None,
    start: datetime | None,
    end: datetime | None,
    units: str,
    output: Path | None,
    server: str,
    email: str | None,
    password: str | None,
    service_secret: str | None,
) -> None:
    """Write a person's data to a JSON, CSV or XLSX file.

    \b
    Examples:
      openward export --email sam@patient.example -o sam.xlsx
      openward export --email ana@example.org --user 433e1008-0ca2-431d-96be-7d6e3187d01a --format csv -o data.csv
      openward export --email sam@patient.example --from 2026-01-01 --units mg/dL | head
    """
    form = form or (output.suffix.lstrip(".").lower() if output else "") or "json"
    if form not in ("json", "csv", "xlsx"):
        raise click.UsageError("say --format json, csv or xlsx; the file's name does not tell")
    if form == "xlsx" and output is None:
        raise click.UsageError("a workbook needs a file: --output data.xlsx")
    asked = {"format": "excel" if form == "xlsx" else "json", "bgUnits": units}
    for name, moment in (("startDate", start), ("endDate", end)):
        if moment is not None:
            asked[name] = moment.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def go() -> None:
        async with signed_in(server, email, password, service_secret) as visitor:
            path = f"/export/{visitor.person(user)}?{urlencode(asked)}"
            if output is None:
                await _write(visitor, path, form, sys.stdout.buffer)
                return
            # The name appears when the file is whole.
            fresh = output.with_name(f"{output.name}.part")
            try:
                with fresh.open("wb") as file:
                    await _write(visitor, path, form, file)
                fresh.replace(output)
            finally:
                fresh.unlink(missing_ok=True)

    asyncio.run(go())


async def _write(visitor: Visitor, path: str, form: str, file: IO[bytes]) -> None:
    if form != "csv":
        async for chunk in visitor.api.fetch(path, visitor.token):
            file.write(chunk)
        file.flush()
        return
    whole = b"".join([chunk async for chunk in visitor.api.fetch(path, visitor.token)])
    text = _Text(file)
    writer = csv.DictWriter(text, _COLUMNS.split(), extrasaction="ignore")
    writer.writeheader()
    for datum in sorted(msgspec.json.decode(whole), key=lambda datum: str(datum.get("time"))):
        if datum.get("type") != "upload":
            writer.writerow(_flat(datum))
    file.flush()


class _Text:
    """Lets the CSV writer write to a file of bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """One row."""
        return self._file.write(text.encode())


def _flat(datum: dict[str, Any]) -> dict[str, Any]:
    dose = datum.get("dose") or {}
    carbohydrate = (datum.get("nutrition") or {}).get("carbohydrate") or {}
    plain = {name: value for name, value in datum.items() if not isinstance(value, dict | list)}
    # A text that begins like a formula would be run by spreadsheet programs.
    safe = {
        name: f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value for name, value in plain.items()
    }
    return safe | {"doseTotal": dose.get("total"), "carbs": carbohydrate.get("net")}
