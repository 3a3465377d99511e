"""Opening a clinic: whoever works as a clinician makes one and becomes its first administrator."""

from collections.abc import Mapping
from typing import Any

from openward.care import identity, organizations
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import clinic_form
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.page import redirect, render_template
from openward.wire.web.viewer import viewer


async def show(work: Work, call: Call) -> Reply:
    """The form with what a clinic cannot do without; the rest has time until its settings."""
    return await _page(work, call, {"preferred_units": organizations.DEFAULT_UNITS}, {})


async def _page(work: Work, call: Call, fields: Mapping[str, str], faults: Mapping[str, str]) -> Reply:
    values: dict[str, Any] = {
        "viewer": await viewer(work, call),
        "form_token": form_token(work, call),
        "fields": fields,
        "faults": faults,
        "form": clinic_form,
    }
    return render_template("clinic_new.html", values, status=400 if faults else 200)


async def create(work: Work, call: Call) -> Reply:
    """Make the clinic; its other settings are next."""
    head = await viewer(work, call)
    sent = await read_form(work, call)
    fields = {name: sent.get(name, "") for name in ("name", "timezone", "preferred_units")}
    try:
        profile = clinic_form.profile_of(fields)
    except Invalid as error:
        return await _page(work, call, fields, {fault.pointer: fault.detail for fault in error.faults})
    made = await organizations.create(work, profile, admin=head.account.key)
    return redirect(f"/clinic?clinic={await identity.name(work, made.key, System.CLINIC)}&said=clinic-made")


ROUTES = [
    Route("GET", "/clinics/new", show, is_documented=False),
    Route("POST", "/clinics/new", create, is_documented=False),
]
