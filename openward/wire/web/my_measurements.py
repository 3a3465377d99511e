"""What a patient has measured, as his clinic sees it: a chart of each kind, with the numbers."""

import asyncio
from typing import Any

from openward.care import coaching
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import metric_charts
from openward.wire.web.auth import form_token
from openward.wire.web.metric_charts import PERIODS
from openward.wire.web.my_place import my_place
from openward.wire.web.page import render_template

MINE = "/me/measurements"
_USUAL = 90


async def show(work: Work, call: Call) -> Reply:
    """The charts of one clinic."""
    head, here = await my_place(work, call, MINE)
    said = call.query.get("days") or str(_USUAL)
    if said not in {str(one) for one in PERIODS}:
        raise Invalid("a period is 30, 90 or 365 days long")
    charts: list[Any] = []
    periods: list[Any] = []
    if here is not None:
        actions = await coaching.actions_of(work, [here.plan.key])
        current = [one for one in actions if coaching.in_force(one.content, work.now)]
        period = await metric_charts.read_period(work, here.plan, int(said))
        charts = metric_charts.charts_of(period, here.plan, current, here.units, here.zone)
        periods = [(one, here.href(MINE, days=str(one)), str(one) == said) for one in PERIODS]
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "clinics": here.links if here else (),
        "charts": charts,
        "periods": periods,
        "days": int(said),
    }
    return await asyncio.to_thread(lambda: render_template("my_measurements.html", values))


ROUTES = [Route("GET", MINE, show, is_documented=False)]
