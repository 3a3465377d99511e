"""Options that several commands share, and the settings that come out of them."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from openward.config import Settings, load

_Function = TypeVar("_Function", bound=Callable[..., Any])


def database_options(function: _Function) -> _Function:
    """`--data-dir` and `--database-url`."""
    for option in (
        click.option(
            "--database-url",
            metavar="URL",
            help="PostgreSQL 15 or newer to use in place of the embedded one: postgresql://user:password@host/name.",
        ),
        click.option(
            "--data-dir",
            metavar="DIR",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder with the embedded database, files, keys and outgoing mail.  [default: var]",
        ),
    ):
        function = option(function)
    return function


def settings_from(**flags: object) -> Settings:
    """Flags (None: not given), then OPENWARD_*, then openward.toml; the data folder is made absolute.

    Raises ConfigError for a setting that cannot be.
    """
    settings = load(flags)
    return replace(settings, data_dir=settings.data_dir.absolute())


def make_data_dir(settings: Settings) -> None:
    """Make the data folder, closed to others as far as the account of the database allows."""
    folder = settings.data_dir
    if not folder.exists():
        folder.mkdir(parents=True)
        # The embedded database runs as another account when we are root, and has to pass through.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def begin_tree(settings: Settings) -> None:
    """What every command that starts a process tree does first, before it imports the parts that count."""
    from openward.infra.figures import share_figures
    from openward.infra.logs import set_up_logs

    set_up_logs(settings.log_level)
    make_data_dir(settings)
    share_figures(settings.data_dir)
    from openward.cli.agreements import check_agreements

    check_agreements()
