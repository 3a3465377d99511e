"""What is served, resource by resource."""

from openward.gateway.wiring import Route
from openward.wire.twine import coaches, groups, metrics, organization, patients, token

ROUTES: list[Route] = [
    *token.ROUTES,
    *organization.ROUTES,
    *groups.ROUTES,
    *coaches.ROUTES,
    *patients.ROUTES,
    *metrics.ROUTES,
]
