"""The window without its child processes: pages, keys, STOP, typing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from devices.bench import load_bench
from recordings.types import Authority, RigPhase, RigStatus
from studio.actions import PAGES
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    """A window on a bench whose processes were never started."""
    session = Session(load_bench("sim"), Folders.default(tmp_path), Preferences())
    monkeypatch.setattr(session, "load", lambda: None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield window
    session.close()


def stops(window):
    return window.session.cell.rig._lifeline.stop_count()


def test_ctrl_and_a_number_go_to_the_five_places(window):
    seen = []
    for number in range(1, 6):
        QTest.keyClick(
            window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier
        )
        seen.append(window.page)
    assert seen == list(PAGES)


def test_the_left_rail_shows_where_one_is(window):
    window.go("train")
    assert window.rail.current() == "train"


@pytest.mark.parametrize("key", [Qt.Key.Key_F12, Qt.Key.Key_Pause])
def test_stop_is_one_key_on_every_page(window, key):
    for page in PAGES:
        window.go(page)
        window.bar.stop_button.set_stopped(True)
        window.bar.stop_button.set_stopped(False)
        before = stops(window)
        QTest.keyClick(window.windowHandle(), key)
        assert stops(window) == before + 1, page


def test_stop_works_while_typing_and_the_text_stays(window):
    window.go("teach")
    field = window.pages["teach"].task
    field.setFocus()
    text = field.text()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F12)
    assert stops(window) == 1
    assert field.text() == text


def test_keys_of_a_page_are_letters_while_typing(window):
    window.go("teach")
    field = window.pages["teach"].task
    field.setFocus()
    field.clear()
    QTest.keyClicks(field, "s n r ")
    assert field.text() == "s n r "
    assert window.session.teaching.mark is None


def test_tab_takes_over_on_run_only(window, monkeypatch):
    taken = []
    monkeypatch.setattr(window.session, "take_over", lambda: taken.append(window.page))
    for page in PAGES:
        window.go(page)
        window.setFocus()
        QTest.keyClick(window, Qt.Key.Key_Tab)
    assert taken == ["run"]


def test_the_banner_says_fault_when_the_arm_is_in_fault(window):
    from recordings.types import Fault

    fault = Fault("arm_lost", "so101", "The arm does not answer.", "", 0)
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.FAULT, fault=fault))
    assert window.bar.banner.text == "✕ FAULT"


def test_the_banner_says_who_drives(window):
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.READY, authority=Authority.POLICY))
    assert window.bar.banner.text == "▲ POLICY DRIVES"


def widths(window):
    """Least width of the window on every page, px."""
    found = {}
    for page in PAGES:
        window.go(page)
        QApplication.processEvents()  # a layout that changed is measured again
        found[page] = window.minimumSizeHint().width()
    return found


def test_a_page_is_never_wider_than_a_small_screen(window):
    window.bar.set_recording("take 12", 754.0, unsaved=3)
    window.pages["teach"].state.setText("Recording 754 s · success")
    assert {page: width for page, width in widths(window).items() if width > 1280} == {}


def test_a_page_still_fits_when_every_letter_is_wider(window):
    window.setStyleSheet("QPushButton, QLabel { font-size: 16px; }")
    assert {page: width for page, width in widths(window).items() if width > 1366} == {}


def test_a_list_has_its_own_width_where_there_is_room(window):
    window.resize(1600, 900)
    for page in PAGES:
        window.go(page)
        QApplication.processEvents()
        assert window._splitter.sizes()[0] == window.pages[page].left_px


def test_every_button_that_has_a_key_names_it(window):
    assert "␣" in window.pages["teach"].record.text()
    assert "⇥" in window.pages["run"].take_over.text()
