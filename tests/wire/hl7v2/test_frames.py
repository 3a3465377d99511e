"""Messages out of bytes: whatever is cut where, and whatever else comes along."""

from hypothesis import given
from hypothesis import strategies as st

from openward.wire.hl7v2.frames import HEAD_BYTES, Frame, Framer, wrap

_plain = st.binary(max_size=60).map(lambda data: bytes(one for one in data if one not in (0x0B, 0x1C)))


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(st.lists(_plain, max_size=6), st.lists(st.integers(0, 10_000), max_size=12))
def test_messages_come_out_as_they_went_in(messages: list[bytes], places: list[int]) -> None:
    framer = Framer(1000)
    stream = b"".join(wrap(message) for message in messages)
    found = [frame for part in _cut(stream, places) for frame in framer.feed(part)]
    assert found == [Frame(message) for message in messages]
    assert (framer.stray, framer.is_open) == (0, False)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_survived(parts: list[bytes]) -> None:
    framer = Framer(50)
    for part in parts:
        for frame in framer.feed(part):
            assert frame.is_cut or len(frame.content) <= 50
    assert framer.pending <= sum(len(part) for part in parts)


def test_a_message_that_is_too_large_keeps_its_head_and_the_next_is_whole() -> None:
    framer = Framer(10_000)
    huge = b"MSH|^~\\&|" + b"x" * 50_000
    found = [frame for part in (wrap(huge)[:7000], wrap(huge)[7000:] + wrap(b"next")) for frame in framer.feed(part)]
    assert found == [Frame(huge[:HEAD_BYTES], is_cut=True), Frame(b"next")]


def test_an_end_without_return_and_a_second_start() -> None:
    framer = Framer(100)
    assert list(framer.feed(b"\x0bone\x1c\x0bbroken off\x0btwo\x1c\r\nnoise")) == [Frame(b"one"), Frame(b"two")]
    assert framer.stray == len(b"noise")
