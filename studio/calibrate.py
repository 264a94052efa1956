"""`foresight calibrate`: measure an arm by hand, or take over a calibration that exists.

    foresight calibrate follower --port /dev/serial/by-id/…      move every joint, press Enter
    foresight calibrate follower --from ~/.cache/…/my_arm.json   LeRobot's file becomes ours
    foresight calibrate follower --port … --from FILE --store    and goes into the motors

Writes ``<name>.toml`` for a bench file and ``<name>.json`` for LeRobot. What was there before is
kept as ``<name>.previous.toml``; ``--undo`` takes it back. Knows no window.
"""

from __future__ import annotations

import argparse
import math
import sys
import threading
from pathlib import Path

from devices.arm_make import ArmMake, Measuring
from devices.calibration.guide import Guidance
from devices.calibration.keeping import in_words, keep, undo
from devices.calibration.store import read_calibration
from devices.calibration.types import ArmCalibration
from devices.errors import DeviceError
from devices.setup.makes import MAKES, names_of

LOOK_S = 0.02  # between two looks at the joints
SHOW_LOOKS = 10  # between two lines of progress


def main(arguments: list[str]) -> int:
    """Do it; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.port and not options.undo and (options.store or options.source is None):
        parser.error("--port is needed: where the arm is plugged in")
    path, make = options.out / f"{options.name}.toml", MAKES[options.robot]
    try:
        if options.undo:
            return _undo(path, make)
        if options.source is not None:
            calibration = read_calibration(
                options.source, names=names_of(make), largest_offset=make.largest_offset
            )
            if options.store:
                make.store(options.name, options.port, calibration)
        else:
            calibration = _measure(make, options.name, options.port)
        _keep(path, calibration, make)
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foresight calibrate", description="Measure the joints of an arm by hand."
    )
    parser.add_argument("name", help="of the arm, e.g. follower")
    parser.add_argument("--robot", choices=tuple(MAKES), default=next(iter(MAKES)), help="of arm")
    parser.add_argument("--port", metavar="PORT", default="", help="where it is plugged in")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="take this over")
    parser.add_argument("--store", action="store_true", help="with --from: also in the motors")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path(), help="folder for files")
    parser.add_argument("--undo", action="store_true", help="take back the one before")
    return parser


def _measure(make: ArmMake, name: str, port: str) -> ArmCalibration:
    with make.measure(name, port) as arm:
        _say("The arm is limp now: support it.")
        _say("Move every joint from one end to the other, then press Enter.")
        _sweep_until_enter(arm)
        while arm.unswept():
            _say(f"Not moved yet: {', '.join(arm.unswept())}. Move them, then press Enter.")
            _sweep_until_enter(arm)
        endless = [j.joint.replace("_", " ") for j in arm.look().joints if not j.usual_rad]
        way = "its way" if len(endless) == 1 else "their ways"
        _say(f"Turn the {' and the '.join(endless)} to the middle of {way}, then press Enter.")
        _sweep_until_enter(arm)
        return arm.finish()


def _sweep_until_enter(arm: Measuring) -> None:
    """Follow the joints; what was swept is shown in degrees."""
    pressed = threading.Event()

    def wait() -> None:
        sys.stdin.readline()
        pressed.set()

    threading.Thread(target=wait, daemon=True).start()
    looks = 0
    while not pressed.wait(LOOK_S):
        swept = arm.look()
        looks += 1
        if sys.stderr.isatty() and looks % SHOW_LOOKS == 0:
            sys.stderr.write(f"\r\x1b[2K{_in_degrees(swept)}")
            sys.stderr.flush()
    remark = arm.look().remark
    if remark:
        _say(remark)


def _in_degrees(swept: Guidance) -> str:
    return "  ".join(f"{row.joint} {math.degrees(row.swept_rad):.0f}°" for row in swept.joints)


def _keep(path: Path, calibration: ArmCalibration, make: ArmMake) -> None:
    """Write both files and say what changed."""
    changes = keep(path, calibration, largest_offset=make.largest_offset)
    _say(f"Saved {path} and {path.with_suffix('.json').name} (for LeRobot).")
    for change in changes or ():
        _say(f"  {in_words(change)}")


def _undo(path: Path, make: ArmMake) -> int:
    if undo(path, names=names_of(make), largest_offset=make.largest_offset) is None:
        sys.stderr.write(f"There is no calibration before {path}.\n")
        return 2
    _say(f"{path} is the one before again. Its motors still have the other one: give it back with")
    _say(f"  foresight calibrate {path.stem} --port PORT --from {path} --store")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
