"""Lists cost a constant number of statements, however long they are."""

from uuid import uuid4

import pytest

from tests.wire.counting import statements
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

QUESTION = {"name": "Q", "type": "text"}
HOURS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
SOLO = {
    "templates": [{"name": "Form", "sections": [{"name": "S", "questions": [QUESTION]}]}],
    "waiting_rooms": [{"name": "Great", "timezone": "UTC", "capacity": 100, "hours": HOURS, "templates": ["Form"]}],
    "episode_types": ["covid"],
}
BEGIN = 1_900_000_000


async def _fill(practice: Practice, patient: str, episode: str, count: int) -> int:
    """So many more visits of an episode, files on the last of them, episodes and webhooks; the last visit."""
    visit = 0
    for number in range(count):
        body = {"waitingRoom": "Great", "episodeOfCareId": episode, "date": BEGIN + number * 900}
        made = await practice("POST", f"/patients/{patient}/appointments", body)
        assert made.status_code == 201, made.text
        visit = made.json()["id"]
        more = {"name": "E", "type": "covid", "status": "ACTIVE", "from": "2026-01-01"}
        await practice("POST", f"/patients/{patient}/episodes", more)
        await practice("POST", "/webhooks", {"endpoint": "https://example.org/x", "events": ["patient:created"]})
    headers = {"content-type": "application/pdf"}
    for _ in range(count):
        await practice("POST", f"/appointments/{visit}/attachments", content=b"%PDF-1.7", headers=headers)
    return visit


async def test_long_lists_take_as_many_statements_as_short_ones(
    a_practice: MakePractice, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice = await a_practice(SOLO)
    patient = f"P-{uuid4()}"
    await practice("POST", "/patients", {"id": patient})
    opened = {"name": "First", "type": "covid", "status": "ACTIVE", "from": "2026-01-01"}
    answer = await practice("POST", f"/patients/{patient}/episodes", opened)
    episode = answer.json()["episodeId"]

    async def measure(visit: int) -> dict[str, tuple[int, int]]:
        found = {}
        for path, rows in (
            (f"/episodes/{episode}/appointments", lambda body: body["appointments"]),
            (f"/patients/{patient}/episodes", lambda body: body["episodes"]),
            (f"/appointments/{visit}/attachments", lambda body: body["attachments"]),
            (f"/appointment-slots?after={BEGIN}&before={BEGIN + 86400}&waitingRoom=Great", lambda body: body),
            ("/webhooks", lambda body: body),
        ):
            count, body = await statements(monkeypatch, lambda path=path: practice("GET", path))
            found[path.rpartition(str(visit))[2].partition("?")[0]] = (count, len(rows(body)))
        return found

    short = await measure(await _fill(practice, patient, episode, 2))
    long = await measure(await _fill(practice, patient, episode, 12))
    assert {path: count for path, (count, _) in short.items()} == {path: count for path, (count, _) in long.items()}
    assert all(count <= 12 for count, _ in long.values()), long
    assert all(length >= 12 for _, length in long.values()), long
