"""The embedded PostgreSQL: found, made, started as an unprivileged account, shared between processes, and stopped."""

from openward.infra.postgres.binaries import Binaries, ClusterError, find_binaries
from openward.infra.postgres.cluster import RunningCluster, open_cluster

__all__ = ["Binaries", "ClusterError", "RunningCluster", "find_binaries", "open_cluster"]
