"""What the embedded server is told at its start: durable, private, and fit for a small machine."""

import os
from collections.abc import Mapping
from pathlib import Path

MIB = 1024 * 1024


def machine_memory_bytes() -> int:
    """The memory this process may use: the machine's, or the container's limit if that is smaller."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return memory
    return min(memory, int(limit)) if limit.isdigit() else memory


def server_settings(socket_dir: Path, cluster_name: str, changes: Mapping[str, str]) -> dict[str, str]:
    """All settings of one server; `changes` win, except over those that keep it private."""
    memory = machine_memory_bytes()
    return {
        # A small machine with one database: enough cache of its own, the rest left to the operating system's.
        "shared_buffers": f"{max(32, min(256, memory // 8 // MIB))}MB",
        "effective_cache_size": f"{max(128, memory // 2 // MIB)}MB",
        "max_connections": "200",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "jit": "off",
        # What was acknowledged stays, whatever happens to the machine.
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        # Values in our tables are health data, and error messages, statements and parameters quote them; so the log
        # says only what happens to the server: "log" ranks above "error" there, so no failed statement is told at all.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_min_messages": "log",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_line_prefix": "%m [%p] ",
        "lc_messages": "C",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **changes,
        "password_encryption": "scram-sha-256",
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "port": "5432",
        "logging_collector": "off",
        "log_destination": "stderr",
        "cluster_name": cluster_name,
    }
