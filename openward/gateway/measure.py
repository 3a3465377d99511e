"""Figures for Prometheus: requests, jobs and their times; labels are routes, never paths, so no id gets in.

The processes of a tree write their figures to files of one folder, so that whichever answers tells of all of them.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter("openward_requests_total", "Requests answered", ["wire", "method", "route", "status"])
REQUEST_SECONDS = Histogram("openward_request_seconds", "Time to the first byte of the answer", ["wire"])
JOBS = Counter("openward_jobs_total", "Jobs run", ["job", "outcome"])
JOB_SECONDS = Histogram("openward_job_seconds", "Time a job ran", ["job"])
JOBS_WAITING = Gauge("openward_jobs_waiting", "Jobs in the queue", ["job"], multiprocess_mode="mostrecent")


def exposition() -> bytes:
    """All figures in the text format, of every process of the tree when there is one."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # published without types
    return generate_latest(registry)
