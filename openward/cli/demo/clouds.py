"""The partner clouds of the demo: two simulators that run beside it, so that connecting one shows data in a minute."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from openward.cli.demo.state import State
from openward.infra.crypto import new_token
from openward.simulators.cloud import Cloud, World
from openward.simulators.dexcom import Dexcom
from openward.simulators.pump import Pump

LOGIN: Final = "person1"
PASSWORD: Final = "secret"  # noqa: S105 - printed on the screen for everybody to use
PEOPLE: Final = 20
_POLICY: Final = {"interval_minutes": [0.5, 1], "pause": None}


@asynccontextmanager
async def partner_clouds(state: State, port: int) -> AsyncIterator[list[dict[str, Any]]]:
    """Run them; gives the `partners` of a provisioning file. What people consented to outlives a restart.

    port: of the demo, to which people are sent back.
    """
    clouds = []
    partners = []
    async with AsyncExitStack() as stack:
        for setup in (Dexcom(World()), Pump(World())):
            back = [f"http://{host}:{port}/v1/oauth/{setup.name}/redirect" for host in ("127.0.0.1", "localhost")]
            client = ("openward-demo", new_token(24))
            cloud = Cloud(setup, people=PEOPLE, client=client, redirect_uris=back, password=PASSWORD)
            cloud.grants.restore((person, refresh) for person, refresh in state.consents.get(setup.name, []))
            url = await stack.enter_async_context(cloud.serve())
            named = {"name": setup.name, "base_url": url, "client_id": client[0], "client_secret": client[1]}
            partners.append(named | {"policy": _POLICY})
            clouds.append(cloud)
        try:
            yield partners
        finally:
            state.consents = {cloud.setup.name: cloud.grants.kept() for cloud in clouds}
            state.write()
