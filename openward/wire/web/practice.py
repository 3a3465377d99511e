"""Virtual care of a practice on one page: what is set up and where, the types of episodes, meetings in Teams."""

from collections.abc import Mapping
from typing import Any

from openward.care import accounts, assistance, documentation, episodes, reports, subscriptions, visits
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.infra.http import is_web_address
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page

PATH = "/clinic/practice"
_MOST_TYPES = 100
_MOST_NAME = 255


async def show(work: Work, call: Call) -> Reply:
    """The page."""
    return await _page(work, call, await enter(work, call))


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Reply:
    values = {
        "parts": await _parts(work, desk),
        "types": (typed or {}).get("types") or "\n".join(await episodes.types(work, desk.key)),
        "teams": (typed or {}).get("teams") or await visits.teams_url(work, desk.key) or "",
        "problems": problems or {},
        "path": PATH,
    }
    return show_page(work, call, desk, "practice.html", values, status=400 if problems else 200)


async def _parts(work: Work, desk: Desk) -> list[dict[str, Any]]:
    """The pages of a practice, each with how much there is."""
    staff = await visits.all_staff(work, desk.key)
    devices = await assistance.devices(work, desk.key)
    online = sum(one.is_active and one.is_online(work.now) for one in devices)
    keys = await accounts.api_keys(work, desk.key)
    linking = await accounts.linking(work, desk.key)
    parts = [
        (f"{PATH}/rooms", "Waiting rooms", len(await visits.rooms(work, desk.key)), "Opening hours, slots, places"),
        (f"{PATH}/forms", "Forms", len(await documentation.templates(work, desk.key)), "What is asked and noted"),
        (f"{PATH}/staff", "Providers and assistants", len(staff), "Who sees patients, and under which name"),
        (
            f"{PATH}/keys",
            "Programs and links",
            len(keys),
            f"API keys; links from a record system are {'on' if linking else 'off'}",
        ),
        (f"{PATH}/places", "Locations and devices", len(devices), f"{online} online now" if devices else "At bedsides"),
        ("/clinic/reports", "Report presets", len(await reports.presets(work, desk.key)), "Encounter reports"),
    ]
    if desk.is_admin:
        hooks = await subscriptions.subscriptions(work, desk.key)
        parts.append(("/clinic/webhooks", "Webhooks", len(hooks), "Programs that are told at once"))
    return [
        {"href": desk.place.href(path), "title": title, "count": count, "about": about}
        for path, title, count, about in parts
    ]


async def save_types(work: Work, call: Call) -> Reply:
    """Exactly the types that the form names, one a line."""
    desk = await enter(work, call, as_admin=True)
    text = (await read_form(work, call)).get("types", "")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    names = list({line.casefold(): line for line in reversed(lines) if line}.values())[::-1]
    if len(names) > _MOST_TYPES or any(len(name) > _MOST_NAME for name in names):
        problem = f"Write at most {_MOST_TYPES} types of at most {_MOST_NAME} characters."
        return await _page(work, call, desk, {"types": text}, {"types": problem})
    await episodes.set_types(work, desk.key, names)
    return go(desk, PATH, "saved")


async def save_teams(work: Work, call: Call) -> Reply:
    """Where meetings are made; an empty field: nowhere."""
    desk = await enter(work, call, as_admin=True)
    url = (await read_form(work, call)).get("teams", "").strip().rstrip("/")
    if url and not is_web_address(url):
        problem = "Write a whole web address, such as https://graph.microsoft.com/v1.0."
        return await _page(work, call, desk, {"teams": url}, {"teams": problem})
    await visits.set_teams_url(work, desk.key, url or None)
    return go(desk, PATH, "saved")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/types", save_types, is_documented=False),
    Route("POST", f"{PATH}/teams", save_teams, is_documented=False),
]
