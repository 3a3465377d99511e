"""What is served, resource by resource."""

from openward.gateway.wiring import Route
from openward.wire.twine import coaches, groups, metrics, organization, token

ROUTES: list[Route] = [
    *token.ROUTES,
    *organization.ROUTES,
    *groups.ROUTES,
    *coaches.ROUTES,
    *metrics.ROUTES,
]
