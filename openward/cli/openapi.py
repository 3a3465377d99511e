"""`openward openapi`: the description of what is served, made from the routes themselves."""

import json

import click


@click.command()
@click.argument("system", type=click.Choice(["tidepool", "solo", "twine", "all"]), default="all")
def openapi(system: str) -> None:
    """Print the OpenAPI 3.1 document of SYSTEM (tidepool, solo, twine or all).

    It is the same that a running server gives at /openapi/SYSTEM.json, and needs neither server nor database.

    \b
    Examples:
      openward openapi tidepool > tidepool.json
      openward openapi all | jq '.paths | keys'
    """
    from openward.app import wirings
    from openward.openapi import document

    click.echo(json.dumps(document(system, wirings()), indent=1, ensure_ascii=False))
