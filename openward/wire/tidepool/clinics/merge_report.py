"""The plan of a merge, as a spreadsheet to go through or as JSON; nothing changes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from openward.care import transfers
from openward.care.transfers import MergePlan
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics.merge import pair
from openward.wire.tidepool.clinics.merge_json import Names, encode_plan, names_of
from openward.wire.tidepool.clinics.merge_workbook import write

_MEDIA = "application/vnd.ms-excel"
_CHUNK = 1 << 16


async def generate(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/reports/merge: JSON for callers who ask for it and not for a spreadsheet."""
    target, source = await pair(work, call)
    plan = await transfers.propose(work, target, source)
    names = await names_of(work, plan)
    accept = (call.header("accept") or "").lower()
    if "application/json" in accept and "excel" not in accept and "spreadsheet" not in accept:
        return json_reply(encode_plan(plan, names))
    name = f"merge-report-{int(work.now.timestamp())}.xlsx"
    return Reply(200, _workbook(plan, names), _MEDIA, {"content-disposition": f"attachment; filename={name}"})


async def _workbook(plan: MergePlan, names: Names) -> AsyncIterator[bytes]:
    """Written to a temporary file in a thread, and sent piece by piece."""
    with TemporaryDirectory(prefix="openward-merge-") as folder:
        path = Path(folder) / "report.xlsx"
        await asyncio.to_thread(write, path, plan, names)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
