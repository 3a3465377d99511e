"""Log lines are JSON and hold nothing that was not allowed."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from openward.infra.logs import get_log, set_up_logs, traced


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logs("info", stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_only_allowed_fields_are_written(stream: io.StringIO) -> None:
    with traced("t-1", route="GET /v1/patients"):
        get_log("gateway").info("request", status=200, name="Erika", glucose=5.5, count={"mrn": "1"}, method="G" * 999)
    get_log("gateway").debug("not at this level")
    (line,) = lines(stream)
    assert line["event"] == "request"
    assert (line["trace"], line["route"], line["status"], line["level"]) == ("t-1", "GET /v1/patients", 200, "info")
    assert line["dropped"] == ["glucose", "name"]
    assert line["count"] == "dict"
    assert len(line["method"]) == 301
    assert line["time"].endswith("Z")
    assert "Erika" not in stream.getvalue()


def test_exceptions_show_their_way_and_not_their_message(stream: io.StringIO) -> None:
    try:
        int("Erika")
    except ValueError:
        get_log("x").exception("failed")
    (line,) = lines(stream)
    assert line["error"] == "builtins.ValueError"
    assert "test_exceptions_show" in line["traceback"][-1]
    assert "Erika" not in stream.getvalue()


def test_libraries_are_heard_without_their_arguments(stream: io.StringIO) -> None:
    library = logging.getLogger("some.library")
    library.warning("patient %s has 100%% and\nmore", "Erika")
    library.info("ready")
    library.debug("unheard")
    try:
        raise KeyError("Erika")
    except KeyError:
        library.error("broken", exc_info=sys.exc_info())
    first, second, third = lines(stream)
    assert (first["event"], first["level"], first["source"]) == ("patient %s has 100%% and", "warning", "some.library")
    assert second["event"] == "ready"
    assert third["error"] == "builtins.KeyError"
    assert "Erika" not in stream.getvalue()


def test_unwritable_text_is_no_reason_to_fail(stream: io.StringIO) -> None:
    get_log("x").info("odd", route="\ud800\nnext")
    (line,) = lines(stream)
    assert line["route"] == "?\nnext"
