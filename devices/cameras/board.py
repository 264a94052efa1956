"""The calibration board: a chessboard with a numbered marker in every white field (ChArUco).

Every corner is known by number, so a board that is partly hidden still counts. Draws the page to
print, in true size, and finds the board in a picture. Knows no camera.

Board frame: origin at the printed top left corner of the chessboard, x along the long edge, y down
the page, z into the paper. Corner positions in metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from devices.errors import ConnectFailed, DeviceError
from recordings.types import U8

F64 = npt.NDArray[np.float64]

PAPERS = {"a4": (0.297, 0.210), "letter": (0.2794, 0.2159)}  # m, long edge first
FEWEST_CORNERS = 6  # of a board that counts as found
STILL = 0.004  # largest movement between two pictures, fraction of the width
PRINT_DPI = 300
MARGIN_M = 0.012  # home printers leave about 5 mm blank
RULER_M = 0.1
_INCH_M = 0.0254
_DICTIONARIES = {"5x5_100": cv2.aruco.DICT_5X5_100, "4x4_50": cv2.aruco.DICT_4X4_50}


class InvalidBoard(DeviceError):  # noqa: N818 - says what happened
    """A board that cannot be."""

    code = "camera_board"

    def __init__(self, *, field: str, value: object, expected: str) -> None:
        super().__init__(
            "board", f"The board's {field} is {value}, expected {expected}.", "Correct it."
        )


@dataclass(frozen=True)
class Board:
    """A board. The default fits on A4 and on US letter paper."""

    columns: int = 8
    rows: int = 5
    square_m: float = 0.030
    marker_m: float = 0.022
    dictionary: str = "5x5_100"

    def __post_init__(self) -> None:
        if self.columns < 3 or self.rows < 3:
            value = f"{self.columns} × {self.rows} fields"
            raise InvalidBoard(field="size", value=value, expected="at least 3 × 3 fields")
        if self.dictionary not in _DICTIONARIES:
            expected = f"one of {', '.join(_DICTIONARIES)}"
            raise InvalidBoard(field="dictionary", value=self.dictionary, expected=expected)
        finite = math.isfinite(self.square_m) and math.isfinite(self.marker_m)
        if not finite or not 0 < self.marker_m < self.square_m:
            value = f"{self.marker_m * 1000:g} mm in fields of {self.square_m * 1000:g} mm"
            raise InvalidBoard(field="marker", value=value, expected="smaller than its field")

    @property
    def size_m(self) -> tuple[float, float]:
        """(width, height) m of the chessboard."""
        return self.columns * self.square_m, self.rows * self.square_m

    @property
    def corner_count(self) -> int:
        """Inner corners, the most one picture can show."""
        return (self.columns - 1) * (self.rows - 1)

    @property
    def corners(self) -> F64:
        """(c, 3) m in the board frame, by corner number."""
        grid = np.mgrid[1 : self.columns, 1 : self.rows].reshape(2, -1, order="F").T
        return np.c_[grid * self.square_m, np.zeros(len(grid))].astype(np.float64)

    @cached_property
    def _drawn(self) -> Any:  # noqa: ANN401 - OpenCV's
        dictionary = cv2.aruco.getPredefinedDictionary(_DICTIONARIES[self.dictionary])
        size = (self.columns, self.rows)
        return cv2.aruco.CharucoBoard(size, self.square_m, self.marker_m, dictionary)

    @cached_property
    def _detector(self) -> Any:  # noqa: ANN401 - OpenCV's
        return cv2.aruco.CharucoDetector(self._drawn)

    def draw(self, *, px_per_m: float) -> U8:
        """The chessboard alone, (h, w) uint8, no margin."""
        width, height = (round(edge * px_per_m) for edge in self.size_m)
        return np.asarray(self._drawn.generateImage((width, height)), np.uint8)

    def find(self, image: npt.NDArray[np.uint8]) -> BoardView | None:
        """The board in a picture (h, w, 3) RGB or (h, w); None when fewer than 6 corners show."""
        grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        corners, numbers, _, _ = self._detector.detectBoard(grey)
        if numbers is None or len(numbers) < FEWEST_CORNERS:
            return None
        height, width = grey.shape
        order = np.argsort(numbers.reshape(-1))
        pixels = corners.reshape(-1, 2)[order].astype(np.float64) + 0.5  # OpenCV counts from 0
        return BoardView(self, numbers.reshape(-1)[order], pixels, (width, height))


@dataclass(frozen=True, slots=True)
class BoardView:
    """The board as one picture shows it."""

    board: Board
    numbers: npt.NDArray[np.int32]  # (m,) of the corners that show
    pixels: F64  # (m, 2) px
    size: tuple[int, int]  # (width, height) px of the picture

    @property
    def points(self) -> F64:
        """(m, 3) m in the board frame, of the corners that show."""
        return self.board.corners[self.numbers]

    def moved_since(self, before: BoardView) -> float | None:
        """Mean shift of the board's outline, as a fraction of the picture's width.

        The outline is extended from the corners that show, so that views of different parts
        compare. None when it cannot be told.
        """
        here, there = self._outline(), before._outline()
        if here is None or there is None:
            return None
        return float(np.linalg.norm(here - there, axis=1).mean() / self.size[0])

    def is_still_since(self, before: BoardView) -> bool:
        """The board was held still between two pictures."""
        moved = self.moved_since(before)
        return moved is not None and moved < STILL

    def _outline(self) -> F64 | None:
        flat, _ = cv2.findHomography(self.points[:, :2], self.pixels)
        if flat is None:
            return None
        width, height = self.board.size_m
        edges = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
        seen = edges @ np.asarray(flat, np.float64).T
        return seen[:, :2] / seen[:, 2:]


def page(board: Board, *, paper: str = "a4", dpi: int = PRINT_DPI) -> U8:
    """The page to print, (h, w) uint8, with a ruler to check the size of the print.

    Raises:
        InvalidBoard: no such paper, or the board does not fit.
    """
    if paper not in PAPERS:
        raise InvalidBoard(field="paper", value=paper, expected=f"one of {', '.join(PAPERS)}")
    px_per_m = dpi / _INCH_M
    width_m, height_m = PAPERS[paper]
    board_m, ruler_space_m = board.size_m, 0.02
    needed = (board_m[0] + 2 * MARGIN_M, board_m[1] + ruler_space_m + 2 * MARGIN_M)
    if needed[0] > width_m or needed[1] > height_m:
        value = f"{board_m[0] * 1000:.0f} × {board_m[1] * 1000:.0f} mm"
        room = (width_m - 2 * MARGIN_M, height_m - ruler_space_m - 2 * MARGIN_M)
        expected = f"at most {room[0] * 1000:.0f} × {room[1] * 1000:.0f} mm on {paper}"
        raise InvalidBoard(field="size", value=value, expected=expected)
    sheet = np.full((round(height_m * px_per_m), round(width_m * px_per_m)), 255, np.uint8)
    drawn = board.draw(px_per_m=px_per_m)
    left = (sheet.shape[1] - drawn.shape[1]) // 2
    top = (sheet.shape[0] - round(ruler_space_m * px_per_m) - drawn.shape[0]) // 2
    sheet[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    _draw_ruler(sheet, board, left, sheet.shape[0] - round(MARGIN_M * px_per_m), px_per_m)
    return sheet


def save_page(path: Path, board: Board, *, paper: str = "a4") -> None:
    """Write the page as PDF or PNG, by the name's ending; both carry their true size.

    Raises:
        InvalidBoard: another ending, or the board does not fit on the paper.
        ConnectFailed: the file cannot be written.
    """
    from PIL import Image  # here: a window that never prints does not load it

    kind = path.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise InvalidBoard(field="file", value=path.name, expected="a name ending in .pdf or .png")
    image = Image.fromarray(page(board, paper=paper))
    try:
        if kind == ".pdf":
            image.save(path, resolution=PRINT_DPI, title="Camera calibration board")
        else:
            image.save(path, dpi=(PRINT_DPI, PRINT_DPI))
    except OSError as error:
        hint = "Choose a folder you may write to."
        raise ConnectFailed(f"The file {path}", reason=str(error), hint=hint) from error


def _draw_ruler(sheet: U8, board: Board, left: int, bottom: int, px_per_m: float) -> None:
    right = left + round(RULER_M * px_per_m)
    tick, thick = round(0.004 * px_per_m), max(1, round(0.0003 * px_per_m))
    cv2.line(sheet, (left, bottom), (right, bottom), 0, thick)
    for at in (left, right):
        cv2.line(sheet, (at, bottom - tick), (at, bottom), 0, thick)
    words = (
        f"This line is {RULER_M * 1000:.0f} mm long. Print at 100 % and glue to something flat. "
        f"{board.columns} x {board.rows} fields of {board.square_m * 1000:g} mm, "
        f"markers {board.marker_m * 1000:g} mm ({board.dictionary})."
    )
    scale = 0.0028 * px_per_m / 22  # letters about 3 mm high
    place = (left, bottom - tick - round(0.002 * px_per_m))
    cv2.putText(sheet, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, thick, cv2.LINE_AA)
