"""What is served, resource by resource."""

from openward.gateway.wiring import Route
from openward.wire.twine import (
    actions,
    answers,
    bundles,
    calendar,
    calendar_responses,
    coaches,
    definitions,
    emails,
    groups,
    metrics,
    organization,
    patients,
    plans,
    profiles,
    questions,
    results,
    token,
)

ROUTES: list[Route] = [
    *token.ROUTES,
    *organization.ROUTES,
    *groups.ROUTES,
    *coaches.ROUTES,
    *patients.ROUTES,
    *metrics.ROUTES,
    *calendar.ROUTES,
    *calendar_responses.ROUTES,
    *emails.ROUTES,
    *plans.ROUTES,
    *actions.ROUTES,
    *bundles.ROUTES,
    *results.ROUTES,
    *profiles.ROUTES,
    *questions.ROUTES,
    *answers.ROUTES,
    *definitions.ROUTES,
]
