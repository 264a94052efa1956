"""Help in front of the window: topics at the left, one page of Markdown at the right.

Shows text it is given; a link ``topic:run`` and a click on a topic ask for another page. Knows no
file, and opens nothing outside.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from widgets import theme
from widgets.overlay import Overlay
from widgets.palette import COLORS

TOPIC = "topic"  # scheme of links between pages
_HEADING_PX = {1: 22, 2: 16, 3: 14}
_KEY = Qt.ItemDataRole.UserRole


class HelpView(Overlay):
    """Emits ``topicRequested(key)``."""

    topicRequested = Signal(str)

    def __init__(self, topics: Sequence[tuple[str, str]], *, parent: QWidget) -> None:
        super().__init__("Help", size=QSize(940, 720), parent=parent)
        self._markdown = ""
        self.topics = QListWidget()
        self.topics.setProperty("role", "topics")
        self.topics.setAccessibleName("Help topics")
        self.topics.setFixedWidth(204)
        self.topics.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for key, title in topics:
            item = QListWidgetItem(title)
            item.setData(_KEY, key)
            self.topics.addItem(item)
        self.page = QTextBrowser()
        self.page.setProperty("role", "reading")
        self.page.setAccessibleName("Help page")
        self.page.setOpenLinks(False)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self.topics)
        row.addWidget(self.page, 1)
        self.body.addLayout(row, 1)
        self.topics.currentItemChanged.connect(self._on_topics_current_item_changed)
        self.page.anchorClicked.connect(self._on_page_anchor_clicked)

    def set_page(self, key: str, markdown: str) -> None:
        """Show this page and mark its topic."""
        self.topics.blockSignals(True)
        for row in range(self.topics.count()):
            if self.topics.item(row).data(_KEY) == key:
                self.topics.setCurrentRow(row)
        self.topics.blockSignals(False)
        self._markdown = markdown
        self._dress()

    @property
    def topic(self) -> str:
        item = self.topics.currentItem()
        return str(item.data(_KEY)) if item is not None else ""

    def first_focus(self) -> QWidget:
        return self.page

    def _dress(self) -> None:
        document = self.page.document()
        document.setDefaultFont(theme.font(13))
        document.setDocumentMargin(10)
        document.setMarkdown(self._markdown)
        dress_headings(self.page)
        dress_tables(self.page)
        self.page.moveCursor(QTextCursor.MoveOperation.Start)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and self._markdown:
            self._dress()
        super().changeEvent(event)

    def _on_topics_current_item_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.topicRequested.emit(item.data(_KEY))

    def _on_page_anchor_clicked(self, link: QUrl) -> None:
        if link.scheme() == TOPIC:
            self.topicRequested.emit(link.path())


def dress_headings(page: QTextBrowser) -> None:
    """Sizes, weights and distances of headings and paragraphs; Markdown brings none of its own."""
    block = page.document().begin()
    while block.isValid():
        cursor = QTextCursor(block)
        level = block.blockFormat().headingLevel()
        distance = QTextBlockFormat()
        distance.setTopMargin(18 if level > 1 else 2)
        distance.setBottomMargin(6)
        distance.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if level:
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            look = QTextCharFormat()
            look.setForeground(QColor(COLORS.strong))
            look.setFont(theme.font(_HEADING_PX.get(level, 13), QFont.Weight.DemiBold))
            cursor.mergeCharFormat(look)
        elif block.textList() is not None or cursor.currentTable() is not None:
            distance.setTopMargin(2)
            distance.setBottomMargin(2)
        else:
            distance.setTopMargin(4)
        QTextCursor(block).mergeBlockFormat(distance)
        block = block.next()


def dress_tables(page: QTextBrowser) -> None:
    """Thin lines, air in the cells, as wide as the page."""
    for frame in page.document().rootFrame().childFrames():
        if not isinstance(frame, QTextTable):
            continue
        look = frame.format()
        look.setBorderCollapse(True)
        look.setBorder(1)
        look.setBorderBrush(QColor(COLORS.border))
        look.setCellPadding(6)
        look.setCellSpacing(0)
        look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        look.setTopMargin(6)
        frame.setFormat(look)


def main() -> None:
    """Show a small page."""
    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        page.resize(1000, 700)
        view = HelpView((("run", "Run"), ("keys", "Keys")), parent=page)
        view.set_page("run", "# Run\n\nText.\n\n## Keys\n\n| Key | Does |\n|--|--|\n| F12 | STOP |")
        view.open()
        return page

    demo.show(build, size=(1000, 700))


if __name__ == "__main__":
    main()
