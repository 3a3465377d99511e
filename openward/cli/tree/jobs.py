"""One job worker process."""

import asyncio
import signal

from openward.care.reactions import SCHEDULES
from openward.care.work import Tools
from openward.cli.tree.plan import Plan
from openward.gateway.job import handlers
from openward.gateway.request import Gate
from openward.infra.db import open_pool
from openward.infra.jobs import Runner
from openward.partners import PARTNERS

# The runner itself listens, keeps its jobs' heartbeats and asks for more while every job holds a connection.
_SPARE_CONNECTIONS = 4


async def run_jobs(plan: Plan) -> None:
    """Work until SIGTERM; jobs under way are finished, or taken over by another worker when they take too long."""
    settings = plan.settings
    pool = await open_pool(plan.dsn, settings.pool_size + _SPARE_CONNECTIONS, application="openward-jobs")
    try:
        gate = Gate(pool, settings, Tools.open(settings, PARTNERS))
        runner = Runner(pool, handlers(gate), SCHEDULES)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.stop)
        await runner.run(settings.pool_size)
    finally:
        await pool.close()
