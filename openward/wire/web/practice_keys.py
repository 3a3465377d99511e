"""Programs of a practice: their API keys, and the secret with which a record system makes its links."""

from dataclasses import dataclass

from openward.care import accounts
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, confirm, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of

PATH = "/clinic/practice/keys"
_LONGEST_DAYS = 366
_SHORTEST_SECRET = 16
_WORDS: dict[type[CareError], str] = {Conflict: "There is a key of this name already."}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page says once: a secret that was made, or what is wrong with a form."""

    key: str = ""
    key_name: str = ""
    linking: str = ""
    name: str = ""
    key_problem: str = ""
    linking_problem: str = ""
    status: int = 200


async def show(work: Work, call: Call) -> Reply:
    """The page."""
    return await _page(work, call, await enter(work, call), _Shown())


async def _page(work: Work, call: Call, desk: Desk, shown: _Shown) -> Reply:
    linking = await accounts.linking(work, desk.key)
    apart = linking.most_apart_s if linking else None
    values = {
        "keys": await accounts.api_keys(work, desk.key),
        "linking": linking,
        "distance": "" if apart is None else f"{apart / 60:g}",
        "shown": shown,
        "path": PATH,
        "base": work.tools.settings.public_url,
    }
    reply = show_page(work, call, desk, "practice_keys.html", values, status=shown.status)
    if shown.key or shown.linking:
        reply.headers["cache-control"] = "no-store"
    return reply


async def create(work: Work, call: Call) -> Reply:
    """Make a key and show it, this once."""
    desk = await enter(work, call, as_admin=True)
    fields = await read_form(work, call)
    name = " ".join(fields.get("name", "").split())
    try:
        async with attempt(work):
            made = await accounts.create_api_key(work, desk.key, name, is_read_only=fields.get("read_only") == "on")
    except CareError as error:
        shown = _Shown(name=name, key_problem=problem_of(error, _WORDS), status=status_of(error))
        return await _page(work, call, desk, shown)
    return await _page(work, call, desk, _Shown(key=made.secret or "", key_name=name))


async def change(work: Work, call: Call) -> Reply:
    """Let a key read only, or write as well."""
    desk = await enter(work, call, as_admin=True)
    fields = await read_form(work, call)
    await accounts.set_api_key_read_only(work, desk.key, fields.get("name", ""), fields.get("to") == "read")
    return go(desk, PATH, "saved")


async def ask(work: Work, call: Call) -> Reply:
    """Ask before a key is revoked."""
    desk = await enter(work, call, as_admin=True)
    name = call.query.get("name", "")
    if name not in {one.name for one in await accounts.api_keys(work, desk.key)}:
        raise NotFound("there is no such key")
    return confirm(
        work,
        call,
        desk,
        title=f"Revoke the key “{name}”?",
        text="The program that uses it is refused at once. This cannot be undone.",
        button="Revoke the key",
        action=call.url_path,
        back=PATH,
        hidden={"name": name},
    )


async def revoke(work: Work, call: Call) -> Reply:
    """Revoke it; one that is revoked already is no error."""
    desk = await enter(work, call, as_admin=True)
    name = (await read_form(work, call)).get("name", "")
    for one in await accounts.api_keys(work, desk.key):
        if one.name == name:
            await accounts.revoke_api_key(work, desk.key, one.key)
    return go(desk, PATH, "key-revoked")


async def set_secret(work: Work, call: Call) -> Reply:
    """Keep the secret that the record system gave, or make one and show it, this once; the former one ends."""
    desk = await enter(work, call, as_admin=True)
    given = (await read_form(work, call)).get("secret", "").strip()
    secret = given or work.token_bytes(32).hex()
    if len(secret) < _SHORTEST_SECRET or len(secret) > 1000:
        problem = f"A secret has at least {_SHORTEST_SECRET} characters. Leave the field empty to have one made."
        return await _page(work, call, desk, _Shown(linking_problem=problem, status=400))
    try:
        async with attempt(work):
            await accounts.put_linking_secret(work, desk.key, secret)
    except Conflict:
        problem = "This secret cannot be used. Leave the field empty to have one made."
        return await _page(work, call, desk, _Shown(linking_problem=problem, status=409))
    return go(desk, PATH, "saved") if given else await _page(work, call, desk, _Shown(linking=secret))


async def set_distance(work: Work, call: Call) -> Reply:
    """How many minutes the date of a link may be from now; empty: any."""
    desk = await enter(work, call, as_admin=True)
    text = (await read_form(work, call)).get("minutes", "").strip()
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if text and not 1 <= minutes <= _LONGEST_DAYS * 1440:
        problem = f"Write whole minutes, at most {_LONGEST_DAYS} days, or nothing."
        return await _page(work, call, desk, _Shown(linking_problem=problem, status=400))
    await accounts.set_linking_distance(work, desk.key, minutes * 60 if text else None)
    return go(desk, PATH, "saved")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", PATH, create, is_documented=False),
    Route("POST", f"{PATH}/change", change, is_documented=False),
    Route("GET", f"{PATH}/revoke", ask, is_documented=False),
    Route("POST", f"{PATH}/revoke", revoke, is_documented=False),
    Route("POST", f"{PATH}/linking", set_secret, is_documented=False),
    Route("POST", f"{PATH}/distance", set_distance, is_documented=False),
]
