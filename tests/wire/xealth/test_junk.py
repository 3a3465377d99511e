"""Whatever stands in a request in place of what should: an answer below 500, and nobody made by it."""

import copy
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.xealth.conftest import Linked

pytestmark = pytest.mark.anyio

JUNK: tuple[Any, ...] = (None, 1e300, " ", "x" * 5000, [None], {"id": 1}, "9999-99-99")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from _places(child, (*path, name))


def _with(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """The value with something else at one place."""
    if not path:
        return junk
    changed = copy.deepcopy(value)
    node = changed
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = junk
    return changed


async def test_junk_in_every_place(linked: Linked) -> None:
    patient = linked.patient(secrets.token_hex(4), email="pat@example.org")
    form = {
        "dataTrackingId": "t",
        "formId": "f",
        "canceled": False,
        "userInput": {"patient": {"email": "a@example.org", "connectDexcom": True}, "tags": {"ids": ["0" * 24]}},
    }
    initial = patient | {"eventType": "preorder", "eventContext": "initial", "programId": "p"}
    good = (
        ("POST", "preorder", initial),
        ("POST", "preorder", initial | {"eventContext": "subsequent", "formData": form}),
        ("PUT", "programs", patient),
        ("PUT", "program", patient | {"programId": "p"}),
    )
    for method, path, body in good:
        for place in _places(body):
            for junk in JUNK:
                answer = await linked(method, path, _with(body, place, junk))
                assert answer.status_code < 500, (path, place, junk)


async def test_junk_in_every_place_of_an_event_and_of_its_order(linked: Linked) -> None:
    mrn = secrets.token_hex(4)
    order = await linked.ordered(mrn, tracking="t")
    kept = linked.partner.orders[linked.deployment, order]
    for name in ("eventTimeStamp", "orderId", "programId", "deployment", "eventContext", "eventType"):
        for junk in JUNK:
            linked.partner.status = 400 if name == "orderId" else 200
            answer = await linked.notify(order, **{name if name != "eventContext" else "context": junk})
            assert answer.status_code < 500 or name == "orderId", (name, junk)
    linked.partner.status = 200
    for place in _places(kept):
        for junk in JUNK:
            linked.partner.orders[linked.deployment, order] = _with(kept, place, junk)
            answer = await linked.notify(order)
            is_unread = not isinstance(linked.partner.orders[linked.deployment, order], dict)
            assert answer.status_code == 500 if is_unread else answer.status_code in (400, 404), (place, junk)
    assert await linked.patients(mrn) == []
