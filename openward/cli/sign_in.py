"""Options of the commands that talk to a running server, and signing in with them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from openward.cli.api import Api, connected
from openward.cli.outcome import BadInput

_Function = TypeVar("_Function", bound=Callable[..., Any])


def server_options(function: _Function) -> _Function:
    """`--server`, `--email`, `--password` and `--service-secret`."""
    for option in (
        click.option("--service-secret", envvar="OPENWARD_SERVICE_SECRET", metavar="SECRET",
                     help="In place of a login: act as a program of the installation."),
        click.option("--password", envvar="OPENWARD_PASSWORD", metavar="TEXT", help="Asked for when missing."),
        click.option("--email", envvar="OPENWARD_EMAIL", metavar="ADDRESS", help="Login of somebody who may do this."),
        click.option("--server", default="http://127.0.0.1:8000", show_default=True, metavar="URL",
                     help="A running server."),
    ):  # fmt: skip
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in; `user_id` is empty for a program."""

    api: Api
    token: str
    user_id: str

    def person(self, user_id: str | None) -> str:
        """The person meant: the one named, else whoever signed in."""
        if not (user_id or self.user_id):
            raise BadInput("Say whose data are meant: --user USERID.")
        return user_id or self.user_id


@asynccontextmanager
async def signed_in(server: str, email: str | None, password: str | None, secret: str | None) -> AsyncIterator[Visitor]:
    """Sign in at the server; BadInput when nobody is named."""
    if not server.startswith(("http://", "https://")):
        raise BadInput("--server must be an address such as http://127.0.0.1:8000.")
    if email and not password:
        password = click.prompt("Password", hide_input=True, err=True)
    if not email and not secret:
        raise BadInput("Say who you are: --email ADDRESS, or --service-secret SECRET.")
    async with connected(server) as api:
        if email:
            token, user_id = await api.sign_in(email, password or "")
        else:
            token, user_id = await api.sign_in_service(secret or ""), ""
        yield Visitor(api, token, user_id)
