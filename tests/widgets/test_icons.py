"""Icons exist, and take the colour that is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

import widgets
from widgets import icons
from widgets.nav_rail import PLACES

NEEDED = {
    "connect", "teach", "review", "train", "run", "record", "stop", "keep", "trash", "approve",
    "refuse", "hold", "hand", "camera_off", "attention", "info",
}  # fmt: skip


def test_all_icons_of_the_work_exist():
    assert set(icons.names()) >= NEEDED | {place.icon for place in PLACES}


def test_every_icon_named_in_the_code_exists():
    folder = Path(widgets.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    named = set(re.findall(r'icon="(\w+)"|icons\.(?:pixmap|icon)\("(\w+)"', source))
    assert {a or b for a, b in named} <= set(icons.names())


@pytest.mark.parametrize("name", icons.names())
def test_an_icon_is_drawn_in_the_colour_asked_for(name: str):
    image = icons.pixmap(name, "#ff0000", size_px=24).toImage()
    drawn = {
        QColor.fromRgba(image.pixel(x, y)).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert drawn == {"#ff0000"}


def test_an_unknown_icon_is_refused_with_those_that_exist():
    with pytest.raises(FileNotFoundError, match=r"'unicorn'.*trash"):
        icons.pixmap("unicorn", "#ffffff")
