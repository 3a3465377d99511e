"""`openward merge` and `openward migrations` as an operator runs them, on an installation of their own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from openward.infra.postgres import open_cluster
from tests.cli.running import openward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

CLINICS = {
    "users": [{"email": "ana@example.org", "password": "choose-a-good-1", "name": "Ana Ruiz", "roles": ["clinic"]}],
    "organizations": [
        {
            "key": key,
            "name": name,
            "timezone": zone,
            "members": [{"email": "ana@example.org", "roles": ["CLINIC_ADMIN"]}],
            "tags": ["Pump"],
        }
        for key, name, zone in (
            ("willow", "Willow Clinic", "America/New_York"),
            ("oak", "Oak Clinic", "America/New_York"),
            ("elm", "Elm Clinic", "Europe/Berlin"),
        )
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """An installation with three clinics, its database running; and the share codes by key."""
    home = tmp_path_factory.mktemp("merging")
    data_dir, file = home / "data", home / "clinics.yaml"
    file.write_text(yaml.safe_dump(CLINICS), "utf-8")
    said = json.loads(openward("provision", str(file), "--data-dir", str(data_dir)).stdout)
    codes = {one["key"]: one.get("share_code") or one["shareCode"] for one in said["organizations"]}
    cluster = open_cluster(data_dir / "postgres")
    yield data_dir, codes
    cluster.stop()


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return openward(*words, "--data-dir", str(folder), check=False)


def test_the_way_to_a_merge(folder: tuple[Path, dict[str, str]]) -> None:
    data_dir, codes = folder
    refused = run(data_dir, "merge", "willow", "elm", "--yes")
    assert refused.returncode == 1
    assert "In the way: Time zone differs" in refused.stdout
    assert "nothing was changed" in refused.stderr
    shown = run(data_dir, "merge", "willow", "oak", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    for words in ("Oak Clinic -> Willow Clinic", "Pump", "SKIP", "Ana Ruiz"):
        assert words in shown.stdout
    silent = run(data_dir, "merge", "willow", "oak")
    assert silent.returncode == 2
    assert "--dry-run" in silent.stderr
    for wrong in (("willow", "nothing"), ("willow", "willow"), ("willow", codes["willow"])):
        assert run(data_dir, "merge", *wrong, "--yes").returncode == 2
    done = run(data_dir, "merge", codes["willow"], "oak", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Oak Clinic is now part of Willow Clinic." in done.stdout
    again = run(data_dir, "merge", "willow", "oak", "--yes")
    assert again.returncode == 2
    # The old share code names the clinic that took the other up.
    assert run(data_dir, "merge", "willow", codes["oak"], "--yes").returncode == 2


def test_migrations_are_shown(folder: tuple[Path, dict[str, str]]) -> None:
    data_dir, _ = folder
    shown = run(data_dir, "migrations", "elm")
    assert (shown.returncode, shown.stdout) == (0, "no account moves into this clinic\n")
    assert run(data_dir, "migrations", "elm", "--retry", "0123456789").returncode == 2
    assert run(data_dir, "migrations", "nothing").returncode == 2


def test_help_teaches() -> None:
    for command, words in (("merge", ("--dry-run", "no way back")), ("migrations", ("--retry", "refused"))):
        text = " ".join(openward(command, "--help").stdout.split())
        for word in words:
            assert word in text
