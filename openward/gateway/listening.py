"""Whether the listener for HL7 messages runs: it holds a lock on a file, which the kernel lets go when it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _place(data_dir: Path, port: int) -> Path:
    return data_dir / "run" / f"mllp-{port}.lock"


class Listening:
    """The sign that one process of this folder listens on a port."""

    @staticmethod
    @contextmanager
    def begin(data_dir: Path, port: int) -> Iterator[None]:
        """Show it while the block runs."""
        place = _place(data_dir, port)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    @staticmethod
    def is_shown(data_dir: Path, port: int) -> bool:
        """Whether some process shows it."""
        try:
            with _place(data_dir, port).open("r") as asked:
                fcntl.flock(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
