"""An organization of the coaching API on a server of its own process."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.cli.running import openward
from tests.wire.twine.contract import JSON_API
from tests.wire.twine.operations import organization_part, settle


class Live:
    """An organization on a server of its own process, with one of everything, and tokens of all and of a group."""

    def __init__(self, url: str, provisioned: dict[str, Any], organization: str) -> None:
        self.url, self.provisioned = url, provisioned
        self.tokens: list[str] = []
        self.ids = asyncio.run(self._settle(organization))

    @property
    def headers(self) -> dict[str, str]:
        """Those of a program that reaches the whole organization."""
        return {"authorization": f"Bearer {self.tokens[0]}", "content-type": JSON_API}

    async def _settle(self, organization: str) -> dict[str, str]:
        async with AsyncClient(base_url=f"{self.url}/pub") as client:
            names = []
            for one in self.provisioned["clients"]:
                said = {name: one[name] for name in ("client_id", "client_secret")}
                attributes = said | {"grant_type": "client_credentials"}
                answer = await client.post(
                    "/oauth/token", json={"data": {"attributes": attributes}}, headers={"content-type": JSON_API}
                )
                names.append(answer.json()["data"]["id"])
                self.tokens.append(answer.json()["data"]["attributes"]["access_token"])

            async def send(method: str, path: str, body: Any = None) -> Response:
                return await client.request(method, path, json=body, headers=self.headers)

            return await settle(send, self.provisioned, names[0], organization)


@pytest.fixture(scope="module")
def live(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Live:
    """An organization that a provisioning file has made."""
    url, data_dir = live_server
    file = tmp_path_factory.mktemp("organization") / "provision.json"
    named = {"key": secrets.token_hex(4), "name": "Fuzz", "twine": organization_part()}
    file.write_text(json.dumps({"organizations": [named]}), "utf-8")
    said = json.loads(openward("provision", str(file), "--data-dir", str(data_dir)).stdout)["organizations"][0]
    return Live(url, said["twine"], said["id"])
