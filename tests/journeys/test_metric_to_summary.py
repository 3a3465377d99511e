"""A glucose metric of Coaching is a reading among the device data, and counts in the summaries of the clinic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import accounts, identity, summaries
from openward.care.identity import System
from openward.care.work import PersonKey
from tests.wire.twine.conftest import Coaching, a_coaching, coaching
from tests.wire.twine.test_metrics import item, made, patients_of

__all__ = ["a_coaching", "coaching"]
pytestmark = pytest.mark.anyio


async def test_from_a_metric_to_a_summary(coaching: Coaching) -> None:
    (patient,) = await patients_of(coaching, "Lead")
    async with coaching.work() as work:
        person = PersonKey(await identity.resolve(work, identity.Identifier(System.TWINE, patient)))
        user = await identity.name(work, person, System.USER)
        token = await accounts.open_session(work, None, name="test")

    async def tidepool(path: str) -> Any:
        answer = await coaching.client.get(path, headers={"x-tidepool-session-token": token})
        assert answer.status_code == 200, answer.text
        return answer.json()

    at = (datetime.now(UTC) - timedelta(hours=3)).replace(microsecond=0)
    sent = [
        item(
            patient, type="blood_glucose", value=value, unit=unit, occurred_at=(at + timedelta(hours=hour)).isoformat()
        )
        for hour, value, unit in ((0, "180", "mg/dL"), (1, 5.5, "mmol/l"), (2, 250, None))
    ]
    for _ in range(2):
        await made(coaching, [*sent, item(patient)])
        readings = sorted(await tidepool(f"/data/{user}?type=smbg"), key=lambda one: str(one["time"]))
        assert [(one["units"], one["value"]) for one in readings] == [
            ("mmol/L", 9.99135),
            ("mmol/L", 5.5),
            ("mmol/L", 13.87687),
        ]
        assert readings[0]["time"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert readings[0]["origin"]["name"] == "org.openward.coaching"
    (upload,) = await tidepool(f"/v1/users/{user}/data_sets")
    assert upload["client"]["name"] == "org.openward.coaching"
    async with coaching.work() as work:
        await summaries.refresh(work, person)
    [listed] = (await tidepool(f"/v1/clinics/{coaching.id}/patients"))["data"]
    assert listed["summary"]["bgmStats"]["periods"]["1d"]["totalRecords"] == 3
