"""`PUT /v1/xealth/programs` and `/v1/xealth/program`: how a patient's program stands, and the way to its report."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from openward.care import identity
from openward.care.ehr import Order, xealth
from openward.care.ehr.xealth import Program
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.xealth.auth import LINK_PARAMETER
from openward.wire.xealth.reading import at, name, need, read_object, read_order

VIEWER = "/v1/xealth/report/web/viewer.html"
_NAMES = {"twiist": "twiist"}  # written small by its maker
_STATES = {"pendingReconnect": "pending reconnect"}


async def list_programs(work: Work, call: Call) -> Reply:
    """The one program of the patient, if he is in it."""
    body = await read_object(call)
    found = await xealth.program(work, _order(body), _viewer(body))
    if found is None:
        return json_reply({"present": False})
    return json_reply({"present": True, "programs": [_encode(found, work.tools.settings.product_name)]})


async def program_url(work: Work, call: Call) -> Reply:
    """The address of the patient's report, good for an hour."""
    body = await read_object(call)
    clinic, person, link = await xealth.open_program(
        work, _order(body), _viewer(body), name(body.get("programId")) or ""
    )
    query = {
        "clinicId": await identity.name(work, clinic, System.CLINIC),
        "patientId": await identity.name(work, person, System.USER),
        LINK_PARAMETER: link.token,
    }
    return json_reply({"url": f"{work.tools.settings.public_url}{VIEWER}?{urlencode(query)}"})


def _order(body: Mapping[str, Any]) -> Order:
    return read_order(body, deployment=need(body, "deployment"))


def _viewer(body: Mapping[str, Any]) -> str | None:
    """The user of the record system who asks."""
    return name(at(body, "datasets", "ehrUserV1", "userId"))


def _encode(one: Program, product: str) -> dict[str, Any]:
    """The program; `has_alert` is written otherwise than its neighbours."""
    return {
        "programId": one.id,
        "title": product,
        "description": _description(one),
        "enrolledDate": one.enrolled_on.isoformat(),
        "hasStatusView": one.has_status_view,
        "has_alert": one.has_alert,
    }


def _description(one: Program) -> str:
    clouds = sorted(
        f"{_NAMES.get(source.provider, source.provider.capitalize())} "
        f"({_STATES.get(source.state, source.state.lower())})"
        for source in one.sources
    )
    return " | ".join(
        (
            f"Last Upload: {_day(one.last_updated)}",
            f"Last Viewed by You: {_day(one.last_viewed)}",
            f"Claimed Account?: {'Yes' if one.has_claimed_account else 'No'}",
            f"Cloud Connections: {', '.join(clouds) or 'None'}",
        )
    )


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).date().isoformat() if at is not None else "N/A"
