"""`openward simulate dexcom` and `pump`: partner clouds that run until they are stopped."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import click

from openward.cli.outcome import BadInput
from openward.simulators import cloud as clouds
from openward.simulators.cloud import FAULTS, Clock, Cloud, Faults, Setup, World
from openward.simulators.dexcom import Dexcom
from openward.simulators.pump import Pump

_SHOWN: Final = 20
_OPTIONS: Final[tuple[Callable[[Any], Any], ...]] = (
    click.option("--people", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many people."),
    click.option(
        "--days", type=click.IntRange(1, 1000), default=30, show_default=True, help="Days of data there are already."
    ),
    click.option(
        "--speed",
        type=click.FloatRange(0, 1e6),
        default=1.0,
        show_default=True,
        help="How much faster than ours its clock runs.",
    ),
    click.option("--origin", metavar="TIME", help="When its clock showed the true time (ISO 8601).  [default: now]"),
    click.option("--faults", "faults_text", default="", metavar="NAME=P,...", help="What goes wrong, and how often."),
    click.option("--slow-s", type=click.FloatRange(0, 600), default=3.0, show_default=True, help="How late is slow."),
    click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people."),
    click.option("--client-id", default="openward", show_default=True, help="As in the provisioning file."),
    click.option("--client-secret", default="secret", show_default=True, help="As in the provisioning file."),
    click.option(
        "--redirect-uri",
        "redirect_uris",
        multiple=True,
        metavar="URL",
        help="Where people may be sent back to; may be given several times.  [default: a server on this machine]",
    ),
    click.option("--password", default="secret", show_default=True, help="Of everybody who logs in."),
    click.option(
        "--token-life-s", type=click.IntRange(1), default=7200, show_default=True, help="How long access tokens live."
    ),
    click.option(
        "--grace-s",
        type=click.FloatRange(0),
        default=60.0,
        show_default=True,
        help="How long a used refresh token brings its successor once more; 0 for never.",
    ),
)
_ABOUT: Final = """Stand in for {title} on 127.0.0.1, and print the address and logins as one line of JSON.

    People log in as person1, person2, ... Their data come from the sample sets, end now and go on growing. Set the
    partner up in a provisioning file with the address as its base_url, and connect in the browser.

    \b
    Pages and door:
      /apps               where people take back what they allowed
      /simulator          what runs; /simulator/faults, /requests, /people/1, /people/1/expected,
                          POST /people/1/grant (tokens) and /people/1/revoke

    \b
    Faults, each with a probability from 0 to 1 (`all` is all but revoked):
{faults}

    \b
    Examples:
      openward simulate {name} --people 3
      openward simulate {name} --people 200 --speed 60 --faults 429=0.02,late=0.1 --port 0
      curl -X PUT http://127.0.0.1:{port}/simulator/faults -d '{{"500": 0.5}}'
    """


def _command(name: str, title: str, port: int, made: Callable[[World], Setup]) -> click.Command:
    def simulate(port: int, **given: Any) -> None:
        _run(made, port, **given)

    told = "\n".join(f"      {fault:<12}{what}" for fault, what in FAULTS.items())
    about = _ABOUT.format(title=title, name=name, port=port, faults=told)
    callback: Callable[..., None] = simulate
    option = click.option(
        "--port", type=click.IntRange(0, 65535), default=port, show_default=True, help="0 takes any free one."
    )
    for add in (*reversed(_OPTIONS), option):
        callback = add(callback)
    return click.command(name, help=about, short_help=f"Stand in for {title}.")(callback)


def _run(
    made: Callable[[World], Setup],
    port: int,
    *,
    people: int,
    days: int,
    speed: float,
    origin: str | None,
    faults_text: str,
    slow_s: float,
    seed: int,
    client_id: str,
    client_secret: str,
    redirect_uris: tuple[str, ...],
    password: str,
    token_life_s: int,
    grace_s: float,
) -> None:
    try:
        faults = Faults(clouds.parse(faults_text), seed=seed, slow_s=slow_s)
    except ValueError as error:
        raise BadInput(f"--faults: {error}.") from None
    setup = made(World(Clock(speed, _moment(origin)), faults, days))
    cloud = Cloud(
        setup,
        people=people,
        client=(client_id, client_secret),
        redirect_uris=redirect_uris or _local(setup.name),
        password=password,
        seed=seed,
        life_s=token_life_s,
        grace_s=grace_s,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(cloud, port, client_id))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--origin {text}: write a time such as 2026-03-10T12:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _local(name: str) -> tuple[str, ...]:
    """Where `openward serve` and `openward demo` are found when nothing else is said."""
    return tuple(f"http://{host}:8000/v1/oauth/{name}/redirect" for host in ("localhost", "127.0.0.1"))


async def _serve(cloud: Cloud, port: int, client_id: str) -> None:
    async with cloud.serve(port) as url:
        logins = [cloud.person(number).login for number in range(1, min(cloud.count, _SHOWN) + 1)]
        ready = {
            "url": url,
            "partner": cloud.setup.name,
            "client_id": client_id,
            "redirect_uris": cloud.redirect_uris,
            "people": cloud.count,
            "logins": [{"login": login, "password": cloud.password} for login in logins],
        }
        click.echo(json.dumps(ready))
        await asyncio.Event().wait()


dexcom = _command("dexcom", "Dexcom", 9401, Dexcom)
pump = _command("pump", "a pump cloud", 9402, Pump)
