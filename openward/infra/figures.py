"""Where the processes of one tree keep the figures that `/metrics` shows.

The library that counts looks for the name of the folder when it is imported, so this comes before the parts that count.
"""

import os
import shutil
from pathlib import Path

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_figures(data_dir: Path) -> None:
    """From now on this process and all that it forks count in one folder, new for each run."""
    folder = data_dir / "run" / f"figures-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[SHARED_FOLDER] = str(folder)


def forget_figures() -> None:
    """Take the folder away again, when the processes are gone."""
    if folder := os.environ.pop(SHARED_FOLDER, ""):
        shutil.rmtree(folder, ignore_errors=True)
