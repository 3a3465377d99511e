"""A policy that contradicts itself keeps the server from starting, whoever wrote it."""

from dataclasses import replace
from typing import Any

import pytest

from openward.cli import act
from openward.cli.agreements import check_agreements
from openward.cli.outcome import Failed
from openward.config import Settings
from openward.wire.dexcom import PARTNER

pytestmark = pytest.mark.anyio


async def test_a_policy_that_was_set_up_and_cannot_be(settings: Settings, dsn: str, pool: Any) -> None:
    await check_agreements(settings, dsn)
    await pool.execute(
        "insert into connections.partner (name, base_url, client_id, secret_sealed, policy, created_at, modified_at)"
        """ values ('pump', 'http://127.0.0.1:9', 'x', 'x', '{"interval_minutes": [75, 45]}', now(), now())"""
    )
    try:
        with pytest.raises(Failed, match=r"pump/interval_minutes: two numbers above 0.*openward provision"):
            await check_agreements(settings, dsn)
    finally:
        await pool.execute("delete from connections.partner")


async def test_a_policy_of_the_program_that_cannot_be(
    settings: Settings, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hasty(type(PARTNER)):  # type: ignore[misc] -- made of the partner itself
        policy = replace(PARTNER.policy, overlap_minutes=2, batch_days=0.001)

    monkeypatch.setattr(act, "PARTNERS", (Hasty(),))
    with pytest.raises(Failed, match="dexcom/overlap_minutes: shorter than a batch"):
        await check_agreements(settings, dsn)
