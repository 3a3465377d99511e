"""The forms that visits carry (templates): listed, made, changed."""

from uuid import UUID

from openward.care import documentation, visits
from openward.care.documentation import Template
from openward.care.errors import CareError, Conflict, Invalid, NotFound
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import form_editor
from openward.wire.web.auth import read_items
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.form_editor import Line, Part

PATH = "/clinic/practice/forms"
_MOST_FIELDS = 2000
_MOST_BYTES = 1 << 20
_WORDS: dict[type[CareError], str] = {Conflict: "There is a form of this name already."}


async def show(work: Work, call: Call) -> Reply:
    """All forms, with the rooms whose visits carry them."""
    desk = await enter(work, call)
    rooms = await visits.rooms(work, desk.key)
    rows = [
        {
            "href": desk.place.href(f"{PATH}/{one.key}"),
            "name": one.name,
            "id": str(one.key),
            "edition": one.edition,
            "sections": [section.name for section in one.sections],
            "questions": sum(len(section.questions) for section in one.sections),
            "rooms": [room.name for room in rooms if one.name in room.settings.templates],
        }
        for one in await documentation.templates(work, desk.key)
    ]
    return show_page(work, call, desk, "practice_forms.html", {"rows": rows, "path": PATH})


async def new(work: Work, call: Call) -> Reply:
    """The editor with an empty form."""
    desk = await enter(work, call, as_admin=True)
    return _editor(work, call, desk, "", [Part("", [Line()])])


async def create(work: Work, call: Call) -> Reply:
    """Make a form, or do what a button of the editor says."""
    desk = await enter(work, call, as_admin=True)
    return await _take(work, call, desk, None)


async def edit(work: Work, call: Call) -> Reply:
    """The editor with a form; for others what it asks."""
    desk = await enter(work, call)
    found = await _template(work, call, desk)
    return _editor(work, call, desk, found.name, form_editor.parts_of(found.sections))


async def save(work: Work, call: Call) -> Reply:
    """Write a form anew, or do what a button of the editor says."""
    desk = await enter(work, call, as_admin=True)
    return await _take(work, call, desk, await _template(work, call, desk))


async def _take(work: Work, call: Call, desk: Desk, before: Template | None) -> Reply:
    items = await read_items(work, call, most=_MOST_FIELDS)
    fields = dict(items)
    name = " ".join(fields.get("name", "").split())
    parts = form_editor.read(items)
    eye = form_editor.act(parts, fields.get("do", ""))
    if eye is not None:
        return _editor(work, call, desk, name, parts, eye=eye)
    parts = form_editor.without_empty(parts)
    sections = form_editor.sections_of(parts, before.sections if before else ())
    try:
        async with attempt(work):
            if before is None:
                await documentation.create_template(work, desk.key, name, sections)
            else:
                await documentation.change_template(work, desk.key, before.key, name, sections)
    except CareError as error:
        return _editor(work, call, desk, name, parts or [Part("", [Line()])], error)
    return go(desk, PATH, "saved" if before else "form-made")


async def _template(work: Work, call: Call, desk: Desk) -> Template:
    try:
        key = UUID(call.path["formId"])
    except ValueError:
        raise NotFound("there is no such form") from None
    return await documentation.template(work, desk.key, key)


def _editor(
    work: Work,
    call: Call,
    desk: Desk,
    name: str,
    parts: list[Part],
    error: CareError | None = None,
    eye: tuple[int, int] | None = None,
) -> Reply:
    faults = {one.pointer: one.detail for one in error.faults if one.pointer} if isinstance(error, Invalid) else {}
    problem = ""
    if error is not None:
        problem = "Please check the marked places." if set(faults) - {"sections"} else problem_of(error, _WORDS)
        problem = faults["sections"].capitalize() + "." if "sections" in faults else problem
    values = {
        "name": name,
        "parts": parts,
        "kinds": form_editor.KINDS,
        "faults": faults,
        "problem": problem,
        "eye": eye,
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(PATH),
        "is_new": "formId" not in call.path,
        "may_write": desk.is_admin,
    }
    return show_page(work, call, desk, "practice_form.html", values, status=status_of(error) if error else 200)


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("GET", f"{PATH}/new", new, is_documented=False),
    Route("POST", f"{PATH}/new", create, is_documented=False, max_body=_MOST_BYTES),
    Route("GET", f"{PATH}/{{formId}}", edit, is_documented=False),
    Route("POST", f"{PATH}/{{formId}}", save, is_documented=False, max_body=_MOST_BYTES),
]
