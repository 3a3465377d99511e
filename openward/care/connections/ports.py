"""What the room needs from a partner's own code: where people log in, how to ask, what the answers mean."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from openward.care.connections.policy import Policy
from openward.care.devicedata import Readings

decode = msgspec.json.Decoder().decode
"""Any JSON as Python values."""


class Refused(Exception):
    """The partner does not take our token any more, not even a fresh one."""


class Failed(Exception):
    """No usable answer this time; `reason` is a short stable word without content, `retry_after_s` what was asked."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class Stopped(Exception):
    """The run has to end at this request and goes on later: a pause began, time is up, or the worker stops."""


class API(Protocol):
    """Calls in one person's name; whoever runs them keeps the pace, renews tokens and knows the pauses."""

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, read: Callable[[bytes], Any] = decode
    ) -> Any:
        """The JSON answer to GET `base_url` + `path`; raises Refused, Failed or Stopped.

        read: what makes something of the answer's bytes; it raises `msgspec.DecodeError` for what is no JSON.
        """
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the last run left off. `memory` is the partner code's own: plain JSON, no health data, no secrets."""

    now: datetime
    since: datetime | None  # everything before was fetched; None before the first run
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stretch of time brought.

    data: in the shape of Tidepool's data model, sorted by time, each with `origin.id`; until: everything before is
    fetched now, so that a later run goes on here; timezone_offset_min: the device's, if known; readings: of sensors, if
    they do not stand among the data; device: the one that was used last, in the names of the data set's fields
    (`deviceId`, `deviceModel`, `deviceManufacturers`, `deviceSerialNumber`), where the partner tells it.
    """

    data: Sequence[Mapping[str, Any]]
    until: datetime
    memory: Mapping[str, Any] = field(default_factory=dict)
    timezone_offset_min: int | None = None
    readings: Readings | None = None
    device: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OAuth:
    """How the partner wants to be asked for consent and tokens (RFC 6749, 7636, 7009)."""

    scopes: tuple[str, ...]
    uses_pkce: bool = True
    has_secret_in_body: bool = True  # or else by HTTP Basic


class Partner(Protocol):
    """One partner: a folder with `policy`, `oauth`, `client` and `translate`."""

    @property
    def name(self) -> str:
        """As providers are named on the wire: `dexcom`."""
        ...

    @property
    def title(self) -> str:
        """As people know it: `Dexcom`."""
        ...

    @property
    def brings(self) -> str:
        """What comes from there, as people read it before they consent: `glucose readings, alarms`."""
        ...

    @property
    def policy(self) -> Policy:
        """The partner's own; an operator may override parts."""
        ...

    @property
    def oauth(self) -> OAuth:
        """How to get tokens."""
        ...

    @property
    def data_set(self) -> Mapping[str, Any]:
        """What the one data set of a source says of itself."""
        ...

    def fetch(self, api: API, policy: Policy, progress: Progress) -> AsyncIterator[Stretch]:
        """All that is new, oldest first, in stretches of at most a batch; each is kept before the next is asked for."""
        ...
