"""Figures for Prometheus: requests, jobs and their times; labels are routes, never paths, so no id gets in.

The processes of a tree write their figures to files of one folder, so that whichever answers tells of all of them.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from openward.infra.figures import SHARED_FOLDER

REQUESTS = Counter("openward_requests_total", "Requests answered", ["wire", "method", "route", "status"])
REQUEST_SECONDS = Histogram("openward_request_seconds", "Time to the first byte of the answer", ["wire"])
JOBS = Counter("openward_jobs_total", "Jobs run", ["job", "outcome"])
JOB_SECONDS = Histogram("openward_job_seconds", "Time a job ran", ["job"])
SOCKETS_OPEN = Gauge("openward_sockets_open", "WebSockets open", ["wire"], multiprocess_mode="livesum")
JOBS_WAITING = Gauge("openward_jobs_waiting", "Jobs in the queue", ["job"], multiprocess_mode="mostrecent")

FETCHES = Counter("openward_fetches_total", "Fetches from partner clouds", ["partner", "ending"])
FETCH_SECONDS = Histogram("openward_fetch_seconds", "Time a fetch ran", ["partner"])
FETCH_LAG_SECONDS = Histogram(
    "openward_fetch_lag_seconds",
    "Time from when a fetch was due to its start",
    ["partner"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900),
)
FETCH_CLAIMS = Counter("openward_fetch_claims_total", "Fetches claimed", ["partner"])
PARTNER_CALLS = Counter("openward_partner_calls_total", "Calls to partner clouds", ["partner", "outcome"])
PARTNER_DATA = Counter("openward_partner_data_total", "Data from partner clouds", ["partner", "outcome"])

DELIVERIES = Counter("openward_deliveries_total", "Attempts to deliver to webhooks", ["outcome"])
DELIVERY_SECONDS = Histogram("openward_delivery_seconds", "Time until a webhook answered")

REPORT_SECONDS = Histogram(
    "openward_report_seconds",
    "Time in which a glucose report was read, computed and set as PDF",
    buckets=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 5, 10),
)
RECORD_MESSAGES = Counter("openward_record_messages_total", "Attempts to send to record systems", ["kind", "outcome"])

FEED_MESSAGES = Counter("openward_feed_messages_total", "HL7 messages answered", ["kind", "state"])
FEED_SECONDS = Histogram("openward_feed_seconds", "Time until an HL7 message was answered")
FEED_CONNECTIONS = Gauge("openward_feed_connections", "Connections of HL7 senders", multiprocess_mode="livesum")


def is_shared() -> bool:
    """Whether this process counts where the others of its tree do; settled when this module is imported."""
    return bool(ValueClass._multiprocess)


def exposition() -> bytes:
    """All figures in the text format, of every process of the tree when there is one."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # published without types
    return generate_latest(registry)
