"""A person's partner clouds: how each is doing, who asks for it, connecting and letting go of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from openward.care import accounts, connections, organizations, patients
from openward.care.connections import Standing
from openward.care.errors import NotAllowed, NotFound
from openward.care.patients import EntryState, Permission
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.page import redirect, render_template
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Viewer, viewer
from openward.wire.web.words import ago, day

PATH = "/me/connections"
_LINK_LIFE = timedelta(hours=1)
_WORDS = {
    None: "Not connected",
    EntryState.PENDING: "Not connected yet",
    EntryState.PENDING_RECONNECT: "Disconnected",
    EntryState.EXPIRED: "Not connected",
    EntryState.CONNECTED: "Connected",
    EntryState.ERROR: "Does not work",
    EntryState.DISCONNECTED: "Disconnected",
}
_ADVICE = {
    "unauthenticated": "{title} does not let us fetch your data any more. Connect again to mend it.",
    "invalid-state": "Something is missing from this connection. Connect again to mend it.",
}
_OTHER_ADVICE = "Connect again to mend it."
_ENDS_THERE = "To end this connection, take back your consent at {title}."
_FOR_NOW = "The last try to fetch your data failed. We go on trying by ourselves; you need not do anything."


@dataclass(frozen=True, slots=True)
class Cloud:
    """One partner as the page shows it; `asks`, `advice` and `ends` are sentences, `last_ago` is "" for never."""

    id: str
    title: str
    brings: str
    state: str
    words: str
    is_connected: bool
    is_broken: bool
    can_connect: bool
    can_disconnect: bool
    asks: tuple[str, ...]
    is_asked: bool
    advice: str
    ends: str
    last_data: datetime | None
    last_ago: str
    last_import: datetime | None
    import_ago: str


async def section(work: Work, head: Viewer) -> dict[str, Any]:
    """What pages of a person show of his partner clouds, and the names of the clinics that see what comes."""
    found = await connections.standings(work, head.account.key)
    places = [one for one in await patients.peek_all(work, head.account.key) if one.is_active]
    clinics = await organizations.get_many(work, [one.organization for one in places])
    names = {key: one.profile.name or "A clinic" for key, one in clinics.items()}
    seeing = {one.organization for one in places if Permission.VIEW in one.permissions}
    return {
        "clouds": [_cloud(one, names, work.now) for one in found],
        "seen_by": sorted((name for key, name in names.items() if key in seeing), key=str.casefold),
    }


def _cloud(one: Standing, clinics: dict[Any, str], now: datetime) -> Cloud:
    source = one.source
    is_connected = one.state is EntryState.CONNECTED
    is_broken = one.state is EntryState.ERROR
    error = (source.error or {}) if source else {}
    advice = ""
    if is_broken:
        advice = _ADVICE.get(str(error.get("code")), _OTHER_ADVICE).format(title=one.title)
    elif is_connected and error:
        advice = _FOR_NOW
    last = source.latest_data_at if source else None
    fetched = source.last_import_at if source else None
    return Cloud(
        id=one.provider,
        title=one.title,
        brings=one.brings,
        state="none" if one.state is None else one.state.value,
        words=_WORDS[one.state],
        is_connected=is_connected,
        is_broken=is_broken,
        can_connect=one.can_connect and not is_connected,
        can_disconnect=(is_connected or is_broken) and not one.ends_at_partner_only,
        asks=tuple(_ask(ask, clinics) for ask in one.asks),
        is_asked=not is_connected and any(not ask.has_ended for ask in one.asks),
        advice=advice,
        ends=_ENDS_THERE.format(title=one.title) if one.ends_at_partner_only and is_connected else "",
        last_data=last,
        last_ago=ago(last, now),
        last_import=fetched,
        import_ago=ago(fetched, now),
    )


def _ask(ask: connections.Ask, clinics: dict[Any, str]) -> str:
    name = clinics.get(ask.organization, "A clinic")
    if ask.until is None:
        return f"{name} asks you to connect it."
    if ask.has_ended:
        return f"{name} asked you to connect it. The link in the mail has expired on {day(ask.until)}; this page works."
    return f"{name} asks you to connect it. The link in its mail is good until {day(ask.until)}."


async def show(work: Work, call: Call) -> Reply:
    """All partners of whoever is signed in."""
    head = await viewer(work, call)
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "said": words_of(call),
        **await section(work, head),
    }
    reply = render_template("my_connections.html", values)
    # The form leads to the partner's own page, and browsers hold the policy against every step of the way there.
    reply.headers["content-security-policy"] = reply.headers["content-security-policy"].replace(
        "form-action 'self'", "form-action *"
    )
    return reply


async def connect(work: Work, call: Call) -> Reply:
    """On to the partner's own page, by a link as good as a mailed one, for an hour."""
    head = await viewer(work, call)
    await read_form(work, call)
    setup = await connections.partner(work, call.path["provider"])
    path = f"/v1/oauth/{setup.name}"
    link = await accounts.create_link(work, head.account.key, [path], work.now + _LINK_LIFE)
    return redirect(f"{path}/authorize?restricted_token={quote(link.token)}")


async def ask_disconnect(work: Work, call: Call) -> Reply:
    """Ask before a connection ends."""
    head = await viewer(work, call)
    one = await _meant(work, head, call)
    if one.state not in (EntryState.CONNECTED, EntryState.ERROR):
        return redirect(f"{PATH}?said=disconnected")
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": None,
        "title": f"Disconnect {one.title}?",
        "text": f"No more data come from {one.title}, and we forget what let us in there. Data that are here stay.",
        "fine": "You can connect again at any time.",
        "button": "Disconnect",
        "action": call.url_path,
        "back": PATH,
    }
    return render_template("confirm.html", values)


async def disconnect(work: Work, call: Call) -> Reply:
    """Let go of a partner; one that is not connected is no error."""
    head = await viewer(work, call)
    await read_form(work, call)
    await _meant(work, head, call)
    await connections.close_sessions(work, head.account.key, call.path["provider"])
    return redirect(f"{PATH}?said=disconnected")


async def _meant(work: Work, head: Viewer, call: Call) -> Standing:
    """The partner of the path, which may be ended here."""
    found = await connections.standings(work, head.account.key)
    one = next((one for one in found if one.provider == call.path["provider"]), None)
    if one is None:
        raise NotFound("no such partner")
    if one.ends_at_partner_only:
        raise NotAllowed("this connection is ended at the partner")
    return one


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/{{provider}}/connect", connect, is_documented=False),
    Route("GET", f"{PATH}/{{provider}}/disconnect", ask_disconnect, is_documented=False),
    Route("POST", f"{PATH}/{{provider}}/disconnect", disconnect, is_documented=False),
]
