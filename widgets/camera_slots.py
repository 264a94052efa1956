"""Live thumbnails of cameras that are dragged into their places: front, wrist, top and so on.

Every camera is one tile; a tile's list of places does the same without a mouse. Shows what it is
given and emits what a person wants. Knows no camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from recordings.types import U8
from widgets import icons, theme
from widgets.card import label
from widgets.convert import qimage
from widgets.palette import COLORS

COLUMNS = 3
MIME = "application/x-foresight-camera"
NO_PLACE = "Not used"
_PICTURE_PX = (108, 81)
_RADIUS_PX = 5


@dataclass(frozen=True, slots=True)
class CameraItem:
    """One camera."""

    address: str
    name: str
    place: str = ""  # its role on the bench, "" none


class CameraSlots(QWidget):
    """Emits ``placed(address, place)``; place "" means not used."""

    placed = Signal(str, str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self.tiles: dict[str, CameraTile] = {}
        self.slots: dict[str, Slot] = {}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        self._troubles = label("", role="quiet", wrap=True)
        self._troubles.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addWidget(self._troubles)
        for at in range(COLUMNS):
            self._grid.setColumnStretch(at, 1)

    def set_cameras(
        self, cameras: Sequence[CameraItem], places: Sequence[str], others: Sequence[str] = ()
    ) -> None:
        """Show these cameras.

        Args:
            cameras: all that are there, or that the bench names.
            places: shown as slots, empty or not.
            others: places that can be chosen from a tile's list but have no empty slot.
        """
        shown = (tuple(cameras), tuple(places), tuple(others))
        if shown == self._shown:
            return
        self._shown = shown
        self._clear()
        choices = tuple(dict.fromkeys((*places, *others, *(c.place for c in cameras if c.place))))
        by_place = {camera.place: camera for camera in cameras if camera.place}
        cells: list[QWidget] = []
        for place in dict.fromkeys((*places, *by_place)):
            slot = self.slots[place] = Slot(place)
            slot.dropped.connect(self.placed)
            if place in by_place:
                slot.hold(self._tile(by_place[place], choices))
            cells.append(slot)
        cells += [self._tile(camera, choices) for camera in cameras if not camera.place]
        for at, cell in enumerate(cells):
            self._grid.addWidget(cell, at // COLUMNS, at % COLUMNS, Qt.AlignmentFlag.AlignTop)
        self._show_troubles()

    def set_picture(self, address: str, picture: U8) -> None:
        """What a camera sees now: (h, w, 3) RGB, shared. An unknown address is ignored."""
        if address in self.tiles:
            self.tiles[address].thumb.set_picture(picture)
            self._show_troubles()

    def set_trouble(self, address: str, text: str) -> None:
        """Why a camera sees nothing, in a sentence; "" while it is being opened."""
        if address in self.tiles:
            self.tiles[address].thumb.set_trouble(text)
            self._show_troubles()

    @property
    def troubles(self) -> str:
        """What stands below the pictures: one line per camera that has a trouble."""
        texts = (tile.thumb.trouble for tile in self.tiles.values())
        return "\n".join(filter(None, texts))

    def _show_troubles(self) -> None:
        if self.troubles != self._troubles.text():
            self._troubles.setText(self.troubles)
            self._troubles.setVisible(bool(self.troubles))

    def _tile(self, camera: CameraItem, choices: Sequence[str]) -> CameraTile:
        tile = self.tiles[camera.address] = CameraTile(camera, choices)
        tile.chosen.connect(partial(self.placed.emit, camera.address))
        return tile

    def _clear(self) -> None:
        self.tiles, self.slots = {}, {}
        while (entry := self._grid.takeAt(0)) is not None:
            widget = entry.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


class Slot(QFrame):
    """One place. Emits ``dropped(address, place)``."""

    dropped = Signal(str, str)

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._tile: CameraTile | None = None
        self._over = False
        self.setAcceptDrops(True)
        self.setMinimumSize(*_PICTURE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Place {place}")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def hold(self, tile: CameraTile) -> None:
        """The camera that has this place."""
        self._tile = tile
        self._column.addWidget(tile)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
            self._set_over(over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(over=False)
        event.acceptProposedAction()
        address = bytes(event.mimeData().data(MIME).data()).decode()
        if self._tile is None or self._tile.camera.address != address:
            self.dropped.emit(address, self._place)

    def _set_over(self, *, over: bool) -> None:
        self._over = over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._tile is not None and not self._over:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(COLORS.focus if self._over else COLORS.border)
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.DashLine))
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, _RADIUS_PX, _RADIUS_PX)
        if self._tile is None:
            painter.setFont(theme.font(12))
            painter.setPen(QColor(COLORS.quiet))
            words = f"{self._place.capitalize()}\ndrag a camera\nhere"
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()


class CameraTile(QWidget):
    """One camera: what it sees, its name and its place. Emits ``chosen(place)``."""

    chosen = Signal(str)

    def __init__(self, camera: CameraItem, choices: Sequence[str]) -> None:
        super().__init__()
        self.camera = camera
        self.thumb = Thumb(camera)
        self.box = QComboBox()
        self.box.setAccessibleName(f"Place of {camera.name}")
        self.box.addItem(NO_PLACE, "")
        for place in choices:
            self.box.addItem(place.capitalize(), place)
        self.box.setCurrentIndex(max(0, self.box.findData(camera.place)))
        self.box.activated.connect(lambda _: self.chosen.emit(self.box.currentData()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.thumb)
        column.addWidget(_short(camera.name, camera.address))
        column.addWidget(self.box)


class Thumb(QWidget):
    """A small live picture that can be dragged."""

    def __init__(self, camera: CameraItem) -> None:
        super().__init__()
        self._camera = camera
        self._array: U8 | None = None  # holds the memory that _image shares
        self._image: QImage | None = None
        self._trouble = ""
        self._pressed: QPoint | None = None
        self.setMinimumSize(*_PICTURE_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PICTURE_PX[1])
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(f"{camera.address}\nDrag it to its place.")

    @property
    def trouble(self) -> str:
        """Why there is no picture; "" there is one, or there will be."""
        return self._trouble

    def set_picture(self, picture: U8) -> None:
        """(h, w, 3) RGB, shared."""
        self._image, self._array, self._trouble = qimage(picture), picture, ""
        self.update()

    def set_trouble(self, text: str) -> None:
        """No picture, and why; "" it is being opened."""
        self._image, self._array, self._trouble = None, None, text
        self.update()

    # ── dragging ───────────────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        way = event.position().toPoint() - self._pressed
        if way.manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            self.drag().exec(Qt.DropAction.MoveAction)

    def drag(self) -> QDrag:
        """What is carried to a slot: the camera's address, and its picture to see."""
        carried = QMimeData()
        carried.setData(MIME, self._camera.address.encode())
        drag = QDrag(self)
        drag.setMimeData(carried)
        drag.setPixmap(self.grab())
        drag.setHotSpot(self.rect().center())
        return drag

    # ── painting ───────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            self._paint_nothing(painter)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), self._image, self._part(self._image))
        painter.end()

    def _part(self, image: QImage) -> QRectF:
        """The middle of the picture in the shape of the thumbnail."""
        scale = max(self.width() / image.width(), self.height() / image.height())
        width, height = self.width() / scale, self.height() / scale
        return QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)

    def _paint_nothing(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(COLORS.sunken))
        icon = icons.pixmap("camera_off", COLORS.quiet, size_px=20)
        middle = self.height() / 2
        painter.drawPixmap(QPointF(self.width() / 2 - 10, middle - 20), icon)
        painter.setFont(theme.font(11))
        painter.setPen(QColor(COLORS.quiet))
        area = QRectF(0, middle + 6, self.width(), 20)
        words = "no picture" if self._trouble else "opening…"
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def _short(text: str, tip: str) -> QLabel:
    """A name as wide as a thumbnail; of an address its two ends."""
    words = label("", role="value")
    name = text.split("//", 1)[-1]
    elide = Qt.TextElideMode.ElideMiddle
    words.ensurePolished()  # measured in the font that it is drawn with
    words.setText(words.fontMetrics().elidedText(name, elide, _PICTURE_PX[0]))
    words.setToolTip(f"{text}\n{tip}")
    return words


def main() -> None:
    """Show a placed camera, an empty place, one not used and one in trouble."""
    from widgets import demo
    from widgets.demo_scene import picture

    def build() -> QWidget:
        slots = CameraSlots()
        cameras = [
            CameraItem("usb:1", "C920 Pro", "front"),
            CameraItem("usb:2", "InnoMaker U20CAM-720P"),
            CameraItem("http://bench/video", "http://bench/video", "top"),
        ]
        slots.set_cameras(cameras, ("front", "wrist", "top"), ("left", "right"))
        slots.set_picture("usb:1", picture())
        slots.set_picture("usb:2", picture())
        slots.set_trouble("http://bench/video", "The camera does not answer. Is it on?")
        return slots

    demo.show(build, size=(360, 330))


if __name__ == "__main__":
    main()
