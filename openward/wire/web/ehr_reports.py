"""Reports on patients: each time one was due, whether it went out, and why not; and how the link is set."""

from typing import Any

from openward.care import ehr
from openward.care.ehr import TaskState
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.desk import enter, show_page
from openward.wire.web.ehr_frame import PAGE, PATH, before, head, href, older, people
from openward.wire.web.ehr_words import CADENCES, PUSHES, ordered_by_code, why_skipped

REPORTS = f"{PATH}/reports"
SETTINGS = f"{PATH}/settings"


async def show(work: Work, call: Call) -> Reply:
    """All times that a report was due, newest first, or those with one outcome; for all of the staff."""
    desk = await enter(work, call)
    state = _state(call.query.get("state", ""))
    found = await ehr.pushes(work, desk.key, state=state, before=before(call), limit=PAGE + 1)
    shown = found[:PAGE]
    known = await people(work, desk, [one.person for one in shown])
    chosen = state.value if state else ""
    values: dict[str, Any] = await head(work, desk, REPORTS) | {
        "rows": [
            {
                "push": one,
                "patient": known.get(one.person),
                "word": PUSHES[one.state][0],
                "style": PUSHES[one.state][1],
                "why": why_skipped(one),
            }
            for one in shown
        ],
        "filters": [
            (word, href(call, desk, state=value), value == chosen)
            for value, word in (("", "All"), *((one.value, words[0]) for one, words in PUSHES.items()))
        ],
        "older": older(call, desk, len(found) > PAGE, (shown[-1].created_at, shown[-1].key), state=chosen)
        if shown
        else None,
    }
    return show_page(work, call, desk, "ehr_reports.html", values)


def _state(word: str) -> TaskState | None:
    try:
        return TaskState(word) if word else None
    except ValueError:
        raise Invalid("this state does not exist") from None


async def show_settings(work: Work, call: Call) -> Reply:
    """How the link is set; whoever runs the installation changes it."""
    desk = await enter(work, call)
    found = ehr.settings_of(desk.clinic)
    values: dict[str, Any] = await head(work, desk, SETTINGS) | {
        "cadence": CADENCES[found.scheduled_reports.cadence] if found else "",
        "codes": ordered_by_code(found) if found else [],
        "units": desk.place.units,
    }
    return show_page(work, call, desk, "ehr_settings.html", values)


ROUTES = [
    Route("GET", REPORTS, show, is_documented=False),
    Route("GET", SETTINGS, show_settings, is_documented=False),
]
