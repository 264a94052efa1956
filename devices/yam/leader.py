"""The YAM leader: an arm without weight for the hand that moves it, with a trigger in its handle.

Its motors carry it, so it stays where the hand leaves it. Without its cable nobody carries it: it
sinks, damped by its motors. Knows no follower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.damiao.bus import Question
from devices.damiao.errors import HandleMissing
from devices.damiao.handle import (
    REPORT,
    REQUEST,
    HandleReport,
    quiet_request,
    report_of,
    report_request,
)
from devices.damiao.mit import Push
from devices.errors import ReadFailed
from devices.servos.pumped_leader import PumpedLeader
from devices.yam.carry import Carry
from devices.yam.chain import YamChain, YamPlace
from devices.yam.parts import BODY, FREE_KD, MOTORS
from recordings.types import JointSpec, JointState, frozen_f32


class YamLeader(PumpedLeader):
    """A YAM arm with a teaching handle. Used from the control thread."""

    def __init__(
        self, joints: Sequence[JointSpec], place: YamPlace, *, name: str, device: str = ""
    ) -> None:
        """A leader that is not connected.

        Args:
            joints: of the description, the gripper last.
            place: its bus.
            name: of the leader, for the person who selects it.
            device: for errors; "leader" and its name when absent.
        """
        device = device or f"leader {name}"
        super().__init__(name, device=device, hz=place.hz, stale_s=place.stale_s)
        self._chain = YamChain(device, place, joints[:BODY], MOTORS)
        self._carry = Carry()

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.bus.tally.as_counts()

    def _set_up(self) -> JointState:
        self._chain.open()
        self._chain.bus.ask([Question(REQUEST, quiet_request(), REQUEST)])  # it may say nothing
        if self._trigger() is None:
            raise HandleMissing(self._device)
        self._chain.enable(self._pushes())
        state = self._measure()
        self._chain.be_brisk()
        return state

    def _measure(self) -> JointState:
        self._chain.push(self._pushes())
        self._chain.refuse_limp()
        report = self._trigger()
        if report is None:
            raise ReadFailed(self._device, reason="the board of its handle is silent")
        return JointState(
            frozen_f32([*self._chain.angles(MOTORS), report.opening]),
            t_ns=self._chain.heard_ns,
            temperature_c=frozen_f32([*self._chain.temperatures, 0.0]),
            load=frozen_f32([*self._chain.loads, 0.0]),
        )

    def _shut(self) -> None:
        self._chain.close()

    def _trigger(self) -> HandleReport | None:
        found = self._chain.bus.ask([Question(REQUEST, report_request(), REPORT, _is_report)])
        return report_of(found[REPORT]) if REPORT in found else None

    def _pushes(self) -> dict[int, Push]:
        weight = self._carry.torques(self._chain.angles(MOTORS))
        return {
            motor: Push(kd=FREE_KD[i], torque_nm=float(weight[i])) for i, motor in enumerate(MOTORS)
        }


def _is_report(data: bytes) -> bool:
    return len(data) == 6
