"""`openward bench`: speed and size, as the benchmarks page shows them."""

import asyncio
from pathlib import Path

import click

from openward.cli.outcome import Failed
from openward.cli.progress import counting

_MARK = "<!-- figures -->"


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--scale", type=click.FloatRange(0.001, 100), default=1.0, show_default=True,
              help="Share of the usual amount of data; the limits are meant for 1.")  # fmt: skip
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Keep the table in this file, too.")
def bench(scenarios: tuple[str, ...], scale: float, write: Path | None) -> None:
    """Measure speed and size against stated limits; exit with 1 when one is missed.

    Each SCENARIO (upload, read, list, reports, pdf, dump, fetches, backfill ...; all when none is named)
    runs on an installation of its own in a temporary folder. Figures that matter are ratios inside one run, as the
    speed of machines differs.

    \b
    Examples:
      openward bench
      openward bench upload --scale 0.1
      openward bench backfill --scale 0.05
      openward bench --write docs/reference/benchmarks.md
    """
    from openward.bench import SCENARIOS, run
    from openward.bench.figures import heading, table

    unknown = [name for name in scenarios if name not in SCENARIOS]
    if unknown:
        raise click.BadParameter(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    figures = asyncio.run(run(scenarios, scale, lambda line: click.echo(line, err=True), counting))
    shown = table(figures)
    click.echo(shown)
    if write is not None:
        # What stands above the mark is somebody's text; only the figures below it are ours.
        above = write.read_text("utf-8").partition(_MARK)[0] if write.exists() else "# Benchmarks\n\n"
        write.write_text(f"{above}{_MARK}\n\n{heading()}\n\n{shown}\n", encoding="utf-8")
    missed = [figure.what for figure in figures if figure.is_met is False]
    if missed:
        raise Failed(f"{len(missed)} limits are missed: {', '.join(missed)}")
