"""One CAN bus of an arm: ask many, get their answers, ask again only those that did not answer.

``python-can`` speaks to the adapter; what came in before is drained before anything is asked, and
answers are matched by id and, where several look alike, by what they say. Every exchange has an
absolute deadline; every failure is counted. One thread at a time. Knows no arm.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import can
import serial
from can.interfaces.slcan import slcanBus

from devices.damiao.errors import CanDown, CanMissing, CanRefused
from devices.errors import ConnectFailed, NotConnected
from devices.motor_errors import PortBusy, PortDenied, PortGone, PortMissing
from devices.ports import current_port
from devices.servos.bus import Patience
from devices.servos.port import group_of
from devices.servos.tally import Tally

BITRATE = 1_000_000  # bit/s
INTERFACES = ("socketcan", "slcan", "gs_usb", "virtual")
WIRE_S = 0.00013  # of one frame of 8 bytes
SETTLE_S = 0.05  # a serial adapter needs a moment after it was opened
SEND_S = 2.0  # a serial adapter whose buffer is full; then it is gone
DAMPED = "Its motors damp: an arm without brakes sinks."
GONE = (can.CanError, OSError, serial.SerialException, ValueError)


@dataclass(frozen=True, slots=True)
class Question:
    """A frame that wants an answer."""

    id: int
    data: bytes
    reply_id: int
    fits: Callable[[bytes], bool] | None = None
    """Whether an answer on ``reply_id`` is the one; None: any is."""


@dataclass(frozen=True, slots=True)
class CanPlace:
    """Where an arm is plugged in."""

    interface: str  # one of INTERFACES
    channel: str  # "can0", a serial port or its identity, a number

    @classmethod
    def of(cls, text: str) -> CanPlace:
        """``slcan:/dev/ttyACM0``; a bare name is a network interface.

        Raises:
            ValueError: no known interface, or no channel.
        """
        interface, colon, channel = text.partition(":")
        if not colon:
            interface, channel = "socketcan", text
        if interface not in INTERFACES or not channel.strip():
            raise ValueError(text)
        return cls(interface, channel)

    def __str__(self) -> str:
        return self.channel if self.interface == "socketcan" else f"{self.interface}:{self.channel}"


class CanBus:
    """Motors on one CAN bus."""

    def __init__(self, device: str, place: CanPlace, *, patience: Patience | None = None) -> None:
        """A bus that is not open.

        Args:
            device: what hangs on it, for error sentences.
            place: its adapter.
            patience: of answers.
        """
        self.device = device
        self.place = place
        self.patience = patience or Patience()
        self.tally = Tally()
        self._bus: can.BusABC | None = None

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Open the adapter; does nothing when it is open.

        Raises:
            ConnectFailed: in words why it does not open.
        """
        if self._bus is not None:
            return
        channel = self.place.channel
        try:
            if self.place.interface == "slcan":
                channel = current_port(channel)
            self._bus = _opened(self.place.interface, channel)
        except GONE as error:
            raise _reason(self.device, self.place, error) from error
        self.tally = Tally()

    def close(self) -> None:
        """Give the adapter back; may be called twice."""
        bus, self._bus = self._bus, None
        if bus is None:
            return
        with suppress(*GONE):  # it may be gone already
            bus.shutdown()
        if isinstance(bus, slcanBus):  # its last word may not have gone out, and it kept the port
            bus.serialPortOrig.close()

    # ── exchanges ──────────────────────────────────────────────────────────────────────────

    def ask(self, questions: Sequence[Question]) -> dict[int, bytes]:
        """Reply id → data of those that answered, retries included; the others are counted lost.

        Questions must have different reply ids; those with the same id as an earlier one are only
        sent (an order, then what shows that it was obeyed).

        Raises:
            PortGone: the adapter has vanished.
        """
        found = self._exchange(questions, self.patience.first_s)
        wanted = {question.reply_id for question in questions}
        for _ in range(self.patience.retries):
            missing = wanted - found.keys()
            if not missing:
                return found
            self.tally.retried += len(missing)
            self.tally.retried_by_motor.update(missing)
            again = [question for question in questions if question.reply_id in missing]
            found |= self._exchange(again, self.patience.again_s)
        missing = wanted - found.keys()
        self.tally.lost += len(missing)
        self.tally.lost_by_motor.update(missing)
        return found

    def _exchange(self, questions: Sequence[Question], wait_s: float) -> dict[int, bytes]:
        bus = self._open_bus()
        fits = {question.reply_id: question.fits for question in questions}
        found: dict[int, bytes] = {}
        try:
            self._drain(bus)
            for question in questions:
                bus.send(_message(question), timeout=SEND_S)
            due_s = time.monotonic() + 2 * len(questions) * WIRE_S + wait_s
            while len(found) < len(fits):
                message = bus.recv(max(0.0, due_s - time.monotonic()))
                if message is not None:
                    self._sort(message, fits, found)
                elif time.monotonic() >= due_s:
                    break
        except GONE as error:
            raise PortGone(self.device, port=str(self.place), meanwhile=DAMPED) from error
        self.tally.exchanges += 1
        self.tally.timeouts += len(fits) - len(found)
        return found

    def _sort(
        self,
        message: can.Message,
        fits: Mapping[int, Callable[[bytes], bool] | None],
        found: dict[int, bytes],
    ) -> None:
        """Our own frames come back on some adapters; other ids are not asked."""
        data, id_ = bytes(message.data), message.arbitration_id
        check = fits.get(id_)
        if message.is_error_frame or message.is_extended_id or id_ not in fits:
            self.tally.strangers += 1
        elif check is None or check(data):
            found[id_] = data

    def _drain(self, bus: can.BusABC) -> None:
        if isinstance(bus, slcanBus):
            bus.flush()  # acknowledgements lie between its frames, where recv would stop
            return
        while bus.recv(0.0) is not None:
            self.tally.strangers += 1

    def _open_bus(self) -> can.BusABC:
        if self._bus is None:
            raise NotConnected(self.device)
        return self._bus


def _message(question: Question) -> can.Message:
    return can.Message(arbitration_id=question.id, data=question.data, is_extended_id=False)


def _opened(interface: str, channel: str) -> can.BusABC:
    options: dict[str, Any] = {"bitrate": BITRATE}
    if interface == "slcan":
        options["sleep_after_open"] = SETTLE_S
    if interface == "socketcan":
        options = {}  # the system has set it
    if interface == "gs_usb":
        options["index"] = int(channel)
    bus = can.Bus(interface=interface, channel=channel, **options)
    if isinstance(bus, slcanBus) and isinstance(port := bus.serialPortOrig, serial.Serial):
        port.exclusive = True
        port.write_timeout = SEND_S
    return bus


def _reason(device: str, place: CanPlace, error: Exception) -> ConnectFailed:
    number = _number_of(error)
    text, channel = str(error), place.channel
    if place.interface == "slcan":
        if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "No such file" in text:
            return PortMissing(device, port=channel)
        if number in (errno.EACCES, errno.EPERM) or "Permission denied" in text:
            return PortDenied(device, port=channel, group=group_of(channel))
        if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
            return PortBusy(device, port=channel)
    if number == errno.EAFNOSUPPORT:
        hint = "Write the port as slcan:/dev/… or gs_usb:0, or use a Linux with SocketCAN."
        return CanRefused(device, channel=channel, reason="this system has no CAN", hint=hint)
    if isinstance(error, can.CanInterfaceNotImplementedError):
        hint = f"Install its driver: pip install 'foresight-studio[{place.interface}]'."
        return CanRefused(device, channel=str(place), reason=text, hint=hint)
    if number == errno.ENETDOWN:
        return CanDown(device, channel=channel)
    if number in (errno.ENODEV, errno.ENXIO) or "Cannot find device" in text:
        return CanMissing(device, channel=str(place))
    return CanRefused(device, channel=str(place), reason=text or type(error).__name__)


def _number_of(error: BaseException | None) -> int | None:
    """The system's number of an error, however often it was wrapped."""
    while error is not None:
        number = getattr(error, "errno", None) or getattr(error, "error_code", None)
        if number:
            return number
        error = error.__cause__ or error.__context__
    return None
