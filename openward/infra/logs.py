"""Write one line: JSON on standard error, holding only fields that cannot carry health data."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

LONGEST_TEXT = 300
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# Whoever adds a name here states that its values never describe a person: no ids of people, no free text, no
# addresses with queries, since secrets travel in those.
ALLOWED = frozenset(
    [
        "event",
        "level",
        "time",
        "source",
        "trace",
        "error",
        "traceback",
        "dropped",
        "method",
        "place",
        "route",
        "status",
        "duration_ms",
        "wire",
        "operation",
        "bytes",
        "count",
        "job",
        "job_id",
        "attempt",
        "queue",
        "delay_s",
        "key_kind",
        "pid",
        "process",
        "port",
        "host",
        "version",
        "folder",
        "file",
        "line",
        "migration",
        "setting",
        "signal",
        "reason_code",
    ]
)


def set_up_logs(level: str = "info", stream: TextIO | None = None) -> None:
    """Send our own lines and those of the standard library's loggers to one stream, from this level on."""
    threshold = LEVELS[level.lower()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _describe_error,
            keep_allowed,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Bridge()], level=max(threshold, logging.INFO), force=True)
    logging.captureWarnings(True)


def get_log(name: str) -> Any:
    """The logger of one module: `log.info("job done", job=name, duration_ms=12)`; the event is a constant text."""
    return structlog.get_logger(source=name)


@contextmanager
def traced(trace: str, **fields: object) -> Iterator[None]:
    """Give every line written inside the trace id, and whatever allowed fields come with it."""
    with structlog.contextvars.bound_contextvars(trace=trace, **fields):
        yield


def keep_allowed(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Drop every field that is not allowed, cut long texts, and name what was dropped so that it gets noticed."""
    kept: EventDict = {name: _plain(value) for name, value in event.items() if name in ALLOWED}
    dropped = sorted(event.keys() - ALLOWED)
    if dropped:
        kept["dropped"] = dropped
    return kept


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    # A record or a collection may hold anything; its type is all that can be told.
    return type(value).__name__


def _describe_error(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it went through: its message may quote a patient's data."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if info is True:
        error = sys.exc_info()[1]
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["traceback"] = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return event


def _as_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    # Lone surrogates cannot be written; a log line is no place to fail.
    clean = {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in event.items()
    }
    return msgspec.json.encode(clean).decode()


class _Bridge(logging.Handler):
    """Takes the lines of libraries. Only the text in their code is written: the arguments may be anybody's data."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on to our own logger."""
        try:
            first_line = str(record.msg).partition("\n")[0]
            level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
            fields = {"file": record.filename, "line": record.lineno, "exc_info": record.exc_info}
            log = structlog.get_logger(source=record.name)
            getattr(log, level if level in LEVELS else "info")(first_line, **fields)
        except Exception:
            # The usual report would print the record with its arguments.
            sys.stderr.write('{"event": "a log line could not be written"}\n')
