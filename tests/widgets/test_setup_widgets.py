"""The rows of arms, the sweep and the motors: what is shown and what is asked for."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

from widgets.arm_list import ArmItem, ArmList
from widgets.motor_health import Bounds, MotorHealth, MotorRow
from widgets.sweep_card import SweepCard, SweepRow

ROLES = (("follower", "Follower"), ("leaders.main", "Leader"))
ARM = ArmItem("/dev/a", "SO-101 arm", "6 motors", ROLES, "follower", can_calibrate=True,
              can_undo=True, can_export=True)  # fmt: skip
SICK = ArmItem("/dev/b", "An arm that is not ready", "by-id", trouble="No answer. Check power.",
               command="sudo it")  # fmt: skip


def buttons(widget):
    return {b.text(): b for b in widget.findChildren(QPushButton) if b.isVisibleTo(widget)}


def test_a_role_is_chosen_by_the_port(shown, qtbot):
    listing = ArmList()
    listing.set_arms([ARM, SICK], empty="none")
    shown(listing, 340, 300)
    (box,) = listing.findChildren(QComboBox)  # who has no arm has no role
    assert box.currentText() == "Follower"
    with qtbot.waitSignal(listing.roleChosen) as asked:
        box.setCurrentIndex(2)
        box.activated.emit(2)
    assert asked.args == ["/dev/a", "leaders.main"]
    with qtbot.waitSignal(listing.roleChosen) as asked:
        box.activated.emit(box.setCurrentIndex(0) or 0)
    assert asked.args == ["/dev/a", ""]


@pytest.mark.parametrize(
    ("text", "signal", "says"),
    [
        ("Calibrate", "calibrateRequested", "/dev/a"),
        ("Import", "importRequested", "/dev/a"),
        ("Export", "exportRequested", "/dev/a"),
        ("Undo", "undoRequested", "/dev/a"),
        ("Copy command", "copyRequested", "sudo it"),
    ],
)
def test_what_can_be_asked_of_a_row(shown, qtbot, text, signal, says):
    listing = ArmList()
    listing.set_arms([ARM, SICK], empty="none")
    shown(listing, 340, 300)
    with qtbot.waitSignal(getattr(listing, signal)) as asked:
        buttons(listing)[text].click()
    assert asked.args == [says]


def test_nothing_can_be_asked_while_the_arms_are_in_use_and_an_empty_list_speaks(shown, qtbot):
    listing = ArmList()
    listing.set_arms([ARM], empty="none", enabled=False)
    shown(listing, 340, 300)
    assert not any(b.isEnabled() for b in buttons(listing).values())
    listing.set_arms([], empty="Plug one in.")

    def words():
        return [w.text() for w in listing.findChildren(QLabel) if w.isVisibleTo(listing)]

    qtbot.waitUntil(lambda: words() == ["Plug one in."])


def test_a_sweep_offers_what_is_possible_now(shown, qtbot):
    card = SweepCard()
    rows = (SweepRow("pan", 1.2, "220°", "done"), SweepRow("lift", 0.4, "76°", "now"))
    card.set_sweep("Move the lift.", rows, may_store=False)
    shown(card, 300, 260)
    assert (card.next_button.isEnabled(), card.store_button.isEnabled()) == (True, False)
    card.set_sweep("Store it.", rows, may_store=True, remark="Swept little: lift.")
    assert (card.next_button.isEnabled(), card.store_button.isEnabled()) == (False, True)
    assert "Swept little: lift." in [w.text() for w in card.findChildren(QLabel)]
    for button, signal in (
        (card.store_button, card.storeRequested), (card.cancel_button, card.cancelRequested),
    ):  # fmt: skip
        with qtbot.waitSignal(signal):
            button.click()


def test_the_cards_fit_beside_the_picture_of_a_small_screen(shown):
    card = SweepCard()
    rows = [SweepRow("shoulder lift", 0.4, "to its middle", "now")]
    card.set_sweep("Move the shoulder lift from one end to the other.", rows, may_store=False)
    listing = ArmList()
    listing.set_arms([ARM, SICK], empty="none")
    for widget in (card, listing):
        shown(widget)
        assert widget.minimumSizeHint().width() <= 290


def test_motors_tell_and_what_is_bad_has_a_colour(shown):
    card = MotorHealth(bounds=Bounds(warm_c=50, hot_c=60))
    assert card.isHidden()
    card.set_motors(
        [
            MotorRow("pan", 31.4, 7.42, 0.051, -0.02, 3),
            MotorRow("lift", 52.0, 4.1, None, 0.9, None, "overload"),
            MotorRow("jaw", 61.0, None, None, None, 0),
        ]
    )
    shown(card, 330, 200)
    assert card.texts("pan") == ("pan", "31", "7.4", "0.05", "2 %", "3")
    assert card.texts("lift") == ("lift", "52", "4.1", "–", "90 %", "–")
    tones = {w.text(): w.property("tone") for w in card.findChildren(QLabel)}
    assert (tones["31"], tones["52"], tones["61"]) == ("", "attention", "danger")
    assert (tones["4.1"], tones["90 %"], tones["lift: overload"]) == (
        "attention", "attention", "danger",
    )  # fmt: skip
    card.set_motors([])
    assert card.isHidden()
