"""Frames of DM motors and teaching handles, byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.damiao import handle, registers
from devices.damiao.mit import (
    Feedback,
    Limits,
    Push,
    feedback_frame,
    feedback_of,
    push_frame,
    push_of,
)

DM4310, DM4340 = Limits(12.5, 30.0, 10.0), Limits(12.5, 10.0, 28.0)


@pytest.mark.parametrize(
    ("push", "limits", "frame"),
    [
        (Push(), DM4310, "7F FF 7F F0 00 00 07 FF"),
        (Push(1.0, kp=80, kd=5), DM4340, "8A 3C 7F F2 8F FF F7 FF"),
        (Push(-0.5, kp=10, kd=1.5, torque_nm=0.5), DM4310, "7A E0 7F F0 51 4C C8 65"),
    ],
)
def test_what_a_motor_is_told(push, limits, frame):
    assert push_frame(push, limits) == bytes.fromhex(frame)


def test_what_a_motor_tells():
    told = feedback_of(bytes.fromhex("11 8A 3C 7F F7 FF 1E 1C"), DM4340)
    assert (told.motor, told.is_enabled, told.driver_c, told.coil_c) == (1, True, 30, 28)
    assert told.position_rad == pytest.approx(1.0, abs=4e-4)
    told = feedback_of(bytes.fromhex("14 7A E0 7F F8 65 1E 1C"), DM4310)
    assert told.motor == 4
    assert told.position_rad == pytest.approx(-0.5, abs=4e-4)
    assert told.torque_nm == pytest.approx(0.5, abs=5e-3)


def test_what_a_motor_complains_about_is_told_in_words():
    told = feedback_of(bytes.fromhex("D2 7F FF 7F F7 FF 1E 1C"), DM4310)
    assert (told.motor, told.is_enabled) == (2, False)
    assert told.complaint == "it heard nothing for too long"
    assert feedback_of(bytes.fromhex("72 7F FF 7F F7 FF 1E 1C"), DM4310).complaint.endswith("7")


@given(
    p=st.floats(-12.5, 12.5),
    v=st.floats(-30, 30),
    kp=st.floats(0, 500),
    kd=st.floats(0, 5),
    t=st.floats(-10, 10),
)
def test_what_is_told_arrives_within_one_step_of_its_scale(p, v, kp, kd, t):
    heard = push_of(push_frame(Push(p, v, kp, kd, t), DM4310), DM4310)
    assert heard.position_rad == pytest.approx(p, abs=25 / 65535 + 1e-9)
    assert heard.speed_rad_s == pytest.approx(v, abs=60 / 4095 + 1e-9)
    assert heard.kp == pytest.approx(kp, abs=500 / 4095 + 1e-9)
    assert heard.kd == pytest.approx(kd, abs=5 / 4095 + 1e-9)
    assert heard.torque_nm == pytest.approx(t, abs=20 / 4095 + 1e-9)


def test_what_is_beyond_a_scale_is_clipped():
    heard = push_of(push_frame(Push(99.0, -99.0, 9999.0, 99.0, -99.0), DM4310), DM4310)
    assert (heard.position_rad, heard.speed_rad_s) == (12.5, -30.0)
    assert (heard.kp, heard.kd, heard.torque_nm) == (500.0, 5.0, -10.0)


def test_a_feedback_frame_comes_back():
    told = Feedback(5, 0xB, 0.25, -1.5, 2.0, 71, 64)
    back = feedback_of(feedback_frame(told, DM4310), DM4310)
    assert (back.motor, back.status, back.driver_c, back.coil_c) == (5, 0xB, 71, 64)
    assert back.position_rad == pytest.approx(0.25, abs=4e-4)


@pytest.mark.parametrize("read", [lambda d: feedback_of(d, DM4310), handle.report_of])
def test_a_frame_of_another_length_is_refused(read):
    with pytest.raises(ValueError, match="got 3: 01 02 03"):
        read(b"\x01\x02\x03")


def test_registers_are_read_and_written():
    assert registers.read_frame(3, registers.MODE).hex() == "0300330a00000000"
    frame = registers.write_frame(3, registers.WATCHDOG, 8000)
    assert frame.hex() == "03005509401f0000"
    assert registers.unpack(registers.WATCHDOG, frame[4:]) == 8000
    packed = registers.pack(registers.POSITION_END, 12.5)
    assert registers.unpack(registers.POSITION_END, packed) == 12.5
    assert registers.ask_frame(0x105).hex() == "0501cc0000000000"


def test_a_report_of_the_handle():
    report = handle.report_of(bytes.fromhex("00 01 2C 00 00 01"))
    assert (report.position, report.inputs) == (300, 1)
    assert report.opening == pytest.approx(1 - 300 * 2 * 3.14159265 / 4096 / 0.7)
    assert handle.report_of(handle.report_frame(report)) == report


@given(st.floats(0, 1))
def test_the_trigger_says_how_far_to_open(opening):
    report = handle.HandleReport(0, handle.position_of(opening), 0, 0)
    assert report.opening == pytest.approx(opening, abs=2e-3)
    turned = handle.HandleReport(0, -report.position, 0, 0)
    assert turned.opening == report.opening
