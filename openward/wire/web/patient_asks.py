"""What a clinic asks one patient to do: upload data, connect a partner cloud."""

from openward.care import connections, patients
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.clinic_connections import PATH as CONNECTIONS
from openward.wire.web.desk import enter, go
from openward.wire.web.patient_acts import person_of


async def remind(work: Work, call: Call) -> Reply:
    """Ask by mail for an upload."""
    desk = await enter(work, call)
    await read_form(work, call)
    await patients.remind_to_upload(work, desk.key, await person_of(work, call))
    return go(desk, f"/patients/{call.path['userId']}", "reminded")


async def connect(work: Work, call: Call) -> Reply:
    """Ask by mail to connect a partner cloud, or to connect it again."""
    desk = await enter(work, call)
    fields = await read_form(work, call)
    provider = fields.get("provider", "")
    if provider not in await connections.askable(work):
        raise Invalid("this partner is not known")
    await patients.request_connection(work, desk.key, await person_of(work, call), provider)
    back = CONNECTIONS if fields.get("back") == "connections" else f"/patients/{call.path['userId']}"
    return go(desk, back, "connection-asked")


ROUTES = [
    Route("POST", "/patients/{userId}/remind", remind, is_documented=False),
    Route("POST", "/patients/{userId}/connect", connect, is_documented=False),
]
