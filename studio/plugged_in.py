"""`foresight devices`: cameras, pucks, gamepads and pedals that are plugged in, by lasting address.

Says what stands in their way: cameras that crowd one cable, devices nobody may open. Opens none of
them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from devices.cameras.listing import FoundCamera, list_cameras
from devices.cameras.mode import COMPRESSED, Mode
from devices.cameras.usb import UsbLoad, crowds
from devices.inputs.access import install_command
from devices.inputs.listing import FoundInput, list_inputs
from devices.udev import RULES_FILE

UNCOMPRESSED = Mode("YUYV", 640, 480, 30.0)
COMPACT = Mode(COMPRESSED, 640, 480, 30.0)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that stands in the way."""

    text: str
    command: str = ""  # to paste into a terminal, "" none


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="foresight devices", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object instead of sentences")
    options = parser.parse_args(arguments)
    cameras, inputs = list_cameras(), list_inputs()
    notes = notes_on(cameras, inputs)
    if options.json:
        found = [{**asdict(entry), "address": entry.address} for entry in (*cameras, *inputs)]
        sys.stdout.write(
            json.dumps({"devices": found, "notes": [asdict(note) for note in notes]}) + "\n"
        )
    else:
        sys.stdout.write(as_text(cameras, inputs, notes))
    return 0


def as_text(
    cameras: Sequence[FoundCamera], inputs: Sequence[FoundInput], notes: Sequence[Note]
) -> str:
    """What a person reads."""
    lines = ["Cameras" if cameras else "No camera is plugged in."]
    lines += [f"  {c.name:<32}{c.address or c.node + ' (no lasting name)'}" for c in cameras]
    lines.append("Pucks, gamepads and pedals" if inputs else "No puck, gamepad or pedal is found.")
    lines += [f"  {i.name:<32}{i.address:<24}{i.kind}" for i in inputs]
    lines += [f"\n{note.text}\n{note.command}".rstrip() for note in notes]
    return "\n".join(lines) + "\n"


def notes_on(cameras: Sequence[FoundCamera], inputs: Sequence[FoundInput]) -> list[Note]:
    """What stands in the way, each with its fix."""
    crowd = crowd_note(cameras)
    notes = [Note(crowd)] if crowd else []
    closed = [i for i in inputs if not os.access(i.node, os.R_OK)]
    if closed:
        names = " and ".join(sorted({i.name for i in closed}))
        text = f"{names} may not be opened. A rule in {RULES_FILE} allows it."
        notes.append(Note(text, install_command(i.ids for i in closed)))
    return notes


def crowd_note(cameras: Sequence[FoundCamera]) -> str:
    """A warning about cameras on one cable; "" when they fit even uncompressed."""
    for mode in (COMPACT, UNCOMPRESSED):
        loads = [UsbLoad(c.name, c.usb, mode.mbit_s) for c in cameras if c.usb is not None]
        for crowd in crowds(loads):
            return f"At {mode}: {crowd.message}"
    return ""
