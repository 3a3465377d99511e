"""Figures for Prometheus: requests, jobs and their times; labels are routes, never paths, so no id gets in."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("openward_requests_total", "Requests answered", ["wire", "method", "route", "status"])
REQUEST_SECONDS = Histogram("openward_request_seconds", "Time to the first byte of the answer", ["wire"])
JOBS = Counter("openward_jobs_total", "Jobs run", ["job", "outcome"])
JOB_SECONDS = Histogram("openward_job_seconds", "Time a job ran", ["job"])
JOBS_WAITING = Gauge("openward_jobs_waiting", "Jobs in the queue", ["job"])
