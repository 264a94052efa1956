"""A GELLO: a small passive copy of the follower, made of Dynamixels that nobody drives.

Its motors forget whole turns with their power. When it is opened, every joint is taken to stand
within the follower's limits, and the turn that does so is chosen. Knows no follower.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration
from devices.dynamixel.chain import DynamixelChain
from devices.dynamixel.registers import MODELS, XL330_M077
from devices.gello.scale import GelloScale, Trigger
from devices.servos.bus import Patience
from devices.servos.chain import ArmPort
from devices.servos.leader import ServoLeader
from recordings.types import JointSpec

ANY = (XL330_M077, *(model for model in MODELS.values() if model is not XL330_M077))


@dataclass(frozen=True, slots=True)
class GelloPlace:
    """Where a GELLO is plugged in and how it was put together."""

    port: str  # or the identity of its adapter
    signs: tuple[int, ...]  # per arm joint
    offsets_rad: tuple[float, ...]  # per arm joint
    trigger: Trigger | None
    ids: tuple[int, ...]  # of the motors, the trigger's last
    baud: int  # bit/s
    patience: Patience
    stale_s: float
    hz: float


class GelloChain(DynamixelChain):
    """Motors whose offsets stand in the bench file, not in them."""

    def __init__(self, name: str, place: GelloPlace, joints: tuple[JointSpec, ...]) -> None:
        """A chain that is not open.

        Args:
            name: of the leader, for errors.
            place: where it is and how it was put together.
            joints: of the follower.
        """
        bare = {
            joint.name: MotorCalibration(motor, 0, 0, STEPS - 1)
            for joint, motor in zip(joints, place.ids, strict=True)
        }
        port = ArmPort(
            place.port,
            ArmCalibration(bare),
            patience=place.patience,
            stale_s=place.stale_s,
            hz=place.hz,
        )
        models = {joint.name: ANY for joint in joints}
        super().__init__(name, port, joints, baud=place.baud, models=models)
        self.scale = GelloScale(place.signs, place.offsets_rad, place.trigger)
        middles = [(joint.lower + joint.upper) / 2 for joint in joints]
        self.middles = self.scale.steps_of(middles).astype(np.float64)

    def check_offsets(self, tables: Mapping[int, bytes]) -> None:
        """Whatever offsets its motors have, the bench file was measured with them."""


class GelloLeader(ServoLeader):
    """A GELLO. Used from the control thread."""

    def __init__(
        self, joints: tuple[JointSpec, ...], place: GelloPlace, *, name: str, device: str = ""
    ) -> None:
        """A leader that is not connected.

        Args:
            joints: of the follower.
            place: where it is and how it was put together.
            name: of the leader, for the person who selects it.
            device: for errors; "leader" and its name when absent.
        """
        super().__init__(name, GelloChain(device or f"leader {name}", place, joints), {})
