"""Served: coaching, in the language of the Twine Health API (JSON:API under `/pub`)."""

from openward.gateway.wiring import Wiring
from openward.wire.twine import errors
from openward.wire.twine.auth import identify
from openward.wire.twine.routes import ROUTES

WIRING = Wiring("twine", ("/pub",), ROUTES, identify, errors.render, correlation="x-request-id", has_exact_paths=True)
