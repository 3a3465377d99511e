"""Files of visits: what is taken, what is refused and when, and what becomes of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import documentation
from openward.care.documentation import RefusedByScanner
from openward.care.errors import TooLarge, Unavailable
from openward.care.work import Tools
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7 ..."
PNG = b"\x89PNG\r\n\x1a\n...."
JPEG = b"\xff\xd8\xff\xe0...."
LIMIT = 5_242_880
SOLO = {"waiting_rooms": [{"name": "Great"}]}


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    return await a_practice(SOLO)


async def _visit(practice: Practice) -> int:
    patient = f"P-{uuid4()}"
    await practice("POST", "/patients", {"id": patient})
    return int((await practice("POST", f"/patients/{patient}/appointments", {"waitingRoom": "Great"})).json()["id"])


async def _upload(practice: Practice, visit: int | str, content: bytes, kind: str | None, name: str = "") -> Any:
    headers = {} if kind is None else {"content-type": kind}
    params = {"fileName": name} if name else None
    return await practice("POST", f"/appointments/{visit}/attachments", content=content, headers=headers, params=params)


@pytest.mark.parametrize(
    ("kind", "content", "title"),
    [
        ("application/pdf", PDF, "Attachment.pdf"),
        ("application/x-pdf; charset=binary", PDF, "Attachment.pdf"),
        ("image/pdf", PDF, "Attachment.pdf"),
        ("image/png", PNG, "Attachment.png"),
        ("image/jpeg", JPEG, "Attachment.jpg"),
    ],
)
async def test_a_file_is_kept(practice: Practice, kind: str, content: bytes, title: str) -> None:
    visit = await _visit(practice)
    answer = await _upload(practice, visit, content, kind)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert UUID(made["id"])
    assert UUID(made["appointmentId"])
    assert (made["title"], made["mimeType"], made["size"], made["deleted"]) == (
        title,
        kind.partition(";")[0],
        len(content),
        False,
    )
    assert (await practice("GET", f"/appointments/{visit}/attachments")).json() == {"attachments": [made]}
    by_uuid = await practice("GET", f"/appointments/{made['appointmentId']}/attachments")
    assert by_uuid.json() == {"attachments": [made]}


async def test_names_lose_folders_and_control_characters(practice: Practice) -> None:
    visit = await _visit(practice)
    answer = await _upload(practice, visit, PDF, "application/pdf", "../a\\b/my\tfile\u202e.pdf")
    assert answer.json()["title"] == "..abmyfile.pdf"
    assert (await _upload(practice, visit, PDF, "application/pdf", "n" * 256)).status_code == 400


@pytest.mark.parametrize(
    ("kind", "content", "status", "message"),
    [
        (
            "text/plain",
            b"hello",
            400,
            'Mime type "text/plain" not supported. Available file mime-types: "application/pdf", "application/x-pdf",'
            ' "image/pdf", "image/png", "image/jpeg"',
        ),
        (
            "",
            PDF,
            400,
            'Mime type "application/octet-stream" not supported. Available file mime-types: "application/pdf",'
            ' "application/x-pdf", "image/pdf", "image/png", "image/jpeg"',
        ),
        ("application/pdf", b"", 400, "File is empty"),
        ("application/pdf", PNG, 400, 'File content does not match mime type "application/pdf"'),
        ("image/png", b"\x89PN", 400, 'File content does not match mime type "image/png"'),
        ("application/pdf", PDF + bytes(LIMIT), 413, "File is too large. Max file size: 5Mb"),
    ],
    ids=["text", "no type", "empty", "png as pdf", "cut", "large"],
)
async def test_what_is_not_taken(practice: Practice, kind: str, content: bytes, status: int, message: str) -> None:
    visit = await _visit(practice)
    answer = await _upload(practice, visit, content, kind)
    assert (answer.status_code, answer.json()) == (status, {"error": {"message": message}})
    assert (await practice("GET", f"/appointments/{visit}/attachments")).json() == {"attachments": []}


async def test_the_limit_is_inclusive_also_while_it_arrives(practice: Practice, tools: Tools) -> None:
    whole = PDF + bytes(LIMIT - len(PDF))
    assert (await _upload(practice, await _visit(practice), whole, "application/pdf")).json()["size"] == LIMIT

    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1 << 20):
            yield content[start : start + (1 << 20)]

    assert (await documentation.receive(tools, "pdf", chunks(whole))).size_bytes == LIMIT
    with pytest.raises(TooLarge):
        await documentation.receive(tools, "pdf", chunks(whole + b"."))


async def test_a_deleted_file_is_gone_and_its_content_with_the_last_of_it(practice: Practice) -> None:
    visit = await _visit(practice)
    content = b"%PDF-" + uuid4().bytes
    first = (await _upload(practice, visit, content, "application/pdf")).json()
    second = (await _upload(practice, visit, content, "application/pdf")).json()
    path = f"/appointments/{visit}/attachments"
    answer = await practice("DELETE", f"{path}/{first['id']}")
    assert (answer.status_code, answer.json()) == (200, [])
    again = await practice("DELETE", f"{path}/{first['id']}")
    assert (again.status_code, again.json()) == (404, {"error": {"message": "Attachment not found"}})
    assert [one["id"] for one in (await practice("GET", path)).json()["attachments"]] == [second["id"]]
    row = await practice.pool.fetchrow(
        "select deleted_at is not null gone, content from documentation.attachment where key = $1", UUID(first["id"])
    )
    assert row["gone"]
    await _drop(practice, row["content"])
    assert _is_there(practice, row["content"])
    assert (await practice("DELETE", f"{path}/{second['id']}")).status_code == 200
    await _drop(practice, row["content"])
    assert not _is_there(practice, row["content"])


async def _drop(practice: Practice, content: str) -> None:
    async with practice.work() as work:
        await documentation.drop_job(work, {"content": content})


def _is_there(practice: Practice, content: str) -> bool:
    return any(content in path.name for path in (practice.tools.settings.data_dir / "blobs" / "visits").rglob("*"))


async def test_files_of_another_practice_are_not_found(practice: Practice, a_practice: MakePractice) -> None:
    visit = await _visit(practice)
    made = (await _upload(practice, visit, PDF, "application/pdf")).json()
    other = await a_practice(SOLO)
    own = await _visit(other)
    for answer in (
        await _upload(other, visit, PDF, "application/pdf"),
        await _upload(other, "x", PDF, "text/plain"),
        await other("GET", f"/appointments/{visit}/attachments"),
        await other("DELETE", f"/appointments/{visit}/attachments/{made['id']}"),
    ):
        assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Appointment not found"}})
    answer = await other("DELETE", f"/appointments/{own}/attachments/{made['id']}")
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Attachment not found"}})
    assert (await other("DELETE", f"/appointments/{own}/attachments/x")).status_code == 404


@pytest.mark.parametrize(
    ("status", "refusal"), [(0, None), (1, RefusedByScanner), (2, Unavailable), (127, Unavailable)]
)
async def test_a_scanner_has_the_last_word(
    tools: Tools, tmp_path: Path, status: int, refusal: type[Exception] | None
) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "scanner"
    script.write_text(f"#!/bin/sh\ncat > {seen}\nexit {status}\n")
    script.chmod(0o700)
    scanning = replace(tools, settings=replace(tools.settings, scan_command=str(script)))

    async def chunks() -> AsyncIterator[bytes]:
        yield PDF

    if refusal is None:
        assert (await documentation.receive(scanning, "pdf", chunks())).size_bytes == len(PDF)
        assert await asyncio.to_thread(seen.read_bytes) == PDF
    else:
        with pytest.raises(refusal):
            await documentation.receive(scanning, "pdf", chunks())


async def test_a_scanner_that_is_not_there_lets_nothing_in(tools: Tools) -> None:
    scanning = replace(tools, settings=replace(tools.settings, scan_command="/nowhere/scanner -"))

    async def chunks() -> AsyncIterator[bytes]:
        yield PDF

    with pytest.raises(Unavailable):
        await documentation.receive(scanning, "pdf", chunks())
