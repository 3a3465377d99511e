"""`openward simulate hl7v2`: a record system that feeds patients and appointments, and shows what it is answered."""

import asyncio
import json
import secrets
from collections import Counter

import click

from openward.cli.outcome import BadInput, Failed
from openward.simulators.hl7v2 import FAULTS, Feed, Line, Names, send_all, with_faults

_NAMED = "\n".join(f"      {name:<12}{what}" for name, what in FAULTS.items())


@click.command(
    "hl7v2",
    short_help="Feed HL7 v2 messages.",
    help=f"""Feed invented patients and appointments over MLLP to HOST:PORT, and print each answer as a line of JSON.

    The last line counts them. Lost connections are opened anew, and what was not answered is sent again.

    \b
    Faults, each with a probability from 0 to 1:
{_NAMED}

    \b
    Examples:
      openward simulate hl7v2 127.0.0.1:2575 --facility NORTH
      openward simulate hl7v2 127.0.0.1:2575 --count 1000 --faults replay=0.1,late=0.1,garbage=0.02,huge=0.001,cut=0.05
    """,
)
@click.argument("place", metavar="HOST:PORT")
@click.option("--count", type=click.IntRange(1, 10_000_000), default=20, show_default=True, help="How many messages.")
@click.option("--application", default="EPIC", show_default=True, help="Who sends (MSH-3).")
@click.option("--facility", default="NORTH", show_default=True, help="From where (MSH-4).")
@click.option("--room", "rooms", multiple=True, metavar="CODE", help="A room of its schedule.  [default: ROOM1]")
@click.option("--rate", type=click.FloatRange(0, 1000), default=0.0, help="Messages a second at most.  [default: any]")
@click.option("--faults", "faults_text", default="", metavar="NAME=P,...", help="What goes wrong, and how often.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--prefix", help="What all numbers begin with; the same again replays a feed.  [default: a new one]")
def hl7v2(
    place: str,
    count: int,
    application: str,
    facility: str,
    rooms: tuple[str, ...],
    rate: float,
    faults_text: str,
    seed: int,
    prefix: str | None,
) -> None:
    """Send, and print what comes back."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit():
        raise BadInput(f"{place}: write an address and a port, such as 127.0.0.1:2575.")
    chances = _chances(faults_text)
    names = Names((application, facility), rooms=rooms or ("ROOM1",))
    feed = Feed(names, seed, prefix or secrets.token_hex(3).upper())
    items = with_faults(feed.messages(count), chances, seed)

    async def run() -> Counter[str]:
        answers: Counter[str] = Counter()
        async for told in send_all(Line(host.strip("[]"), int(port)), items, rate):
            answers[told.code or "none"] += 1
            shown = {"message": told.item.kind, "control_id": told.item.control_id, "answer": told.code}
            shown |= {"error": told.problem} if told.problem else {}
            shown |= {"fault": told.item.fault} if told.item.fault else {}
            click.echo(json.dumps(shown | ({"tries": told.tries} if told.tries > 1 else {})))
        return answers

    try:
        click.echo(json.dumps({"sent": dict(sorted(asyncio.run(run()).items()))}))
    except TimeoutError:
        raise Failed(f"Nobody answers at {place}. Start the server with --mllp-port.") from None


def _chances(text: str) -> dict[str, float]:
    made: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, chance = part.partition("=")
        try:
            made[name] = float(chance)
        except ValueError:
            raise BadInput(f"--faults {part}: write NAME=P, such as replay=0.1.") from None
        if name not in FAULTS or not 0 <= made[name] <= 1:
            raise BadInput(f"--faults {part}: the names are {', '.join(FAULTS)}, and P is from 0 to 1.")
    return made
