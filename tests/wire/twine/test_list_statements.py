"""Lists with all that may be included cost a constant number of statements, however long they are."""

import pytest

from openward.care import accounts
from tests.wire.counting import statements
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.operations import organization_part, settle

pytestmark = pytest.mark.anyio

MORE = 4


@pytest.fixture
async def coaching(a_coaching: MakeCoaching) -> Coaching:
    return await a_coaching(organization_part())


def _lists(coaching: Coaching) -> list[str]:
    whole = f"filter[organization]={coaching.id}"
    return [
        f"/patient?{whole}",
        f"/group?{whole}",
        f"/coach?{whole}",
        f"/calendar_event?{whole}&include=owner",
        f"/health_profile?{whole}&include=patient,questions",
        f"/health_profile_answer?{whole}&include=patient",
        f"/health_profile_question?{whole}&include=question_definition,answer",
        f"/patient_health_metric?{whole}",
        f"/patient_plan_summary?{whole}&include=actions,bundles,patient,current_results",
        f"/reward_program?{whole}",
        f"/reward_program_activation?{whole}",
        f"/reward?{whole}",
        f"/reward_earning?{whole}",
        f"/reward_earning_fulfillment?{whole}",
    ]


async def test_long_lists_take_as_many_statements_as_short_ones(
    coaching: Coaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with coaching.work() as work:
        _, token = await accounts.by_client_token(work, coaching.token)

    async def measure() -> dict[str, tuple[int, int]]:
        found = {}
        for path in _lists(coaching):
            count, body = await statements(monkeypatch, lambda path=path: coaching("GET", path))
            found[path.partition("?")[0]] = (count, len(body["data"]))
        return found

    await settle(coaching, coaching.provisioned, token, coaching.id)
    short = await measure()
    for _ in range(MORE):
        await settle(coaching, coaching.provisioned, token, coaching.id)
    long = await measure()
    dearer = {path for path, (count, _) in long.items() if count > short[path][0]}
    assert not dearer, (short, long)
    assert max(count for count, _ in long.values()) <= 30, long
    grown = {path for path, (_, length) in long.items() if length >= short[path][1] + MORE and short[path][1]}
    # Groups and coaches are provisioned; what our own pages alone make is tried elsewhere.
    assert long.keys() - grown == {"/group", "/coach", "/health_profile_answer"}
