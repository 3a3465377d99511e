"""The outbox: mail that was written to a folder because no SMTP server is set; for operators only."""

import asyncio

from openward.care.errors import NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import Page, page_size
from openward.gateway.wiring import Reply, Route
from openward.infra.mail import list_outbox, read_outbox
from openward.wire.web.auth import form_token
from openward.wire.web.page import render_template
from openward.wire.web.viewer import require_operator, viewer


async def show_list(work: Work, call: Call) -> Reply:
    """All messages, newest first. They hold links that open accounts, hence the guard."""
    head = await viewer(work, call)
    require_operator(head)
    page: Page = page_size(call.query, default=50, most=200)
    settings = work.tools.settings
    count, mails = await asyncio.to_thread(list_outbox, settings.outbox, offset=page.offset, limit=page.limit)
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "mails": mails,
        "count": count,
        "has_smtp": bool(settings.smtp_url),
        "newer": page.offset // page.limit - 1 if page.offset else None,
        "older": page.offset // page.limit + 1 if page.offset + page.limit < count else None,
    }
    return render_template("outbox.html", values)


async def show_mail(work: Work, call: Call) -> Reply:
    """One message as text."""
    head = await viewer(work, call)
    require_operator(head)
    mail = await asyncio.to_thread(read_outbox, work.tools.settings.outbox, call.path["name"])
    if mail is None:
        raise NotFound("no such mail")
    values = {"viewer": head, "form_token": form_token(work, call), "mail": mail}
    return render_template("mail.html", values)


ROUTES = [
    Route("GET", "/outbox", show_list, is_documented=False),
    Route("GET", "/outbox/{name}", show_mail, is_documented=False),
]
