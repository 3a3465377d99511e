"""`openward doctor`: look for what could go wrong, and say what to do."""

from pathlib import Path

import click

from openward.cli.options import database_options, settings_from
from openward.cli.outcome import Failed

_MARKS = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[bold red]bad[/]"}


@click.command()
@database_options
def doctor(data_dir: Path | None, database_url: str | None) -> None:
    """Look for what could go wrong, and say what to do; exit with 1 when something is bad.

    It looks at Python, the database and its migrations, the data folder, keys, disk, clock, time zones and mail, and
    changes nothing. It may be run beside a running server.

    \b
    Examples:
      openward doctor --data-dir /srv/openward
      openward doctor --database-url postgresql://openward:secret@db/openward
    """
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from openward.cli.doctor.database import database
    from openward.cli.doctor.finding import Grade
    from openward.cli.doctor.machine import machine
    from openward.infra.logs import set_up_logs

    set_up_logs("error")
    findings = [*machine(settings), *database(settings)]
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "seen", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(_MARKS[finding.grade], finding.subject, escape(finding.seen), escape(finding.todo))
    Console().print(table)
    count = sum(finding.grade is Grade.BAD for finding in findings)
    if count:
        raise Failed(f"{count} of {len(findings)} looks found something bad; the table says what to do.")
