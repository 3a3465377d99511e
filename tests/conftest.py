"""What every test shares: a real PostgreSQL for the whole run, a database for each worker, a rolled-back Work."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from openward.care.work import Actor, ActorKind, Origin, Tools, Work
from openward.config import Settings
from openward.infra.db import Pool, connect, open_pool
from openward.infra.migrate import migrate
from openward.infra.postgres import RunningCluster, open_cluster
from openward.partners import PARTNERS, RECORD_SYSTEM

# A throw-away server: what it holds need not survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


_DSN = "OPENWARD_TEST_DATABASE_URL"
_started = pytest.StashKey[tuple[RunningCluster, Path]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL in the process that outlives all workers; they find its address in the environment.

    With the variable set by hand the tests run on that server instead.
    """
    if hasattr(config, "workerinput") or os.environ.get(_DSN) or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="openward-test-"))
    cluster = open_cluster(folder / "cluster", settings=_FAST)
    config.stash[_started] = (cluster, folder)
    os.environ[_DSN] = cluster.dsn


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it and take its files away."""
    if _started in config.stash:
        cluster, folder = config.stash[_started]
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(_DSN, None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything here runs on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def cluster_dsn() -> str:
    """One PostgreSQL for the whole run; see `pytest_configure`."""
    return os.environ[_DSN]


@pytest.fixture(scope="session")
async def dsn(cluster_dsn: str, worker_id: str) -> str:
    """A migrated database of this worker's own."""
    name = f"openward_test_{worker_id}_{os.getpid()}"
    admin = await asyncpg.connect(cluster_dsn)
    await admin.execute(f'create database "{name}"')
    await admin.close()
    mine = with_database(cluster_dsn, name)
    connection = await connect(mine)
    await migrate(connection)
    await connection.close()
    return mine


def with_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    head, _, tail = dsn.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{tail}" if tail else "")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a test installation; blobs, keys and mail live in a folder of this worker."""
    return Settings(
        data_dir=Path(tmp_path_factory.mktemp("data")),
        base_url="http://openward.test",
        service_secret="test-service-secret",
        webhooks_allow_private=True,
        pool_size=8,
    )


@pytest.fixture(scope="session")
def tools(settings: Settings) -> Tools:
    """Keys, blobs and settings, as the server opens them."""
    return Tools.open(settings, PARTNERS, RECORD_SYSTEM)


@pytest.fixture(scope="session")
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Connections to this worker's database."""
    opened = await open_pool(dsn, 8, application="openward-test")
    yield opened
    await opened.close()


NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
async def work(pool: Pool, tools: Tools) -> AsyncIterator[Work]:
    """A Work of a service at a fixed moment; everything it does is rolled back."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        actor = Actor(ActorKind.SERVICE, credential="test")
        yield Work(connection, actor, NOW, tools, "trace", Origin("127.0.0.1", "TEST"))
        await transaction.rollback()


@pytest.fixture(scope="session")
def app(settings: Settings, dsn: str) -> Litestar:
    """The whole server on this worker's database."""
    from openward.app import build  # late, so that a test of one room does not load every wire

    return build(settings, dsn)


@pytest.fixture(scope="session")
async def http(app: Litestar) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """A client of the whole server; what it does is committed, so tests use names of their own."""
    async with AsyncTestClient(app, base_url="http://openward.test") as client:
        yield client


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A whole installation as an operator starts it: its own folder, its own PostgreSQL, real sockets.

    Gives the address and the data folder; the mail outbox is `outbox` below it.
    """
    data_dir = Path(tmp_path_factory.mktemp("live"))
    # Stand-ins of other systems are on this machine.
    environ = {**os.environ, "OPENWARD_SERVICE_SECRET": "test-service-secret", "OPENWARD_WEBHOOKS_ALLOW_PRIVATE": "1"}
    command = [sys.executable, "-m", "openward", "serve", "--port", "0", "--data-dir", str(data_dir)]
    with (data_dir / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environ)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (data_dir / "serve.log").read_text("utf-8")[-4000:]
    yield json.loads(line)["url"], data_dir
    process.terminate()
    process.wait(15)
