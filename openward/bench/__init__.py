"""Speed and size as ratios inside one run: each figure stands beside a limit that was measured minutes earlier.

Absolute speeds on shared machines move by a factor of two; a ratio to raw COPY, to the best SQL or to a plain dump does
not. `openward bench` prints one table; `--write FILE` keeps it.
"""

from openward.bench.run import SCENARIOS, run

__all__ = ["SCENARIOS", "run"]
