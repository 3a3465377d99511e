"""Rules for data of devices: every datum type with its fields, its checks and its normal form.

Plain functions without I/O: whoever has JSON values (a request, a partner cloud's translation) can use them.
"""

from openward.care.devicedata.rules.batch import check_batch
from openward.care.devicedata.rules.data_set import check_data_set, check_data_set_update, check_selectors
from openward.care.devicedata.rules.instants import parse_instant, print_instant
from openward.care.devicedata.rules.reading import Checked

__all__ = [
    "Checked",
    "check_batch",
    "check_data_set",
    "check_data_set_update",
    "check_selectors",
    "parse_instant",
    "print_instant",
]
