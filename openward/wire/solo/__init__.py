"""Served: virtual care, in the language of the Solo External API (`/qapi/v1` and context-aware links)."""

from openward.gateway.wiring import Wiring
from openward.wire.solo import errors
from openward.wire.solo.auth import identify
from openward.wire.solo.routes import ROUTES

WIRING = Wiring(
    "solo",
    ("/qapi", "/integrations"),
    ROUTES,
    identify,
    errors.render,
    correlation="x-correlation-id",
    has_exact_paths=True,
)
