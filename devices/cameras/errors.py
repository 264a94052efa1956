"""What can go wrong with a camera, each with the sentence a person reads.

    DeviceError
    ├── ConnectFailed
    │   ├── ModeRefused        the camera cannot deliver the asked format
    │   ├── ControlRefused     exposure or white balance cannot be set
    │   ├── CameraMissing      nothing is plugged in at that address
    │   ├── CameraBusy         another program has it
    │   ├── CameraForbidden    no permission
    │   └── DriverMissing      an optional library is not installed
    ├── ReadFailed
    │   ├── CameraUnplugged    it was there and is gone
    │   └── CameraSilent       it is there and sends nothing
    ├── InvalidAddress         an address of a bench file that cannot name one camera for good
    └── InvalidCalibration     a calibration file that says something impossible

Knows no camera.
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from devices.errors import ConnectFailed, DeviceError, ReadFailed


class ModeRefused(ConnectFailed):
    """The camera delivers something else than it was asked for."""

    code = "camera_mode"

    def __init__(self, camera: str, *, asked: str, got: str, hint: str = "") -> None:
        super().__init__(
            f"Camera {camera!r}",
            reason=f"asked for {asked}, it delivers {got}",
            hint=hint or "Write a mode the camera has into the bench file.",
        )
        self.asked = asked
        self.got = got


class ControlRefused(ConnectFailed):
    """The camera does not take a picture control."""

    code = "camera_control"

    def __init__(self, camera: str, *, control: str, asked: str, got: str) -> None:
        super().__init__(
            f"Camera {camera!r}",
            reason=f"{control} was set to {asked}, the camera keeps {got}",
            hint=f"This camera cannot lock its {control}; leave it out of the bench file.",
        )


class CameraMissing(ConnectFailed):
    """Nothing at that address."""

    code = "camera_missing"

    def __init__(self, camera: str, *, address: str, present: tuple[str, ...] = ()) -> None:
        known = f"Present: {', '.join(present)}." if present else "No camera is plugged in."
        super().__init__(
            f"Camera {camera!r}",
            reason=f"nothing is plugged in at {address}",
            hint=f"Plug it in where it was, or choose another. {known}",
        )


class CameraBusy(ConnectFailed):
    """Another program has it."""

    code = "camera_busy"

    def __init__(self, camera: str, *, address: str) -> None:
        super().__init__(
            f"Camera {camera!r}",
            reason=f"another program uses {address}",
            hint="Close browsers, video calls and other robot programs, then connect again.",
        )


class CameraForbidden(ConnectFailed):
    """No permission to open it."""

    code = "camera_forbidden"

    def __init__(self, camera: str, *, address: str) -> None:
        super().__init__(
            f"Camera {camera!r}",
            reason=f"no permission to open {address}",
            hint="Run `sudo usermod -aG video $USER`, then log out and in again.",
        )


class DriverMissing(ConnectFailed):
    """An optional library is not installed."""

    code = "driver_missing"

    def __init__(self, device: str, *, library: str, extra: str, reason: str) -> None:
        super().__init__(
            device,
            reason=f"it needs the library {library} ({reason})",
            hint=f'Install it with: pip install "foresight-studio[{extra}]"',
        )


class CameraUnplugged(ReadFailed):
    """The device is gone."""

    code = "camera_unplugged"

    def __init__(self, camera: str, *, address: str) -> None:
        super().__init__(f"Camera {camera!r}", reason=f"{address} is gone, it was unplugged")


class CameraSilent(ReadFailed):
    """It is there and sends nothing usable."""

    code = "camera_silent"

    def __init__(self, camera: str, *, reason: str) -> None:
        super().__init__(f"Camera {camera!r}", reason=reason)


class InvalidAddress(DeviceError):
    """An address that does not name one camera for good."""

    code = "camera_address"

    def __init__(self, address: str, *, reason: str, hint: str) -> None:
        super().__init__("bench", f"{address!r} is no address of a camera: {reason}.", hint)


class InvalidCalibration(DeviceError):
    """A calibration file that cannot be used."""

    code = "camera_calibration"

    def __init__(self, source: str, *, field: str, value: object, expected: str) -> None:
        super().__init__(
            "cameras",
            f"{source}: {field} is {value}, expected {expected}.",
            "Correct the file, or calibrate this camera again.",
        )
