"""A plan is judged in plain words, and nothing runs that failed a check."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from recordings.types import PlanCheck, PlanReport, Verdict
from widgets.plan_view import PlanView
from widgets.plan_words import in_words, quantity

LIMITS = PlanCheck("Joint limits", Verdict.OK, 21, "wrist_flex", 0.314, 0.0, "rad")
SEEN = PlanCheck("Seen in your demos", Verdict.WARN, 22, "wrist_roll", 83.0, 90.0, "%")
TABLE = PlanCheck("Table", Verdict.FAIL, 17, "gripper", -0.016, -0.01, "m")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (LIMITS, "18° margin"),
        (PlanCheck("Speed", Verdict.OK, 4, "elbow_flex", 1.23, 3.0, "rad/s"), "41 % of full speed"),
        (PlanCheck("Table", Verdict.OK, 28, "jaw", 0.024, -0.01, "m"), "clear 24 mm"),
        (PlanCheck("Start", Verdict.OK, 0, "elbow_flex", 0.004, 0.12, "rad"), "0.23°"),
        (SEEN, "83 %\nstep 22 · wrist roll"),
        (TABLE, "16 mm inside\nstep 17 · gripper"),
        (PlanCheck("warm_up", Verdict.OK, -1, "", 0.5, 1.0, "s"), "500 ms"),
    ],
)
def test_a_check_is_said_in_plain_words(check: PlanCheck, words: str):
    assert in_words(check).value == words


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["rad", "m", "s", "%", ""]))
def test_any_number_can_be_said(value: float, unit: str):
    text = quantity(value, unit)
    assert text
    assert math.isfinite(value) == (text not in ("not a number", "no limit"))


@pytest.fixture
def view(shown) -> PlanView:
    return shown(PlanView(), 330, 360)


def _show(view: PlanView, *checks: PlanCheck, waiting: bool | None = None) -> None:
    report = PlanReport(212, checks)
    view.set_plan(212, 30, 3.0, report, "Waiting for you.", waiting=waiting)


def test_approve_emits_the_id_the_person_saw(view: PlanView, qtbot: QtBot):
    _show(view, LIMITS, SEEN)
    with qtbot.waitSignal(view.approveRequested, timeout=500) as asked:
        qtbot.mouseClick(view.approve_button, Qt.MouseButton.LeftButton)
    assert asked.args == [212]


def test_refuse_emits_the_id(view: PlanView, qtbot: QtBot):
    _show(view, LIMITS)
    with qtbot.waitSignal(view.refuseRequested, timeout=500) as asked:
        qtbot.mouseClick(view.refuse_button, Qt.MouseButton.LeftButton)
    assert asked.args == [212]


def test_a_failed_check_cannot_be_approved(view: PlanView):
    _show(view, LIMITS, TABLE)
    assert not view.approve_button.isEnabled()
    assert view.refuse_button.isEnabled()


def test_a_warning_can_be_approved(view: PlanView):
    _show(view, SEEN)
    assert view.approve_button.isEnabled()


def test_a_plan_without_checks_cannot_be_approved(view: PlanView):
    view.set_plan(212, 30, 3.0, None, "Checking…")
    assert not view.approve_button.isEnabled()


def test_nothing_can_be_decided_without_a_plan(view: PlanView):
    view.set_plan(-1, 0, 0.0, None, "No plan yet.")
    assert not view.approve_button.isEnabled()
    assert not view.refuse_button.isEnabled()


def test_a_running_plan_is_not_offered_again(view: PlanView):
    _show(view, LIMITS, waiting=False)
    assert not view.approve_button.isEnabled()


def test_the_rows_show_mark_name_and_value(view: PlanView):
    _show(view, LIMITS, TABLE)
    assert view.words == [
        "✓ Joint limits 18° margin",
        "✕ Table 16 mm inside\nstep 17 · gripper",
    ]


def test_a_new_plan_replaces_the_rows(view: PlanView):
    _show(view, LIMITS, TABLE, SEEN)
    _show(view, LIMITS)
    assert view.words == ["✓ Joint limits 18° margin"]


def test_enter_approves_once_however_long_it_is_held(view: PlanView, qtbot: QtBot, held_key):
    _show(view, LIMITS)
    asked: list[int] = []
    view.approveRequested.connect(asked.append)
    qtbot.keyPress(view, Qt.Key.Key_Return)
    held_key(view, Qt.Key.Key_Return)
    assert asked == [212]


def test_the_time_left_to_refuse_is_seen_as_words_and_as_a_bar(view: PlanView):
    _show(view, LIMITS)
    view.set_countdown(1.5, 2.0)
    bar = view.findChild(QProgressBar)
    assert view.state == "Runs in 1.5 s unless you refuse it."
    assert bar.isVisible()
    assert bar.value() / bar.maximum() == pytest.approx(0.75)
    view.set_countdown(0.0, 2.0)
    assert not bar.isVisible()
