"""Virtual visits: waiting rooms and their free times, appointments and what becomes of them, links to them."""

from openward.care.visits.book import RoomFull, book
from openward.care.visits.change import assign, move, set_episode, update
from openward.care.visits.links import link_token, read_link, visit_url
from openward.care.visits.model import (
    Appointment,
    AppointmentBooked,
    AppointmentEnded,
    AppointmentRescheduled,
    Booking,
    Call,
    CallStatus,
    Change,
    Outcome,
    Role,
    Room,
    RoomSettings,
    Staff,
    Status,
    Window,
)
from openward.care.visits.moving import move as follow_merge
from openward.care.visits.read import behind_link, between, by_external_id, get, get_many, lock, of_episode, of_person
from openward.care.visits.room_store import set_teams_url, teams_url
from openward.care.visits.rooms import default_room, put_room, room, room_by_name, rooms
from openward.care.visits.rules import FINAL, SETTLED, may_move, refusal
from openward.care.visits.slots import free_slots, zone_of
from openward.care.visits.staff import all_staff, as_provider, put_staff, staff_named, staff_of
from openward.care.visits.store import ExternalIdTaken
from openward.care.visits.sweeping import SWEEP, sweep_job

__all__ = [
    "FINAL",
    "SETTLED",
    "SWEEP",
    "Appointment",
    "AppointmentBooked",
    "AppointmentEnded",
    "AppointmentRescheduled",
    "Booking",
    "Call",
    "CallStatus",
    "Change",
    "ExternalIdTaken",
    "Outcome",
    "Role",
    "Room",
    "RoomFull",
    "RoomSettings",
    "Staff",
    "Status",
    "Window",
    "all_staff",
    "as_provider",
    "assign",
    "behind_link",
    "between",
    "book",
    "by_external_id",
    "default_room",
    "follow_merge",
    "free_slots",
    "get",
    "get_many",
    "link_token",
    "lock",
    "may_move",
    "move",
    "of_episode",
    "of_person",
    "put_room",
    "put_staff",
    "read_link",
    "refusal",
    "room",
    "room_by_name",
    "rooms",
    "set_episode",
    "set_teams_url",
    "staff_named",
    "staff_of",
    "sweep_job",
    "teams_url",
    "update",
    "visit_url",
    "zone_of",
]
