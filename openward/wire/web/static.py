"""Style sheets and small modules of our own, kept by browsers for a year under an address that names their content."""

from openward.care.errors import NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import anyone
from openward.wire.web.page import static_files

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}


async def serve_file(_work: Work, call: Call) -> Reply:
    """One file of the folder, by its exact name."""
    name = call.path["file"]
    content = static_files().get(name)
    if content is None:
        raise NotFound("no such file")
    kept = "public, max-age=31536000, immutable" if call.query.get("v") else "no-cache"
    return Reply(200, content, _TYPES["." + name.rsplit(".", 1)[1]], {"cache-control": kept})


ROUTES = [Route("GET", "/static/{file}", serve_file, identify=anyone, is_documented=False)]
