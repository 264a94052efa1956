"""The Dynamixel bus: :class:`devices.servos.bus.ServoBus` in protocol 2.0."""

from __future__ import annotations

from devices.dynamixel import packets
from devices.servos.bus import Patience, ServoBus


class DynamixelBus(ServoBus):
    """A chain of Dynamixels on one port."""

    def __init__(
        self, device: str, port: str, *, baud: int, patience: Patience | None = None
    ) -> None:
        """A bus that is not open yet.

        Args:
            device: what hangs on it, for error sentences.
            port: name of the serial port.
            baud: bit/s.
            patience: of answers.
        """
        super().__init__(device, port, dialect=packets, baud=baud, patience=patience)

    def reboot(self, motor: int) -> None:
        """Start a motor anew: its hardware errors are forgotten, and its torque is off.

        Raises:
            WriteFailed: it did not acknowledge.
        """
        self.tell(motor, packets.reboot(motor), where=f"motor {motor}, reboot")
