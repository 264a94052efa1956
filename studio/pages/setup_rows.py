"""What the window shows of a kit, in words: one row per port, one note per thing that is wrong."""

from __future__ import annotations

import math
from pathlib import Path

from devices.arm_make import ArmSeen
from devices.calibration.guide import Guidance
from devices.ports import ADAPTERS
from devices.setup.makes import MAKES
from devices.setup.messages import PortLook
from studio.setting_up.kit import Kit
from widgets.arm_list import ArmItem
from widgets.sweep_card import SweepRow

NEW_MOTORS = "New motors are all id 1: set them up one at a time, below."


def arm_items(kit: Kit) -> list[ArmItem]:
    """Ports of known adapters and those that were asked for; arms first."""
    items = [_item(kit, look) for look in kit.ports]
    order = list(kit.roles)
    items.sort(key=lambda i: order.index(i.role) if i.role in order else 99 + (not i.roles))
    gone = [arm for arm in kit.draft.arms if kit.look_of(arm.role) is None]
    items += [
        ArmItem(
            arm.port or arm.role,
            f"{arm.name.capitalize()} is not plugged in",
            f"The bench file says {arm.port or 'no port'}.",
        )
        for arm in gone
        if kit.ports
    ]
    return items


def _item(kit: Kit, look: PortLook) -> ArmItem:
    role = kit.role_of(look)
    calibration = kit.calibration_of(role) if role else None
    trouble, tone = _trouble(kit, look, role)
    return ArmItem(
        key=look.port,
        title=f"{kit.roles.get(role, role)} of this bench" if look.taken else _title(look),
        detail=_detail(look),
        roles=tuple(kit.roles.items()) if look.arm is not None or role else (),
        role=role,
        trouble=trouble,
        tone=tone,
        command=look.command,
        calibration=_calibrated(kit, role) if role else "",
        can_calibrate=look.arm is not None,
        can_undo=kit.can_undo(role),
        can_export=calibration is not None,
    )


def _title(look: PortLook) -> str:
    if look.arm is not None:
        hint = f", looks like a {look.arm.role}" if look.arm.role else ""
        return f"{MAKES[look.make].words.split(' ')[0]} arm{hint}"
    if look.trouble is not None:
        return "An arm that is not ready" if look.make else "A port that does not open"
    return look.adapter.capitalize() if look.note else "Nobody answers"


def _detail(look: PortLook) -> str:
    name = Path(look.address).name if look.address else look.port
    return " · ".join(filter(None, (_motors(look.arm), name)))


def _motors(arm: ArmSeen | None) -> str:
    if arm is None:
        return ""
    volts = [motor.voltage_v for motor in arm.motors]
    versions = " and ".join(dict.fromkeys(motor.firmware for motor in arm.motors))
    return f"{len(arm.motors)} motors, {min(volts):.1f} V, firmware {versions}"


def _trouble(kit: Kit, look: PortLook, role: str) -> tuple[str, str]:
    """What is wrong with this arm and its fix, and how loud to say it."""
    if look.taken:
        return "Connected. Its motors are listed on the right.", "quiet"
    if look.trouble is not None:
        fix = look.trouble.hint
        if look.trouble.code == "motors_missing" and "answering ids: 1;" in look.trouble.message:
            fix = NEW_MOTORS
        if look.trouble.code == "motors_collide":
            fix = f"{look.trouble.hint} {NEW_MOTORS}"
        return f"{look.trouble.message} {fix}".strip(), "danger"
    if role and (misfit := kit.misfit(role)):
        return f"{misfit} Calibrate it again, or import its file into the motors.", "danger"
    if look.note:
        return look.note, "quiet" if look.arm is None else "attention"
    if look.arm is None and look.adapter in ADAPTERS.values():
        return "Switch on the power of the arm, and check the cable to its first motor.", "quiet"
    return "", ""


def _calibrated(kit: Kit, role: str) -> str:
    path, calibration = kit.path_of(role), kit.calibration_of(role)
    if path is None:
        return ""
    if calibration is None:
        return f"{path.name} cannot be read." if path.exists() else "Not calibrated yet."
    made = f", made {calibration.made[:10]}" if calibration.made else ""
    return f"Calibration: {path.name}{made}"


def sweep_rows(guidance: Guidance) -> list[SweepRow]:
    """How far every joint was swept."""
    return [
        SweepRow(
            row.joint.replace("_", " "),
            row.swept_rad / row.usual_rad if row.usual_rad else float(row.state == "done"),
            f"{math.degrees(row.swept_rad):.0f}°" if row.usual_rad else "to its middle",
            row.state,
        )
        for row in guidance.joints
    ]
