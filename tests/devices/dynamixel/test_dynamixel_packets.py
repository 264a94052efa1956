"""Protocol 2.0 byte by byte: the manual's vectors, stuffing, and finding packets in any noise."""

from __future__ import annotations

import dynamixel_sdk as sdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.dynamixel import packets
from devices.dynamixel.packets import BROADCAST, Instruction

# Vectors of the e-Manual, or computed by hand from its rules.
VECTORS = [
    (packets.ping(1), "FF FF FD 00 01 03 00 01 19 4E"),
    (packets.status(1, 0, bytes((0xA6, 0x04, 0x2E))), "FF FF FD 00 01 07 00 55 00 A6 04 2E D6 D5"),
    (packets.ping(BROADCAST), "FF FF FD 00 FE 03 00 01 31 42"),
    (packets.read(1, 132, 4), "FF FF FD 00 01 07 00 02 84 00 04 00 1D 15"),
    (packets.status(1, 0, b"\x00\x08\x00\x00"), "FF FF FD 00 01 08 00 55 00 00 08 00 00 1C 38"),
    (packets.write(1, 64, b"\x01"), "FF FF FD 00 01 06 00 03 40 00 01 DB 66"),
    (
        packets.sync_read((1, 2, 3), 132, 4),
        "FF FF FD 00 FE 0A 00 82 84 00 04 00 01 02 03 2A 6C",
    ),
    (
        packets.write(2, 116, (-100).to_bytes(4, "little", signed=True)),
        "FF FF FD 00 02 09 00 03 74 00 9C FF FF FF E5 15",
    ),
    (packets.reboot(1), "FF FF FD 00 01 03 00 08 2F 4E"),
]
BODIES = st.lists(st.sampled_from([0xFF, 0xFD, 0x00, 0x55, 0x12]), max_size=24).map(bytes)


@pytest.mark.parametrize(("made", "wanted"), VECTORS)
def test_packets_are_those_of_the_manual(made, wanted):
    assert made == bytes.fromhex(wanted)


@given(st.binary(max_size=40))
def test_the_checksum_is_the_vendors(content):
    assert packets.checksum(content) == sdk.PacketHandler(2.0).updateCRC(0, content, len(content))


@given(st.integers(0, 252), BODIES)
def test_what_is_stuffed_is_what_the_vendor_stuffs(motor, body):
    ours = packets.packet(motor, Instruction.WRITE, body)
    theirs = [*ours[:5], *(len(body) + 3).to_bytes(2, "little"), Instruction.WRITE, *body, 0, 0]
    assert list(ours[:-2]) == sdk.PacketHandler(2.0).addStuffing(theirs)[:-2]


@given(st.integers(0, 252), st.integers(0, 255), BODIES, BODIES, st.binary(max_size=9))
def test_a_status_is_found_between_anything(motor, error, first, second, noise):
    noise = noise.replace(packets.HEADER, b"")
    stream = noise + packets.status(motor, error, first) + packets.status(motor, 0, second)
    seen = packets.scan(stream)
    assert [(p.motor, p.code, p.body) for p in seen.packets][-2:] == [
        (motor, error, first),
        (motor, 0, second),
    ]
    assert seen.used == len(stream)


@given(BODIES, st.data())
def test_half_a_packet_waits_for_its_other_half(body, data):
    whole = packets.status(3, 0, body)
    cut = data.draw(st.integers(0, len(whole) - 1))
    seen = packets.scan(whole[:cut])
    assert seen.packets == ()
    assert seen.used == 0
    assert len(packets.scan(whole[seen.used :]).packets) == 1


@given(BODIES, st.data())
def test_one_flipped_bit_is_never_taken_for_data(body, data):
    spoiled = bytearray(packets.status(3, 0, body))
    at = data.draw(st.integers(4, len(spoiled) - 1))
    spoiled[at] ^= 1 << data.draw(st.integers(0, 7))
    assert packets.scan(spoiled, body=len(body)).packets == ()


def test_a_motor_that_refuses_says_why():
    (packet,) = packets.scan(packets.status(1, 7)).packets
    assert "only without torque" in packet.refusal
    assert not packet.alarm


def test_an_alert_is_no_refusal():
    (packet,) = packets.scan(packets.status(1, 0x80, b"\x01"), body=1).packets
    assert packet.alarm
    assert packet.refusal == ""


def test_a_request_is_no_answer():
    assert packets.scan(packets.write(1, 64, b"\x01"), body=0).packets == ()
