"""`openward migrations CLINIC`: how far the moves of old clinician accounts into a clinic are."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from openward.cli.options import database_options, settings_from
from openward.cli.outcome import BadInput


@click.command()
@click.argument("clinic")
@database_options
@click.option("--retry", metavar="USERID", help="Try the refused patients of this account once more.")
def migrations(clinic: str, data_dir: Path | None, database_url: str | None, retry: str | None) -> None:
    """Show how far old clinician accounts have moved into CLINIC with their patients.

    A clinic is named by its id, its share code, or its key in a provisioning file. For each account: its status, how
    many of those who share with it have been seen to, and who was refused and why. A refused patient still shares with
    the account; mend what stood against it (a limit, a missing MRN), and try again with --retry. The job workers of
    `openward serve` do the moving.

    \b
    Examples:
      openward migrations willow
      openward migrations willow --retry 433e1008-0ca2-431d-96be-7d6e3187d01a
    """
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    from openward.cli.tree.database import opened
    from openward.infra.logs import set_up_logs

    async def go(dsn: str) -> Sequence[str]:
        from openward.care import identity, transfers
        from openward.care.identity import System
        from openward.cli.act import acting
        from openward.cli.clinic_names import named

        async with acting(settings, dsn, "migrations") as work:
            found = await transfers.migrations(work, (await named(work, clinic)).key)
            ids = await identity.names(work, [one.person for one in found], System.USER)
            if retry is not None:
                wanted = [one for one in found if ids[one.person] == retry]
                if not wanted:
                    raise BadInput(f"{retry}: no account of this id moves into the clinic.")
                await transfers.retry(work, wanted[0])
            progress = await transfers.progress(work, found)
            lines = []
            for one in found:
                far = progress[one.person]
                lines.append(f"{ids[one.person]}  {one.status.value}  {far.done} of {far.total}")
                refusals = await transfers.refusals(work, one)
                names = await identity.names(work, [refusal.patient for refusal in refusals], System.USER)
                lines += [f"  refused {names.get(each.patient, '(gone)')}: {each.reason}" for each in refusals]
            return lines or ["no account moves into this clinic"]

    set_up_logs("warning")
    with opened(settings, must_exist=True) as dsn:
        for line in asyncio.run(go(dsn)):
            click.echo(line)
