"""Served: what operators and their tools ask of an installation: is it alive, is it ready, how is it doing."""

from prometheus_client import CONTENT_TYPE_LATEST

from openward import __version__
from openward.care.errors import CareError, NotFound, Unavailable
from openward.care.work import NOBODY, Actor, Work
from openward.gateway.call import Call
from openward.gateway.listening import Listening
from openward.gateway.measure import JOBS_WAITING, exposition
from openward.gateway.wiring import Reply, Route, Wiring, json_reply
from openward.infra import jobs, migrate


async def live(_work: Work, _call: Call) -> Reply:
    """The process answers; nothing more is said."""
    return json_reply({"status": "live", "version": __version__})


async def ready(work: Work, _call: Call) -> Reply:
    """The database answers and has the shape that this program needs."""
    missing = await migrate.missing(work.tx)
    if missing:
        raise Unavailable(f"{len(missing)} migrations are missing")
    return json_reply({"status": "ready", "version": __version__} | _listener(work))


def _listener(work: Work) -> dict[str, str]:
    """Whether HL7 messages are taken, where they are to be. It does not decide: pages and APIs serve without it."""
    settings = work.tools.settings
    if settings.mllp_port < 0:
        return {}
    is_up = Listening.is_shown(settings.data_dir, settings.mllp_port)
    return {"hl7v2": "listening" if is_up else "not listening"}


async def metrics(work: Work, _call: Call) -> Reply:
    """Figures of this process and of the job queue, for Prometheus; labels never hold an id."""
    for name, count in (await jobs.waiting(work.tx)).items():
        JOBS_WAITING.labels(name).set(count)
    return Reply(200, exposition(), CONTENT_TYPE_LATEST)


async def _anyone(_work: Work, _call: Call) -> Actor:
    return NOBODY


def _render(error: CareError, _call: Call) -> Reply:
    status = 404 if isinstance(error, NotFound) else 503
    return json_reply({"status": "unknown" if status == 404 else "unavailable", "detail": error.detail}, status)


def _told(summary: str, meaning: str) -> dict[str, object]:
    return {"summary": summary, "tags": ["Installation"], "responses": {"200": {"description": meaning}}}


WIRING = Wiring(
    "installation",
    ("/health", "/metrics", "/ready"),
    [
        Route("GET", "/health/live", live, describe=_told("Is it alive?", "It is."), needs_database=False),
        Route("GET", "/health/ready", ready, describe=_told("Can it serve?", "Database and migrations are there.")),
        Route("GET", "/ready", ready, describe=_told("Can it serve? (as the Clinics API asks)", "It can.")),
        Route("GET", "/metrics", metrics, describe=_told("Figures for Prometheus", "Text exposition format.")),
    ],
    _anyone,
    _render,
)
