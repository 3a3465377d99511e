"""A whole installation beside two simulated clouds whose clocks run fast and meet ours at the end of the week."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import msgspec

from openward.care import accounts, connections, identity
from openward.care.identity import System
from openward.care.work import Actor, ActorKind, Tools, Work
from openward.config import Settings
from openward.partners import PARTNERS
from openward.simulators.cloud import Cloud, Setup
from openward.simulators.cloud.grants import Grants, Tokens
from tests.cli.running import SECRET, Running
from tests.simulators.person import browser, hidden, page

CLIENT = ("openward", "the-secret-of-this-application")


@dataclass
class Installation:
    """What `openward serve` runs, with as many workers beside it as `openward work` adds."""

    folder: Path
    dsn: str
    dice: random.Random
    http: aiohttp.ClientSession
    url: str = ""
    service: str = ""
    trees: list[Running] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: {SECRET, CLIENT[1]})
    kills: int = 0

    async def start(self) -> None:
        """The server with a worker, and another in a tree of its own."""
        serve = self.tree("serve", "--port", "0", "--processes", "1", "--workers", "1")
        self.url = await asyncio.to_thread(serve.ready)
        self.tree("work", "--workers", "1")
        given = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": SECRET}
        async with self.http.post(f"{self.url}/auth/serverlogin", headers=given) as answer:
            self.service = answer.headers["x-tidepool-session-token"]
        self.secrets.add(self.service)

    def tree(self, command: str, *words: str) -> Running:
        made = Running(command, self.folder / "data", "--database-url", self.dsn, *words)
        self.trees.append(made)
        self.logs.append(made.log)
        return made

    def end(self) -> None:
        """Leave no process behind."""
        for one in self.trees:
            with suppress(ProcessLookupError):
                one.kill_all()

    async def kill_now_and_then(self, every_s: tuple[float, float]) -> None:
        """SIGKILL a worker, or all of a tree, which is started again; until cancelled."""
        while True:
            await asyncio.sleep(self.dice.uniform(*every_s))
            self.kills += 1
            if self.kills % 4 == 0:
                self.trees[-1].kill_all()
                self.tree("work", "--workers", "1")
            elif workers := self.workers():
                kill(self.dice.choice(workers))

    def workers(self) -> list[int]:
        """The processes that fetch now."""
        return [*self.trees[0].children("openward-jobs"), *self.trees[-1].children("openward-jobs")]

    def kill_workers(self) -> None:
        """All of them at once, whatever they are at."""
        self.kills += 1
        for one in self.workers():
            kill(one)

    async def set_up(self, people: int, partners: Sequence[tuple[Cloud, str, dict[str, Any]]]) -> list[str]:
        """The partners with address and policy, and accounts for so many people; their ids on the wire."""
        tools = Tools.open(Settings(data_dir=self.folder / "data"), PARTNERS)
        connection = await asyncpg.connect(self.dsn)
        async with connection.transaction():
            work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), datetime.now(UTC), tools)
            for cloud, url, policy in partners:
                await connections.put_partner(work, cloud.setup.name, url, *CLIENT, policy)
                cloud.redirect_uris = (f"{self.url}/v1/oauth/{cloud.setup.name}/redirect",)
            made = [
                await accounts.create(work, email=f"week.{number}@example.org", full_name=f"Somebody {number}")
                for number in range(1, people + 1)
            ]
            names = await identity.names(work, [one.key for one in made], System.USER)
        await connection.close()
        return [names[one.key] for one in made]

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request of a service."""
        headers = {"x-tidepool-session-token": self.service}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            assert answer.status < 300, (method, path, answer.status)
            return msgspec.json.decode(await answer.read())

    async def connect(self, user: str, cloud: Cloud, number: int) -> None:
        """What a service does that has got the tokens somewhere else."""
        given = cloud.grants.grant(number)
        token = {"accessToken": given.access, "refreshToken": given.refresh, "tokenType": "Bearer"}
        token["expirationTime"] = (datetime.now(UTC) + timedelta(seconds=given.life_s)).isoformat()
        body = {"userId": user, "type": "oauth", "name": cloud.setup.name, "oauthToken": token}
        await self.ask("POST", "/v1/provider_sessions", body)

    async def consent(self, user: str, cloud: Cloud, number: int) -> None:
        """What a person does in a browser, the first time and again."""
        name = cloud.setup.name
        path = f"/v1/oauth/{name}"
        link = (await self.ask("POST", f"/v1/users/{user}/restricted_tokens", {"paths": [path]}))["id"]
        self.secrets.add(link)
        async with browser() as session:
            there = f"{self.url}{path}/authorize?restricted_token={link}"
            asked = await session.get(there)
            self.secrets.add(parse_qs(urlsplit(str(asked.url)).query)["state"][0])
            form = hidden(await page(asked))
            login = str(asked.url).partition("?")[0]
            form = hidden(await page(await session.post(login, data=form | who(cloud, number))))
            answer = await page(await session.post(login, data=form | {"decision": "allow"}))
            assert f"/oauth/{name}/authorized" in answer


class Noting(Grants):
    """Tells of everything that it gave out and that nobody else may read, and of every so manieth renewal."""

    _STRIKES = 400

    def __init__(self, *given: Any, secrets: set[str], strike: Callable[[], None], **named: Any) -> None:
        """strike: called when the old token is spent and the answer not yet sent."""
        super().__init__(*given, **named)
        self._secrets, self._strike = secrets, strike
        self._renewals = 0

    def renew(self, refresh: str) -> Tokens:
        made = super().renew(refresh)
        self._renewals += 1
        if self._renewals % self._STRIKES == 0:
            self._strike()
        return made

    def code(self, person: int, redirect_uri: str, challenge: str | None) -> str:
        made = super().code(person, redirect_uri, challenge)
        self._secrets.add(made)
        return made

    def _tokens(self, grant: Any) -> Tokens:
        made = super()._tokens(grant)
        self._secrets |= {made.access, made.refresh}
        return made


def cloud_of(setup: Setup, people: int, seed: int, life_s: float, place: Installation) -> Cloud:
    """One that tells the installation of every secret, and has its workers killed in the middle of renewals."""
    cloud = Cloud(setup, people=people, client=CLIENT, seed=seed, retry_after_s=4)
    kept, strike = place.secrets, place.kill_workers
    cloud.grants = Noting(cloud.world.clock, life_s=life_s, grace_s=120, secrets=kept, strike=strike)
    return cloud


def kill(process: int) -> None:
    """SIGKILL, if it still runs."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def who(cloud: Cloud, number: int) -> dict[str, str]:
    return {"username": f"person{number}", "password": cloud.password}


async def until(question: Callable[[], Awaitable[Any]], within_s: float) -> Any:
    """Wait until the answer is true; the answer."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within_s
    while not (answer := await question()):
        assert loop.time() < ends, "it did not come true in time"
        await asyncio.sleep(0.1)
    return answer
