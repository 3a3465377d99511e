"""Senders of HL7 version 2 messages in a provisioning file: `hl7v2` of an organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openward.care import visits
from openward.care.ehr import feed
from openward.care.ehr.feed import FeedSettings, Names
from openward.care.errors import Conflict, Invalid
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.shapes import Shape, flag, list_of, record, text

_NAMES = ("sending_application", "sending_facility", "receiving_application", "receiving_facility")
_name = text(longest=255)
_names = list_of(_name, unique=str)


def _table(value: Any, path: str, faults: list[Fault]) -> Any:
    """A mapping from codes of the sender to names of ours."""
    if not isinstance(value, dict) or not all(isinstance(one, str) and one for pair in value.items() for one in pair):
        faults.append(Fault(path, "must be a mapping of texts to texts"))
        return {}
    return value


_WHICH = record({}, {"types": (_names, []), "authorities": (_names, [])})
_FEED = record(
    {"peers": _names},
    dict.fromkeys(_NAMES, (text(longest=255, shortest=0), ""))
    | {
        "enabled": (flag, True),
        "certificates": _names,
        "processing_ids": _names,
        "mrn": _WHICH,
        "hsid": _WHICH,
        "charset": _name,
        "room": _name,
        "rooms": _table,
        "providers": _table,
        "passes_over": _names,
    },
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One sender of the file."""

    names: Names
    settings: FeedSettings
    is_enabled: bool


def _feed(value: Any, path: str, faults: list[Fault]) -> Wanted | None:
    before = len(faults)
    made: Mapping[str, Any] = _FEED(value, path, faults)
    if len(faults) > before:
        return None
    names = Names(*(made[name] for name in _NAMES))
    if not names.sending_application and not names.sending_facility:
        faults.append(Fault(path, "names neither sending_application nor sending_facility"))
    said = {name: item for name, item in made.items() if name not in (*_NAMES, "enabled") and item is not None}
    try:
        return Wanted(names, feed.read_feed_settings(said), made["enabled"])
    except Invalid as error:
        reason, _, place = error.detail.partition(" - at `$")
        faults.append(Fault(path + place.rstrip("`"), reason[:1].lower() + reason[1:]))
        return None


FEEDS: Shape = list_of(_feed, unique=lambda one: one and one.names, what="names")


async def put_feeds(work: Work, key: OrganizationKey, wanted: Sequence[Wanted]) -> None:
    """Bring an organization's senders to those of the file; `BadFile` for unknown rooms and another's senders."""
    known = {room.name for room in await visits.rooms(work, key)} if wanted else set()
    faults = []
    for place, one in enumerate(wanted):
        named = [("room", one.settings.room)] if one.settings.room else []
        named += [(f"rooms.{code}", name) for code, name in one.settings.rooms.items()]
        faults += [Fault(f"hl7v2[{place}].{at}", "no such waiting room") for at, name in named if name not in known]
        try:
            await feed.put_feed(work, key, one.names, one.settings, is_enabled=one.is_enabled)
        except Conflict:
            faults.append(Fault(f"hl7v2[{place}]", "another clinic has a sender of these names"))
    if faults:
        raise BadFile(faults)
