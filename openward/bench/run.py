"""Runs the scenarios one after another and judges them."""

from collections.abc import Awaitable, Callable, Sequence

from openward.bench import (
    backfill,
    bulk,
    coaching,
    dump,
    fetches,
    lists,
    metrics,
    pdf,
    read,
    reports,
    roster,
    upload,
    visits,
    webhooks,
)
from openward.bench.figures import Figure
from openward.bench.rig import Counting, Rig, silent, started

Scenario = Callable[[Rig, float], Awaitable[list[Figure]]]


async def _upload(rig: Rig, scale: float) -> list[Figure]:
    return await upload.upload(rig, max(10, int(100 * scale)))


async def _long(rig: Rig, scale: float) -> list[Figure]:
    return await upload.long_run(rig, 10 * scale)


async def _read(rig: Rig, _scale: float) -> list[Figure]:
    return await read.ninety_days(rig)


async def _list(rig: Rig, scale: float) -> list[Figure]:
    return await roster.patient_list(rig, int(100_000 * scale))


async def _lists(rig: Rig, scale: float) -> list[Figure]:
    return await lists.every_question(rig, int(100_000 * scale))


async def _pdf(rig: Rig, scale: float) -> list[Figure]:
    return await pdf.made(rig, max(4, int(40 * scale)), max(20, int(300 * scale)))


async def _reports(rig: Rig, scale: float) -> list[Figure]:
    return await reports.weekly(rig, int(10_000 * scale))


async def _bulk(rig: Rig, scale: float) -> list[Figure]:
    return await bulk.at_once(rig, int(100_000 * scale), int(10_000 * scale))


async def _dump(rig: Rig, scale: float) -> list[Figure]:
    return await dump.whole(rig, int(1_000_000 * scale))


async def _fetches(rig: Rig, scale: float) -> list[Figure]:
    return await fetches.for_ever(rig, int(100_000 * scale), 60)


async def _backfill(rig: Rig, scale: float) -> list[Figure]:
    return await backfill.everybody(rig, max(4, int(1000 * scale)))


async def _webhooks(rig: Rig, scale: float) -> list[Figure]:
    return await webhooks.backlog(rig, int(100_000 * scale))


async def _visits(rig: Rig, scale: float) -> list[Figure]:
    return await visits.booked(rig, int(10_000 * scale), max(200, int(5000 * scale)))


async def _metrics(rig: Rig, scale: float) -> list[Figure]:
    return await metrics.written(rig, max(10, int(200 * scale)), int(1_000_000 * scale))


async def _coaching(rig: Rig, scale: float) -> list[Figure]:
    return await coaching.created(rig, max(4, int(50 * scale)))


SCENARIOS: dict[str, Scenario] = {
    "upload": _upload,
    "read": _read,
    "list": _list,
    "lists": _lists,
    "reports": _reports,
    "pdf": _pdf,
    "bulk": _bulk,
    "dump": _dump,
    "fetches": _fetches,
    "backfill": _backfill,
    "webhooks": _webhooks,
    "visits": _visits,
    "coaching": _coaching,
    "metrics": _metrics,
    "storage": _long,
}


_FLAGS = {"backfill": ("--workers", "2")}
"""How the server of a scenario is started: the uploads that a backfill is held against have two processes as well."""


async def run(
    names: Sequence[str], scale: float, report: Callable[[str], None], counting: Counting = silent
) -> list[Figure]:
    """Measure the named scenarios (all when none is named), each on an installation of its own.

    `scale` shrinks the amounts of data for a quick look; limits are meant for 1.
    """
    figures: list[Figure] = []
    for name in names or SCENARIOS:
        report(f"measuring {name} ...")
        async with started(*_FLAGS.get(name, ())) as rig:
            rig.counting = counting
            figures += await SCENARIOS[name](rig, scale)
    return figures
