"""Turning a template and values into a page, with the headers that every page carries."""

import functools
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from openward.care import reports
from openward.gateway.wiring import Reply
from openward.wire.web.words import day

HERE = Path(__file__).parent

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["asset"] = asset
    made.filters["day"] = _day
    made.filters["moment"] = _moment
    return made


@functools.cache
def static_files() -> dict[str, bytes]:
    """All static files by name, among them the sheet of the charts, which the chart room writes."""
    files = {path.name: path.read_bytes() for path in (HERE / "static").iterdir() if path.is_file()}
    return files | {"charts.css": reports.page_stylesheet().encode()}


@functools.cache
def asset(name: str) -> str:
    """The address of a static file with a mark of its content, so that it may be kept for ever."""
    mark = hashlib.sha256(static_files()[name]).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


def _day(value: date | datetime | None) -> str:
    return day(value) if value else "unknown"


def _moment(value: datetime | None) -> str:
    return f"{value.day} {value:%b %Y, %H:%M} {value.tzname()}" if value else "–"


def render_template(name: str, values: Mapping[str, Any], *, status: int = 200) -> Reply:
    """The page as an answer. `viewer` (None when nobody is signed in) is what the head of each page shows."""
    html = _environment().get_template(name).render({"viewer": None, "form_token": "", **values})
    return Reply(status, html.encode(), "text/html", dict(_HEADERS))


def redirect(target: str) -> Reply:
    """Send the browser on, after a form was taken."""
    return Reply(303, b"", "", {"location": target})
