"""The process tree of a running server: one supervisor, its database, API processes and job workers."""

from openward.cli.tree.database import Database, opened
from openward.cli.tree.listen import Listener, listen
from openward.cli.tree.supervise import Tree

__all__ = ["Database", "Listener", "Tree", "listen", "opened"]
