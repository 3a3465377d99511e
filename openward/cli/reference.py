"""The reference pages that are made from the program itself: the command line, and the operations that are served."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from openward.app import wirings
from openward.cli import main
from openward.gateway.wiring import Route, Wiring
from openward.openapi import document

_WIDTH = 100
_MADE = "Made from the program by `make docs`; do not edit."

_CREDENTIALS = {
    "sessionToken": "session token",
    "serverToken": "service token",
    "basicAuth": "address and password",
    "serverSecret": "service secret",
    "restrictedToken": "restricted token",
    "ApiKey": "API key",
    "bearer": "access token",
}
# Wires of record systems, whose operations are published with the credential of the platform that they belong to.
_OWN_CREDENTIALS = {"redox": "verification token"}


def command_line() -> str:
    """The page `docs/reference/command-line.md`: what `--help` says, command by command."""
    lines = [
        "# Command line",
        "",
        f"For operators: every command and its options, as `--help` prints them. {_MADE}",
        "",
    ]
    for name, command, parent in _commands("openward", main, None):
        settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
        context = command.context_class(command, parent, info_name=name.rpartition(" ")[2], **settings)
        lines += [f"## {name}", "", "```text", command.get_help(context).rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _commands(
    name: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context | None]]:
    yield name, command, parent
    if isinstance(command, click.Group):
        context = click.Context(command, parent, info_name=name.rpartition(" ")[2], **command.context_settings)
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None:
                yield from _commands(f"{name} {word}", below, context)


def operations() -> str:
    """The page `docs/reference/operations.md`: each served operation with the credential that it asks for."""
    lines = [
        "# Operations",
        "",
        "For integrators: every operation that a server of this version answers, from the same source as its",
        "`/openapi/all.json`, where bodies and answers are described. Which person, clinic member or service may call",
        f"what is told in [the wire's page](../wire/tidepool.md). {_MADE}",
        "",
    ]
    for wire in wirings():
        routes = [route for route in wire.routes if route.is_documented]
        if not routes:
            continue
        paths: Mapping[str, Mapping[str, Any]] = document("all", [wire])["paths"]
        groups: dict[str, list[str]] = {}
        for route in routes:
            said = paths[route.path][route.method.lower()]
            tag = (said.get("tags") or ["Others"])[0]
            cells = (route.method, f"`{route.path}`", said.get("summary", ""), _caller(wire, route, said))
            groups.setdefault(tag, []).append("| " + " | ".join(cells) + " |")
        lines += [f"## {wire.name.title()} ({len(routes)})", ""]
        for tag, rows in sorted(groups.items()):
            lines += [f"### {tag}", "", "| method | path | operation | asks for |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _caller(wire: Wiring, route: Route, said: Mapping[str, Any]) -> str:
    """Which credential it takes: what the program looks at, and where it looks at none, what the description says."""
    if wire.name in _OWN_CREDENTIALS:
        return _OWN_CREDENTIALS[wire.name]
    looks_at = (route.identify or wire.identify).__name__
    if looks_at == "identify_link_or_session":
        return "session token or restricted token"
    described = [_CREDENTIALS[scheme] for one in said.get("security", []) for scheme in one]
    if described:
        return " or ".join(dict.fromkeys(described))
    return "no token" if looks_at in ("identify_nobody", "_anyone") or "security" in said else "session token"


if __name__ == "__main__":
    sys.stdout.write({"command-line": command_line, "operations": operations}[sys.argv[1]]())
