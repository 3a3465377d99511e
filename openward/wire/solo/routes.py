"""What is served, resource by resource: 42 published operations."""

from openward.gateway.wiring import Route
from openward.wire.solo import assistance, episodes, patients

ROUTES: list[Route] = [
    *patients.ROUTES,
    *assistance.ROUTES,
    *episodes.ROUTES,
]
