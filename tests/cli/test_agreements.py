"""A policy that contradicts itself keeps the server from starting."""

from dataclasses import replace

import pytest

from openward.cli import agreements
from openward.cli.outcome import Failed
from openward.wire.dexcom import PARTNER


def test_a_policy_of_the_program_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    agreements.check_agreements()

    class Hasty(type(PARTNER)):  # type: ignore[misc]  # made of the partner itself
        policy = replace(PARTNER.policy, overlap_minutes=2, batch_days=0.001, login_path="login")

    monkeypatch.setattr(agreements, "PARTNERS", (Hasty(),))
    with pytest.raises(Failed, match=r"dexcom/overlap_minutes: shorter than a batch.*; dexcom/login_path: begins"):
        agreements.check_agreements()
