"""What the demo remembers between two starts: its secret, and whose data are all there."""

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from openward.cli.outcome import Failed
from openward.infra.crypto import new_token

_NAME = "demo.json"


@dataclass(slots=True)
class State:
    """Kept in the data folder; `finished` holds the record numbers of patients whose data were loaded to the end.

    consents: for each partner cloud, person and refresh token of those who have consented there; is_ordered: whether
    the record systems have given their orders.
    """

    folder: Path
    service_secret: str = field(default_factory=lambda: new_token(24))
    finished: list[str] = field(default_factory=list)
    consents: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    is_ordered: bool = False

    @classmethod
    def read(cls, folder: Path) -> "State":
        """The state of this folder; a new one in a new folder. Failed when the folder holds a real installation."""
        place = folder / _NAME
        if place.is_file():
            kept = json.loads(place.read_text("utf-8"))
            return cls(folder, **kept)
        if folder.is_dir() and any(folder.iterdir()):
            raise Failed(f"{folder} holds something that is not the demo. Name another folder with --data-dir.")
        return cls(folder)

    def write(self) -> None:
        """Keep it; a reader sees the old or the new one, never a half."""
        content = {name: value for name, value in asdict(self).items() if name != "folder"}
        fresh = self.folder / f"{_NAME}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        fresh.replace(self.folder / _NAME)


def remove(folder: Path) -> None:
    """Take the demo away; refuses a folder that is not a demo, and one whose database runs."""
    if not folder.exists():
        return
    State.read(folder)
    lock = folder / "postgres" / "run.lock"
    if lock.exists():
        with lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failed("The demo is running. Stop it first (Ctrl-C where it runs), then reset it.") from None
    shutil.rmtree(folder)
