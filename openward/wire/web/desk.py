"""The frame of a clinic's own pages: who is here, in which clinic, as what; its tabs, messages and refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openward.care.errors import CareError, Invalid, NotAllowed
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.web.auth import form_token
from openward.wire.web.page import redirect, render_template
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Link, Place, Viewer, places_of, viewer

_TABS = (
    ("/clinic", "Settings"),
    ("/clinic/team", "Team"),
    ("/clinic/tags", "Tags"),
    ("/clinic/sites", "Sites"),
    ("/clinic/requests", "Sharing requests"),
    ("/clinic/connections", "Connections"),
    ("/clinic/practice", "Virtual care"),
    ("/clinic/assistance", "Assistance"),
    ("/clinic/reports", "Reports"),
    ("/clinic/moves", "Moves"),
    ("/clinic/webhooks", "Webhooks"),
    ("/clinic/ehr", "Record system"),
)
_FOR_ADMINS = ("/clinic/webhooks",)


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody of the staff in one of his clinics."""

    head: Viewer
    place: Place

    @property
    def clinic(self) -> Organization:
        """The clinic that the page is about."""
        return self.place.clinic

    @property
    def key(self) -> OrganizationKey:
        """The key of that clinic."""
        return self.place.clinic.key

    @property
    def is_admin(self) -> bool:
        """Whether the person may change the clinic itself."""
        return self.place.member.is_admin


async def enter(work: Work, call: Call, *, as_admin: bool = False) -> Desk:
    """The desk in the clinic that the address names, for its staff (or admins only): `NotAllowed` for others.

    Whoever works in several clinics changes something only in one that the address names.
    """
    head = await viewer(work, call)
    place = (await places_of(work, call, head))[0]
    if call.method == "POST" and len(place.switches) > 1 and not call.query.get("clinic"):
        raise Invalid("the address does not say which clinic is meant")
    if as_admin and not place.member.is_admin:
        raise NotAllowed("this is for the administrators of the clinic")
    return Desk(head, place)


def show_page(
    work: Work, call: Call, desk: Desk, template: str, values: Mapping[str, Any], *, status: int = 200
) -> Reply:
    """A page of the clinic with its tabs and, after a form was taken, the message that the address names."""
    # The longest path that leads here, for all of them lie below the settings'.
    here = max((path for path, _ in _TABS if f"{call.url_path}/".startswith(f"{path}/")), key=len, default="")
    return render_template(
        template,
        {
            "viewer": desk.head,
            "form_token": form_token(work, call),
            "place": desk.place,
            "is_admin": desk.is_admin,
            "tabs": [
                Link(desk.place.href(path), text, path == here)
                for path, text in _TABS
                if desk.is_admin or path not in _FOR_ADMINS
            ],
            "here": here or _TABS[0][0],
            "said": words_of(call),
            **values,
        },
        status=status,
    )


def go(desk: Desk, path: str, said: str) -> Reply:
    """On to a page of the clinic after a form was taken, with a message there."""
    return redirect(desk.place.href(path, said))


def confirm(
    work: Work,
    call: Call,
    desk: Desk,
    *,
    title: str,
    text: str,
    button: str,
    action: str,
    back: str,
    fine: str = "",
    hidden: Mapping[str, str] | None = None,
) -> Reply:
    """Ask before something goes for good: the form sends `hidden` to `action`, `back` leads away; both are paths."""
    values = {
        "title": title,
        "text": text,
        "fine": fine,
        "hidden": hidden or {},
        "button": button,
        "action": f"{action}{desk.place.action}",
        "back": desk.place.href(back),
    }
    return show_page(work, call, desk, "confirm.html", values)


def problem_of(error: CareError, words: Mapping[type[CareError], str]) -> str:
    """A refusal as a sentence for the form: ours for its kind, else the error's own."""
    for kind in type(error).__mro__:
        if kind in words:
            return words[kind]
    detail = error.detail or "that did not work"
    return f"{detail[0].upper()}{detail[1:]}."
