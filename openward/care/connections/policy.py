"""What a partner cloud permits, as data: pace, pauses, spans, addresses; checked before anything is asked of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from openward.care.errors import Fault, Invalid

_ZONES = frozenset(available_timezones())
_DAY_MINUTES = 1440
_PAUSE_ZONE = "America/Los_Angeles"  # Tidepool: where nothing else is said
_LARGEST = 1e7  # of any number: in minutes 19 years, in days as many as a moment can hold
_MOST_RETRIES = 4
# One or more steps below the partner's address, none of them empty or dots; a question mark is ours to add.
_PATH = re.compile(r"(/(?!\.{0,2}(/|$))[\w.~!$&'()*+,;=:@%-]+)+/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pause:
    """No requests between `start` and `end` on the clock of a time zone; it may pass midnight."""

    start: time
    end: time
    timezone: str

    def ends_at(self, at: datetime) -> datetime | None:
        """The end of the pause that holds at this moment, in UTC; None outside of it."""
        zone = ZoneInfo(self.timezone)
        local = at.astimezone(zone)
        for day in (local.date() - timedelta(days=1), local.date()):
            last = day if self.start < self.end else day + timedelta(days=1)
            begins = datetime.combine(day, self.start, zone).astimezone(UTC)
            ends = datetime.combine(last, self.end, zone).astimezone(UTC)
            if begins <= at < ends:
                return ends
        return None


@dataclass(frozen=True, slots=True)
class Policy:
    """The agreement with one partner. Every duration may be a fraction.

    interval_minutes: the next fetch starts a random time from this range after the last; requests_per_minute: over all
    workers together (None: no limit); batch_days: how much one request may span; overlap_minutes: how far each fetch
    looks back for what a device delivers late; backfill_days: how far back the first fetch goes (None: all there is);
    access_token_minutes, refresh_token_days: lifetimes that the partner announces where its answers do not;
    regions: countries (ISO 3166) that the partner serves, empty for all; page_size: records a page, where it has pages;
    accept_url: a page of ours where people agree before they go to the partner or let go of it (a path or an address);
    cookie_disabled: the link itself is the state, for partners whose app and browser do not share cookies;
    ends_at_partner_only: people may not disconnect here, only there.
    """

    interval_minutes: tuple[float, float]
    login_path: str
    token_path: str
    revoke_path: str | None = None
    pause: Pause | None = None
    requests_per_minute: float | None = None
    batch_days: float = 30
    overlap_minutes: float = _DAY_MINUTES
    backfill_days: float | None = None
    access_token_minutes: float | None = None
    refresh_token_days: float | None = None
    page_size: int | None = None
    regions: tuple[str, ...] = ()
    accept_url: str | None = None
    cookie_disabled: bool = False
    ends_at_partner_only: bool = False

    def next_fetch(self, now: datetime, share: float) -> datetime:
        """When to fetch again; `share` in [0, 1) says where in the interval. Never in a pause, but spread after it."""
        low, high = self.interval_minutes
        due = now + timedelta(minutes=low + (high - low) * share)
        return self.after_pause(due, share)

    def after_pause(self, due: datetime, share: float) -> datetime:
        """The moment itself, or one after the pause that holds then, spread over the width of the interval."""
        ends = self.pause.ends_at(due) if self.pause else None
        if ends is None:
            return due
        low, high = self.interval_minutes
        return ends + timedelta(minutes=(high - low) * share)

    def retry(self, now: datetime, failures: int, share: float) -> datetime | None:
        """When to try again after so many refusals of our token in a row; None when it is time to stop."""
        if failures > _MOST_RETRIES:
            return None
        low, high = self.interval_minutes
        wait = high * 2 ** (failures - 1) + (high - low) * (share - 0.5)
        return self.after_pause(now + timedelta(minutes=max(wait, 0)), share)


def overridden(policy: Policy, changes: Mapping[str, Any] | None) -> Policy:
    """The partner's own policy with some values replaced, as an operator writes them; `Invalid` with every fault."""
    changes = dict(changes or {})
    if "pause" in changes:
        changes["pause"] = _pause(changes["pause"], policy.pause)
    unknown = changes.keys() - {field.name for field in fields(Policy)}
    if unknown:
        raise Invalid([Fault("unknown", f"/{name}", "not part of a policy") for name in sorted(unknown)])
    try:
        given = msgspec.to_builtins(changes | {"pause": None})
        typed = msgspec.convert(_as_builtins(policy) | given, Policy)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None
    changed = replace(typed, pause=changes.get("pause", policy.pause))
    faults = contradictions(changed)
    if faults:
        raise Invalid(faults)
    return changed


def _as_builtins(policy: Policy) -> dict[str, Any]:
    return {field.name: getattr(policy, field.name) for field in fields(Policy)} | {"pause": None}


def _pause(given: Any, own: Pause | None) -> Pause | None:
    """The pause as written; without a zone it keeps to that of the partner's own."""
    if given is None:
        return None
    try:
        start, end = time.fromisoformat(given["from"]), time.fromisoformat(given["to"])
        zone = given.get("timezone") or (own.timezone if own else _PAUSE_ZONE)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Invalid([Fault("invalid", "/pause", "from and to are times such as 02:45, with a timezone")]) from None
    if not isinstance(zone, str) or zone not in _ZONES:
        raise Invalid([Fault("invalid", "/pause/timezone", "not a known time zone")])
    return Pause(start, end, zone)


def contradictions(policy: Policy) -> list[Fault]:
    """What cannot be true at once, each with its place."""
    low, high = policy.interval_minutes
    faults = []
    if not 0 < low <= high <= _LARGEST:
        faults.append(Fault("invalid", "/interval_minutes", "two numbers above 0, the smaller first"))
    if policy.pause and policy.pause.start == policy.pause.end:
        faults.append(Fault("invalid", "/pause", "a pause that ends when it begins would never end"))
    for name in ("requests_per_minute", "batch_days", "backfill_days", "page_size", "access_token_minutes"):
        value = getattr(policy, name)
        if value is not None and not 0 < value <= _LARGEST:
            faults.append(Fault("invalid", f"/{name}", "above 0 and no more than ten millions"))
    if not 0 <= policy.overlap_minutes <= _LARGEST:
        faults.append(Fault("invalid", "/overlap_minutes", "not below 0, and no more than ten millions"))
    if policy.overlap_minutes >= policy.batch_days * _DAY_MINUTES:
        faults.append(Fault("invalid", "/overlap_minutes", "shorter than a batch, or no fetch would get ahead"))
    if policy.refresh_token_days is not None and policy.refresh_token_days * _DAY_MINUTES <= high:
        faults.append(Fault("invalid", "/refresh_token_days", "longer than the interval, or every token would expire"))
    for name in ("login_path", "token_path", "revoke_path"):
        path = getattr(policy, name)
        if path is not None and not _PATH.fullmatch(path):
            faults.append(Fault("invalid", f"/{name}", "begins with a slash and is a path such as /oauth/token"))
    page = policy.accept_url
    if page is not None and not re.fullmatch(r"(/(?!/)|https?://[^/?#\\])[^\s\\]*", page):
        faults.append(Fault("invalid", "/accept_url", "a path of this server, or an address that begins with https://"))
    return faults
