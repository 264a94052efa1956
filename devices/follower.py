"""The arm as the control loop uses it: an arm that stops answering becomes one fault, not many.

Single failures are bridged with the last reading; silence beyond a limit ends all sending, the
servos hold by themselves. Knows no authority.
"""

from __future__ import annotations

from devices.base import Arm
from devices.errors import ArmLost, DeviceError
from devices.rig_settings import RigSettings
from recordings.types import F32, JointState, RobotSpec

_NS = 1e9


class Follower:
    """An open arm and the last that was heard of it.

    Heard is when it was measured, not when it was looked at: an arm may hand out a reading that is
    some milliseconds old.
    """

    def __init__(self, arm: Arm, *, settings: RigSettings) -> None:
        self._arm = arm
        self._limit_s = settings.bus_lost_s
        self._state: JointState | None = None
        self._sent: F32 | None = None
        self._heard_ns = 0
        self._taken_ns = 0
        self.failures = 0

    @property
    def spec(self) -> RobotSpec:
        return self._arm.spec

    def connect(self, *, now_ns: int) -> JointState:
        """Open the arm and read it once; it holds.

        Raises:
            DeviceError: when it does not open or answer.
        """
        self._arm.connect()
        self._state = self._arm.read()
        self._heard_ns = self._taken_ns = now_ns
        return self._state

    def read(self, *, now_ns: int) -> JointState:
        """The newest reading, or the last one while the bus hiccups.

        Raises:
            ArmLost: silent for too long.
        """
        try:
            self._state = self._arm.read()
            self._heard_ns = max(self._heard_ns, min(now_ns, self._state.t_ns))
        except DeviceError as error:
            self._tolerate(error, since_ns=self._heard_ns, now_ns=now_ns)
        assert self._state is not None
        return self._state

    def write(self, q: F32, *, now_ns: int) -> F32:
        """Send (n,) rad; returns what was really sent last.

        Raises:
            ArmLost: nothing went through for too long.
        """
        try:
            self._sent = self._arm.write(q)
            self._taken_ns = now_ns
        except DeviceError as error:
            self._tolerate(error, since_ns=self._taken_ns, now_ns=now_ns)
        return q if self._sent is None else self._sent

    def release(self, *, now_ns: int) -> bool:
        """Torque off; False when the arm did not take that yet.

        Raises:
            ArmLost: it did not take it for too long.
        """
        try:
            self._arm.release()
        except DeviceError as error:
            self._tolerate(error, since_ns=self._taken_ns, now_ns=now_ns)
            return False
        self._sent = None
        self._taken_ns = now_ns
        return True

    def stay_limp(self, *, now_ns: int) -> None:
        """Nothing is sent, and that is right."""
        self._taken_ns = now_ns

    def hold(self, *, now_ns: int) -> JointState:
        """Torque on where the arm is now; returns that place.

        Raises:
            DeviceError: it stays limp.
        """
        self._arm.hold()
        self._state = self._arm.read()
        self._heard_ns = self._taken_ns = now_ns
        return self._state

    def close(self) -> None:
        """Let go; the arm keeps holding. May be called twice."""
        self._arm.close()

    def _tolerate(self, error: DeviceError, *, since_ns: int, now_ns: int) -> None:
        self.failures += 1
        silent_s = (now_ns - since_ns) / _NS
        if silent_s > self._limit_s:
            raise ArmLost("arm", silent_s=silent_s, reason=error.message) from error
