"""One background job = one Work = one transaction; retries and give-up live here."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import structlog

from openward.care import connections, ehr
from openward.care.errors import CareError, NotFound
from openward.care.reactions import JOBS, Task
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway import record_push, tokens
from openward.gateway.measure import JOB_SECONDS
from openward.gateway.measure import JOBS as JOBS_RUN
from openward.gateway.request import Gate, finish
from openward.infra.jobs import GiveUp, Handler, RetryLater, Running
from openward.infra.tracing import span

log = structlog.get_logger("openward.job")
_FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S = 3600.0


# What care defers and cannot do itself, because it has to call somebody or brings rooms together that are strangers.
_CALLING = {
    connections.REVOKE: Task(tokens.revoke_job, attempts=6, opens_own_work=True),
    ehr.PUSH: Task(record_push.push_job, at_once=record_push.AT_ONCE),
    ehr.DELIVER: Task(record_push.deliver_job, opens_own_work=True),
}


def handlers(gate: Gate, tasks: Mapping[str, Task] = JOBS | _CALLING) -> dict[str, Handler]:
    """Every job of the house, wrapped so that each run is one transaction."""
    return {name: _wrap(gate, name, task) for name, task in tasks.items()}


def _wrap(gate: Gate, name: str, task: Task) -> Handler:
    places = asyncio.Semaphore(task.at_once) if task.at_once else None

    async def run(running: Running) -> None:
        # Whoever waits for his turn holds no connection yet.
        async with places or nullcontext():
            await carry_out(running)

    async def carry_out(running: Running) -> None:
        began = time.perf_counter()
        outcome = "done"
        try:
            with span(f"JOB {name}", attempt=running.attempt):
                await _once(gate, name, task, running)
        except RetryLater:
            outcome = "again"
            raise
        except NotFound:
            # What the job was about is gone (a deleted patient, say): there is nothing left to do.
            outcome = "moot"
        except Exception as error:
            outcome = "failed"
            _again_or_give_up(name, task, running, error)
        finally:
            JOBS_RUN.labels(name, outcome).inc()
            JOB_SECONDS.labels(name).observe(time.perf_counter() - began)

    return run


async def _once(gate: Gate, name: str, task: Task, running: Running) -> None:
    if task.opens_own_work:
        await task.run(gate, running.data)
        return
    async with gate.pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential=f"job:{name}")
        work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, Origin("", f"JOB {name}"))
        await task.run(work, running.data)
        await finish(work)


def _again_or_give_up(name: str, task: Task, running: Running, error: Exception) -> None:
    """Back off and try again, or park the job for an operator; no exception text is passed on, it may hold data."""
    kind = type(error).__name__
    if running.attempt + 1 >= task.attempts:
        log.error("job_given_up", job=name, attempt=running.attempt, error=kind)
        raise GiveUp(f"{name} failed {running.attempt + 1} times, last with {kind}") from None
    delay = min(_FIRST_DELAY_S * 2.0**running.attempt, _LONGEST_DELAY_S)
    if not isinstance(error, CareError):
        log.warning("job_failed", job=name, attempt=running.attempt, error=kind)
    raise RetryLater(timedelta(seconds=delay), kind) from None
