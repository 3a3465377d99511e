"""What is served, resource by resource."""

from openward.gateway.wiring import Route
from openward.wire.twine import (
    answers,
    coaches,
    definitions,
    groups,
    metrics,
    organization,
    patients,
    profiles,
    questions,
    token,
)

ROUTES: list[Route] = [
    *token.ROUTES,
    *organization.ROUTES,
    *groups.ROUTES,
    *coaches.ROUTES,
    *patients.ROUTES,
    *metrics.ROUTES,
    *profiles.ROUTES,
    *questions.ROUTES,
    *answers.ROUTES,
    *definitions.ROUTES,
]
