"""The bytes of the bus, against the maker's examples; and the scanner, against dirt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.feetech import packets
from devices.feetech.packets import BROADCAST, Alarm, Instruction, Packet
from devices.feetech.registers import HOMING_OFFSET, PRESENT_LOAD, PRESENT_POSITION, Register

SIX = (1, 2, 3, 4, 5, 6)
REQUESTS = {  # from the protocol manual and its examples
    "FF FF 01 02 01 FB": packets.ping(1),
    "FF FF FE 02 01 FE": packets.ping(BROADCAST),
    "FF FF 01 04 02 03 02 F3": packets.read(1, 3, 2),
    "FF FF 01 04 02 38 02 BE": packets.read(1, 56, 2),
    "FF FF 01 04 03 28 01 CE": packets.write(1, 40, b"\x01"),
    "FF FF FE 04 03 28 00 D2": packets.write(BROADCAST, 40, b"\x00"),
    "FF FF FE 04 03 37 00 C3": packets.write(BROADCAST, 55, b"\x00"),
    "FF FF 01 04 03 05 02 F0": packets.write(1, 5, b"\x02"),
    "FF FF 02 09 03 2A E8 03 00 00 00 00 DC": packets.write(2, 42, bytes.fromhex("E80300000000")),
    "FF FF 03 05 03 1F 64 08 69": packets.write(3, 31, HOMING_OFFSET.encode(-100)),
    "FF FF FE 0A 82 38 02 01 02 03 04 05 06 26": packets.sync_read(SIX, 56, 2),
    "FF FF FE 0A 82 38 0F 01 02 03 04 05 06 19": packets.sync_read(SIX, 56, 15),
    "FF FF FE 16 83 2A 02 01 00 08 02 00 08 03 00 08 04 00 08 05 00 08 06 00 08 F7":
        packets.sync_write(42, dict.fromkeys(SIX, (2048).to_bytes(2, "little"))),
    "FF FF FE 02 05 FA": packets.packet(BROADCAST, Instruction.ACTION),
}  # fmt: skip
STATUSES = {
    "FF FF 01 02 00 FC": Packet(1, 0, b""),
    "FF FF 01 04 00 09 03 EE": Packet(1, 0, (777).to_bytes(2, "little")),
    "FF FF 01 04 00 00 08 F2": Packet(1, 0, (2048).to_bytes(2, "little")),
    "FF FF 01 04 20 00 08 D2": Packet(1, Alarm.OVERLOAD, (2048).to_bytes(2, "little")),
}

a_packet = st.builds(Packet, st.integers(0, 253), st.integers(0, 255), st.binary(max_size=20))


def raw(packet: Packet) -> bytes:
    return packets.packet(packet.motor, packet.code, packet.body)


@pytest.mark.parametrize(("text", "made"), REQUESTS.items())
def test_requests_are_the_makers_bytes(text, made):
    assert made == bytes.fromhex(text)


@pytest.mark.parametrize(("text", "meaning"), STATUSES.items())
def test_statuses_mean_what_the_maker_says(text, meaning):
    seen = packets.scan(bytes.fromhex(text))
    assert seen.packets == (meaning,)
    assert (seen.garbled, seen.noise, seen.used) == (0, 0, len(bytes.fromhex(text)))


def test_an_alarm_comes_with_valid_data():
    (packet,) = packets.scan(bytes.fromhex("FF FF 01 04 20 00 08 D2")).packets
    assert packet.alarm is Alarm.OVERLOAD
    assert PRESENT_POSITION.decode(packet.body) == 2048


@given(st.lists(a_packet, max_size=6))
def test_scanning_what_was_packed_gives_it_back(sent):
    stream = b"".join(map(raw, sent))
    assert packets.scan(stream).packets == tuple(sent)


@given(st.lists(a_packet, min_size=1, max_size=6), st.data())
def test_arriving_in_pieces_changes_nothing(sent, data):
    stream = b"".join(map(raw, sent))
    cut = data.draw(st.integers(0, len(stream)))
    first = packets.scan(stream[:cut])
    second = packets.scan(stream[first.used :])
    assert first.packets + second.packets == tuple(sent)


@given(
    st.lists(a_packet, min_size=1, max_size=4), st.binary(max_size=8).filter(lambda b: 255 not in b)
)
def test_noise_before_a_header_is_skipped(sent, dirt):
    seen = packets.scan(b"".join(dirt + raw(p) for p in sent))
    assert seen.packets == tuple(sent)
    assert seen.noise == len(dirt) * len(sent)


@given(a_packet, st.integers(0, 7), st.data())
def test_no_single_flipped_bit_passes_the_checksum(sent, bit, data):
    stream = bytearray(raw(sent))
    stream[data.draw(st.integers(2, len(stream) - 1))] ^= 1 << bit
    assert sent not in packets.scan(stream, body=len(sent.body)).packets


@given(st.binary(max_size=200))
def test_dirt_never_breaks_the_scanner(stream):
    seen = packets.scan(stream)
    assert 0 <= seen.used <= len(stream)


def test_a_packet_of_another_size_than_asked_for_is_garbled():
    seen = packets.scan(raw(Packet(1, 0, b"\x01")) + raw(Packet(2, 0, b"\x01\x02")), body=2)
    assert seen.packets == (Packet(2, 0, b"\x01\x02"),)
    assert seen.garbled == 1


@pytest.mark.parametrize(
    ("register", "value", "raw_bytes"),
    [
        (HOMING_OFFSET, -100, "6408"),
        (HOMING_OFFSET, 2047, "FF07"),
        (HOMING_OFFSET, -2047, "FF0F"),
        (PRESENT_LOAD, -120, "7804"),
        (PRESENT_POSITION, -1, "0180"),
    ],
)
def test_negative_numbers_have_a_sign_bit_of_their_own(register, value, raw_bytes):
    assert register.encode(value) == bytes.fromhex(raw_bytes)
    assert register.decode(bytes.fromhex(raw_bytes)) == value


@given(st.sampled_from([8, 10, 11, 15, None]), st.data())
def test_decoding_undoes_encoding(sign_bit, data):
    register = Register(0, 2, sign_bit)
    low = 0 if sign_bit is None else -register.limit
    value = data.draw(st.integers(low, register.limit))
    assert register.decode(register.encode(value)) == value


@pytest.mark.parametrize("value", [-2048, 2048, 2114])
def test_an_offset_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match="register 31 holds -2047 to 2047"):
        HOMING_OFFSET.encode(value)
