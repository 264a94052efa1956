"""Where a kit is set up while no rig runs: looks, listens to hands, measures, numbers motors.

One thing at a time, and at most one owner of a port: what holds ports is an activity, which ends
before the next one begins. Torque only ever goes off here. A plain class: a worker process paces it
with :meth:`Workshop.turn`, tests call it directly. Knows no process and no window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from devices.arm_make import ArmMake
from devices.errors import DeviceError
from devices.motor_errors import InvalidCalibration
from devices.setup.around import look_around
from devices.setup.hands import Finding
from devices.setup.makes import MAKES
from devices.setup.measuring import MeasuringArm, take_back, take_over
from devices.setup.messages import (
    Doing,
    Done,
    FindByMoving,
    Finish,
    Leave,
    LookAround,
    LookedAround,
    Measure,
    MotorReady,
    NextJoint,
    Refused,
    Report,
    Request,
    SetUpMotor,
    TakeBack,
    TakeOver,
)

TURN_S = 0.03  # between two looks at joints that a hand moves
IDLE_S = 0.5


class Activity(Protocol):
    """Something that holds ports for a while."""

    @property
    def words(self) -> str:
        """What is being done, for a person."""
        ...

    def turn(self) -> None:
        """One look; what is new is told."""
        ...

    def close(self) -> None:
        """Put back what it changed and let go of its ports."""
        ...


class Workshop:
    """Carries out requests, one after the other. Used from one thread."""

    def __init__(
        self, tell: Callable[[Report], None], *, makes: Mapping[str, ArmMake] = MAKES
    ) -> None:
        """A workshop that holds no port.

        Args:
            tell: told every report, at once.
            makes: of arms that it knows.
        """
        self.tell = tell
        """Told every report; another one may take its place."""
        self._makes = makes
        self._activity: Activity | None = None

    @property
    def pause_s(self) -> float:
        """How long to wait for the next request before :meth:`turn` is due."""
        return IDLE_S if self._activity is None else TURN_S

    def handle(self, request: Request) -> None:
        """Do what is asked; what cannot be done is told as :class:`Refused`."""
        try:
            if not isinstance(request, NextJoint | Finish):
                self._leave()
            self._obey(request)
        except InvalidCalibration as error:  # of a sweep: the hand may go on
            self._refuse(type(request).__name__, error)
        except DeviceError as error:
            self._refuse(type(request).__name__, error)
            self._leave()
        self._say("" if self._activity is None else self._activity.words)
        self.tell(Done())

    def turn(self) -> None:
        """Let what holds a port have its look."""
        if self._activity is None:
            return
        try:
            self._activity.turn()
        except DeviceError as error:
            self._refuse(type(self._activity).__name__, error)
            self._leave()
            self._say("")

    def close(self) -> None:
        """Put everything back and let go of every port. May be called twice."""
        self._leave()

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _obey(self, request: Request) -> None:
        match request:
            case LookAround(extra, taken):
                self._look_around(extra, taken)
            case FindByMoving(arms):
                self._say("Letting go of the arms…")
                self._activity = Finding(self._makes, arms, self.tell)
            case Measure(make, name, port, path):
                self._say(f"Letting go of {name}…")
                self._activity = MeasuringArm(self._makes[make], name, port, path, self.tell)
            case NextJoint() | Finish():
                self._go_on(request)
            case TakeBack():
                self._say(f"Writing into the motors of {request.name}…")
                self.tell(take_back(self._makes[request.make], request))
            case TakeOver():
                self._say(f"Taking over {request.source.name}…")
                self.tell(take_over(self._makes[request.make], request))
            case SetUpMotor(make, port, joint, done):
                self._say(f"Looking for the new motor of {joint}…")
                self.tell(MotorReady(self._makes[make].assign(port, joint, done=done)))
            case Leave():
                pass

    def _look_around(self, extra: tuple[str, ...], taken: tuple[str, ...]) -> None:
        found = look_around(
            self._makes,
            extra=extra,
            taken=taken,
            tell=lambda port: self._say(f"Looking at {port}…"),
        )
        self.tell(LookedAround(found))

    def _go_on(self, request: NextJoint | Finish) -> None:
        if not isinstance(self._activity, MeasuringArm):
            return
        if isinstance(request, NextJoint):
            self._activity.next_joint()
            return
        self._say("Storing what was measured…")
        calibrated = self._activity.finish()
        self._leave()
        self.tell(calibrated)

    def _leave(self) -> None:
        activity, self._activity = self._activity, None
        if activity is None:
            return
        try:
            activity.close()
        except DeviceError as error:  # its motors may not have what they had before
            self._refuse(Leave.__name__, error)

    def _refuse(self, request: str, error: DeviceError) -> None:
        self.tell(Refused(request, error.to_fault(t_ns=time.monotonic_ns())))

    def _say(self, words: str) -> None:
        self.tell(Doing(words))
