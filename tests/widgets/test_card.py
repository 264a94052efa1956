"""The small parts: a button keeps its icon and its key, whatever room it gets."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from widgets.card import button


def test_a_button_with_icon_and_key_may_lose_its_words(shown):
    whole = button("Preview plan", icon="run", key="H")
    assert whole.minimumSizeHint().width() < 0.6 * whole.sizeHint().width()


def test_a_button_without_icon_keeps_its_first_letters(shown):
    plain = button("Open folder")
    words = plain.fontMetrics().horizontalAdvance("Ope…")
    assert words < plain.minimumSizeHint().width() < plain.sizeHint().width()


def test_a_short_button_is_never_asked_to_be_longer_than_it_is(shown):
    short = button("Go")
    assert short.minimumSizeHint().width() <= short.sizeHint().width()


def test_what_does_not_fit_is_shortened_not_cut(shown, pixels):
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    narrow = button("Take over now and here", icon="hand", key="F")
    layout.addWidget(narrow)
    shown(row, narrow.minimumSizeHint().width() + 40, 40)
    seen = pixels(narrow)
    ground = seen[2, seen.shape[1] // 2]
    edges = np.concatenate([seen[6:-6, 3:8], seen[6:-6, -8:-3]], axis=1)
    assert (np.abs(edges.astype(int) - ground) < 12).all()  # nothing drawn into the padding
