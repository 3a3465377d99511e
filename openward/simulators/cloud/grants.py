"""Codes and tokens of one application (RFC 6749, 7636, 7009): codes of one use, refresh tokens that rotate."""

import secrets
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from openward.simulators.cloud.clock import Clock

_ACCESSES: Final = 4


class Denied(Exception):
    """The code or token is not good."""


@dataclass(slots=True)
class Grant:
    """What one consent has brought. `former`: the refresh token before, and until when it is taken once more."""

    person: int
    refresh: str = ""
    former: tuple[str, float] | None = None
    accesses: deque[tuple[str, float]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Tokens:
    """An answer of the token address; `life_s` on the clock of the cloud."""

    person: int
    access: str
    refresh: str
    life_s: float


@dataclass(frozen=True, slots=True)
class _Code:
    person: int
    redirect_uri: str
    challenge: str | None
    until: float


class Grants:
    """Access tokens end by the cloud's clock; codes and the grace by ours, since they bridge the network."""

    def __init__(self, clock: Clock, *, life_s: float = 7200, code_life_s: float = 60, grace_s: float = 60) -> None:
        """life_s: of access tokens; grace_s: how long a replaced refresh token brings its successor again, or 0."""
        self._clock = clock
        self._life_s, self._code_life_s = life_s, code_life_s
        self.grace_s = grace_s
        self._codes: dict[str, _Code] = {}
        self._spent: dict[str, Grant] = {}
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._of_person: dict[int, list[Grant]] = {}

    def code(self, person: int, redirect_uri: str, challenge: str | None) -> str:
        """A code for somebody who has consented."""
        now = time.monotonic()
        self._codes = {code: kept for code, kept in self._codes.items() if kept.until > now}
        made = secrets.token_urlsafe(24)
        self._codes[made] = _Code(person, redirect_uri, challenge, now + self._code_life_s)
        return made

    def redeem(self, code: str, redirect_uri: str, verifier: str | None) -> Tokens:
        """Tokens for a code; a code that comes twice takes back what it brought (RFC 6749, 4.1.2)."""
        if code in self._spent:
            self._end(self._spent.pop(code))
            raise Denied
        kept = self._codes.pop(code, None)
        if kept is None or kept.until < time.monotonic() or kept.redirect_uri != redirect_uri:
            raise Denied
        if kept.challenge is not None and (verifier is None or challenge_of(verifier) != kept.challenge):
            raise Denied
        grant, tokens = self._begin(kept.person)
        self._spent[code] = grant
        return tokens

    def grant(self, person: int) -> Tokens:
        """Tokens as if the person had just consented."""
        return self._begin(person)[1]

    def renew(self, refresh: str) -> Tokens:
        """New tokens for a refresh token, which is of no use afterwards but for the grace."""
        grant = self._by_refresh.get(refresh)
        if grant is None:
            raise Denied
        if refresh != grant.refresh:
            if grant.former is None or grant.former[1] < time.monotonic():
                raise Denied
            return self._tokens(grant)
        if grant.former is not None:
            self._by_refresh.pop(grant.former[0], None)
        grant.former = (refresh, time.monotonic() + self.grace_s) if self.grace_s > 0 else None
        if grant.former is None:
            del self._by_refresh[refresh]
        grant.refresh = secrets.token_urlsafe(32)
        self._by_refresh[grant.refresh] = grant
        return self._tokens(grant)

    def person_of(self, access: str) -> int | None:
        """Whose token this is, while it is good."""
        grant = self._by_access.get(access)
        if grant is None:
            return None
        now = self._clock.seconds()
        return next((grant.person for token, until in grant.accesses if token == access and until > now), None)

    def expire(self, access: str) -> None:
        """Take one access token back."""
        self._by_access.pop(access, None)

    def revoke(self, token: str) -> None:
        """End the grant of a token of either kind (RFC 7009); others are taken without a word."""
        grant = self._by_refresh.get(token) or self._by_access.get(token)
        if grant is not None:
            self._end(grant)

    def revoke_person(self, person: int) -> int:
        """End all that somebody has granted; says how many there were."""
        grants = self._of_person.pop(person, [])
        for grant in list(grants):
            self._end(grant)
        return len(grants)

    def is_granted(self, person: int) -> bool:
        """Whether the application may still see this person's data."""
        return bool(self._of_person.get(person))

    def kept(self) -> list[tuple[int, str]]:
        """Person and refresh token of every consent, for `restore` after a restart."""
        return [(grant.person, grant.refresh) for grants in self._of_person.values() for grant in grants]

    def restore(self, kept: Iterable[tuple[int, str]]) -> None:
        """The consents of an earlier run; their access tokens are gone, their refresh tokens go on."""
        for person, refresh in kept:
            self._add(Grant(person, refresh))

    def _begin(self, person: int) -> tuple[Grant, Tokens]:
        grant = Grant(person, secrets.token_urlsafe(32))
        self._add(grant)
        return grant, self._tokens(grant)

    def _add(self, grant: Grant) -> None:
        self._by_refresh[grant.refresh] = grant
        self._of_person.setdefault(grant.person, []).append(grant)

    def _tokens(self, grant: Grant) -> Tokens:
        access = secrets.token_urlsafe(32)
        grant.accesses.append((access, self._clock.seconds() + self._life_s))
        self._by_access[access] = grant
        while len(grant.accesses) > _ACCESSES:
            self._by_access.pop(grant.accesses.popleft()[0], None)
        return Tokens(grant.person, access, grant.refresh, self._life_s)

    def _end(self, grant: Grant) -> None:
        self._by_refresh.pop(grant.refresh, None)
        if grant.former is not None:
            self._by_refresh.pop(grant.former[0], None)
        for token, _ in grant.accesses:
            self._by_access.pop(token, None)
        others = self._of_person.get(grant.person, [])
        if grant in others:
            others.remove(grant)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
