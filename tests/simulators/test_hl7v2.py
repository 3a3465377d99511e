"""The invented front desk: its messages say what they are written in."""

from openward.simulators.hl7v2 import Feed, Names


def test_a_message_names_its_character_set() -> None:
    for item in Feed(Names(("EPIC", "NORTH"), ("OPENWARD", "WILLOW"), ("ROOM1",)), seed=1, prefix="P").messages(20):
        header = item.content.split(b"\r")[0].split(b"|")
        assert header[11] == b"2.5"  # MSH-12: the first separator is a field of its own
        assert header[17] == b"UNICODE UTF-8"  # MSH-18
