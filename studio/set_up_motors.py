"""`foresight set-up-motors PORT`: give the new motors of an arm their numbers, one at a time.

Plug one new motor into the adapter, press Enter, plug in the next one. Those that have their number
may stay. Nothing moves. ``--joint NAME`` does one motor, for instance after a repair.
"""

from __future__ import annotations

import argparse
import sys

from devices.arm_make import ArmMake
from devices.errors import DeviceError
from devices.setup.makes import MAKES


def main(arguments: list[str]) -> int:
    """Do it; returns the exit code."""
    options = _parser().parse_args(arguments)
    make = MAKES[options.robot]
    joints = [options.joint] if options.joint else list(make.motor_order)
    unknown = [joint for joint in joints if joint not in make.motor_order]
    if unknown:
        known = ", ".join(make.motor_order)
        sys.stderr.write(f"This arm has no joint {unknown[0]!r}; it has {known}.\n")
        return 2
    done: list[str] = []
    for joint in joints:
        if not _one(make, options.port, joint, done):
            return 2
        done.append(joint)
    _say("All motors are set up. Plug them together; then: foresight calibrate NAME --port PORT")
    return 0


def _one(make: ArmMake, port: str, joint: str, done: list[str]) -> bool:
    """Ask for a motor until it is set up; False when nobody answers any more."""
    while True:
        others = " The ones before may stay." if done else " Leave all others unplugged."
        _say(f"Plug in the motor of {joint} and press Enter.{others}")
        if not sys.stdin.readline():
            return False
        try:
            found = make.assign(port, joint, done=done)
        except DeviceError as error:
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
            continue
        before = f"was id {found.id_before} at {found.baud_before} bit/s"
        _say(f"  {joint} has id {found.id} now ({before}, firmware {found.firmware}).")
        return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foresight set-up-motors",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("port", help="where the adapter is plugged in")
    parser.add_argument("--robot", choices=sorted(MAKES), default="so101", help="which arm (so101)")
    parser.add_argument("--joint", metavar="NAME", default="", help="only the motor of this joint")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
