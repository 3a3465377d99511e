"""The way of a whole batch through the rules: all or nothing, faults in the order of the input."""

from collections.abc import Callable, Sequence

from openward.care.devicedata.rules.activity import PHYSICAL_ACTIVITY
from openward.care.devicedata.rules.alert import ALERT
from openward.care.devicedata.rules.basal import BASAL
from openward.care.devicedata.rules.bolus import BOLUS
from openward.care.devicedata.rules.cgm_settings import CGM_SETTINGS
from openward.care.devicedata.rules.controller import CONTROLLER_SETTINGS, CONTROLLER_STATUS
from openward.care.devicedata.rules.device_event import DEVICE_EVENT
from openward.care.devicedata.rules.dosing import DOSING_DECISION
from openward.care.devicedata.rules.food import FOOD
from openward.care.devicedata.rules.glucose import BLOOD_KETONE, CBG, SMBG
from openward.care.devicedata.rules.insulin import INSULIN
from openward.care.devicedata.rules.kinds import discriminator
from openward.care.devicedata.rules.pump_settings import PUMP_SETTINGS
from openward.care.devicedata.rules.pump_status import PUMP_STATUS
from openward.care.devicedata.rules.reading import Checked, Notebook
from openward.care.devicedata.rules.state import REPORTED_STATE, WATER
from openward.care.devicedata.rules.wizard import WIZARD

KINDS = {
    kind.name: kind
    for kind in (
        PHYSICAL_ACTIVITY,
        ALERT,
        BASAL,
        CBG,
        SMBG,
        BLOOD_KETONE,
        BOLUS,
        WIZARD,
        DEVICE_EVENT,
        DOSING_DECISION,
        FOOD,
        INSULIN,
        CGM_SETTINGS,
        CONTROLLER_SETTINGS,
        PUMP_SETTINGS,
        REPORTED_STATE,
        CONTROLLER_STATUS,
        PUMP_STATUS,
        WATER,
    )
}
_NAMES = tuple(KINDS)


def check_batch(items: Sequence[object], *, mint_id: Callable[[], str]) -> list[Checked]:
    """Check and normalise a batch of data, in the order of the input; data found inside others follow at the end.

    items: JSON values, each an object with a `type`; mint_id: makes the id of a datum that was split off.
    Raises Invalid with all parse faults, or if there are none with all validation faults; pointers start with the
    item's place (`/0/value`). The items are not changed, but free objects inside them are kept, not copied.
    """
    notes = Notebook(mint_id)
    checked = []
    for place, item in enumerate(items):
        notes.meta = {}
        at = f"/{place}"
        if item is None:
            notes.broken("value-not-exists", at)
        elif type(item) is not dict:
            notes.wrong_type("object", item, at)
        else:
            name = discriminator(item, "type", _NAMES, at, notes)
            datum = KINDS[name].read(item, at, notes) if name is not None else None
            if datum is not None:
                checked.append(datum)
    notes.finish()
    return checked + notes.split_off
