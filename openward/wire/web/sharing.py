"""What a person decides about clinics: which may do what with his data, and invites to work for one."""

from typing import Any

from openward.care import identity, organizations, patients
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Organization
from openward.care.patients import Enrolment, Permission
from openward.care.work import OrganizationKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token, read_form, read_items
from openward.wire.web.page import redirect, render_template
from openward.wire.web.viewer import Viewer, viewer

MAY = {
    Permission.VIEW: "see your data",
    Permission.UPLOAD: "upload data for you",
    Permission.NOTE: "write notes",
    Permission.CUSTODIAN: "look after your account",
}
GRANTED = (Permission.VIEW, Permission.UPLOAD, Permission.NOTE)
"""What a person can give; looking after the account can only be taken back."""


async def section(work: Work, head: Viewer) -> dict[str, Any]:
    """What the page of a person shows: his clinics by name with what each may do, and the invites that wait."""
    enrolments = await patients.of_person(work, head.account.key)
    clinics = await organizations.get_many(work, [one.organization for one in enrolments])
    ids = await identity.names(work, list(clinics), System.CLINIC)
    shares = [
        {
            "id": ids[one.organization],
            "name": clinics[one.organization].profile.name or "A clinic",
            "words": ", ".join(words for permission, words in MAY.items() if permission in one.permissions),
            "permissions": one.permissions,
        }
        for one in enrolments
        if one.organization in clinics
    ]
    return {
        "shares": sorted(shares, key=lambda one: str(one["name"]).casefold()),
        "may": {permission: MAY[permission] for permission in GRANTED},
        "invites": await organizations.received_invites(work, head.account.key),
    }


async def _clinic(work: Work, call: Call, head: Viewer) -> tuple[Organization, Enrolment]:
    """The clinic of the path, which the person is a patient of."""
    key = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
    found = await patients.peek(work, OrganizationKey(key), head.account.key) if key else None
    if found is None:
        raise NotFound("no such clinic")
    return await organizations.get(work, found.organization), found


async def save(work: Work, call: Call) -> Reply:
    """Give and take back permissions; to take all back is to stop sharing, which asks first."""
    head = await viewer(work, call)
    wanted = {value for name, value in await read_items(work, call) if name == "may"}
    clinic, _ = await _clinic(work, call, head)
    granted = [permission for permission in GRANTED if permission in wanted]
    if not granted:
        return redirect(f"/me/clinics/{call.path['clinicId']}/stop")
    await patients.set_permissions(work, clinic.key, head.account.key, granted)
    return redirect("/me?said=sharing-saved#h-sharing")


async def ask_stop(work: Work, call: Call) -> Reply:
    """Ask before a clinic loses its patient."""
    head = await viewer(work, call)
    clinic, enrolment = await _clinic(work, call, head)
    name = clinic.profile.name or "this clinic"
    fine = "It looks after your account: claim it with the mail that it sent you, or ask for a new one."
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": None,
        "title": f"Stop sharing with {name}?",
        "text": "It can no longer see your data, and you leave its list of patients. Your data stay yours.",
        "fine": fine if enrolment.is_custodial else "",
        "button": "Stop sharing",
        "action": call.url_path,
        "back": "/me",
    }
    return render_template("confirm.html", values)


async def stop(work: Work, call: Call) -> Reply:
    """Take everything back from a clinic; one that has nothing any more is no error."""
    head = await viewer(work, call)
    await read_form(work, call)
    try:
        clinic, _ = await _clinic(work, call, head)
        await patients.set_permissions(work, clinic.key, head.account.key, ())
    except NotFound:
        pass
    return redirect("/me?said=sharing-stopped#h-sharing")


async def accept_invite(work: Work, call: Call) -> Reply:
    """Join the team of a clinic; from then on its patients are the person's start page."""
    head = await viewer(work, call)
    key = (await read_form(work, call)).get("invite", "")
    try:
        async with attempt(work):
            joined = await organizations.accept_invite(work, head.account.key, key)
    except NotFound:
        return redirect("/me?said=invite-gone")
    clinic = await identity.name(work, joined.organization, System.CLINIC)
    return redirect(f"/clinic/team?clinic={clinic}&said=joined")


async def decline_invite(work: Work, call: Call) -> Reply:
    """Say no to an invite."""
    head = await viewer(work, call)
    key = (await read_form(work, call)).get("invite", "")
    try:
        async with attempt(work):
            await organizations.decline_invite(work, head.account.key, key)
    except NotFound:
        return redirect("/me?said=invite-gone")
    return redirect("/me?said=declined")


ROUTES = [
    Route("POST", "/me/clinics/{clinicId}", save, is_documented=False),
    Route("GET", "/me/clinics/{clinicId}/stop", ask_stop, is_documented=False),
    Route("POST", "/me/clinics/{clinicId}/stop", stop, is_documented=False),
    Route("POST", "/me/invites/accept", accept_invite, is_documented=False),
    Route("POST", "/me/invites/decline", decline_invite, is_documented=False),
]
