"""Parsers over raw reports: vectors from the makers' layouts, and no report breaks them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.inputs import gamepad, pedal, spacemouse
from devices.inputs.gamepad import Pad, PadKind
from devices.inputs.pedal import Pedals
from devices.inputs.spacemouse import Puck

# ── SpaceMouse ─────────────────────────────────────────────────────────────────────────────────


def puck(*reports):
    state = Puck()
    for report in reports:
        state = spacemouse.parse(bytes.fromhex(report), state)
    return state


def test_translation():
    assert puck("01 76 00 00 00 FA FF").translation == pytest.approx((118 / 350, 0, -6 / 350))


def test_rotation():
    assert puck("02 00 00 A2 FE 0C 00").rotation == pytest.approx((0, -1.0, 12 / 350))


def test_both_in_one_report():
    state = puck("01 76 00 00 00 FA FF 00 00 A2 FE 0C 00")
    assert state.translation == pytest.approx((118 / 350, 0, -6 / 350))
    assert state.rotation == pytest.approx((0, -1.0, 12 / 350))


def test_one_report_leaves_the_rest_as_it_was():
    state = puck("01 76 00 00 00 FA FF", "02 00 00 A2 FE 0C 00", "03 01")
    assert state.translation[0] == pytest.approx(118 / 350)
    assert state.rotation[1] == -1.0
    assert state.buttons == {0}


@pytest.mark.parametrize(
    ("report", "held"), [("03 00", set()), ("03 02", {1}), ("03 03 00", {0, 1}), ("03 00 80", {15})]
)
def test_buttons(report, held):
    assert puck(report).buttons == held


def test_more_than_the_end_stop_is_the_end_stop():
    assert puck("01 FF 7F 00 80 00 00").translation == (1.0, -1.0, 0.0)


def test_letting_go_keeps_the_buttons():
    assert puck("01 76 00 00 00 FA FF", "03 01").at_rest() == Puck(buttons=frozenset({0}))


@given(st.binary(max_size=20))
def test_no_report_breaks_the_puck(report):
    state = spacemouse.parse(report, Puck())
    assert all(-1 <= v <= 1 for v in (*state.translation, *state.rotation))


# ── gamepads ───────────────────────────────────────────────────────────────────────────────────

DS4_IDLE = "01 80 80 80 80 08 00 00 00 00" + " 00" * 54
DUALSENSE_IDLE = "01 80 80 80 80 00 00 00 08 00 00" + " 00" * 53
XBOX_IDLE = "01 00 80 00 80 00 80 00 80 00 00 00 00 00 00 00"


def pad(kind, report):
    return gamepad.parse(kind, bytes.fromhex(report), Pad())


@pytest.mark.parametrize(
    ("kind", "report"),
    [
        (PadKind.DUALSHOCK_4, DS4_IDLE),
        (PadKind.DUALSENSE, DUALSENSE_IDLE),
        (PadKind.LOGITECH_D, "80 80 80 80 08 00 00 FF"),
        (PadKind.LOGITECH_D, "01 80 80 80 80 08 00 00 FF"),
        (PadKind.XBOX_BLUETOOTH, XBOX_IDLE),
    ],
)
def test_a_pad_that_is_let_go(kind, report):
    assert pad(kind, report) == Pad()


@pytest.mark.parametrize(
    ("kind", "report"),
    [
        # left stick right and away, right stick left and towards, R1 and cross, half left trigger
        (PadKind.DUALSHOCK_4, "01 FF 00 00 FF 28 02 00 80 FF" + " 00" * 54),
        (PadKind.DUALSHOCK_4, "11 C0 00 FF 00 00 FF 28 02 00 80 FF" + " 00" * 66),
        (PadKind.DUALSENSE, "01 FF 00 00 FF 80 FF 07 28 02 00" + " 00" * 53),
        (PadKind.DUALSENSE, "01 FF 00 00 FF 28 02 00 80 FF"),
        (PadKind.DUALSENSE, "31 01 FF 00 00 FF 80 FF 07 28 02 00" + " 00" * 66),
        (PadKind.XBOX_BLUETOOTH, "01 FF FF 00 00 00 00 FF FF 02 02 FF 03 00 81 00"),
    ],
)
def test_the_same_hands_on_every_pad(kind, report):
    state = pad(kind, report)
    assert state.left == (1.0, pytest.approx(1.0, abs=0.01))
    assert state.right == (pytest.approx(-1.0, abs=0.01), -1.0)
    assert state.left_trigger == pytest.approx(0.5, abs=0.01)
    assert state.right_trigger == 1.0
    assert state.buttons == {"a", "rb"}
    assert state.hat == ""


@pytest.mark.parametrize(
    ("hat", "name"), [(0, "up"), (2, "right"), (5, "down left"), (7, "up left"), (8, "")]
)
def test_hat(hat, name):
    assert pad(PadKind.DUALSHOCK_4, f"01 80 80 80 80 0{hat} 00 00 00 00").hat == name
    xbox = (hat + 1) % 9
    assert pad(PadKind.XBOX_BLUETOOTH, XBOX_IDLE[:39] + f"{xbox:02x} 00 00").hat == name


def test_logitech_triggers_are_buttons():
    state = pad(PadKind.LOGITECH_D, "80 80 80 80 08 0C 00 FF")
    assert (state.left_trigger, state.right_trigger) == (1.0, 1.0)
    assert state.buttons == {"lt", "rt"}


@given(st.sampled_from(list(PadKind)), st.binary(max_size=80))
def test_no_report_breaks_a_pad(kind, report):
    state = gamepad.parse(kind, report, Pad())
    assert all(-1 <= v <= 1 for v in (*state.left, *state.right))
    assert 0 <= state.left_trigger <= 1
    assert 0 <= state.right_trigger <= 1


def js(kind, number, value):
    return struct.pack("<IhBB", 1234, value, kind, number)


def test_joystick_events():
    state = Pad()
    events = [
        js(0x82, 0, 0),  # what is so when the device is opened
        js(0x82, 2, -32767),
        js(2, 0, 32767),
        js(2, 1, -32767),
        js(2, 3, -16384),
        js(2, 5, 32767),
        js(1, 5, 1),
        js(1, 0, 1),
        js(1, 0, 0),
    ]
    for event in events:
        state = gamepad.parse(PadKind.JOYSTICK, event, state)
    assert state.left == (1.0, 1.0)
    assert state.right == (pytest.approx(-0.5, abs=0.001), 0.0)
    assert (state.left_trigger, state.right_trigger) == (0.0, 1.0)
    assert state.buttons == {"rb"}


# ── pedals ─────────────────────────────────────────────────────────────────────────────────────


def pedals(*reports):
    state = Pedals()
    for report in reports:
        state = pedal.parse(bytes.fromhex(report), state)
    return state


@pytest.mark.parametrize(
    ("report", "keys"),
    [
        ("00 00 04 00 00 00 00 00", {"A"}),
        ("00 00 05 06 00 00 00 00", {"B", "C"}),
        ("00 00 68 00 00 00 00 00", {"F13"}),
        ("00 00 73 3A 00 00 00 00", {"F24", "F1"}),
        ("02 00 1E 00 00 00 00 00", {"Shift", "1"}),
        ("00 00 27 2C 4F 00 00 00", {"0", "Space", "Right"}),
        ("01 00 00 04 00 00 00 00 00", {"A"}),  # with a report number
        ("00 00 00 00 00 00 00 00", set()),
    ],
)
def test_pedals(report, keys):
    assert pedals(report).keys == keys


def test_what_went_down():
    before, after = pedals("00 00 04 00 00 00 00 00"), pedals("00 00 04 05 00 00 00 00")
    assert pedal.pressed(before, after) == {"B"}
    assert pedal.pressed(after, before) == set()


def test_too_many_keys_change_nothing():
    assert pedals("00 00 04 00 00 00 00 00", "00 00 01 01 01 01 01 01").keys == {"A"}


@given(st.binary(max_size=12))
def test_no_report_breaks_the_pedals(report):
    assert len(pedal.parse(report, Pedals()).keys) <= 10
