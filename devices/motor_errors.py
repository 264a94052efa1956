"""What goes wrong with motors on a cable: ports, ids, models, calibrations; each with its fix.

All of them are :class:`devices.errors.DeviceError`. Knows no protocol.
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from collections.abc import Mapping

from devices.errors import ConnectFailed, DeviceError, ReadFailed


class PortMissing(ConnectFailed):
    """Nothing is plugged in there."""

    code = "port_missing"

    def __init__(self, device: str, *, port: str) -> None:
        super().__init__(
            device,
            reason=f"there is no port {port}",
            hint="Plug in its USB cable and its power, then connect again; "
            "or correct the port in the bench file.",
        )


class PortDenied(ConnectFailed):
    """This user may not open the port."""

    code = "port_denied"

    def __init__(self, device: str, *, port: str, group: str = "dialout") -> None:
        super().__init__(
            device,
            reason=f"you have no permission to open {port}",
            hint=f"On Linux run `sudo usermod -aG {group} $USER`, then log out and in again.",
        )


class PortBusy(ConnectFailed):
    """Another program has the port."""

    code = "port_busy"

    def __init__(self, device: str, *, port: str) -> None:
        super().__init__(
            device,
            reason=f"another program is using {port}",
            hint=f"Close the other program (`fuser {port}` names it), then connect again.",
        )


class PortGone(ReadFailed):
    """An open port has vanished: the cable was pulled."""

    code = "port_gone"

    def __init__(
        self, device: str, *, port: str, meanwhile: str = "Servos keep their last goal."
    ) -> None:
        """What happened.

        Args:
            device: the arm.
            port: where it was.
            meanwhile: what the arm does without us, a sentence.
        """
        super().__init__(device, reason=f"its port {port} has vanished")
        self.hint = f"{meanwhile} Plug the cable in again, then connect."


class PowerLost(ReadFailed):
    """Motors are limp: their supply dropped out for a moment, or they protected themselves."""

    code = "power_lost"

    def __init__(
        self, device: str, *, limp: tuple[str, ...], alarms: Mapping[str, str] | None = None
    ) -> None:
        """What happened.

        Args:
            device: the arm.
            limp: its joints without torque.
            alarms: what motors complain about, by joint; their supply is then not to blame.
        """
        alarms = alarms or {}
        joints = ", ".join(f"{j} ({alarms[j]})" if j in alarms else j for j in limp)
        why = "shut itself down" if set(limp) & set(alarms) else "probably its supply dropped out"
        super().__init__(device, reason=f"{joints} lost its torque, {why}")


class ArmStopped(ReadFailed):
    """The arm has stopped itself and waits to be told to go on."""

    code = "arm_stopped"

    def __init__(self, device: str, *, reason: str) -> None:
        super().__init__(device, reason=f"it has stopped itself: {reason}")
        self.hint = "Look for what it met, clear its way, then press Reconnect."


class MotorsMissing(ConnectFailed):
    """Some motors of the chain do not answer."""

    code = "motors_missing"

    def __init__(self, device: str, *, missing: Mapping[int, str], found: tuple[int, ...]) -> None:
        names = ", ".join(f"{joint} (id {motor})" for motor, joint in missing.items())
        answer = ", ".join(map(str, found)) or "none"
        hint = "Check the power supply."
        if found:
            hint = "Check the cable in front of the first missing motor, and that each has its id."
        super().__init__(
            device, reason=f"no answer from {names}; answering ids: {answer}", hint=hint
        )


class MotorsCollide(ConnectFailed):
    """Answers of one id arrive, but garbled: two motors talk at once."""

    code = "motors_collide"

    def __init__(self, device: str, *, motors: tuple[int, ...]) -> None:
        ids = ", ".join(map(str, motors))
        super().__init__(
            device,
            reason=f"the answers of id {ids} arrive garbled",
            hint="Probably two motors have the same id. Unplug all but one and give each its own.",
        )


class NoMotor(ConnectFailed):
    """No motor answers that could be the new one."""

    code = "no_motor"

    def __init__(self, device: str, *, others: tuple[int, ...]) -> None:
        reason, hint = "no motor answers at any speed", "Check its cable and the power supply."
        if others:
            ids = ", ".join(map(str, others))
            reason = f"only motors that are set up already answer (id {ids})"
            hint = "Plug in the new one; the others may stay."
        super().__init__(device, reason=reason, hint=hint)


class SeveralMotors(ConnectFailed):
    """More than one motor could be the new one."""

    code = "several_motors"

    def __init__(self, device: str, *, motors: tuple[int, ...]) -> None:
        ids = ", ".join(map(str, motors))
        super().__init__(
            device,
            reason=f"{len(motors)} motors answer (ids {ids}), it is not clear which is the new one",
            hint="Unplug all but the one to set up.",
        )


class WrongMotor(ConnectFailed):
    """A motor of another model than the arm is built of."""

    code = "wrong_motor"

    def __init__(self, device: str, *, motor: int, joint: str, model: int, expected: int) -> None:
        super().__init__(
            device,
            reason=f"{joint} (id {motor}) is model {model}, expected {expected}",
            hint="Check that this port belongs to this arm, or replace the motor.",
        )


class MixedFirmware(ConnectFailed):
    """Motors of one arm run different firmware and would move differently."""

    code = "mixed_firmware"

    def __init__(self, device: str, *, versions: Mapping[str, str]) -> None:
        each = ", ".join(f"{joint} {version}" for joint, version in versions.items())
        super().__init__(
            device,
            reason=f"its motors run different firmware ({each})",
            hint="Bring all motors to one version with the maker's tool (FD for Feetech).",
        )


class NotStored(ConnectFailed):
    """A motor did not keep a value that it was given."""

    code = "not_stored"

    def __init__(self, device: str, *, joint: str, register: str, wrote: int, reads: int) -> None:
        super().__init__(
            device,
            reason=f"{joint} did not keep {register}: wrote {wrote}, reads back {reads}",
            hint="Switch its power off and on, then connect again.",
        )


class MotorShutDown(ConnectFailed):
    """A motor reports a hardware error again right after it was started anew."""

    code = "motor_shut_down"

    def __init__(self, device: str, *, joint: str, reason: str) -> None:
        super().__init__(
            device,
            reason=f"{joint} has shut itself down ({reason}), also after a restart",
            hint="Look for what blocks it, let it cool down, check the supply; then connect again.",
        )


class HoldsSettings(ConnectFailed):
    """A motor would have to let go of the arm to be given a setting."""

    code = "holds_settings"

    def __init__(self, device: str, *, joint: str, settings: tuple[str, ...]) -> None:
        names = ", ".join(settings)
        super().__init__(
            device,
            reason=f"{joint} has another {names} than it needs, and takes a new one only limp",
            hint="Support the arm, switch its power off and on, then connect again.",
        )


class InvalidCalibration(DeviceError):
    """A calibration that cannot be true."""

    code = "invalid_calibration"

    def __init__(self, where: str, *, field: str, value: object, expected: str) -> None:
        super().__init__(
            "calibration",
            f"{where}: {field} is {value!r}, expected {expected}.",
            "Calibrate this arm again, or correct the file.",
        )


class CalibrationMismatch(ConnectFailed):
    """The calibration belongs to another arm, or another program has calibrated the motors."""

    code = "calibration_mismatch"

    def __init__(self, device: str, *, reason: str) -> None:
        super().__init__(
            device,
            reason=f"its calibration does not fit: {reason}",
            hint="Calibrate it again, write the calibration into the motors, or name the right "
            "file in the bench file.",
        )
