"""The Feetech bus: :class:`devices.servos.bus.ServoBus` at the speed and in the dialect of STS."""

from __future__ import annotations

from devices.feetech import packets
from devices.servos.bus import Patience, ServoBus

BAUD = 1_000_000


class Bus(ServoBus):
    """A chain of Feetech motors on one port."""

    def __init__(
        self, device: str, port: str, *, baud: int = BAUD, patience: Patience | None = None
    ) -> None:
        """A bus that is not open yet.

        Args:
            device: what hangs on it, for error sentences.
            port: name of the serial port.
            baud: bit/s.
            patience: of answers.
        """
        super().__init__(device, port, dialect=packets, baud=baud, patience=patience)
