"""Looks at the machine: Python, disk, folders, keys, clock, time zones, mail."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openward.cli.doctor.finding import Finding, bad, good, note
from openward.config import Settings

_LEAST_FREE = 2 << 30
_LOW_FREE = 10 << 30
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


def machine(settings: Settings) -> Iterator[Finding]:
    """Everything that needs no database."""
    yield good("Python", ".".join(map(str, sys.version_info[:3])))
    yield _folder(settings.data_dir)
    yield _disk(settings.data_dir)
    yield _keys(settings.data_dir / "keys")
    yield _writable("files", settings.data_dir / "blobs")
    yield _clock(settings)
    yield _zones()
    yield _mail(settings)
    yield _address(settings)


def _nearest(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        if os.access(_nearest(folder), os.W_OK):
            return note("data folder", f"{folder} is not there yet", "The first start makes it.")
        return bad(
            "data folder", f"{folder} cannot be made", "Choose another --data-dir, or give this account the right."
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return bad("data folder", f"{folder} is closed to this account", "Run as the account that owns it.")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o022:
        return bad("data folder", f"{folder} may be changed by others ({mode:o})", f"chmod go-w {folder}")
    return good("data folder", str(folder))


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    seen = f"{free / (1 << 30):.1f} GiB free"
    if free < _LEAST_FREE:
        return bad("disk", seen, "Make room: a full disk stops the database.")
    return note("disk", seen, "Think of more room soon.") if free < _LOW_FREE else good("disk", seen)


def _keys(place: Path) -> Finding:
    if not place.exists():
        return note("keys", "not made yet", "The first start makes them; keep a copy apart from the database's.")
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    open_ones = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        return bad("keys", f"{open_ones[0]} may be read by others", f"chmod 600 {open_ones[0]}")
    return good("keys", "readable by their owner only")


def _writable(subject: str, folder: Path) -> Finding:
    if not folder.exists():
        return good(subject, "none yet")
    if not os.access(folder, os.W_OK | os.X_OK):
        return bad(subject, f"{folder} cannot be written", "Run as the account that owns it.")
    return good(subject, str(folder))


def _clock(settings: Settings) -> Finding:
    now = datetime.now(UTC)
    if now < _EARLIEST:
        return bad("clock", f"{now:%Y-%m-%d}", "Set the clock; tokens and data carry its time.")
    if settings.clock_offset_seconds:
        return note("clock", f"shifted by {settings.clock_offset_seconds} s", "For rehearsals only.")
    return good("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _zones() -> Finding:
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return bad("time zones", "the time zone database is missing", "pip install tzdata, or apt-get install tzdata")
    return good("time zones", "known")


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return note("mail", f"kept in {settings.outbox}", "Nobody gets mail; set OPENWARD_SMTP_URL to send it.")
    parts = urlsplit(settings.smtp_url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        return bad("mail", "OPENWARD_SMTP_URL is not an address", "smtp://user:password@mail.example.org:587")
    return good("mail", f"sent through {parts.hostname}")


def _address(settings: Settings) -> Finding:
    if not settings.base_url:
        return note("address", f"links point to {settings.public_url}", "Set OPENWARD_BASE_URL to the public address.")
    if not settings.base_url.startswith("https://"):
        return note("address", settings.public_url, "Without https passwords travel in the open; use a reverse proxy.")
    return good("address", settings.public_url)
