"""A person asks a clinic to have him as its patient: by its share code, seen by name before anything is sent."""

from contextlib import suppress
from typing import Any

from openward.care import accounts, organizations, patients
from openward.care.accounts import ConfirmationType
from openward.care.errors import CareError, Conflict, Invalid, NotAllowed, NotFound
from openward.care.patients import Permission
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token, read_form, read_items
from openward.wire.web.desk import problem_of
from openward.wire.web.errors import status_of
from openward.wire.web.page import redirect, render_template
from openward.wire.web.sharing import GRANTED, MAY
from openward.wire.web.viewer import viewer

_USUAL = frozenset({Permission.VIEW, Permission.UPLOAD})
_WORDS: dict[type[CareError], str] = {
    NotFound: "No clinic has this share code. Please check it, or ask the clinic again.",
    Conflict: "You are a patient of this clinic already, or it has not answered your last request yet.",
    Invalid: "Choose at least one thing that the clinic may do.",
}


def clean_code(text: str) -> str:
    """A share code however it was typed: three groups of four, in capitals."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())[:12]
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


async def show(work: Work, call: Call) -> Reply:
    """The clinic that the code names, and what it may be given."""
    return await _page(work, call, clean_code(call.query.get("code", "")), set(_USUAL))


async def _page(work: Work, call: Call, code: str, chosen: set[Permission], error: CareError | None = None) -> Reply:
    head = await viewer(work, call)
    place = None
    if code and not isinstance(error, NotFound):
        try:
            place = await organizations.by_share_code(work, code)
        except (NotFound, Invalid):
            error = NotFound("no such clinic")
    values: dict[str, Any] = {
        "viewer": head,
        "form_token": form_token(work, call),
        "code": code,
        "clinic": place,
        "may": {permission: MAY[permission] for permission in GRANTED},
        "chosen": chosen,
        "problem": problem_of(error, _WORDS) if error else "",
    }
    return render_template("share.html", values, status=status_of(error) if error else 200)


async def send(work: Work, call: Call) -> Reply:
    """Ask the clinic."""
    head = await viewer(work, call)
    items = await read_items(work, call)
    code = clean_code(dict(items).get("code", ""))
    chosen = {permission for permission in GRANTED if ("may", permission.value) in items}
    try:
        async with attempt(work):
            await patients.offer(work, head.account.key, code, [permission.value for permission in chosen])
    except CareError as error:
        return await _page(work, call, code, chosen, error)
    return redirect("/me?said=offered#h-sharing")


async def waiting(work: Work, person: PersonKey) -> list[dict[str, Any]]:
    """The requests of a person that no clinic has answered yet, newest first."""
    found = await accounts.confirmations(work, ConfirmationType.CARETEAM, creator=person)
    asked = [(one, one.organization) for one in found if one.organization is not None]
    clinics = await organizations.get_many(work, [key for _, key in asked])
    return [
        {"handle": one.handle, "name": clinics[key].profile.name or "A clinic", "at": one.created_at}
        for one, key in asked
        if key in clinics
    ]


async def withdraw(work: Work, call: Call) -> Reply:
    """Take a request back; one that was answered meanwhile is no error."""
    head = await viewer(work, call)
    handle = (await read_form(work, call)).get("handle", "")
    for one in await accounts.confirmations(work, ConfirmationType.CARETEAM, creator=head.account.key):
        if one.handle == handle and one.organization is not None:
            with suppress(NotAllowed):
                async with attempt(work):
                    await patients.end_offer(work, one.organization, accounts.confirmation_key(work, one))
    return redirect("/me?said=offer-withdrawn#h-sharing")


ROUTES = [
    Route("GET", "/me/share", show, is_documented=False),
    Route("POST", "/me/share", send, is_documented=False),
    Route("POST", "/me/share/withdraw", withdraw, is_documented=False),
]
