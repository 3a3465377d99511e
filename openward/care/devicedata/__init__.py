"""Data sets and data of devices over time: glucose, insulin, settings and events."""

from openward.care.devicedata.catalogue import PUMPS, SENSORS, DeviceModel
from openward.care.devicedata.clouds import Delivery, Readings, append_new
from openward.care.devicedata.dedup import HASH_DEDUPLICATORS, VERSIONS, Deduplicator, hash_of
from openward.care.devicedata.ingest import append, lock, pack_batch, require_upload
from openward.care.devicedata.joining_store import join as join_people
from openward.care.devicedata.measured import Measurement, forget_measured, keep_measured, move_sets
from openward.care.devicedata.model import (
    KIND_NAMES,
    KIND_NUMBERS,
    Batch,
    CloudSpan,
    DataChanged,
    DataSet,
    Filters,
    ManyDataChanged,
    Shape,
)
from openward.care.devicedata.newest import newest
from openward.care.devicedata.older import keep_by_content
from openward.care.devicedata.packing import moment, unpack, unpack_detail
from openward.care.devicedata.query import Answer, find
from openward.care.devicedata.readings import GlucoseColumns, Treatment, insulin_and_carbs, readings
from openward.care.devicedata.remove import remove_selected
from openward.care.devicedata.rules import (
    Checked,
    check_batch,
    check_data_set,
    check_data_set_update,
    check_selectors,
)
from openward.care.devicedata.rules.fast import CbgReading, decode_cbg, sent_form
from openward.care.devicedata.rules.instants import ZERO, parse_instant, print_instant
from openward.care.devicedata.sets import create, delete, delete_all, get, list_of, update
from openward.care.devicedata.store_query import Found
from openward.care.devicedata.units import to_mg_dl, whole_mg_dl

__all__ = [
    "HASH_DEDUPLICATORS",
    "KIND_NAMES",
    "KIND_NUMBERS",
    "PUMPS",
    "SENSORS",
    "VERSIONS",
    "ZERO",
    "Answer",
    "Batch",
    "CbgReading",
    "Checked",
    "CloudSpan",
    "DataChanged",
    "DataSet",
    "Deduplicator",
    "Delivery",
    "DeviceModel",
    "Filters",
    "Found",
    "GlucoseColumns",
    "ManyDataChanged",
    "Measurement",
    "Readings",
    "Shape",
    "Treatment",
    "append",
    "append_new",
    "check_batch",
    "check_data_set",
    "check_data_set_update",
    "check_selectors",
    "create",
    "decode_cbg",
    "delete",
    "delete_all",
    "find",
    "forget_measured",
    "get",
    "hash_of",
    "insulin_and_carbs",
    "join_people",
    "keep_by_content",
    "keep_measured",
    "list_of",
    "lock",
    "moment",
    "move_sets",
    "newest",
    "pack_batch",
    "parse_instant",
    "print_instant",
    "readings",
    "remove_selected",
    "require_upload",
    "sent_form",
    "to_mg_dl",
    "unpack",
    "unpack_detail",
    "update",
    "whole_mg_dl",
]
