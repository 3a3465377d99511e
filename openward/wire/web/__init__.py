"""Served: our own pages for clinicians, patients and operators; plain HTML forms and links, small modules on top."""

from openward.gateway.wiring import Route, Wiring
from openward.wire.web import (
    authorize,
    clinic_new,
    connected,
    labels,
    mailbox,
    me,
    member,
    moves,
    my_offers,
    password,
    patient,
    patient_acts,
    patient_asks,
    patient_edit,
    patients,
    records,
    requests,
    settings,
    sharing,
    signin,
    signup,
    static,
    team,
    tide,
)
from openward.wire.web.auth import identify
from openward.wire.web.errors import render

_ROUTES: list[Route] = [
    *static.ROUTES,
    *signin.ROUTES,
    *authorize.ROUTES,
    *connected.ROUTES,
    *signup.ROUTES,
    *password.ROUTES,
    *patients.ROUTES,
    *tide.ROUTES,
    *patient.ROUTES,
    *patient_edit.ROUTES,
    *patient_acts.ROUTES,
    *patient_asks.ROUTES,
    *settings.ROUTES,
    *clinic_new.ROUTES,
    *team.ROUTES,
    *member.ROUTES,
    *labels.ROUTES,
    *requests.ROUTES,
    *moves.ROUTES,
    *me.ROUTES,
    *sharing.ROUTES,
    *my_offers.ROUTES,
    *mailbox.ROUTES,
    *records.ROUTES,
]

WIRING = Wiring("web", ("/",), _ROUTES, identify, render)
