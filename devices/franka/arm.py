"""A Franka robot with its hand: goals go out thirty times a second, each replaces the last.

The robot carries itself and plans its way between goals with bounded speed, acceleration and jerk.
It has brakes and a controller of its own: without us it stands still, and "let go" only means that
nothing is asked of it any more; to move it by hand, use its guiding buttons. After a reflex it
holds until it is told to go on. Opening: 0 closed … 1 open, as everywhere here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from devices.errors import DeviceError, ReadFailed
from devices.franka.errors import (
    FrankaDriverMissing,
    FrankaNotReady,
    FrankaUnreachable,
    FrankaVersion,
)
from devices.franka.parts import ARM, GOALS_HZ, GRIPPER_M_S, GRIPPER_STEP
from devices.motor_errors import ArmStopped, PortGone
from devices.servos.pumped_arm import PumpedArm
from recordings.types import F32, JointState, RobotSpec, frozen_f32

if TYPE_CHECKING:
    import franky

STANDS = "The robot stands still by itself."
HZ, STALE_S = 100.0, 0.1
CHARACTERISTIC_NM = np.array([87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0])


class FrankaArm(PumpedArm):
    """A Franka robot. Used from the control thread."""

    def __init__(
        self, spec: RobotSpec, address: str, *, speed: float, stale_s: float = STALE_S, name: str
    ) -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits.
            address: of its control box.
            speed: of what the robot can do, 0 to 1.
            stale_s: a reading older than this is no reading.
            name: for errors.
        """
        super().__init__(spec, name=name, hz=HZ, stale_s=stale_s)
        self._address = address
        self._speed = speed
        self._robot: franky.Robot | None = None
        self._hand: franky.Gripper | None = None
        self._wanted: F32 | None = None  # newest goal, not sent yet
        self._sent_s = 0.0
        self._asked_opening = np.nan

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def _set_up(self) -> JointState:
        driver = _driver(self._name)
        robot, hand = self._robot, self._hand = self._opened(driver)
        robot.relative_dynamics_factor = self._speed
        if robot.has_errors:
            robot.recover_from_errors()
        mode = robot.state.robot_mode.name
        if mode != "Idle":
            raise FrankaNotReady(self._name, mode=mode.lower())
        self._wanted, self._asked_opening = None, np.nan
        self._torque = True
        return self._measured(robot, hand)

    def _shut(self) -> None:
        """Without anybody who asks for anything it stands."""
        robot, self._robot, self._hand = self._robot, None, None
        if robot is not None:
            driver = _driver(self._name)
            try:
                robot.stop()
            except driver.Exception:  # the network is gone; the robot stops by itself then
                return

    def _opened(self, driver: Any) -> tuple[Any, Any]:  # noqa: ANN401 - an optional module
        try:
            robot = driver.Robot(self._address, realtime_config=driver.RealtimeConfig.Ignore)
            return robot, driver.Gripper(self._address)
        except driver.IncompatibleVersionException as error:
            raise FrankaVersion(self._name, reason=str(error)) from error
        except (driver.Exception, driver.GripperException) as error:
            raise FrankaUnreachable(self._name, address=self._address, reason=str(error)) from error

    # ── torque ─────────────────────────────────────────────────────────────────────────────

    def _hold_here(self) -> None:
        self._stand(recover=True)
        self._torque = True

    def _let_go(self) -> None:
        self._stand(recover=False)

    def _stand(self, *, recover: bool) -> None:
        robot, _ = self._parts()
        driver = _driver(self._name)
        self._wanted = None
        try:
            if recover and robot.has_errors:
                robot.recover_from_errors()
            if robot.is_in_control:
                robot.move(driver.JointStopMotion(), asynchronous=True)
        except driver.Exception as error:
            raise self._reason(driver, error) from error

    # ── every turn ─────────────────────────────────────────────────────────────────────────

    def _exchange(self, goal: F32 | None) -> JointState:
        robot, hand = self._parts()
        driver = _driver(self._name)
        self._wanted = goal if goal is not None else self._wanted
        try:
            if self._wanted is not None and time.monotonic() - self._sent_s >= 1 / GOALS_HZ:
                self._send(driver, robot, hand, self._wanted)
            robot.poll_motion()  # what went wrong since the last goal is told here
            if robot.has_errors and self._torque:
                raise ArmStopped(self._name, reason=_complaints(robot.state))
            return self._measured(robot, hand)
        except (driver.Exception, driver.GripperException) as error:
            raise self._reason(driver, error) from error

    def _send(self, driver: Any, robot: Any, hand: Any, goal: F32) -> None:  # noqa: ANN401
        self._wanted, self._sent_s = None, time.monotonic()
        target = driver.JointState(np.asarray(goal[:ARM], dtype=np.float64))
        robot.move(driver.JointMotion(target), asynchronous=True)
        opening = float(goal[ARM])
        if not abs(opening - self._asked_opening) < GRIPPER_STEP:
            self._asked_opening = opening
            hand.move_async(opening * hand.max_width, GRIPPER_M_S)

    def _measured(self, robot: Any, hand: Any) -> JointState:  # noqa: ANN401
        state, fingers = robot.state, hand.state
        opening = fingers.width / fingers.max_width if fingers.max_width > 0 else 0.0
        return JointState(
            frozen_f32([*state.q, min(max(opening, 0.0), 1.0)]),
            t_ns=time.monotonic_ns(),
            load=frozen_f32([*(np.asarray(state.tau_J) / CHARACTERISTIC_NM), 0.0]),
        )

    def _parts(self) -> tuple[Any, Any]:
        if self._robot is None or self._hand is None:
            raise ReadFailed(self._name, reason="its connection was closed")
        return self._robot, self._hand

    def _reason(self, driver: Any, error: Exception) -> DeviceError:  # noqa: ANN401
        if isinstance(error, driver.NetworkException | driver.ProtocolException):
            return PortGone(self._name, port=self._address, meanwhile=STANDS)
        return ArmStopped(self._name, reason=str(error))


def _driver(device: str) -> Any:  # noqa: ANN401 - an optional module
    try:
        import franky
    except ImportError as error:
        raise FrankaDriverMissing(device) from error
    return franky


def _complaints(state: Any) -> str:  # noqa: ANN401
    """Names of the reflexes that are active, in words."""
    errors = state.current_errors
    names = [n for n in dir(errors) if not n.startswith("_") and getattr(errors, n) is True]
    return ", ".join(name.replace("_", " ") for name in names) or state.robot_mode.name.lower()
