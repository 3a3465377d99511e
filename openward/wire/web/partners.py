"""The operator's page of partner clouds: what was agreed, how many are connected, how far behind, what goes wrong."""

from openward.care import connections
from openward.care.connections import PartnerHealth, PartnerSetup
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token
from openward.wire.web.page import render_template
from openward.wire.web.viewer import require_operator, viewer
from openward.wire.web.words import ago


async def show(work: Work, call: Call) -> Reply:
    """Every partner that is set up; nobody is named."""
    head = await viewer(work, call)
    require_operator(head)
    setups = {one.name: one for one in await connections.every_partner(work)}
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "partners": [
            {
                "health": one,
                "address": setups[one.name].base_url,
                "agreed": agreed(setups[one.name]),
                "lag": span(one.lag_s),
                "last_import": ago(one.last_import_at, work.now) or "never",
                "errors": sorted(one.errors.items(), key=lambda error: (-error[1], error[0])),
                "wrong": _share(one),
            }
            for one in await connections.partner_health(work)
        ],
    }
    return render_template("partners.html", values)


def agreed(setup: PartnerSetup) -> list[str]:
    """The policy in sentences."""
    policy = setup.policy
    low, high = (_number(minutes) for minutes in policy.interval_minutes)
    said = [f"Each connection is fetched every {low} to {high} minutes, at random within that span."]
    if low == high:
        said = [f"Each connection is fetched every {low} minutes."]
    if policy.pause:
        pause = policy.pause
        said.append(f"Nothing is asked from {pause.start:%H:%M} to {pause.end:%H:%M} ({pause.timezone}).")
    if policy.requests_per_minute is not None:
        said.append(f"At most {_number(policy.requests_per_minute)} requests a minute, all workers together.")
    else:
        said.append("No limit of requests a minute.")
    said.append(f"One request spans at most {_number(policy.batch_days)} days.")
    if policy.overlap_minutes:
        said.append(f"Each fetch looks back over {span(60 * policy.overlap_minutes)} for late readings.")
    backfill = policy.backfill_days
    said.append(
        "The first fetch takes all there is."
        if backfill is None
        else f"The first fetch goes back {_number(backfill)} days."
    )
    if policy.regions:
        said.append(f"It serves {', '.join(policy.regions)}.")
    return said


def span(seconds: float) -> str:
    """A span of time in its largest unit that is not a fraction of one."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = _number(round(seconds / size, 1))
            return f"{count} {word}{'' if count == '1' else 's'}"
    return f"{seconds:.0f} s"


def _number(value: float) -> str:
    return f"{value:g}"


def _share(one: PartnerHealth) -> str:
    """What went wrong within the last hour in words."""
    total = sum(one.errors.values())
    return "nothing" if not total else f"{total} time{'' if total == 1 else 's'}"


ROUTES = [Route("GET", "/partners", show, is_documented=False)]
