"""The weekly report of a large clinic over HTTP."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import asyncpg

from openward.bench.clinic import filled
from openward.bench.figures import Figure, at_most, median, percentile
from openward.bench.rig import Rig
from openward.care.roster import CATEGORIES, PERIODS

ROUNDS = 60


async def weekly(rig: Rig, patients: int) -> list[Figure]:
    """Periods in turn, one and two tags, the usual walk and one of all categories; every patient is recent."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        clinic = await filled(rig, connection, patients)
    finally:
        await connection.close()
    seconds: list[float] = []
    with rig.counting("reports", ROUNDS) as done:
        for number in range(ROUNDS):
            query = {
                "period": PERIODS[number % 4],
                "tags": ",".join(clinic.tags[: 1 + number % 2]),
                "lastDataCutoff": (datetime.now(UTC) - timedelta(days=40)).isoformat(timespec="seconds"),
                "categories": ",".join(CATEGORIES) if number % 3 else "",
            }
            began = time.perf_counter()
            await rig.call("GET", f"{clinic.path}/tide_report?{urlencode(query)}", token=clinic.token)
            seconds.append(time.perf_counter() - began)
            done(1)
    warm = seconds[5:]
    return [
        at_most(
            "reports", f"TIDE report, {patients:,} patients: p95 over HTTP", percentile(warm, 0.95) * 1e3, "ms", 150
        ),
        Figure("reports", "the same, median", median(warm) * 1e3, "ms"),
    ]
