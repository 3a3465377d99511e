"""Served and called: order forms, order events, programs and reports of patients whose clinic is linked by Xealth."""

from openward.gateway.wiring import Route, Wiring
from openward.wire.xealth import errors, notification, preorder, programs, viewer
from openward.wire.xealth.auth import identify, identify_holder, identify_nobody

_LARGEST = 1 << 20  # bytes of a request
_REPORT = "/v1/xealth/report"

# Published in the Clinics API, whose other operations are served by the wire of its platform.
_ROUTES = [
    Route("POST", "/v1/xealth/preorder", preorder.answer, "clinic.v1:XealthPreorder", max_body=_LARGEST),
    Route("POST", "/v1/xealth/notification", notification.take, "clinic.v1:XealthNotification", max_body=_LARGEST),
    Route("PUT", "/v1/xealth/programs", programs.list_programs, "clinic.v1:XealthGetPrograms", max_body=_LARGEST),
    Route("PUT", "/v1/xealth/program", programs.program_url, "clinic.v1:XealthGetProgramUrl", max_body=_LARGEST),
    Route("GET", f"{_REPORT}/web/viewer.html", viewer.page, "clinic.v1:ViewPDFReport", identify=identify_holder),
    Route("GET", f"{_REPORT}/web/viewer.css", viewer.style, identify=identify_nobody, is_documented=False),
]

WIRING = Wiring("xealth", ("/v1/xealth",), _ROUTES, identify, errors.render)
