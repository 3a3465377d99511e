"""What is served, resource by resource: 42 published operations."""

from openward.gateway.wiring import Route
from openward.wire.solo import (
    appointments,
    assistance,
    attachments,
    episodes,
    linking,
    links,
    notes,
    patients,
    perfect_answer,
    reports,
    rooms,
    teams,
    webhooks,
)

ROUTES: list[Route] = [
    *patients.ROUTES,
    *assistance.ROUTES,
    *episodes.ROUTES,
    *reports.ROUTES,
    *webhooks.ROUTES,
    *appointments.ROUTES,
    *linking.ROUTES,
    *links.ROUTES,
    *rooms.ROUTES,
    *teams.ROUTES,
    *notes.ROUTES,
    *attachments.ROUTES,
    *perfect_answer.ROUTES,
]
