"""One job worker process: it runs jobs, fetches from partner clouds, and delivers to webhooks."""

import asyncio
import signal
from datetime import timedelta

from openward.care.reactions import SCHEDULES
from openward.care.work import Tools
from openward.cli.tree.plan import Plan
from openward.gateway.deliveries import Deliveries
from openward.gateway.job import handlers
from openward.gateway.polling import Polling
from openward.gateway.request import Gate
from openward.infra.db import open_pool
from openward.infra.jobs import Runner, shift
from openward.partners import DELIVERY_FORM, PARTNERS, RECORD_SYSTEM

# The runner itself listens, keeps its jobs' heartbeats and asks for more while every job holds a connection.
_SPARE_CONNECTIONS = 4
# One connection listens; the others are shared by all fetches, which hold one only while they write.
_FETCHING_CONNECTIONS = 6
_DELIVERING_CONNECTIONS = 4


async def run_jobs(plan: Plan) -> None:
    """Work until SIGTERM; what is under way is finished, or taken over by another worker when it takes too long."""
    settings = plan.settings
    tools = Tools.open(settings, PARTNERS, RECORD_SYSTEM)
    # Fetches have a pool of their own: many that wait for it must not keep jobs from their heartbeats.
    async with (
        await open_pool(plan.dsn, settings.pool_size + _SPARE_CONNECTIONS, application="openward-jobs") as pool,
        await open_pool(plan.dsn, _FETCHING_CONNECTIONS, application="openward-fetches") as fetching,
        await open_pool(plan.dsn, _DELIVERING_CONNECTIONS, application="openward-deliveries") as delivering,
    ):
        if settings.clock_offset_seconds:
            async with pool.acquire() as connection:
                await shift(connection, timedelta(seconds=settings.clock_offset_seconds))
        runner = Runner(pool, handlers(Gate(pool, settings, tools)), SCHEDULES)
        polling = Polling(Gate(fetching, settings, tools))
        deliveries = Deliveries(Gate(delivering, settings, tools), DELIVERY_FORM)

        def stop() -> None:
            runner.stop()
            polling.stop()
            deliveries.stop()

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        async with asyncio.TaskGroup() as group:
            group.create_task(runner.run(settings.pool_size))
            group.create_task(polling.run())
            group.create_task(deliveries.run())
