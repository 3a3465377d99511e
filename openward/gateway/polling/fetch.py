"""One fetch of one connection: what the partner has, stretch by stretch, each kept before the next is asked for."""

import time
from contextlib import aclosing
from typing import Any, Final

import structlog

from openward.care.connections import Claim, End, Ending, Lost, PartnerSetup, is_up_to_date, keep_stretch
from openward.care.connections.ports import Failed, Progress, Refused, Stopped, Stretch
from openward.care.errors import Conflict, NotFound
from openward.gateway.measure import PARTNER_DATA
from openward.gateway.polling.house import NO_DATABASE, House
from openward.gateway.polling.line import Line
from openward.gateway.polling.person_api import PersonAPI

log = structlog.get_logger("openward.polling")
SLICE: Final = 4
"""Stretches in one turn; whoever has more goes to the end of the queue of those with a backlog."""
_TURN_S: Final = 15 * 60.0
"""Source: Tidepool, a run of 15 minutes ends after the stretch that it is in."""


class _Incomplete(Exception):
    """What we keep of the connection does not fit together."""


async def fetch(house: House, setup: PartnerSetup, claim: Claim, line: Line | None) -> End:
    """Run it to its end; every failure is an `End`, only a cancellation passes through."""
    began_at, began = house.gate.now(), time.monotonic()
    if claim.token is None:
        return End(Ending.INVALID, began_at, reason="no-token")
    api = PersonAPI(house, setup, claim, claim.token, line)

    def end(ending: Ending, **more: Any) -> End:
        return End(ending, began_at, was_answered=api.was_answered, **more)

    try:
        progress = Progress(began_at, claim.since, claim.memory)
        count = 0
        async with aclosing(setup.code.fetch(api, setup.policy, progress)) as stretches:  # type: ignore[type-var]
            async for stretch in stretches:
                await _keep(house, setup, claim, stretch)
                count += 1
                is_long = count >= SLICE or time.monotonic() - began > _TURN_S
                if is_long and not is_up_to_date(setup.policy, stretch.until, house.gate.now()):
                    return end(Ending.MORE)
        return end(Ending.DONE)
    except Stopped:
        return end(api.stopped_by)
    except Refused:
        return end(Ending.REFUSED)
    except Failed as failed:
        return end(Ending.FAILED, reason=failed.reason, retry_after_s=failed.retry_after_s or 0.0)
    except Lost:
        return end(Ending.LOST)
    except _Incomplete:
        return end(Ending.INVALID, reason="no-data-set")
    except NO_DATABASE:
        return end(Ending.FAILED, reason="database")
    except Exception as error:
        # Its text may hold what the partner sent; only its kind and place are logged.
        log.error("fetch_broken", wire=setup.name, error=type(error).__name__, place=_place(error))
        return end(Ending.FAILED, reason="internal")


async def _keep(house: House, setup: PartnerSetup, claim: Claim, stretch: Stretch) -> None:
    try:
        delivery = await house.tried(setup.name, lambda work: keep_stretch(work, claim, setup.code, stretch))
    except (NotFound, Conflict):
        raise _Incomplete from None
    PARTNER_DATA.labels(setup.name, "stored").inc(delivery.stored)
    for code, count in delivery.skipped.items():
        PARTNER_DATA.labels(setup.name, "skipped").inc(count)
        log.warning("data_skipped", wire=setup.name, reason_code=code, count=count)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/openward/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
