"""Served: messages that Redox delivers from record systems."""

from openward.gateway.wiring import Route, Wiring
from openward.wire.redox import errors, inbound
from openward.wire.redox.auth import identify, identify_nobody

# Published in the Clinics API, whose other operations are served by the wire of its platform.
_ROUTES = [
    Route("POST", "/v1/redox", inbound.receive, "clinic.v1:ProcessEHRMessage"),
    Route("POST", "/v1/redox/verify", inbound.verify, "clinic.v1:VerifyEndpoint", identify=identify_nobody),
]

WIRING = Wiring("redox", ("/v1/redox",), _ROUTES, identify, errors.render)
