"""A practice on a server as an operator starts it, over real sockets."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from tests.cli.running import openward
from tests.wire.solo.operations import practice_part, settle


class Live:
    """A practice on a server of its own process; ids of things there, anew for each operation."""

    def __init__(self, url: str, provisioned: dict[str, Any], secret: str) -> None:
        self.url, self.provisioned, self.secret = url, provisioned, secret
        self.key = provisioned["api_keys"][0]["key"]

    def settle(self) -> dict[str, str]:
        """One of everything."""

        async def made() -> dict[str, str]:
            async with AsyncClient(base_url=f"{self.url}/qapi/v1", headers={"api-key": self.key}) as client:

                async def send(method: str, path: str, body: Any = None, **more: Any) -> Any:
                    return await client.request(method, path, **({"json": body} if body is not None else {}), **more)

                return await settle(send, self.provisioned, self.secret)

        return asyncio.run(made())


@pytest.fixture(scope="module")
def live(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A practice that a provisioning file has made."""
    url, data_dir = live_server
    secret = secrets.token_hex(16)
    part = {"api_keys": [{"name": "fuzz"}]} | practice_part(secret)
    file = tmp_path_factory.mktemp("practice") / "provision.json"
    named = {"key": secrets.token_hex(4), "name": "Fuzz", "solo": part}
    file.write_text(json.dumps({"organizations": [named]}), "utf-8")
    said = json.loads(openward("provision", str(file), "--data-dir", str(data_dir)).stdout)
    return Live(url, said["organizations"][0]["solo"], secret)
