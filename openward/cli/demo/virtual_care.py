"""Virtual care in the demo: a waiting room with a form at each clinic, and visits of today for the pages to show."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from openward.cli.api import Api, Refused

KEY: Final = "demo-integration-key"
"""The key of each clinic's program is this and the clinic's key; printed on the screen for everybody to use."""
_VISITS: Final = (
    (-45, "Review of sensor data"),
    (5, "Follow-up on new insulin"),
    (35, "Pump start"),
    (80, "First visit"),
)
"""Minutes from the present quarter of an hour, and why somebody comes."""
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM: Final = {
    "name": "Diabetes visit",
    "sections": [
        {
            "name": "Since the last visit",
            "questions": [
                {"name": "Severe lows", "type": "single", "choices": ["None", "One", "More"]},
                {"name": "Burdens", "type": "multiple", "choices": ["Nights", "Sport", "Work", "Meals"]},
                {"name": "In the patient's words", "type": "text"},
            ],
        },
        {"name": "Plan", "questions": [{"name": "What was agreed", "type": "text"}]},
    ],
}


def key_of(clinic: str) -> str:
    """The API key of a clinic."""
    return f"{KEY}-{clinic}"


def provisioning(clinic: str, staff: tuple[tuple[str, str, tuple[str, ...]], ...]) -> dict[str, Any]:
    """The `solo` part of a provisioning file for one clinic; everybody who works there sees patients."""
    providers = []
    for name, email, _ in staff:
        first, _, last = name.rpartition(" ")
        providers.append({"email": email, "first_name": first.removeprefix("Dr "), "last_name": last})
    return {
        "api_keys": [{"name": "demo", "key": key_of(clinic)}],
        "templates": [_FORM],
        "waiting_rooms": [
            {
                "name": "Video visits",
                "service_line": "Diabetes",
                "service_type": "Follow-up",
                "capacity": 2,
                "hours": {day: [["08:00", "20:00"]] for day in _WEEK},
                "templates": [_FORM["name"]],
            }
        ],
        "providers": providers,
        "episode_types": ["diabetes"],
        "report_presets": [{"name": "All visits"}],
    }


async def book_today(api: Api, clinic: str, patients: list[str]) -> None:
    """Visits of today for the first of these patients, told by their ids; those of an earlier start stay."""
    key = key_of(clinic)
    now = datetime.now(UTC)
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    for number, ((minutes, reason), patient) in enumerate(zip(_VISITS, patients, strict=False)):
        visit = {
            "waitingRoom": "Video visits",
            "date": int((quarter + timedelta(minutes=minutes)).timestamp()),
            "duration": 1800,
            "reasons": [reason],
            "externalId": f"demo-{now:%Y-%m-%d}-{number}",
        }
        try:
            await api.practice("POST", f"/patients/{patient}/appointments", key, visit)
        except Refused as refused:
            if refused.status != 400:  # the id is taken: this visit was booked by an earlier start
                raise
