"""Line icons from ``assets/icons``, tinted for the palette in use.

Knows file names and colours, not what an icon is used for. Pictures are cached per name, colour and
size; after a theme change ask again.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import assets
from widgets.palette import COLORS

_FOLDER = Path(assets.__file__).parent / "icons"
_SCALE = 2  # drawn at twice the size: sharp on high-density screens


def names() -> tuple[str, ...]:
    """Names of all icons that exist."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.svg")))


def icon(name: str, color: str | None = None, *, disabled: str | None = None) -> QIcon:
    """The icon ``name`` in ``color`` (``#rrggbb``, default: text colour).

    Raises:
        FileNotFoundError: no such icon; the message lists those that exist.
    """
    result = QIcon(pixmap(name, color or COLORS.text, size_px=20))
    result.addPixmap(pixmap(name, disabled or COLORS.quiet, size_px=20), QIcon.Mode.Disabled)
    return result


def pixmap(name: str, color: str, *, size_px: int = 20) -> QPixmap:
    """The icon ``name`` drawn in ``color`` as a square of ``size_px`` logical pixels."""
    return _draw(name, color, size_px)


@lru_cache(maxsize=256)
def _draw(name: str, color: str, size_px: int) -> QPixmap:
    tinted = _source(name).replace("currentColor", color)
    picture = QPixmap(QSize(size_px, size_px) * _SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(tinted.encode())).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(_SCALE)
    return picture


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    path = _FOLDER / f"{name}.svg"
    if not path.is_file():
        raise FileNotFoundError(f"icon {name!r} does not exist; there are: {', '.join(names())}")
    return path.read_text(encoding="utf-8")
