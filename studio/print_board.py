"""`foresight board`: the page to print for calibrating cameras, as PDF or PNG in true size."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from devices.cameras.board import PAPERS, Board, save_page
from devices.errors import DeviceError


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="foresight board", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("board.pdf"), metavar="FILE")
    parser.add_argument("--paper", default="a4", choices=sorted(PAPERS))
    parser.add_argument("--square-mm", type=float, default=30.0, metavar="MM", help="of a field")
    options = parser.parse_args(arguments)
    side_m = options.square_mm / 1000
    try:
        save_page(options.out, board_of(side_m), paper=options.paper)
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{options.out}\nPrint it at 100 % and check its 100 mm line with a ruler.\n")
    return 0


def board_of(square_m: float) -> Board:
    """The board with fields of another size, its markers in proportion.

    Raises:
        InvalidBoard: the size is not possible.
    """
    usual = Board()
    return Board(square_m=square_m, marker_m=square_m * usual.marker_m / usual.square_m)
