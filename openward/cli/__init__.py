"""The command line: `openward COMMAND`; this file knows what commands there are, each in a module of its own."""

import importlib

import click

from openward.cli.outcome import translated

# Commands are imported when they are used, so that `openward --help` answers at once.
_COMMANDS = {
    "demo": ("openward.cli.demo.command:demo", "Start Openward with two clinics and fifty invented patients."),
    "serve": ("openward.cli.serve:serve", "Start the server: database, API, pages and job workers."),
    "work": ("openward.cli.work:work", "Add job workers beside a running server."),
    "migrate": ("openward.cli.migrate:migrate", "Bring the database to the shape that this version needs."),
    "provision": ("openward.cli.provision.command:provision", "Set clinics, people and secrets up from a file."),
    "merge": ("openward.cli.merge:merge", "Take one clinic up into another, after showing the plan."),
    "migrations": ("openward.cli.migrations:migrations", "Show how far old accounts have moved into a clinic."),
    "openapi": ("openward.cli.openapi:openapi", "Print the OpenAPI 3.1 document of what is served."),
    "doctor": ("openward.cli.doctor.command:doctor", "Look for what could go wrong, and say what to do."),
    "import": ("openward.cli.transfer.bring:bring", "Read a device export into a person's data."),
    "export": ("openward.cli.transfer.take:take", "Write a person's data to a JSON, CSV or XLSX file."),
    "simulate": ("openward.cli.simulate:simulate", "Make people, and stand in for other systems."),
    "bench": ("openward.cli.bench:bench", "Measure speed and size, as the benchmarks page shows."),
}


class _Commands(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a newcomer's way, not of the alphabet."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what is known to go wrong ends with a sentence and an exit code, never a stack trace."""
        with translated():
            return super().invoke(ctx)


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 it failed, 2 wrong usage or bad input. Every command explains itself: "
    "openward serve --help. Settings come from flags, then OPENWARD_* variables, then openward.toml.",
)
@click.version_option(package_name="openward", message="openward %(version)s")
def main() -> None:
    """Openward: a self-hosted connected-care platform.

    \b
    First steps:
      openward demo                          look around with invented patients
      openward serve --data-dir /srv/care    start for real; the folder is made
      openward provision clinics.yaml        set clinics and people up
      openward doctor                        check an installation
    """
