"""`openward simulate`: people that nobody is, and stand-ins for other systems."""

import asyncio
import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo, available_timezones

import click

from openward.cli.outcome import BadInput
from openward.cli.sign_in import server_options, signed_in
from openward.cli.simulate_cloud import dexcom, pump
from openward.cli.simulate_hl7v2 import hl7v2
from openward.cli.simulate_redox import redox
from openward.cli.simulate_teams import teams
from openward.cli.simulate_xealth import xealth
from openward.simulators.people import HABITS, STEP_MINUTES, live


@click.group()
def simulate() -> None:
    """Make people up, and stand in for other systems.

    \b
    Examples:
      openward simulate people --count 10 --days 14 --output people.csv
      openward simulate people --habit lows --user USERID --email ana@example.org
      openward simulate dexcom --people 3
      openward simulate redox --tell http://127.0.0.1:8000 --token TOKEN
      openward simulate xealth --tell http://127.0.0.1:8000 --bearer TOKEN
      openward simulate hl7v2 127.0.0.1:2575
    """


simulate.add_command(xealth)
simulate.add_command(redox)
simulate.add_command(hl7v2)
simulate.add_command(teams)
simulate.add_command(dexcom)
simulate.add_command(pump)


@simulate.command()
@click.option("--count", type=click.IntRange(1, 100_000), default=1, show_default=True, help="How many people.")
@click.option("--days", type=click.IntRange(1, 400), default=14, show_default=True, help="Days of each, ending now.")
@click.option("--habit", type=click.Choice(sorted(HABITS)), default="average", show_default=True, help="How they live.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Where they live.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="CSV file.  [default: standard output]"
)
@click.option("--user", metavar="USERID", help="Upload one person's glucose to this user in place of writing a file.")
@server_options
def people(
    count: int,
    days: int,
    habit: str,
    seed: int,
    timezone: str,
    output: Path | None,
    user: str | None,
    server: str,
    email: str | None,
    password: str | None,
    service_secret: str | None,
) -> None:
    """Draw glucose readings, one every five minutes, ending now.

    The curves are drawn for demos and load tests; nothing about treatment can be learnt from them.

    \b
    Examples:
      openward simulate people --count 100 --days 90 -o load.csv
      openward simulate people --habit swings --user USERID --email ana@example.org
    """
    if timezone not in available_timezones():
        raise BadInput(f"--timezone {timezone}: no such time zone; one is America/New_York.")
    zone = ZoneInfo(timezone)
    now = datetime.now(UTC)
    if user is None:
        if output is None:
            _write(sys.stdout, (_readings(habit, days, seed + place, zone, now) for place in range(count)))
            return
        with output.open("w", encoding="utf-8", newline="") as file:
            _write(file, (_readings(habit, days, seed + place, zone, now) for place in range(count)))
        return
    if count != 1:
        raise BadInput("--user takes the data of one person; leave --count out.")
    data = list(_readings(habit, days, seed, zone, now))

    async def go() -> None:
        from openward.cli.transfer.bring import upload

        async with signed_in(server, email, password, service_secret) as visitor:
            await upload(visitor, user, f"Simulated-{seed}", timezone, data)

    asyncio.run(go())


def _readings(habit: str, days: int, seed: int, zone: ZoneInfo, now: datetime) -> Iterator[dict[str, Any]]:
    """One person's readings up to now, from the midnight `days` days ago on."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = (midnight - timedelta(days=days)).replace(tzinfo=zone).astimezone(UTC)
    for place, value in enumerate(live(HABITS[habit], days + 1, seed).glucose):
        moment = first + timedelta(minutes=STEP_MINUTES * place)
        if moment > now:
            return
        local = moment.astimezone(zone)
        offset = local.utcoffset() or timedelta()
        yield {
            "type": "cbg",
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "deviceTime": local.strftime("%Y-%m-%dT%H:%M:%S"),
            "timezone": zone.key,
            "timezoneOffset": int(offset.total_seconds() // 60),
            "deviceId": f"Simulated-{seed}",
            "units": "mg/dL",
            "value": value,
            "sampleInterval": STEP_MINUTES * 60_000,
        }


def _write(file: IO[str], everybody: Iterator[Iterator[dict[str, Any]]]) -> None:
    writer = csv.writer(file)
    writer.writerow(["id", "time", "glucose_mg_dl"])
    for readings in everybody:
        writer.writerows((datum["deviceId"], datum["deviceTime"], datum["value"]) for datum in readings)
