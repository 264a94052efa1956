"""A raised strip of controls side by side, and number fields that look like the other fields."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QFrame, QHBoxLayout, QSizePolicy, QWidget


def bar(*widgets: QWidget) -> QWidget:
    """Widgets side by side on a raised strip."""
    strip = QFrame()
    strip.setProperty("role", "card")
    strip.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(strip)
    row.setContentsMargins(12, 8, 12, 8)
    row.setSpacing(10)
    for widget in widgets:
        row.addWidget(widget)
    return strip


def indent(box: QAbstractSpinBox) -> None:
    """Keep a number field's text off its frame, as in the other fields."""
    box.lineEdit().setTextMargins(7, 0, 0, 0)
