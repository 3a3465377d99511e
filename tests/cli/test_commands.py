"""Every command explains itself, ends with the right code, and says what to do next."""

import asyncio
import csv
import gzip
import io
import json
import os
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from openward.cli import main
from openward.cli.demo.recordings import SAMPLES
from tests.cli.running import call, openward
from tests.conftest import with_database

COMMANDS = [
    "demo",
    "serve",
    "work",
    "migrate",
    "provision",
    "openapi",
    "doctor",
    "import",
    "export",
    "simulate",
    "bench",
]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_with_examples(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert f"openward {name}" in shown.output.partition("Examples:")[2]


def test_the_list_names_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert all(f"\n  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["serve", "--port", "99999"], 2, "--port"),
        (["provision", "/nowhere/file.yaml"], 2, "cannot be read"),
        (["simulate", "redox", "--tell", "http://127.0.0.1:1"], 2, "belong together"),
        (["simulate", "people", "--timezone", "Mars/Base"], 2, "no such time zone"),
        (["export", "--format", "xlsx"], 2, "needs a file"),
        (["export"], 2, "Say who you are"),
        (["export", "--email", "a@b.org", "--password", "x", "--server", "http://127.0.0.1:9"], 1, "does not answer"),
        (["bench", "nonsense"], 2, "there is no scenario"),
        (["migrate", "--database-url", "postgresql://nobody:x@127.0.0.1:9/x"], 1, "cannot be reached"),
    ],
)
def test_codes_and_advice(words: list[str], code: int, said: str) -> None:
    done = CliRunner().invoke(main, words, env={"OPENWARD_SERVICE_SECRET": "", "OPENWARD_EMAIL": ""})
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["serve", "--data-dir", str(tmp_path)], env={"OPENWARD_POOL_SIZE": "many"})
    assert done.exit_code == 2
    assert "pool_size: 'many' is not a whole number" in done.output


def test_openapi_prints_what_is_served() -> None:
    document = json.loads(CliRunner().invoke(main, ["openapi", "tidepool"]).output)
    assert document["openapi"] == "3.1.0"
    assert "/v1/clinics/{clinicId}/patients" in document["paths"]


def test_simulated_people_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        words = ["simulate", "people", "--count", "2", "--days", "3", "--seed", "5", "-o", str(tmp_path / name)]
        assert CliRunner().invoke(main, words).exit_code == 0
    one, two = (list(csv.reader(io.StringIO((tmp_path / name).read_text()))) for name in ("one.csv", "two.csv"))
    assert one[:500] == two[:500]
    assert {row[0] for row in one[1:]} == {"Simulated-5", "Simulated-6"}
    assert len(one) > 2 * 3 * 288


def test_doctor_and_migrate_on_a_database(cluster_dsn: str, tmp_path: Path) -> None:
    # The tests' own server, an empty database of it.
    name = f"openward_doctor_{os.getpid()}"
    asyncio.run(_make_database(cluster_dsn, name))
    dsn = with_database(cluster_dsn, name)
    words = ["--data-dir", str(tmp_path / "data"), "--database-url", dsn]
    early = openward("migrate", "--check", *words, check=False)
    assert (early.returncode, "migrations are missing" in early.stderr) == (1, True)
    assert "applied 0001" in openward("migrate", *words).stdout
    checked = openward("migrate", "--check", *words)
    assert checked.stdout == "up to date\n"
    looked = openward("doctor", *words)
    assert "answers" in looked.stdout
    assert "up to date" in looked.stdout
    assert "bad" not in looked.stdout
    (tmp_path / "data" / "keys").mkdir(exist_ok=True)
    (tmp_path / "data" / "keys" / "open.json").touch(0o644)
    worse = openward("doctor", *words, check=False)
    assert worse.returncode == 1
    assert "chmod 600" in worse.stdout


async def _make_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'create database "{name}"')
    await connection.close()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_export_of_a_device_goes_in_once_and_comes_out_again(live_server: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = live_server
    account = {"username": "clarity@example.org", "emails": ["clarity@example.org"], "password": "Correct-horse-7"}
    status, made = call(f"{url}/auth/user", "POST", account)
    assert status == 201
    who = ["--server", url, "--service-secret", "test-service-secret", "--user", made["userid"]]
    file = tmp_path / "clarity.csv"
    file.write_bytes(gzip.decompress((SAMPLES / "clarity_export.csv.gz").read_bytes()))
    for _ in range(2):
        openward("import", str(file), "--timezone", "America/New_York", *who)
    for form in ("json", "csv", "xlsx"):
        openward("export", *who, "--units", "mg/dL", "-o", str(tmp_path / f"out.{form}"))
    readings = [datum for datum in json.loads((tmp_path / "out.json").read_text()) if datum["type"] == "cbg"]
    assert len(readings) == 2148
    with (tmp_path / "out.csv").open(newline="") as rows:
        table = list(csv.DictReader(rows))
    assert len(table) == 2148
    assert (table[0]["time"], float(table[0]["value"])) == ("2016-10-24T15:24:17Z", 103)
    assert (tmp_path / "out.xlsx").read_bytes()[:2] == b"PK"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("words", [["merge", "a", "b", "--dry-run"], ["migrations", "a"]], ids=["merge", "migrations"])
def test_a_mistyped_folder_is_refused_and_not_made(words: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    done = CliRunner().invoke(main, [*words, "--data-dir", str(folder)])
    assert done.exit_code == 2
    assert "holds no installation" in done.output
    assert not folder.exists()
