"""The only stylesheet of Foresight, its fonts, and how they reach the application.

Widgets name *roles* (``kind="primary"``, ``role="heading"``) as dynamic properties; what a role
looks like stands here and nowhere else. Knows no page and no state.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

import assets
from widgets import palette
from widgets.palette import COLORS, DARK, LIGHT, Palette

__all__ = ["COLORS", "DARK", "FONT_FAMILIES", "LIGHT", "apply", "font", "restyle"]

FONT_FAMILIES = ("Inter", "Noto Sans", "DejaVu Sans", "sans-serif")
BASE_PX = 13
_DRESSED = "foresight dressed"  # property of the application: it has our style and font

_ICONS = Path(assets.__file__).parent / "icons"

_SHEET = Template("""
* { outline: none; }
QWidget { color: $text; font-size: 13px; }
QMainWindow, QDialog, QWidget[role="page"] { background: $background; }
QWidget[role="panel"], QDockWidget { background: $panel; }
QWidget[role="bar"] { background: $bar; }
QWidget[role="view"] { background: $sunken; }
QFrame[role="card"] { background: $raised; border: none; border-radius: 8px; }
QFrame[role="card"][current="true"] { border: 1px solid $plan_far; }
QFrame[role="card"]:focus { border: 1px solid $focus; }
QFrame[role="coach"] { background: $raised; border: 1px solid $plan_far; border-radius: 8px; }
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }

QLabel { background: transparent; }
QLabel[role="heading"] { color: $quiet; font-size: 11px; font-weight: 600; }
QLabel[role="title"] { color: $strong; font-size: 20px; font-weight: 650; }
QLabel[role="subtitle"] { color: $strong; font-size: 15px; font-weight: 600; }
QLabel[role="brand"] { color: $strong; font-size: 15px; font-weight: 700; }
QLabel[role="quiet"] { color: $quiet; }
QLabel[role="small"] { color: $quiet; font-size: 11px; }
QLabel[role="value"] { color: $text; font-weight: 600; }
QLabel[role="big"] { color: $strong; font-size: 28px; font-weight: 650; }
QLabel[tone="ok"] { color: $ok; }
QLabel[tone="attention"] { color: $attention; }
QLabel[tone="danger"] { color: $danger_text; }
QLabel[tone="human"] { color: $human; }
QLabel[tone="quiet"] { color: $quiet; }

QPushButton {
  background: $control; color: $text; border: 1px solid transparent; border-radius: 6px;
  padding: 7px 14px; font-weight: 600; min-height: 18px;
}
QPushButton:hover { background: $control_hover; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border: 1px solid $focus; }
QPushButton:disabled { background: $raised; color: $quiet; border: 1px solid $border; }
QPushButton[kind="primary"] { background: $primary; color: $on_fill; }
QPushButton[kind="primary"]:hover { background: $primary_hover; }
QPushButton[kind="ok"] { background: $ok_fill; color: $on_fill; }
QPushButton[kind="ok"]:hover { border: 1px solid $ok; }
QPushButton[kind="danger"] { background: $danger; color: $on_fill; }
QPushButton[kind="danger"]:hover { background: $danger_hover; }
QPushButton[kind="quiet"] { background: transparent; color: $text; }
QPushButton[kind="quiet"]:hover { background: $control; }
QPushButton[kind="primary"]:focus, QPushButton[kind="ok"]:focus,
QPushButton[kind="danger"]:focus { border: 1px solid $on_fill; }
QPushButton[kind]:disabled { background: $control; color: $quiet; border: 1px solid transparent; }
QPushButton[tiny="true"] { padding: 0; min-height: 0; border-radius: 4px; }
QPushButton[segment="true"] { padding: 7px 1px; font-size: 12px; }
QPushButton[dense="true"] { padding: 4px 1px; font-size: 12px; }
QPushButton[segment="true"]:checked { background: $primary; color: $on_fill; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
  background: $sunken; color: $text; border: 1px solid $border; border-radius: 6px;
  padding: 6px 9px; min-height: 18px; selection-background-color: $primary;
  selection-color: $on_fill;
}
QLineEdit:hover, QComboBox:hover, QSpinBox:hover, QDoubleSpinBox:hover { border-color: $quiet; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border: 1px solid $focus; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { color: $quiet; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($icons/$name/down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: $raised; border: 1px solid $border; selection-background-color: $selection;
  selection-color: $strong; padding: 4px;
}
QSpinBox::up-button, QDoubleSpinBox::up-button { border: none; width: 18px; }
QSpinBox::down-button, QDoubleSpinBox::down-button { border: none; width: 18px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {
  image: url($icons/$name/up.svg); width: 10px; height: 10px;
}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
  image: url($icons/$name/down.svg); width: 10px; height: 10px;
}
QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator {
  width: 16px; height: 16px; background: $sunken; border: 1px solid $quiet; border-radius: 4px;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked {
  background: $primary; border-color: $primary; image: url($icons/$name/check.svg);
}
QRadioButton::indicator:checked { background: $primary; border: 4px solid $sunken; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $focus; }

QProgressBar {
  background: $control; border: none; border-radius: 4px; min-height: 8px; max-height: 8px;
  color: transparent;
}
QProgressBar::chunk { background: $primary; border-radius: 4px; }
QProgressBar[tone="ok"]::chunk { background: $ok; }
QProgressBar[tone="danger"]::chunk { background: $danger; }
QSlider::groove:horizontal { height: 4px; background: $control; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $primary; border-radius: 2px; }
QSlider::handle:horizontal {
  background: $strong; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
}

QTableView, QListView, QTreeView {
  background: $panel; alternate-background-color: $panel; border: none; gridline-color: $border;
  selection-background-color: $selection; selection-color: $strong;
}
QTableView::item { padding: 0 8px; border: none; }
QTableView::item:hover { background: $raised; }
QTableView::item:selected { background: $selection; color: $strong; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section {
  background: $panel; color: $quiet; border: none; border-bottom: 1px solid $border;
  padding: 7px 8px; font-size: 11px; font-weight: 600;
}
QHeaderView::up-arrow { image: url($icons/$name/up.svg); width: 10px; height: 10px; }
QHeaderView::down-arrow { image: url($icons/$name/down.svg); width: 10px; height: 10px; }
QTableCornerButton::section { background: $panel; border: none; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $control; border-radius: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $control_hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QMainWindow::separator { background: $background; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $primary; }
QSplitter::handle { background: $background; }
QSplitter::handle:hover { background: $primary; }
QSplitter::handle:horizontal { width: 2px; }
QSplitter::handle:vertical { height: 2px; }

QMenu { background: $raised; border: 1px solid $border; border-radius: 8px; padding: 6px; }
QMenu::item { padding: 7px 26px 7px 12px; border-radius: 5px; }
QMenu::item:selected { background: $selection; color: $strong; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }
QToolTip {
  background: $raised; color: $text; border: 1px solid $border; padding: 6px 8px;
}
QTabBar::tab { background: transparent; color: $quiet; padding: 8px 14px; font-weight: 600; }
QTabBar::tab:selected { color: $strong; border-bottom: 2px solid $primary; }
QTabWidget::pane { border: none; }
QDockWidget::title { background: $panel; padding: 8px 12px; font-size: 11px; font-weight: 600; }
QStatusBar { background: $bar; color: $quiet; }
QGroupBox { border: 1px solid $border; border-radius: 8px; margin-top: 18px; padding: 10px; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; color: $quiet; }

QFrame[role="overlay"] { background: $panel; border: 1px solid $border; border-radius: 12px; }
QListWidget[role="palette"] { background: transparent; }
QListWidget[role="topics"] { background: transparent; }
QListWidget[role="topics"]::item { padding: 8px 10px; border-radius: 6px; }
QListWidget[role="topics"]::item:hover { background: $raised; }
QListWidget[role="topics"]::item:selected { background: $selection; color: $strong; }
QTextBrowser[role="reading"] { background: $raised; border: 1px solid transparent; padding: 10px; }
QTextBrowser[role="reading"]:focus { border: 1px solid $border; }
QPlainTextEdit[role="code"] { background: $sunken; font-size: 12px; }
QToolButton[role="foot"] {
  background: transparent; border: 1px solid transparent; border-radius: 8px;
  min-width: 62px; max-width: 62px; padding: 5px 0; color: $quiet; font-size: 11px;
}
QToolButton[role="foot"]:hover { background: $control; color: $strong; }
QToolButton[role="foot"]:focus { border: 1px solid $focus; }
QToolButton[role="foot"]::menu-indicator { image: none; width: 0; }
QLabel[role="cap"] {
  background: $control; color: $text; border: 1px solid $border; border-radius: 4px;
  padding: 1px 6px; font-size: 11px; font-weight: 700;
}

QFrame[role="toast"] { background: $raised; border: 1px solid $border; border-radius: 8px; }
QFrame[role="toast"][tone="ok"] { border: 1px solid $ok; }
QFrame[role="toast"][tone="attention"] { border: 1px solid $attention; }
QFrame[role="toast"][tone="danger"] { border: 1px solid $danger_text; }
""")


def apply(app: QApplication, name: str = "dark") -> None:
    """Dress ``app`` in the ``"dark"`` or ``"light"`` palette; may be called again at any time."""
    palette.use(_named(name))
    if app.property(_DRESSED) is None:  # style and font stay: setting them restyles every widget
        app.setStyle("Fusion")
        app.setFont(font())
        app.setProperty(_DRESSED, True)
    app.setPalette(_qt_palette())
    app.setStyleSheet(stylesheet())


def stylesheet() -> str:
    """The stylesheet for the colours in use."""
    words = {f: getattr(COLORS, f) for f in Palette.__slots__ if f != "series"}
    return _SHEET.substitute(words, icons=_ICONS.as_posix())


def font(size_px: float = BASE_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface font, with fallbacks for machines without Inter."""
    result = QFont(list(FONT_FAMILIES))
    result.setPixelSize(round(size_px))
    result.setWeight(weight)
    if "Inter" in QFontDatabase.families():
        result.setFeature(QFont.Tag("tnum"), 1)  # figures of one width: numbers do not dance
    return result


def restyle(widget: QWidget, **properties: str) -> None:
    """Set dynamic properties (role, kind, tone) and let the stylesheet see them."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _named(name: str) -> Palette:
    for candidate in (DARK, LIGHT):
        if candidate.name == name:
            return candidate
    raise ValueError(f"theme {name!r} does not exist; choose 'dark' or 'light'")


def _qt_palette() -> QPalette:
    roles = QPalette.ColorRole
    colors = {
        roles.Window: COLORS.background,
        roles.Base: COLORS.panel,
        roles.AlternateBase: COLORS.raised,
        roles.Button: COLORS.control,
        roles.Highlight: COLORS.selection,
        roles.HighlightedText: COLORS.strong,
        roles.ToolTipBase: COLORS.raised,
        roles.PlaceholderText: COLORS.quiet,
        roles.Link: COLORS.human,
    }
    result = QPalette()
    for role, color in colors.items():
        result.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText):
        result.setColor(role, QColor(COLORS.text))
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(COLORS.quiet))
    return result
