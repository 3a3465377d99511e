"""`POST /v1/xealth/preorder`: what to ask before an order, and what was answered."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from openward.care import identity
from openward.care.ehr import xealth
from openward.care.ehr.xealth import PROVIDERS, Answers, Preorder
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.xealth import forms
from openward.wire.xealth.reading import at, name, need, read_object, read_order, text

_MOST_TAGS = 100
_NO_ADDRESS = "?"  # what stands for an address that is no text


async def answer(work: Work, call: Call) -> Reply:
    """Both calls: `initial` opens the form, `subsequent` brings what was entered."""
    body = await read_object(call)
    context = body.get("eventContext")
    if body.get("eventType") != "preorder" or context not in ("initial", "subsequent"):
        raise Invalid("eventType is preorder, eventContext initial or subsequent")
    preorder_of = read_order(body, deployment=need(body, "deployment"), program=name(body.get("programId")))
    if context == "subsequent":
        form = body.get("formData")
        if not isinstance(form, Mapping):
            raise Invalid("formData is missing")
        return await _entered(work, form, preorder_of)
    preorder = await xealth.ask(work, preorder_of)
    if preorder.present is None:
        tag_ids = await identity.names(work, [tag.key for tag in preorder.tags], System.TAG)
        form = forms.enrolment_form(preorder, tag_ids, work.tools.settings.product_name)
        return _form(str(uuid4()), form, is_orderable=True)
    if preorder.present.birth_date == preorder.person.birth_date:
        return json_reply({})
    return _form(str(uuid4()), forms.error_form([forms.OTHER_BIRTH_DATE], {}), is_orderable=False)


def _form(tracking: str, form: Mapping[str, Any], *, is_orderable: bool) -> Reply:
    return json_reply({"dataTrackingId": tracking, "notOrderable": not is_orderable, "preorderFormInfo": form})


async def _entered(work: Work, form: Mapping[str, Any], order: Any) -> Reply:
    tracking = need(form, "dataTrackingId")
    preorder = await xealth.ask(work, order)
    if form.get("canceled") is True:
        return json_reply({})
    entered = form.get("userInput")
    problems = await xealth.keep_answers(work, preorder, tracking, await _answers(work, preorder, entered))
    if problems:
        return _form(tracking, forms.problem_form(problems, entered), is_orderable=False)
    return json_reply({})


async def _answers(work: Work, preorder: Preorder, entered: Any) -> Answers:
    """What was entered; whatever is missing or of another kind counts as not said, and tags of others are left out.

    An address of another kind is no address, and told as one, for without it nobody could be written to.
    """
    said = at(entered, forms.section(preorder))
    chosen = at(entered, "tags", "ids")
    ids = [one for one in chosen[:_MOST_TAGS] if isinstance(one, str)] if isinstance(chosen, list) else []
    known = await identity.resolve_many(work, System.TAG, ids)
    own = {tag.key for tag in preorder.tags}
    tags: tuple[UUID, ...] = tuple(dict.fromkeys(known[one] for one in ids if known.get(one) in own))
    email = at(said, "email")
    return Answers(
        email=text(email) if isinstance(email, str | None) else _NO_ADDRESS,
        first_name=name(at(said, "firstName")) if preorder.is_child else None,
        last_name=name(at(said, "lastName")) if preorder.is_child else None,
        providers=tuple(one for one in PROVIDERS if at(said, forms.connect_flag(one)) is True),
        tags=tags,
    )
