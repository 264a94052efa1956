"""The motors of one YAM arm on one CAN bus: found, checked, told what to push, and heard.

What would make a wrong movement later is refused when the arm is connected: a missing motor,
another way of control, a joint outside its range, a motor that has shut itself down. A motor counts
from a zero of its own after power-up, off by whole turns: the turn that puts the joint into its
range is taken. Knows no authority.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from devices.damiao import registers as reg
from devices.damiao.bus import CanBus, CanPlace, Question
from devices.damiao.errors import CanMotorsMissing, OutOfItsRange, StrangeScale, WrongMode
from devices.damiao.mit import (
    CLEAR_ERROR,
    ENABLE,
    ENABLED,
    REPLY_OFFSET,
    Feedback,
    Limits,
    Push,
    feedback_of,
    push_frame,
)
from devices.errors import WriteFailed
from devices.motor_errors import MotorShutDown, PowerLost
from devices.servos.bus import Patience
from recordings.types import JointSpec

WATCHDOG_S = 0.4  # a motor that hears nothing for so long only damps; never switched off
START_MARGIN_RAD = 0.1  # beyond its range a joint may rest
TURN = 2 * math.pi
Fits = Callable[[bytes], bool]

UNHURRIED = Patience(first_s=0.1, again_s=0.1, retries=3)  # while connecting
LOWEST_END, HIGHEST_END = 1.0, 500.0  # of any scale, in its unit
ENDS = (reg.POSITION_END, reg.SPEED_END, reg.TORQUE_END)


@dataclass(frozen=True, slots=True)
class YamPlace:
    """Where an arm is plugged in, and how patient its bus is."""

    port: CanPlace
    patience: Patience = field(default_factory=Patience)
    stale_s: float = 0.02
    """A reading older than this is no reading: two ticks at 100 Hz."""
    hz: float = 200.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What one motor told last."""

    feedback: Feedback
    t_ns: int


class YamChain:
    """Motors of one arm in joint order."""

    def __init__(
        self, name: str, place: YamPlace, joints: Sequence[JointSpec], motors: Sequence[int]
    ) -> None:
        """A chain that is not open.

        Args:
            name: of the arm, for errors.
            place: its bus.
            joints: one per motor; a gripper's range is found later, so its limits say nothing.
            motors: ids.
        """
        self.name = name
        self.bus = CanBus(name, place.port, patience=place.patience)
        self.stale_s, self.hz = place.stale_s, place.hz
        self.motors = tuple(motors)
        self._patience = place.patience
        self._joints = dict(zip(self.motors, joints, strict=True))
        self._limits: dict[int, Limits] = {}
        self._turns = dict.fromkeys(self.motors, 0.0)  # rad, whole turns
        self._heard: dict[int, Heard] = {}

    # ── connecting ─────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Open the bus and check every motor; pushes nothing.

        Raises:
            ConnectFailed: in words what is wrong and what to do.
        """
        self.bus.patience = UNHURRIED
        self.bus.open()
        ends = [self._read_all(end) for end in ENDS]
        self._limits = {m: Limits(*(end[m] for end in ends)) for m in self.motors}
        self._check_limits()
        self._insist(reg.MODE, reg.MIT_MODE)
        self._insist(reg.WATCHDOG, WATCHDOG_S * reg.TICKS_PER_S)
        self._turns = dict.fromkeys(self.motors, 0.0)
        self.look()
        self._clear_errors()
        for motor, joint in self._joints.items():
            if not joint.is_gripper:
                self._turns[motor] = self._turn_of(motor, joint)

    def be_brisk(self) -> None:
        """From now on others wait for every answer: no more patience than the bus was given."""
        self.bus.patience = self._patience

    def close(self) -> None:
        """Give the bus back: the motors hear nothing more, and damp."""
        self.bus.close()

    # ── moving ─────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """Ask where the motors are without telling them anything.

        Raises:
            CanMotorsMissing: some do not answer.
            PortGone: the bus has vanished.
        """
        self._hear(
            [
                Question(reg.TO_ALL, reg.ask_frame(motor), motor + REPLY_OFFSET, _is_feedback)
                for motor in self.motors
            ]
        )
        self._refuse_missing()

    def push(self, pushes: Mapping[int, Push]) -> None:
        """Tell the motors what to do and hear where they are.

        Raises:
            PortGone: the bus has vanished.
        """
        self._hear([self._told(motor, push) for motor, push in pushes.items()])

    def enable(self, pushes: Mapping[int, Push]) -> None:
        """Torque on, with its first push right behind: nothing has time to sink.

        Raises:
            WriteFailed: a motor did not take it.
            PortGone: the bus has vanished.
        """
        questions: list[Question] = []
        for motor, push in pushes.items():
            questions += [
                Question(motor, ENABLE, motor + REPLY_OFFSET, _is_enabled),
                self._told(motor, push, _is_enabled),
            ]
        found = self._hear(questions)
        deaf = [self._joints[m].name for m in pushes if m + REPLY_OFFSET not in found]
        if deaf:
            raise WriteFailed(self.name, reason=f"{', '.join(deaf)} did not switch its torque on")

    def clear_silence(self) -> None:
        """Motors that have stopped because they heard nothing are ready again."""
        self.look()
        self._clear_errors()

    # ── what is known ──────────────────────────────────────────────────────────────────────

    def heard(self, motor: int) -> Feedback:
        """What a motor told last."""
        return self._heard[motor].feedback

    @property
    def heard_ns(self) -> int:
        """When the motor that has been silent for longest was heard."""
        return min(heard.t_ns for heard in self._heard.values())

    def angle(self, motor: int) -> float:
        """Where the joint of a motor is, rad (a gripper: as its motor counts)."""
        return self.heard(motor).position_rad - self._turns[motor]

    def angles(self, motors: Sequence[int]) -> list[float]:
        """Where the joints of these motors are."""
        return [self.angle(motor) for motor in motors]

    def torque_end(self, motor: int) -> float:
        """The most that a motor can push, Nm."""
        return self._limits[motor].torque_nm

    @property
    def loads(self) -> list[float]:
        """(n,) of the most that each motor can push, signed."""
        return [self.heard(m).torque_nm / self.torque_end(m) for m in self.motors]

    @property
    def temperatures(self) -> list[float]:
        """(n,) °C, of the hotter part of each motor."""
        return [float(max(self.heard(m).driver_c, self.heard(m).coil_c)) for m in self.motors]

    def joint_of(self, motor: int) -> str:
        return self._joints[motor].name

    def limp(self) -> dict[str, str]:
        """Joint → why it has no torque ("" nobody gave it any), of those that have none."""
        return {
            self.joint_of(motor): heard.feedback.complaint
            for motor, heard in self._heard.items()
            if not heard.feedback.is_enabled
        }

    @property
    def alarms(self) -> dict[str, str]:
        """Joint → why its motor has shut itself down."""
        return {joint: why for joint, why in self.limp().items() if why}

    def refuse_limp(self) -> None:
        """Make sure that every motor still has its torque.

        Raises:
            PowerLost: some have not.
        """
        limp = self.limp()
        if limp:
            raise PowerLost(self.name, limp=tuple(limp), alarms=self.alarms)

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _hear(self, questions: Sequence[Question]) -> dict[int, bytes]:
        found = self.bus.ask(questions)
        now_ns = time.monotonic_ns()
        for motor in self.motors:
            data = found.get(motor + REPLY_OFFSET)
            if data is not None:
                feedback = feedback_of(data, self._limits[motor])
                self._heard[motor] = Heard(feedback, now_ns)
                self.bus.tally.alarms += bool(feedback.complaint)
        return found

    def _told(self, motor: int, push: Push, fits: Fits | None = None) -> Question:
        turned = replace(push, position_rad=push.position_rad + self._turns[motor])
        data = push_frame(turned, self._limits[motor])
        return Question(motor, data, motor + REPLY_OFFSET, fits or _is_feedback)

    def _read_all(self, register: reg.Register) -> dict[int, float]:
        found = self.bus.ask([_about(m, reg.read_frame(m, register)) for m in self.motors])
        values = {
            motor: reg.unpack(register, found[motor + REPLY_OFFSET][4:])
            for motor in self.motors
            if motor + REPLY_OFFSET in found
        }
        self._refuse_missing(values)
        return values

    def _insist(self, register: reg.Register, value: float) -> None:
        """Motors whose register says something else are given the value, and read back."""
        wrong = [m for m, found in self._read_all(register).items() if found != value]
        for motor in wrong:
            self.bus.ask([_about(motor, reg.write_frame(motor, register, value))])
        found = self._read_all(register) if wrong else {}
        for motor in wrong:
            if found[motor] != value:
                raise WrongMode(
                    self.name,
                    joint=self.joint_of(motor),
                    register=register.name,
                    wrote=value,
                    reads=found[motor],
                )

    def _refuse_missing(self, answered: Mapping[int, object] | None = None) -> None:
        answered = self._heard if answered is None else answered
        missing = {m: self.joint_of(m) for m in self.motors if m not in answered}
        if missing:
            found = tuple(m for m in self.motors if m in answered)
            raise CanMotorsMissing(self.name, missing=missing, found=found)

    def _check_limits(self) -> None:
        """A scale that is no number would make any push any torque."""
        for motor, limits in self._limits.items():
            ends = (limits.position_rad, limits.speed_rad_s, limits.torque_nm)
            for register, end in zip(ENDS, ends, strict=True):
                if not (math.isfinite(end) and LOWEST_END <= end <= HIGHEST_END):
                    raise StrangeScale(
                        self.name,
                        joint=self.joint_of(motor),
                        register=register.name,
                        reads=end,
                        expected=f"{LOWEST_END:g} to {HIGHEST_END:g}",
                    )

    def _clear_errors(self) -> None:
        """Once; what complains again has a reason that is still there."""
        ill = [motor for motor in self.motors if self.heard(motor).complaint]
        if not ill:
            return
        self.bus.ask([Question(m, CLEAR_ERROR, m + REPLY_OFFSET, _is_feedback) for m in ill])
        self.look()
        for motor in ill:
            complaint = self.heard(motor).complaint
            if complaint:
                raise MotorShutDown(self.name, joint=self.joint_of(motor), reason=complaint)

    def _turn_of(self, motor: int, joint: JointSpec) -> float:
        """Whole turns, rad, that put a joint into its range, or nearest to it."""
        at = self.angle(motor)
        middle = (joint.lower + joint.upper) / 2
        turns = round((at - middle) / TURN) * TURN
        inside = np.clip(at - turns, joint.lower - START_MARGIN_RAD, joint.upper + START_MARGIN_RAD)
        if inside != at - turns:
            raise OutOfItsRange(
                self.name, joint=joint.name, at_rad=at, low=joint.lower, high=joint.upper
            )
        return turns


def _about(motor: int, data: bytes) -> Question:
    """A question about a register: the answer begins as the question does."""
    head = data[:4]
    return Question(reg.TO_ALL, data, motor + REPLY_OFFSET, lambda reply: reply[:4] == head)


def _is_feedback(data: bytes) -> bool:
    return len(data) == 8


def _is_enabled(data: bytes) -> bool:
    return len(data) == 8 and data[0] >> 4 == ENABLED
