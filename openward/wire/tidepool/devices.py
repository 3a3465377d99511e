"""The device models that a prescription may name (`/v1/devices/...`)."""

from typing import Any

from openward.care import devicedata
from openward.care.devicedata import DeviceModel
from openward.care.errors import NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics import callers


def _encode(model: DeviceModel) -> dict[str, Any]:
    return {
        "id": str(model.id),
        "displayName": model.display_name,
        "manufacturers": list(model.manufacturers),
        "model": model.model,
    }


async def _one(work: Work, call: Call, models: tuple[DeviceModel, ...], label: str) -> Reply:
    callers.require_anybody(work)
    found = next((model for model in models if str(model.id) == call.path["deviceId"]), None)
    if found is None:
        raise NotFound("device not found")
    return json_reply({label: _encode(found)})


async def cgms(work: Work, _call: Call) -> Reply:
    """GET /v1/devices/cgms."""
    callers.require_anybody(work)
    return json_reply({"cgms": [_encode(model) for model in devicedata.SENSORS]})


async def pumps(work: Work, _call: Call) -> Reply:
    """GET /v1/devices/pumps."""
    callers.require_anybody(work)
    return json_reply({"pumps": [_encode(model) for model in devicedata.PUMPS]})


async def cgm(work: Work, call: Call) -> Reply:
    """GET /v1/devices/cgms/{deviceId}."""
    return await _one(work, call, devicedata.SENSORS, "cgm")


async def pump(work: Work, call: Call) -> Reply:
    """GET /v1/devices/pumps/{deviceId}."""
    return await _one(work, call, devicedata.PUMPS, "pump")


def _told(summary: str, meaning: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Devices"],
        "responses": {"200": {"description": meaning}},
        "security": [{"sessionToken": []}],
    }


ROUTES = [
    Route("GET", "/v1/devices/cgms", cgms, describe=_told("List Sensors", "`{cgms: [...]}`"), identify=identify),
    Route("GET", "/v1/devices/cgms/{deviceId}", cgm, describe=_told("Get Sensor", "`{cgm}`"), identify=identify),
    Route("GET", "/v1/devices/pumps", pumps, describe=_told("List Pumps", "`{pumps: [...]}`"), identify=identify),
    Route("GET", "/v1/devices/pumps/{deviceId}", pump, describe=_told("Get Pump", "`{pump}`"), identify=identify),
]
