"""The partner clouds of the demo: they fit its provisioning file, and consent outlives a restart."""

from pathlib import Path

import pytest

from openward.cli.demo.cast import provisioning
from openward.cli.demo.clouds import partner_clouds
from openward.cli.demo.state import State
from openward.cli.provision.file import decode
from openward.simulators.cloud import Cloud, World
from openward.simulators.pump import Pump

pytestmark = pytest.mark.anyio


async def test_they_are_set_up_with_the_demo(tmp_path: Path) -> None:
    state = State(tmp_path, consents={"pump": [(3, "kept")]})
    async with partner_clouds(state, 8000) as partners:
        assert [one["name"] for one in partners] == ["dexcom", "pump"]
        assert len(decode(provisioning("a-secret-of-the-demo") | {"partners": partners}).partners) == 2
    kept = State.read(tmp_path)
    assert kept.consents == {"dexcom": [], "pump": [[3, "kept"]]}


def test_a_consent_goes_on_after_a_restart() -> None:
    before, after = (Cloud(Pump(World())).grants for _ in range(2))
    old = before.grant(4)
    after.restore(before.kept())
    assert after.person_of(old.access) is None
    assert after.person_of(after.renew(old.refresh).access) == 4
