"""How a person stands with each partner: what he is asked for, what is connected, what is broken."""

from dataclasses import dataclass
from datetime import datetime

from openward.care import audit, patients
from openward.care.connections import store
from openward.care.connections.model import DataSource, SourceState
from openward.care.connections.partners import known_partners, partners
from openward.care.connections.requests import title_of
from openward.care.patients import EntryState
from openward.care.work import OrganizationKey, PersonKey, Work

_WAITING = {EntryState.PENDING, EntryState.PENDING_RECONNECT, EntryState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Ask:
    """An organization asked the person to connect; `until` None: for ever, `has_ended`: the mailed link is dead."""

    organization: OrganizationKey
    until: datetime | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One partner: `state` None means never connected and never asked; `source` is the one that counts, if any.

    can_connect: whether the partner is set up here; ends_at_partner_only: only there can the person let go of it;
    brings: what comes from there, "" for a partner that this program does not know.
    """

    provider: str
    title: str
    can_connect: bool
    state: EntryState | None
    source: DataSource | None
    asks: tuple[Ask, ...]
    ends_at_partner_only: bool = False
    brings: str = ""


async def standings(work: Work, person: PersonKey) -> list[Standing]:
    """Every partner that is set up or that the person has to do with, by title; for the person himself."""
    audit.note(work, "read", "data-source", person)
    ready = {one.name: one.policy for one in await partners(work)}
    sources: dict[str, DataSource] = {}
    # Of several the live one counts; without one, the newest.
    for one in sorted(await store.list_of(work, person, {}), key=lambda one: one.state is SourceState.DISCONNECTED):
        sources.setdefault(one.provider_name, one)
    known = known_partners(work)
    asks: dict[str, list[Ask]] = {}
    for place in await patients.peek_all(work, person):
        for entry in (place.data_sources or ()) if place.is_active else ():
            state = patients.entry_state(entry, work.now)
            if state in _WAITING:
                ask = Ask(place.organization, entry.expires_at, state is EntryState.EXPIRED)
                asks.setdefault(entry.provider, []).append(ask)
    found = [
        Standing(
            provider=name,
            title=title_of(work, name),
            can_connect=name in ready,
            state=_state(sources.get(name), asks.get(name, [])),
            source=sources.get(name),
            asks=tuple(asks.get(name, [])),
            ends_at_partner_only=name in ready and ready[name].ends_at_partner_only,
            brings=known[name].brings if name in known else "",
        )
        for name in ready.keys() | sources.keys() | asks.keys()
    ]
    return sorted(found, key=lambda one: (one.title.casefold(), one.provider))


def _state(source: DataSource | None, asks: list[Ask]) -> EntryState | None:
    """What works or is broken counts more than what is asked for, and a question that holds more than an old one."""
    if source is not None and source.state is not SourceState.DISCONNECTED:
        return EntryState(source.state.value)
    if any(not ask.has_ended for ask in asks):
        return EntryState.PENDING if source is None else EntryState.PENDING_RECONNECT
    if asks:
        return EntryState.EXPIRED
    return None if source is None else EntryState.DISCONNECTED
