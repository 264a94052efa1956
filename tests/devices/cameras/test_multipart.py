"""The stream parser, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.cameras.body_stream import Dechunker
from devices.cameras.multipart import Multipart, boundary_of

JPEGS = [b"\xff\xd8" + bytes([n]) * (40 + n) + b"\xff\xd9" for n in range(3)]


def part(jpeg, *, length=None, extra=b""):
    announced = len(jpeg) if length is None else length
    head = b"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n%s\r\n" % (announced, extra)
    return head + jpeg + b"\r\n"


def fed(parser, stream, sizes):
    found, at = [], 0
    for size in sizes:
        found += parser.feed(stream[at : at + size])
        at += size
    return [p.jpeg for p in found + parser.feed(stream[at:])]


@given(st.lists(st.integers(1, 60), max_size=20))
def test_pictures_come_out_whatever_the_pieces_are(sizes):
    stream = b"".join(part(jpeg) for jpeg in JPEGS)
    assert fed(Multipart(b"cut"), stream, sizes) == JPEGS


@given(st.lists(st.integers(1, 60), max_size=20))
def test_pictures_without_an_announced_length_end_at_the_delimiter(sizes):
    stream = b"".join(b"--cut\r\nContent-Type: image/jpeg\r\n\r\n" + j + b"\r\n" for j in JPEGS)
    found = fed(Multipart(b"cut"), stream + b"--cut\r\n", sizes)
    assert found == JPEGS


def test_a_picture_is_given_out_with_its_last_byte_not_with_the_next_delimiter():
    parser = Multipart(b"cut")
    stream = part(JPEGS[1]).removesuffix(b"\r\n")
    assert parser.feed(stream[:-1]) == []
    assert [p.jpeg for p in parser.feed(stream[-1:])] == [JPEGS[1]]


@given(st.lists(st.integers(1, 60), max_size=20))
def test_a_part_that_breaks_off_is_counted_and_the_next_one_is_read(sizes):
    broken = part(JPEGS[0][:20], length=len(JPEGS[0]))
    parser = Multipart(b"cut")
    assert fed(parser, broken + part(JPEGS[1]) + part(JPEGS[2]), sizes) == JPEGS[1:]
    assert parser.damaged == 1


@given(st.binary(max_size=400), st.lists(st.integers(1, 60), max_size=10))
def test_noise_before_the_stream_does_no_harm(noise, sizes):
    parser = Multipart(b"cut")
    clean = noise.replace(b"--cut", b"").replace(b"-", b"")
    assert fed(parser, clean + part(JPEGS[0]), sizes) == JPEGS[:1]


def test_the_senders_own_counter_is_kept():
    parts = Multipart(b"cut").feed(part(JPEGS[0], extra=b"X-Picture: 77\r\n"))
    assert [p.number for p in parts] == [77]


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ('multipart/x-mixed-replace;charset=x; boundary="--a b"', b"--a b"),
        ("Multipart/Mixed;BOUNDARY=x", b"x"),
        ("image/jpeg", None),
        ("multipart/x-mixed-replace", None),
    ],
)
def test_boundary(header, boundary):
    assert boundary_of(header) == boundary


@given(
    st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=6),
    st.lists(st.integers(1, 30), max_size=20),
)
def test_chunks_are_unwrapped_whatever_the_pieces_are(chunks, sizes):
    stream = b"".join(b"%x;x=y\r\n%s\r\n" % (len(c), c) for c in chunks)
    dechunker, payload, at = Dechunker(), b"", 0
    for size in sizes:
        payload += dechunker.feed(stream[at : at + size])
        at += size
    assert payload + dechunker.feed(stream[at:]) == b"".join(chunks)


def test_what_is_not_chunked_is_an_error():
    with pytest.raises(ValueError, match="invalid literal"):
        Dechunker().feed(b"\xff\xd8 picture\r\n")
