"""What is served, resource by resource: 42 published operations."""

from openward.gateway.wiring import Route
from openward.wire.solo import (
    appointments,
    assistance,
    episodes,
    linking,
    links,
    patients,
    rooms,
    teams,
    webhooks,
)

ROUTES: list[Route] = [
    *patients.ROUTES,
    *assistance.ROUTES,
    *episodes.ROUTES,
    *webhooks.ROUTES,
    *appointments.ROUTES,
    *linking.ROUTES,
    *links.ROUTES,
    *rooms.ROUTES,
    *teams.ROUTES,
]
