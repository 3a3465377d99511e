"""What is served, resource by resource: 42 published operations."""

from openward.gateway.wiring import Route
from openward.wire.solo import appointments, assistance, episodes, links, patients, rooms, webhooks

ROUTES: list[Route] = [
    *patients.ROUTES,
    *assistance.ROUTES,
    *episodes.ROUTES,
    *webhooks.ROUTES,
    *appointments.ROUTES,
    *links.ROUTES,
    *rooms.ROUTES,
]
