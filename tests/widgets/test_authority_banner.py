"""Who drives is said by word, shape and colour."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from recordings.rig_status import Torque
from recordings.types import Authority
from widgets.authority_banner import AuthorityBanner, look
from widgets.palette import COLORS
from widgets.top_bar import TopBar

STATES = [
    ((Authority.HOLD,), "■ HOLDING", "attention_fill"),
    ((Authority.LEADER,), "● YOU DRIVE", "human_fill"),
    ((Authority.POLICY,), "▲ POLICY DRIVES", "ok_fill"),
    ((Authority.HOLD, True), "◆ HANDING OVER", "attention_fill"),
    ((Authority.POLICY, False, "arm unplugged"), "✕ FAULT", "danger"),
    ((Authority.HOLD, False, None, True), "■ HOLDING · STOPPED", "attention_fill"),
    ((Authority.HOLD, False, None, True, Torque.PARKING), "◆ PARKING · STOPPED", "attention_fill"),
    ((Authority.HOLD, False, None, True, Torque.OFF), "○ LIMP · NO TORQUE", "danger"),
    (
        (Authority.LEADER, False, None, False, Torque.ON, "demonstrator"),
        "● DEMONSTRATOR DRIVES",
        "human_fill",
    ),
]


@pytest.mark.parametrize(("state", "text", "fill"), STATES)
def test_a_state_shows_its_word_and_its_colour(shown, pixels, share, state, text, fill):
    banner = shown(AuthorityBanner())
    banner.set_state(*state)
    assert banner.text == text
    assert share(pixels(banner), getattr(COLORS, fill)) > 0.4


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations([s[0] for s in STATES[:5]], 2))
)
def test_no_two_states_share_a_shape(one: tuple, other: tuple):
    assert _shape(*one) != _shape(*other)


@pytest.mark.parametrize("authority", list(Authority))
def test_a_fault_outranks_everything(authority: Authority):
    seen = look(authority, handing_over=True, fault=True, stopped=True)
    assert seen.text == "FAULT"


def test_a_limp_arm_is_never_said_to_hold():
    for authority in Authority:
        assert look(authority, stopped=True, torque=Torque.OFF).text == "LIMP · NO TORQUE"


def test_handing_over_moves(shown, pixels, qtbot: QtBot):
    banner = shown(AuthorityBanner())
    banner.set_state(Authority.LEADER, handing_over=True)
    first = pixels(banner)
    qtbot.waitUntil(lambda: not np.array_equal(pixels(banner), first), timeout=10_000)


def test_the_word_is_not_cut_off(shown):
    banner = shown(AuthorityBanner())
    for state, *_ in STATES:
        banner.set_state(*state)
        banner.adjustSize()
        words = banner.fontMetrics().horizontalAdvance(banner.text)
        assert banner.sizeHint().width() >= words * 1.05


def test_the_bar_shows_the_same_state(qtbot: QtBot):
    bar = TopBar()
    qtbot.addWidget(bar)
    bar.set_authority(Authority.LEADER)
    assert bar.banner.text == "● YOU DRIVE"


def _shape(authority: Authority, handing_over: bool = False, fault: str | None = None) -> str:
    return look(authority, handing_over=handing_over, fault=bool(fault)).shape
