"""`foresight calibrate-camera ADDRESS`: looks at the board while you move it, and says what to do.

With ``--board-at X Y TURN`` (the printed top left corner in metres and the direction of the long
edge in degrees, both in the arm's base frame) the camera's place is found too: lay the board there
at the end. Writes the calibration to where the studio reads it.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

from devices.base import Camera
from devices.cameras.board import Board
from devices.cameras.calibration import CalibrationShelf, CameraCalibration
from devices.cameras.collecting import Collector
from devices.cameras.described import CameraEntry
from devices.cameras.place import Place, fixed_place, flat_board
from devices.errors import DeviceError
from devices.projection import F64
from studio.print_board import board_of
from studio.settings import Folders

READ_S = 0.5
GOOD_VIEWS = 12  # more than must be: the lens gets better


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    width, height = options.size
    try:
        table = {"address": options.address, "width": width, "height": height, "fps": options.fps}
        entry = CameraEntry.from_table("command line", "camera", table)
        camera = entry.build()
        camera.connect()
        try:
            calibration = calibrate(camera, options)
        finally:
            camera.close()
        path = CalibrationShelf(options.out or Folders.default().calibrations).save(calibration)
    except (DeviceError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    say(f"{calibration.lens.words}\n{path}")
    return 0


def calibrate(camera: Camera, options: argparse.Namespace) -> CameraCalibration:
    """Collect views until the lens is known well, then look at the lying board, if one is told.

    Raises:
        DeviceError: the camera is lost.
        TimeoutError: the time is over.
    """
    board = board_of(options.square_mm / 1000)
    deadline_s = time.monotonic() + options.seconds
    collector = collect(camera, board, deadline_s)
    assert collector.lens is not None
    place = None
    if options.board_at is not None:
        x_m, y_m, turn_deg = options.board_at
        say("Now lay the board flat at its place and let go of it.")
        place = find_place(
            camera, collector, flat_board(x_m, y_m, math.radians(turn_deg)), deadline_s
        )
    return CameraCalibration(options.address, collector.lens, place)


def collect(camera: Camera, board: Board, deadline_s: float) -> Collector:
    """Views until the lens is known from enough of them; says what to do whenever that changes."""
    collector, said = Collector(board), ""
    while collector.lens is None or len(collector.views) < GOOD_VIEWS:
        frame = camera.read(READ_S)
        if frame is None:  # a camera that stays silent raises by itself
            continue
        collector.offer(frame.image)
        if collector.advice != said:
            said = collector.advice
            say(said)
        if time.monotonic() > deadline_s:
            if collector.lens is not None:
                return collector
            message = f"No calibration in the given time. Last advice: {said}"
            raise TimeoutError(message)
    return collector


def find_place(
    camera: Camera, collector: Collector, base_from_board: F64, deadline_s: float
) -> Place:
    """The camera's place, from the lying board in a still picture."""
    lens, board, before = collector.lens, collector.board, None
    assert lens is not None
    while time.monotonic() < deadline_s:
        frame = camera.read(READ_S)
        view = None if frame is None else board.find(frame.image)
        if view is not None and before is not None and view.is_still_since(before):
            return fixed_place(base_from_board, lens.camera_from_board(view))
        before = view
    message = "The lying board was not seen in the given time."
    raise TimeoutError(message)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foresight calibrate-camera",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("address", help="as `foresight devices` prints it, or a URL")
    parser.add_argument("--size", type=_size, default=(640, 480), metavar="WxH", help="px")
    parser.add_argument("--fps", type=float, default=30.0, help="pictures per second")
    parser.add_argument("--square-mm", type=float, default=30.0, help="a field of the print")
    parser.add_argument("--board-at", type=float, nargs=3, metavar=("X", "Y", "TURN"))
    parser.add_argument("--seconds", type=float, default=300.0, help="give up after this long")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the calibration here")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a size like 640x480")
    return int(width), int(height)
