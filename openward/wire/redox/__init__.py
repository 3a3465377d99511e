"""Served: messages that Redox delivers from record systems."""

from openward.gateway.wiring import Route, Wiring
from openward.wire.redox import errors, inbound
from openward.wire.redox.auth import TOKEN, identify, identify_nobody

_TOKEN = {"name": TOKEN, "in": "header", "required": True, "schema": {"type": "string"}}

# Published in the Clinics API, whose other operations are served by the wire of its platform and ask for its tokens.
_ROUTES = [
    Route(
        "POST",
        "/v1/redox",
        inbound.receive,
        "clinic.v1:ProcessEHRMessage",
        describe={"security": [], "parameters": [_TOKEN]},
    ),
    Route(
        "POST",
        "/v1/redox/verify",
        inbound.verify,
        "clinic.v1:VerifyEndpoint",
        describe={"security": []},
        identify=identify_nobody,
    ),
]

WIRING = Wiring("redox", ("/v1/redox",), _ROUTES, identify, errors.render)
