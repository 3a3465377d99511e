"""Connections with partner clouds as clinics see them, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from openward.care import connections, patients
from openward.care.patients import Enrolment, EntryState
from openward.care.work import Work
from openward.wire.web.words import ago, day

PARTNERS = {"dexcom": "Dexcom", "abbott": "Abbott (Libre)", "twiist": "twiist"}
STATES = {
    EntryState.CONNECTED: "Connected",
    EntryState.PENDING: "Asked, not connected yet",
    EntryState.PENDING_RECONNECT: "Asked to connect again",
    EntryState.EXPIRED: "Request expired",
    EntryState.ERROR: "Does not work",
    EntryState.DISCONNECTED: "Disconnected",
}
TROUBLE = (EntryState.ERROR, EntryState.EXPIRED, EntryState.DISCONNECTED)
_BRIEF = {
    EntryState.PENDING: "asked",
    EntryState.PENDING_RECONNECT: "asked again",
    EntryState.EXPIRED: "request expired",
    EntryState.ERROR: "does not work",
    EntryState.DISCONNECTED: "disconnected",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One partner of one patient: `words` is the state, `more` says since or until when, `brief` is for a table.

    is_trouble: nothing comes, and nobody was asked about it lately; `was_connected`: a request is for connecting again.
    """

    provider: str
    title: str
    state: str
    words: str
    more: str
    brief: str
    is_trouble: bool
    was_connected: bool


def titles_of(work: Work) -> dict[str, str]:
    """How people know each partner."""
    return {name: code.title for name, code in connections.known_partners(work).items()} | PARTNERS


def entries_of(enrolment: Enrolment, titles: Mapping[str, str], now: datetime) -> list[Entry]:
    """The partners of a patient by title."""
    found = [_entry(one, enrolment, titles, now) for one in enrolment.data_sources or ()]
    return sorted(found, key=lambda one: one.title.casefold())


def _entry(one: patients.DataSource, enrolment: Enrolment, titles: Mapping[str, str], now: datetime) -> Entry:
    state = patients.entry_state(one, now)
    requests = enrolment.connection_requests.get(one.provider, ())
    asked = f"asked on {day(requests[0].at)}" if requests else ""
    last = f"last data {ago(one.latest_data_at, now)}" if one.latest_data_at else ""
    match state:
        case EntryState.CONNECTED:
            more = [last or "no data yet"]
        case EntryState.PENDING | EntryState.PENDING_RECONNECT:
            more = [asked, f"the link is good until {day(one.expires_at)}" if one.expires_at else ""]
        case EntryState.EXPIRED:
            more = [asked, f"the link was good until {day(one.expires_at)}" if one.expires_at else ""]
        case _:
            more = [last]
    return Entry(
        provider=one.provider,
        title=titles.get(one.provider, one.provider),
        state=one.state if state is None else state.value,
        words=one.state if state is None else STATES[state],
        more=", ".join(part for part in more if part),
        brief=_BRIEF.get(state, "") if state else "",
        is_trouble=state in TROUBLE,
        was_connected=one.modified_at is not None,
    )
