"""The outbox and the audit: what they show and to whom."""

from typing import Any

import pytest

from openward.infra.mail import Message, OutboxSender

pytestmark = pytest.mark.anyio


@pytest.fixture
async def operator(house: Any) -> Any:
    """The visitor whom the settings name."""
    from openward.care import accounts

    async with house.work() as work:
        account = await accounts.by_email(work, "operator@openward.test")
    return await house.signed_in(account or await house.person("Op", "operator@openward.test"))


async def test_the_outbox_is_for_operators(house: Any, operator: Any, web_settings: Any) -> None:
    clinic = await house.clinic()
    assert (await (await house.signed_in(clinic.admin)).get("/outbox")).status_code == 403
    sender = OutboxSender(web_settings.outbox, web_settings.mail_from)
    await sender.send(Message(to="somebody@example.org", subject="A <subject>", text="Open http://openward.test/x?a=1"))
    page = await operator.get("/outbox")
    assert "A &lt;subject&gt;" in page.text
    name = page.text.split('href="/outbox/')[1].split('"')[0]
    mail = await operator.get(f"/outbox/{name}")
    assert 'href="http://openward.test/x?a=1"' in mail.text
    assert (await operator.get("/outbox/..%2Fx")).status_code == 404
    assert (await operator.get("/outbox/none.eml")).status_code == 404


async def test_the_audit_of_a_clinic_is_for_its_admins(house: Any, operator: Any) -> None:
    clinic = await house.clinic("Audited")
    _, user_id = await clinic.patient("Ada Seen")
    member = await house.signed_in(clinic.member)
    assert (await member.get("/records")).status_code == 403
    await member.get(f"/patients/{user_id}")
    admin = await house.signed_in(clinic.admin)
    page = await admin.get("/records", patient=user_id)
    assert page.text.count(user_id) >= 2
    assert clinic.member.email in page.text
    assert "GET /patients/{userId}" in page.text
    assert "Nothing found" in (await admin.get("/records", patient=user_id, action="delete")).text
    assert (await admin.get("/records", since="x")).status_code == 400
    assert (await admin.get("/records", patient="nobody@example.org")).status_code == 400
    foreign = await house.clinic("Elsewhere")
    assert "Nothing found" in (await (await house.signed_in(foreign.admin)).get("/records", patient=user_id)).text
    assert user_id in (await operator.get("/records", patient=user_id)).text
