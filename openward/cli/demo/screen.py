"""What the demo shows: a box with the address and the logins."""

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from openward.cli.demo.cast import CLINICS, PASSWORD, patients
from openward.cli.demo.clouds import LOGIN
from openward.cli.demo.clouds import PASSWORD as CLOUD_PASSWORD
from openward.cli.demo.coaching_client import SECRET, client_of
from openward.cli.demo.virtual_care import key_of

_CLOUDS = f"Patients can connect Dexcom and a pump cloud; both are simulated. Login there: {LOGIN}, {CLOUD_PASSWORD}."

_CARE = (
    "Virtual care: visits of today are on the page Visits; programs call /qapi/v1 with the header"
    f" Api-Key: {key_of(CLINICS[0].key)}."
)

_RECORDS = (
    f"Record systems: {CLINICS[0].name} is linked with a simulated Redox, {CLINICS[1].name} with a simulated Xealth;"
    " the page Record system has orders to settle and a message to send again."
)

_COACH = CLINICS[0].staff[1]
_COACHING = (
    f"Coaching: {_COACH[1]} sees groups of patients on the page Coaching, patients their plan at My data; programs get"
    f" tokens at /pub/oauth/token with client_id {client_of(CLINICS[0].key)}, client_secret {SECRET}."
)


def show_logins(url: str) -> None:
    """The box, on standard output; plain lines where that is not a terminal. Written at one stroke, for `| head`."""
    console = Console(highlight=False, soft_wrap=True)
    with console.capture() as shown:
        _show(console, url)
    click.echo(shown.get(), nl=False)


def _show(console: Console, url: str) -> None:
    rows = [(clinic.name, name, email) for clinic in CLINICS for name, email, _ in clinic.staff]
    rows += [("a patient's own view", person.name, person.email or "") for person in patients() if person.email]
    if not console.is_terminal:
        console.print(f"Openward is ready at {url} (password for everybody: {PASSWORD})")
        for where, name, email in rows:
            console.print(f"  {email}  {name}, {where}")
        console.print(_CLOUDS)
        console.print(_CARE)
        console.print(_COACHING)
        console.print(_RECORDS)
        return
    table = Table(box=None, padding=(0, 2), show_header=False)
    for where, name, email in rows:
        table.add_row(f"[bold]{email}[/]", name, f"[dim]{where}[/]")
    grid = Table.grid(padding=(1, 0))
    grid.add_row(f"Open  [bold]{url}[/]  and sign in. The password is [bold]{PASSWORD}[/] for everybody.")
    grid.add_row(table)
    grid.add_row(_CLOUDS)
    grid.add_row(_CARE)
    grid.add_row(_COACHING)
    grid.add_row(_RECORDS)
    grid.add_row("[dim]All people are invented. Ctrl-C stops; the data stay. make demo-reset begins anew.[/]")
    console.print(Panel(grid, title="Openward is ready", border_style="green", expand=False))
