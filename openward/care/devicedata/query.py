"""Find a person's data by the filters of the data query, and hand them over block by block.

Source: Tidepool, the data query: which filters there are and what each leaves out.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from openward.care import audit, patients
from openward.care.devicedata import store, store_data
from openward.care.devicedata.model import KIND_NUMBERS, DataSet, Filters, Shape
from openward.care.devicedata.packing import unpack_detail, unpack_shape
from openward.care.devicedata.store_query import Chosen, Found, blocks
from openward.care.work import PersonKey, Work

# fmt: off
_LATEST = (
    "physicalActivity", "basal", "cbg", "smbg", "bloodKetone", "bolus", "wizard", "deviceEvent", "food", "insulin",
    "cgmSettings", "pumpSettings", "reportedState", "upload",
)
# fmt: on
_LOOP_SINCE = datetime(2017, 9, 1, tzinfo=UTC)
_LOOP_MODELS = frozenset({"523", "523K", "554", "723", "723K", "754"})
_DOSING = KIND_NUMBERS["dosingDecision"]

Shapes = Mapping[tuple[int, int], Shape]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found: blocks of stored rows with what they refer to by (data set, shape), and the data sets."""

    data_sets: Mapping[int, DataSet]
    shapes: Shapes
    blocks: AsyncIterator[Sequence[Found]]
    uploads: Sequence[DataSet]


async def find(work: Work, person: PersonKey, filters: Filters, *, action: str = "read") -> Answer:
    """Find data for a caller who may see the person; only visible data, in no particular order."""
    await patients.require(work, person, patients.Permission.VIEW)
    audit.note(work, action, "devicedata", person)
    sets = {one.key: one for one in await store.visible(work, person)}
    wanted = [one for one in sets.values() if filters.upload_id in (None, one.name)]
    shapes = {
        (key, number): unpack_shape(body)
        for key, number, body in await store_data.shapes(work, [one.key for one in wanted])
    }
    chosen = _choose(filters, sets, wanted, shapes)
    uploads = _uploads(filters, wanted)
    if filters.is_latest:
        return Answer(sets, shapes, _latest(work, filters, chosen, shapes), uploads)
    return Answer(sets, shapes, _matching(work, filters, chosen, shapes), uploads)


def _choose(filters: Filters, sets: Mapping[int, DataSet], wanted: Sequence[DataSet], shapes: Shapes) -> Chosen | None:
    """The filters as conditions on rows; None when nothing can match."""
    shows_carelink = _shows_carelink(filters, sets.values())
    allowed = [place for place, shape in shapes.items() if _is_wanted(filters, shape, shows_carelink)]
    if not allowed:
        return None
    keys = sorted({key for key, _ in allowed})
    kinds = sorted({KIND_NUMBERS[shapes[place].kind] for place in allowed})
    # Conditions on the kind alone are the index's business; the rest of a shape is asked for only if it decides.
    of_kinds = [place for place, shape in shapes.items() if KIND_NUMBERS[shape.kind] in kinds and place[0] in keys]
    chosen = Chosen(
        subject=wanted[0].subject,
        kinds=kinds,
        data_sets=keys,
        has_hidden=any(sets[key].hidden for key in keys),
        start=filters.start,
        end=filters.end,
        shapes=None if len(of_kinds) == len(allowed) else allowed,
    )
    if filters.upload_id is None:
        _leave_out_covered(chosen, filters, sets)
        _leave_out_medtronic(chosen, filters, sets)
    return chosen


def _is_wanted(filters: Filters, shape: Shape, shows_carelink: bool) -> bool:
    fields = shape.fields
    if filters.types and shape.kind not in filters.types:
        return False
    if filters.is_latest and not filters.types and shape.kind not in _LATEST:
        return False
    if filters.sub_types and fields.get("subType") not in filters.sub_types:
        return False
    if filters.device_id is not None and shape.device != filters.device_id:
        return False
    least = filters.least_interval_ms
    if least is not None and shape.kind == "cbg" and fields.get("sampleInterval", least) < least:
        return False
    return shows_carelink or fields.get("source") != "carelink"


def _shows_carelink(filters: Filters, sets: Iterable[DataSet]) -> bool:
    """Unless asked, data by way of CareLink are shown only to people without a direct upload of such a pump."""
    if filters.is_carelink is not None:
        return filters.is_carelink
    return not any(not one.is_open and "Medtronic" in one.manufacturers for one in sets)


def _leave_out_covered(chosen: Chosen, filters: Filters, sets: Mapping[int, DataSet]) -> None:
    spans = [(one.earliest, one.latest) for one in filters.clouds if one.earliest and one.latest]
    if spans:
        names = {name for one in filters.clouds for name in one.data_sets}
        chosen.cbg = KIND_NUMBERS["cbg"]
        chosen.covered = [(low, high) for low, high in spans if low and high]
        chosen.cloud_sets = [key for key, one in sets.items() if one.name in names]


def _leave_out_medtronic(chosen: Chosen, filters: Filters, sets: Mapping[int, DataSet]) -> None:
    """Where a closed loop reports for the pump, direct uploads of the same pump would say everything twice."""
    if filters.is_medtronic or not any(one.has_pump_loop for one in sets.values()):
        return
    direct = [key for key, one in sets.items() if one.model in _LOOP_MODELS]
    if direct:
        chosen.without = ([KIND_NUMBERS[name] for name in ("basal", "bolus", "cbg")], direct, _LOOP_SINCE)


async def _matching(
    work: Work, filters: Filters, chosen: Chosen | None, shapes: Shapes
) -> AsyncIterator[Sequence[Found]]:
    if chosen is None:
        return
    if not filters.reasons or _DOSING not in chosen.kinds:
        async for rows in blocks(work, chosen):
            yield rows
        return
    async for rows in blocks(work, chosen):
        yield [row for row in rows if _has_reason(filters, row, shapes)]


def _has_reason(filters: Filters, row: Found, shapes: Shapes) -> bool:
    if not filters.reasons or shapes[row[2], row[4]].kind != "dosingDecision":
        return True
    return row[5] is not None and unpack_detail(row[5]).get("reason") in filters.reasons


async def _latest(
    work: Work, filters: Filters, chosen: Chosen | None, shapes: Shapes
) -> AsyncIterator[Sequence[Found]]:
    """The newest datum of each kind."""
    if chosen is None:
        return
    for name in filters.types or _LATEST:
        number = KIND_NUMBERS.get(name)
        if number is None or number not in chosen.kinds:
            continue
        async for rows in blocks(work, replace(chosen, kinds=[number]), newest_first=True):
            found = next((row for row in rows if _has_reason(filters, row, shapes)), None)
            if found is not None:
                yield [found]
                break


def _uploads(filters: Filters, wanted: Sequence[DataSet]) -> list[DataSet]:
    """The data set records that match."""
    if (filters.types and "upload" not in filters.types) or filters.sub_types:
        return []
    found = [
        one
        for one in wanted
        if (filters.device_id is None or one.device_id == filters.device_id)
        and (filters.start is None or one.time >= filters.start)
        and (filters.end is None or one.time <= filters.end)
    ]
    if filters.is_latest and found:
        return [max(found, key=lambda one: (one.time, one.key))]
    return found
