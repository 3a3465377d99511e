"""`POST /v1/xealth/notification`: something happened to an order; the order itself is read from Xealth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from openward.care import ehr
from openward.care.ehr import Provider, xealth
from openward.care.ehr.xealth import Context, Event
from openward.care.errors import CareError, Invalid
from openward.care.work import Work
from openward.gateway.call import Call, parse_json
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Outside, Reply, empty
from openward.wire.xealth import partner
from openward.wire.xealth.errors import OrderUnread
from openward.wire.xealth.partner import OrderRead
from openward.wire.xealth.reading import at, name, need, read_object, read_order

log = structlog.get_logger("openward.xealth")


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says."""

    context: Context
    deployment: str
    program: str
    order: str
    at: datetime


async def take(work: Work, call: Call) -> Reply | Outside:
    """New and cancelled orders of a clinic's program are read and carried out; everything else is answered only."""
    body = await read_object(call)
    if body.get("eventType") != "order" or body.get("eventContext") not in tuple(Context):
        return empty(200)
    said = _Said(
        Context(body["eventContext"]),
        need(body, "deployment"),
        need(body, "programId"),
        need(body, "orderId"),
        _moment(body.get("eventTimeStamp")) or work.now,
    )
    if not await xealth.is_ours(work, said.deployment, said.program):
        return empty(200)
    link = await ehr.link(work, Provider.XEALTH)
    kept = await xealth.kept_token(work, link)
    now, allow_private = work.now, work.tools.settings.webhooks_allow_private

    async def ask() -> OrderRead:
        return await partner.read_order(link, kept, said.deployment, said.order, now, allow_private=allow_private)

    async def then(work: Work, _call: Call, found: OrderRead) -> Reply:
        if found.token is not None:
            await xealth.put_token(work, link, found.token)
        return await _carry_out(work, said, found)

    return Outside(ask, then)


async def _carry_out(work: Work, said: _Said, found: OrderRead) -> Reply:
    """Do what the order says; what was kept on the way stays when it cannot be done."""
    if found.content is None:
        log.warning("order_unread", reason_code=found.reason)
        raise KeepAndRaise(OrderUnread())
    order = _order(found.content)
    event = Event(said.context, said.deployment, said.order, said.at, name(at(order, "preorder", "dataTrackingId")))
    try:
        facts = read_order(order, deployment=said.deployment, number=said.order, program=said.program)
        await xealth.carry_out(work, event, facts, found.content)
    except CareError as error:
        raise KeepAndRaise(error) from None
    return empty(200)


def _order(content: bytes) -> Mapping[str, Any]:
    """The order as JSON; one that cannot be read is not Xealth's last word."""
    try:
        found = parse_json(content)
    except Invalid:
        found = None
    if not isinstance(found, Mapping):
        log.warning("order_unread", reason_code="broken-answer")
        raise KeepAndRaise(OrderUnread())
    return found


def _moment(value: Any) -> datetime | None:
    """A time with its zone, None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
