"""How much of a long story is told: little of it with everything else, all of it when somebody asks."""

import os

IS_LONG = bool(os.environ.get("OPENWARD_LONG_TESTS"))


def scaled(short: int, long: int) -> int:
    """The first, or the second where `OPENWARD_LONG_TESTS` is set."""
    return long if IS_LONG else short
