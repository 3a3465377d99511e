"""`openward merge TARGET SOURCE`: one clinic into another, after a look at what that does."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openward.cli.options import database_options, settings_from
from openward.cli.outcome import BadInput, Failed

if TYPE_CHECKING:
    from openward.care.transfers import MergePlan


@click.command()
@click.argument("target")
@click.argument("source")
@database_options
@click.option("--dry-run", is_flag=True, help="Only show the plan; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask, for scripts.")
def merge(target: str, source: str, data_dir: Path | None, database_url: str | None, dry_run: bool, yes: bool) -> None:
    """Take the clinic SOURCE up into TARGET, and end it.

    A clinic is named by its id, its share code, or its key in a provisioning file. The plan is shown first: what moves,
    what the target has already, and what stands in the way. Then all of it is done in one transaction, or nothing.
    Nobody is kept from reading meanwhile; it works beside a running server and without one.

    Patients and clinicians of SOURCE go on in TARGET; who is in both keeps TARGET's record and gains the tags and sites
    of the other. The share code of SOURCE leads to TARGET from then on, its id to nothing. What ends is archived, the
    plan is kept, and everybody concerned gets a mail. There is no way back: make a backup first.

    Exit codes: 0 done (with --dry-run: it could be), 1 something stands in the way, 2 no such clinic or wrong usage.

    \b
    Examples:
      openward merge willow oak --dry-run
      openward merge 5f2b0c9e1d4a3b2c1d0e9f8a ABCD-EFGH-JKMN --data-dir /srv/openward
      openward merge willow oak --yes
    """
    if not (dry_run or yes or sys.stdin.isatty()):
        raise BadInput("Nobody is there to be asked. Give --dry-run to see the plan, or --yes to merge.")
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    from openward.care import transfers
    from openward.cli.act import acting
    from openward.cli.clinic_names import named
    from openward.cli.tree.database import opened
    from openward.infra.logs import set_up_logs

    async def plan(dsn: str) -> "MergePlan":
        async with acting(settings, dsn, "merge") as work:
            first, second = await named(work, target), await named(work, source)
            if first.key == second.key:
                raise BadInput("TARGET and SOURCE are the same clinic.")
            return await transfers.propose(work, first.key, second.key)

    async def carry_out(dsn: str, made: "MergePlan") -> None:
        async with acting(settings, dsn, "merge") as work:
            await transfers.merge(work, made.target.key, made.source.key)

    set_up_logs("warning")
    with opened(settings, must_exist=True) as dsn:
        made = asyncio.run(plan(dsn))
        for line in shown(made):
            click.echo(line)
        if made.reasons:
            raise Failed("The clinics cannot be merged; nothing was changed.")
        if dry_run:
            return
        if not yes and not click.confirm(f"Merge {made.source.profile.name} into {made.target.profile.name}?"):
            raise Failed("Nothing was changed.")
        asyncio.run(carry_out(dsn, made))
        click.echo(f"{made.source.profile.name} is now part of {made.target.profile.name}.")


def shown(made: "MergePlan") -> Iterator[str]:
    """The plan as lines of a table: counts, names of labels and clinicians, but nothing about a patient."""
    from openward.care.transfers import plan_counts

    yield f"{made.source.profile.name or '(no name)'} -> {made.target.profile.name or '(no name)'}"
    yield ""
    yield from _table(("setting", "source", "target"), [(one.name, one.source, one.target) for one in made.settings])
    yield ""
    counts = [(kind, action, str(n)) for kind, of in plan_counts(made).items() for action, n in of.items()]
    counts += [("likeness", likeness.value, str(n)) for likeness, n in made.conflicts.items()]
    yield from _table(("what", "becomes", "number"), counts)
    labels = [
        (what, one.was, one.action.value, one.name)
        for what, of in (("tag", made.source_tags), ("site", made.source_sites))
        for one in of
    ]
    if labels:
        yield ""
        yield from _table(("", "of the source", "becomes", "called"), labels)
    people = [
        (one.name or one.email or "(pending)", one.action.value, "no admin any more" if one.is_downgraded else "")
        for one in made.source_members
    ]
    if people:
        yield ""
        yield from _table(("clinician", "becomes", "note"), people)
    if made.reasons:
        yield ""
        yield from (f"In the way: {reason}" for reason in made.reasons)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, tuple("-" * width for width in widths), *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
