"""An input as a bench names it, made into a listener or a leader.

Joins address, listing, reports and parser. Knows no bench file's place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from devices.inputs import gamepad, pedal, spacemouse
from devices.inputs.errors import InvalidInput
from devices.inputs.gamepad import Pad, PadKind
from devices.inputs.listener import Listener
from devices.inputs.listing import (
    JOYSTICK,
    PAD,
    PEDAL,
    PUCK,
    FoundInput,
    find_input,
    list_inputs,
    parse_address,
)
from devices.inputs.pedal import Pedals
from devices.inputs.reports import LONGEST_REPORT, Reports, open_reports
from devices.inputs.spacemouse import Puck
from devices.inputs.speed import ToolSpeed
from devices.inputs.tool_leader import ToolLeader
from devices.inputs.wish import from_pad, from_puck
from devices.kinematics import Kinematics
from devices.workspace import Workspace

Present = Callable[[], Sequence[FoundInput]]


def puck_listener(name: str, address: str, *, present: Present = list_inputs) -> Listener[Puck]:
    """Listens to a SpaceMouse.

    Raises:
        InvalidInput: the address names no input.
    """
    parse_address(address)
    return Listener(
        name,
        open_device=partial(_open, name, address, (PUCK,), present, LONGEST_REPORT),
        parse=spacemouse.parse,
        rest=Puck(),
        silence_s=spacemouse.SILENCE_S,
    )


def pad_listener(name: str, address: str, *, present: Present = list_inputs) -> Listener[Pad]:
    """Listens to a gamepad; what is not known by its reports is read as a joystick.

    Raises:
        InvalidInput: the address names no input.
    """
    vendor, product, _ = parse_address(address)
    kind = gamepad.PRODUCTS.get((vendor, product), PadKind.JOYSTICK)
    joystick = kind is PadKind.JOYSTICK
    report_bytes = gamepad.JS_EVENT_BYTES if joystick else LONGEST_REPORT
    kinds = (JOYSTICK,) if joystick else (PAD,)
    return Listener(
        name,
        open_device=partial(_open, name, address, kinds, present, report_bytes),
        parse=partial(gamepad.parse, kind),
        rest=Pad(),
        silence_s=gamepad.SILENCE_S.get(kind),
    )


def pedal_listener(name: str, address: str, *, present: Present = list_inputs) -> Listener[Pedals]:
    """Listens to foot pedals raw, so that they work while another window has the focus.

    Raises:
        InvalidInput: the address names no input.
    """
    parse_address(address)
    return Listener(
        name,
        open_device=partial(_open, name, address, (PEDAL,), present, LONGEST_REPORT),
        parse=pedal.parse,
        rest=Pedals(),
    )


def tool_leader(
    name: str,
    kind: str,
    address: str,
    kinematics: Kinematics,
    *,
    speed: ToolSpeed | None = None,
    box: Workspace | None = None,
    present: Present = list_inputs,
) -> ToolLeader[Puck] | ToolLeader[Pad]:
    """A leader that drives the tool.

    Args:
        name: on the bench.
        kind: "puck" or "gamepad".
        address: of the device.
        kinematics: of the follower, for this leader alone.
        speed: full speeds and the person's seat.
        box: where the tip may be led.
        present: what is plugged in.

    Raises:
        InvalidInput: another kind, or an address that names no input.
    """
    if kind == PUCK:
        puck = puck_listener(name, address, present=present)
        return ToolLeader(name, puck, from_puck, kinematics, speed=speed, box=box)
    if kind == PAD:
        pad = pad_listener(name, address, present=present)
        return ToolLeader(name, pad, from_pad, kinematics, speed=speed, box=box)
    raise InvalidInput(f"{kind} {address}", expected=f"kind {PUCK!r} or {PAD!r}")


def _open(
    name: str, address: str, kinds: tuple[str, ...], present: Present, report_bytes: int
) -> Reports:
    fitting = [found for found in present() if found.kind in kinds]
    return open_reports(name, find_input(name, address, fitting), report_bytes=report_bytes)
