"""The embedded database: made, shared between processes, killed in every way, and never losing a committed row."""

import asyncio
import contextlib
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from openward.infra.postgres import ClusterError, find_binaries, open_cluster
from openward.infra.postgres.account import Account, give_tree
from openward.infra.postgres.launch import UNREACHABLE
from openward.infra.postgres.layout import Layout
from openward.infra.postgres.server import launch_command

pytestmark = pytest.mark.anyio

FAST = {"fsync": "off", "shared_buffers": "32MB", "max_connections": "30"}
# How asyncpg may say that the server went away; the last one comes when it notices between two statements.
CUT_OFF = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), site.getsitepackages()[0]])}

# What another openward process does: opens the cluster, says so, and stays until its input closes.
OPENER = """
import sys
from pathlib import Path
from openward.infra.postgres import open_cluster
with open_cluster(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "32MB", "max_connections": "30"}) as c:
    print(c.owned, c.server.process.pid if c.server else 0, c.dsn, flush=True)
    sys.stdin.read()
"""


def an_opener(folder: Path, interpreter: str = sys.executable, **options: object) -> subprocess.Popen[str]:
    """Another process that opens the cluster of this folder."""
    return subprocess.Popen(
        [interpreter, "-c", OPENER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        **options,  # type: ignore[call-overload]
    )


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with our packages in reach."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=ENVIRONMENT, check=False, **options
    )


def told(opener: subprocess.Popen[str]) -> tuple[bool, int, str]:
    """What an opener says: whether it owns the server, the server's process id, the address."""
    assert opener.stdout is not None
    owned, pid, dsn = opener.stdout.readline().split()
    return owned == "True", int(pid), dsn


def gone(pid: int, within_s: float = 15) -> bool:
    """Whether a process that is not our child ends in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def copied(made: Path, to: Path) -> Path:
    """A copy of a stopped cluster, with owners and modes."""
    subprocess.run(["cp", "-a", made, to], check=True)
    return to


def status_of(pid: int) -> str:
    """What the kernel says of a process."""
    return Path(f"/proc/{pid}/status").read_text()


def capabilities(pid: int) -> int:
    """The permitted capabilities of a process, as bits."""
    return int(status_of(pid).partition("CapPrm:\t")[2].split()[0], 16)


@pytest.fixture
def stranger() -> Iterator[int]:
    """The id of a living process that is no database."""
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was made and stopped once; tests take copies."""
    folder = tmp_path_factory.mktemp("made") / "pg"
    open_cluster(folder, settings=FAST).stop()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A stopped cluster of the test's own."""
    copy = copied(made, tmp_path / "pg")
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


async def test_starts_attaches_and_stops(folder: Path) -> None:
    with open_cluster(folder, settings=FAST) as first:
        second = open_cluster(folder)
        assert (first.owned, second.owned) == (True, False)
        assert await ask(second.dsn, "select current_user") == "openward"
        second.stop()
        assert first.alive()
        assert second.alive()
        assert not second.watch(0.1)
    assert not first.alive()
    assert second.watch(5)


async def test_the_application_is_no_superuser_and_data_is_utf8_with_checksums(folder: Path) -> None:
    with open_cluster(folder, settings=FAST) as cluster:
        assert await ask(cluster.dsn, "select rolsuper from pg_roles where rolname = current_user") is False
        assert await ask(cluster.dsn, "show server_encoding") == "UTF8"
        assert await ask(cluster.dsn, "show data_checksums") == "on"
        assert await ask(cluster.dsn, "select upper('é')") == "É"
        assert await ask(cluster.dsn, "show listen_addresses") == ""
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(cluster.dsn, password="wrong")
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(cluster.dsn, user="postgres", password="")


async def test_failing_statements_leave_no_values_in_the_log(folder: Path) -> None:
    with open_cluster(folder, settings=FAST) as cluster:
        connection = await asyncpg.connect(cluster.dsn)
        await connection.execute("create table t (name text primary key)")
        await connection.execute("insert into t values ('Erika Mustermann')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("insert into t values ($1)", "Erika Mustermann")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.execute("select 'Erika Mustermann'::text::uuid")
        await connection.close()
    log = (folder / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "Mustermann" not in log


async def test_of_several_openers_one_starts_the_server(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    openers = [an_opener(fresh) for _ in range(3)]
    try:
        answers = [told(opener) for opener in openers]
        assert sorted(owned for owned, _, _ in answers) == [False, False, True]
        assert len({dsn for _, _, dsn in answers}) == 1
    finally:
        for opener in openers:
            opener.communicate()


async def test_sigkill_of_the_server_keeps_every_committed_row(folder: Path) -> None:
    cluster = open_cluster(folder, settings={**FAST, "fsync": "on"})
    await ask(cluster.dsn, "create table kept (n int primary key)")
    assert cluster.server is not None
    threading.Timer(0.4, cluster.server.process.send_signal, [signal.SIGKILL]).start()
    acknowledged = 0
    connection = await asyncpg.connect(cluster.dsn)
    with contextlib.suppress(*CUT_OFF):
        while acknowledged < 1_000_000:
            await connection.execute("insert into kept values ($1)", acknowledged)
            acknowledged += 1
    connection.terminate()
    assert acknowledged > 20
    assert cluster.watch(5)
    with open_cluster(folder, settings=FAST) as again:
        assert again.owned
        count = await ask(again.dsn, "select count(*) from kept")
        assert count in (acknowledged, acknowledged + 1)


async def test_sigkill_of_the_supervisor_ends_the_server_or_leaves_it_to_the_next(folder: Path) -> None:
    opener = an_opener(folder)
    owned, pid, _ = told(opener)
    assert owned
    opener.kill()
    opener.communicate()
    with open_cluster(folder, settings=FAST) as cluster:
        assert await ask(cluster.dsn, "select 1") == 1
        assert cluster.owned
    assert gone(pid)


async def test_busy_orphans_of_a_killed_server_are_ended(folder: Path) -> None:
    opener = an_opener(folder)
    _, pid, dsn = told(opener)
    connection = await asyncpg.connect(dsn)
    # A query that never looks up: the backend does not notice that its server died.
    busy = asyncio.create_task(connection.execute("select count(*) from generate_series(1, 10000000000)"))
    await asyncio.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    opener.kill()
    opener.communicate()
    cluster = await asyncio.to_thread(open_cluster, folder, settings=FAST)
    assert cluster.owned
    with pytest.raises(CUT_OFF):
        await busy
    cluster.stop()


async def test_a_pid_that_now_belongs_to_another_program_is_no_server(folder: Path, stranger: int) -> None:
    lines = [str(stranger), str(folder / "pgdata"), "1700000000", "5432", "", "", "1 1", "ready"]
    (folder / "pgdata" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with open_cluster(folder, settings=FAST) as cluster:
        assert cluster.owned


async def test_the_opening_thread_may_end_before_the_server(folder: Path) -> None:
    opened = []
    thread = threading.Thread(target=lambda: opened.append(open_cluster(folder, settings=FAST)))
    thread.start()
    thread.join()
    assert not opened[0].watch(0.3)
    opened[0].stop()


async def test_a_long_path_gets_its_socket_elsewhere(made: Path, tmp_path: Path) -> None:
    far = tmp_path / ("a" * 90) / "pg"
    far.parent.mkdir()
    copied(made, far)
    for _ in range(2):
        with open_cluster(far, settings=FAST) as cluster:
            assert await ask(open_cluster(far).dsn, "select 1") == 1
        socket_dir = Layout(far).socket_dir()
        assert not socket_dir.is_relative_to(far)
        assert socket_dir.stat().st_mode & 0o777 == 0o700
    socket_dir.rmdir()
    assert cluster.owned


async def test_a_lost_password_is_renewed(folder: Path) -> None:
    (folder / "password").unlink()
    with open_cluster(folder, settings=FAST) as cluster:
        assert await ask(cluster.dsn, "select 1") == 1
    assert (folder / "password").stat().st_mode & 0o777 == 0o600


async def test_an_interrupted_creation_begins_again(tmp_path: Path) -> None:
    half = tmp_path / "pg" / "pgdata.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with open_cluster(tmp_path / "pg", settings=FAST) as cluster:
        assert await ask(cluster.dsn, "select 1") == 1


async def test_another_major_version_is_refused_with_advice(folder: Path) -> None:
    (folder / "pgdata" / "PG_VERSION").write_text("13\n")
    with pytest.raises(ClusterError, match=r"made by PostgreSQL 13.*bin folder of PostgreSQL 13"):
        open_cluster(folder, settings=FAST)


async def test_a_setting_that_cannot_be_says_why(folder: Path) -> None:
    with pytest.raises(ClusterError, match="shared_buffers"):
        open_cluster(folder, settings={"shared_buffers": "many"})
    with open_cluster(folder, settings=FAST) as cluster:
        assert cluster.alive()


async def test_a_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="no program postgres"):
        open_cluster(tmp_path / "pg", bin_dir=tmp_path)


NOBODY = 65534


def reachable_interpreter() -> str | None:
    """A Python that an ordinary user can run; the one of the tests may lie in a home folder."""
    for program in (sys.executable, "/usr/bin/python3"):
        try:
            check = [program, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
            if subprocess.run(check, user=NOBODY, group=NOBODY, extra_groups=[], check=False).returncode == 0:
                return program
        except OSError:
            continue
    return None


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every account can reach, unlike those that pytest gives."""
    place = Path(tempfile.mkdtemp(prefix="openward-test-", dir="/var/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes accounts, which only root may")
class TestAsRoot:
    """Root hands the server to an unprivileged account."""

    async def test_below_a_closed_folder_with_modes_unchanged(self, made: Path, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        copied(made, closed / "pg")
        with open_cluster(closed / "pg", settings=FAST) as cluster:
            assert await ask(cluster.dsn, "select 1") == 1
            assert cluster.server is not None
            assert capabilities(cluster.server.process.pid) == 1 << 2, "only CAP_DAC_READ_SEARCH"
            assert "Uid:\t0" not in status_of(cluster.server.process.pid)
        assert closed.stat().st_mode & 0o777 == 0o700

    async def test_reachable_folders_need_no_capability(self, open_place: Path) -> None:
        # Copied, because the packaged programs may themselves lie below a closed folder.
        packaged = find_binaries().folder.parents[1]
        shutil.copytree(packaged, open_place / packaged.name)
        libraries = packaged.with_name(f"{packaged.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, open_place / libraries.name)
        bin_dir = open_place / packaged.name / "pginstall" / "bin"
        with open_cluster(open_place / "pg", bin_dir=bin_dir, settings=FAST) as cluster:
            assert cluster.server is not None
            assert capabilities(cluster.server.process.pid) == 0
            assert "Uid:\t0" not in status_of(cluster.server.process.pid)

    async def test_as_an_ordinary_user(self, open_place: Path) -> None:
        os.chown(open_place, NOBODY, NOBODY)
        interpreter = reachable_interpreter()
        if interpreter is None:
            pytest.skip("no Python that an ordinary user can reach")
        opener = an_opener(open_place / "pg", interpreter, user=NOBODY, group=NOBODY, extra_groups=[])
        owned, pid, dsn = told(opener)
        assert owned
        assert await ask(dsn, "select 1") == 1
        assert f"Uid:\t{NOBODY}" in status_of(pid)
        opener.communicate()
        assert gone(pid)

    async def test_without_the_capability_it_says_what_to_do(self, made: Path, tmp_path: Path) -> None:
        without = "-dac_read_search,-dac_override"
        command = ["setpriv", "--bounding-set", without, "--inh-caps", without, sys.executable]
        done = run(*command, "-c", OPENER, str(copied(made, tmp_path / "pg")))
        assert "ClusterError" in done.stderr
        assert "CAP_DAC_READ_SEARCH" in done.stderr

    async def test_the_launcher_refuses_what_its_account_cannot_reach(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        without = "-dac_read_search,-dac_override"
        command = launch_command(Account(NOBODY, NOBODY, is_other=True), [closed], ["/bin/true"])
        assert run(*command).returncode == 0
        done = run("setpriv", "--bounding-set", without, "--inh-caps", without, *command)
        assert done.returncode == UNREACHABLE
        assert str(closed) in done.stderr

    async def test_somebody_elses_folder_is_refused_in_words(self, open_place: Path) -> None:
        interpreter = reachable_interpreter()
        if interpreter is None:
            pytest.skip("no Python that an ordinary user can reach")
        (open_place / "pg").mkdir(mode=0o711)
        done = run(interpreter, "-c", OPENER, str(open_place / "pg"), user=NOBODY, group=NOBODY, extra_groups=[])
        assert "may not use" in done.stderr
        assert "ClusterError" in done.stderr

    async def test_data_restored_as_root_is_handed_over(self, folder: Path) -> None:
        give_tree(Account(0, 0, is_other=True), folder)
        with open_cluster(folder, settings=FAST) as cluster:
            assert await ask(cluster.dsn, "select 1") == 1
