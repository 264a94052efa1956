"""The small parts every panel is made of: cards, headings, buttons, rows of a name and a value.

They only carry roles; how a role looks is decided by ``widgets.theme``.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from widgets import icons, theme
from widgets.palette import COLORS

_KEY_GAP = "   "  # between what a button does and its key
_SHORTEST = 3  # letters that a button keeps


class Heading(QLabel):
    """A section heading in small spaced capitals."""

    def __init__(self, text: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "heading")
        spaced = theme.font(11, QFont.Weight.DemiBold)
        spaced.setCapitalization(QFont.Capitalization.AllUppercase)
        spaced.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        self.setFont(spaced)


class Card(QFrame):
    """A raised panel; content goes to ``body``, remarks beside the title to ``heading_row``."""

    def __init__(self, title: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(14, 12, 14, 13)
        self.body.setSpacing(8)
        self.heading = Heading(title)
        self.heading.setVisible(bool(title))
        self.heading_row = QHBoxLayout()
        self.heading_row.addWidget(self.heading)
        self.body.addLayout(self.heading_row)

    def set_title(self, title: str) -> None:
        self.heading.setText(title)
        self.heading.setVisible(bool(title))


class ValueRow(QWidget):
    """A name on the left, a value on the right, in one line."""

    def __init__(self, name: str, value: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = label(name, role="quiet")
        self._value = label(value, role="value")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._name)
        row.addWidget(self._value, 1)

    def set_value(self, value: str, *, tone: str = "") -> None:
        """Show ``value``; ``tone`` is "", "ok", "attention", "danger", "human" or "quiet"."""
        self._value.setText(value)
        theme.restyle(self._value, tone=tone)

    @property
    def value(self) -> str:
        return self._value.text()


def ground_of(widget: QWidget) -> str:
    """The colour behind ``widget``: that of the nearest ancestor with a role that has one."""
    grounds = {
        "card": COLORS.raised,
        "panel": COLORS.panel,
        "bar": COLORS.bar,
        "view": COLORS.sunken,
    }
    ancestor = widget.parentWidget()
    while ancestor is not None:
        role = ancestor.property("role")
        if role in grounds:
            return grounds[role]
        ancestor = ancestor.parentWidget()
    return COLORS.background


def label(
    text: str = "", *, role: str = "", tone: str = "", wrap: bool = False, rich: bool = False
) -> QLabel:
    """A text of a role: "heading title subtitle quiet small value big"."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
    result.setProperty("role", role)
    result.setProperty("tone", tone)
    result.setWordWrap(wrap)
    return result


class Button(QPushButton):
    """A push button: its icon follows the palette, its words are shortened where room is short.

    Icon and key stay whole. What is read out is the words without the key.
    """

    def __init__(self, text: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = ""
        self._tinted = ("", "")  # icon and colour shown
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text.split(_KEY_GAP, maxsplit=1)[0])

    def set_icon(self, name: str) -> None:
        """Show an icon of ``assets/icons``, "" none."""
        self._icon_name = name
        self.setIconSize(QSize(16, 16))
        self._tint()

    def _tint(self) -> None:
        filled = self.property("kind") in ("primary", "ok", "danger")
        wanted = (self._icon_name, COLORS.on_fill if filled else COLORS.text)
        if self._icon_name and wanted != self._tinted:
            self._tinted = wanted
            self.setIcon(icons.icon(*wanted))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._tint()

    def minimumSizeHint(self) -> QSize:
        full = super().sizeHint()
        words, gap, key = self.text().partition(_KEY_GAP)
        letters = "" if key and not self.icon().isNull() else f"{words[:_SHORTEST]}…"
        shortest = f"{letters}{gap}{key}"
        saved = self._width_of(self.text()) - self._width_of(shortest)
        return QSize(full.width() - max(0, saved), full.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        missing = self.sizeHint().width() - self.width()
        if missing <= 0:
            super().paintEvent(event)
            return
        words, gap, key = self.text().partition(_KEY_GAP)
        room = self._width_of(words) - missing
        short = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = f"{short}{gap}{key}"  # pyright: ignore[reportAttributeAccessIssue]
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()

    def _width_of(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)


class KeyRow(QWidget):
    """What a key does on the left, the key as a cap on the right."""

    def __init__(self, name: str, key: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label(name, role="quiet"))
        row.addStretch(1)
        row.addWidget(label(key, role="cap"))


def button(text: str, *, kind: str = "", icon: str = "", key: str = "", tip: str = "") -> Button:
    """A push button.

    Args:
        text: what it does.
        kind: "" plain, "primary", "ok", "danger" or "quiet".
        icon: name in ``assets/icons``, "" none.
        key: the key that does the same, shown on the button ("Enter"); binding it is the caller's.
        tip: tooltip sentence.
    """
    result = Button(f"{text}{_KEY_GAP}{key}" if key else text)
    result.setProperty("kind", kind)
    result.setToolTip(tip)
    result.setCursor(Qt.CursorShape.PointingHandCursor)
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys of the page alone
    if icon:
        result.set_icon(icon)
    return result


def tiny_button(icon: str, tip: str) -> Button:
    """An icon without words, for heads of panels; ``tip`` is also what is read out."""
    result = button("", kind="quiet", icon=icon, tip=tip)
    result.setProperty("tiny", "true")
    result.setAccessibleName(tip)
    result.setFixedSize(22, 20)
    result.setIconSize(QSize(12, 12))
    return result


def line(*, parent: QWidget | None = None) -> QFrame:
    """A thin separator."""
    result = QFrame(parent)
    result.setProperty("role", "line")
    return result


def main() -> None:
    """Show a card with one of everything."""
    from widgets import demo

    def build() -> QWidget:
        card = Card("Plan checks")
        row = ValueRow("Joint limits")
        row.set_value("18° margin", tone="ok")
        card.body.addWidget(row)
        card.body.addWidget(line())
        for kind in ("", "primary", "ok", "danger", "quiet"):
            card.body.addWidget(button(kind or "plain", kind=kind, icon="keep", key="Enter"))
        return card

    demo.show(build, size=(320, 320))


if __name__ == "__main__":
    main()
