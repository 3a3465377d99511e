"""What the pages of a clinic's record system share: the head with its sections, and the ways to older entries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from openward.care import ehr, identity, patients
from openward.care.ehr import Provider, feed
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.wire.web.desk import Desk

PATH: Final = "/clinic/ehr"
PAGE: Final = 50
SYSTEMS: Final = {Provider.REDOX: "Redox", Provider.XEALTH: "Xealth"}


@dataclass(frozen=True, slots=True)
class Section:
    """One of the pages: where it is, what it is called, and how much waits there for somebody."""

    href: str
    text: str
    count: int
    is_here: bool


async def head(work: Work, desk: Desk, here: str) -> dict[str, Any]:
    """What the head of each page shows; `here` is the path of the section."""
    settings = ehr.settings_of(desk.clinic)
    given_up = await ehr.count_given_up(work, desk.key)
    unresolved = await ehr.count_unresolved(work, desk.key) if desk.is_admin else 0
    sections = [(PATH, "Sent", given_up), (f"{PATH}/reports", "Reports", 0)]
    sections += [(f"{PATH}/orders", "Orders", unresolved)] if desk.is_admin else []
    sections += [(f"{PATH}/feed", "Messages", await feed.count_open(work, desk.key))] if desk.is_admin else []
    sections += [(f"{PATH}/settings", "Settings", 0)]
    return {
        "path": PATH,
        "settings": settings,
        "system": SYSTEMS[settings.provider] if settings else "",
        "is_linked": settings is not None and settings.enabled,
        "is_redox": settings is not None and settings.provider is Provider.REDOX,
        "sections": [Section(desk.place.href(path), text, count, path == here) for path, text, count in sections],
        "given_up": given_up,
        "unresolved": unresolved,
    }


async def people(work: Work, desk: Desk, keys: Collection[PersonKey | None]) -> dict[PersonKey | None, tuple[str, str]]:
    """The address and the name of each patient of the clinic."""
    wanted = list({key for key in keys if key is not None})
    enrolled = await patients.get_many(work, desk.key, wanted)
    names = await identity.names(work, wanted, System.USER)
    return {
        key: (desk.place.href(f"/patients/{names[key]}"), one.full_name)
        for key, one in enrolled.items()
        if key in names
    }


def key_of(text: str) -> UUID:
    """A key in an address or a form, or `Invalid`."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("this does not exist") from None


def before(call: Call) -> tuple[datetime, UUID] | None:
    """Where the page before this one ended, as its link wrote it."""
    text = call.query.get("before", "")
    if not text:
        return None
    at, _, key = text.partition(",")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid("this page does not exist") from None
    if found.tzinfo is None:
        raise Invalid("this page does not exist")
    return found, key_of(key)


def href(call: Call, desk: Desk, **query: str) -> str:
    """This page with another choice."""
    said = {"clinic": desk.place.id} if len(desk.place.switches) > 1 else {}
    said |= {name: value for name, value in query.items() if value}
    return f"{call.url_path}?{urlencode(said)}" if said else call.url_path


def older(call: Call, desk: Desk, is_more: bool, last: tuple[datetime, UUID], **query: str) -> str | None:
    """The way on from the last entry shown."""
    return href(call, desk, **query, before=f"{last[0].isoformat()},{last[1]}") if is_more else None
