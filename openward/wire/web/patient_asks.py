"""What a clinic asks one patient to do: upload data, connect a partner cloud."""

from openward.care import connections, patients
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import enter, go
from openward.wire.web.patient_acts import person_of

PARTNERS = {"dexcom": "Dexcom", "abbott": "Abbott (Libre)", "twiist": "twiist"}
STATES = {
    "pending": "asked, not connected yet",
    "pendingReconnect": "asked to connect again",
    "connected": "connected",
    "disconnected": "disconnected",
    "error": "does not work",
}


async def remind(work: Work, call: Call) -> Reply:
    """Ask by mail for an upload."""
    desk = await enter(work, call)
    await read_form(work, call)
    await patients.remind_to_upload(work, desk.key, await person_of(work, call))
    return go(desk, f"/patients/{call.path['userId']}", "reminded")


async def connect(work: Work, call: Call) -> Reply:
    """Ask by mail to connect a partner cloud."""
    desk = await enter(work, call)
    provider = (await read_form(work, call)).get("provider", "")
    if provider not in connections.PARTNERS:
        raise Invalid("this partner is not known")
    await patients.request_connection(work, desk.key, await person_of(work, call), provider)
    return go(desk, f"/patients/{call.path['userId']}", "connection-asked")


ROUTES = [
    Route("POST", "/patients/{userId}/remind", remind, is_documented=False),
    Route("POST", "/patients/{userId}/connect", connect, is_documented=False),
]
