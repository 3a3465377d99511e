"""What is served, resource by resource: 42 published operations."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

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

_WORDS = {"{patient_id}": ("id", "HSID"), "{external_appointment_id}": ("id",)}
"""Names of callers' own choice that are words of other paths in the same place, too."""


def _with_words(routes: Sequence[Route]) -> Iterator[Route]:
    for route in routes:
        yield route
        for parameter, words in _WORDS.items():
            for word in words if parameter in route.path else ():
                path = route.path.replace(parameter, f"{parameter[:-1]}={word}}}")
                yield replace(route, path=path, operation="", is_documented=False)


_PUBLISHED: list[Route] = [
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

ROUTES: list[Route] = [*_with_words(_PUBLISHED)]
