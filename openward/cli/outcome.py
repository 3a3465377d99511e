"""How a command ends badly: 1 when it failed, 2 when what it was given is wrong; always with what to do next."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


class Failed(click.ClickException):
    """The command could not do its work; exit code 1."""

    exit_code = 1


class BadInput(click.ClickException):
    """What the command was given is wrong, and nothing was done; exit code 2."""

    exit_code = 2


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors that an operator can do something about into the two above."""
    # Imported here: most of these modules are slow to load, and help texts need none of them.
    import asyncpg

    from openward.care.errors import CareError
    from openward.config import ConfigError
    from openward.infra.migrate import MigrationError
    from openward.infra.postgres import ClusterError

    try:
        yield
    except BrokenPipeError:
        # Whoever read our output went away (`openward openapi all | head`), which is no failure of ours. What is left
        # in the buffer must not be tried again at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(128 + signal.SIGPIPE) from None
    except ConfigError as error:
        raise BadInput(f"{error}. See `openward serve --help` and the settings page.") from None
    except ClusterError as error:
        raise Failed(str(error)) from None
    except MigrationError as error:
        raise Failed(f"The database cannot be used as it is: {error}") from None
    except asyncpg.InvalidAuthorizationSpecificationError:
        raise Failed("The database refuses the login; check user and password in the database URL.") from None
    except (asyncpg.InvalidCatalogNameError, asyncpg.PostgresConnectionError, ConnectionError) as error:
        reason = "there is no such database" if isinstance(error, asyncpg.InvalidCatalogNameError) else "no answer"
        raise Failed(f"The database cannot be reached ({reason}). Run `openward doctor` to see why.") from None
    except (FileNotFoundError, socket.gaierror) as error:
        raise Failed(f"Not found: {getattr(error, 'filename', None) or 'the host of the database URL'}.") from None
    except CareError as error:
        raise Failed(error.detail or error.code) from None
    except PermissionError as error:
        raise Failed(f"{error.filename or 'A file'}: no permission (running as user {os.geteuid()}).") from None
