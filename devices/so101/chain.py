"""The six STS3215 of one SO-101 arm: what their registers say, and how they take settings.

Everything that any chain of servos does is in :class:`devices.servos.chain.ServoChain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from devices.feetech import registers as reg
from devices.feetech.bus import Bus
from devices.feetech.packets import Alarm
from devices.feetech.registers import Register
from devices.servos.chain import UNHURRIED, ArmPort, Layout, ServoChain, Setting, value_in
from devices.servos.packet import Packet
from recordings.types import F32, JointSpec, JointState, frozen_f32

WORDS = {
    Alarm.VOLTAGE: "supply voltage",
    Alarm.ANGLE: "position sensor",
    Alarm.OVERHEAT: "too hot",
    Alarm.OVERCURRENT: "too much current",
    Alarm.OVERLOAD: "overload",
}


class Chain(ServoChain):
    """STS3215 on one Feetech bus in joint order."""

    layout = Layout(
        table_size=56,  # EEPROM and the settings in RAM
        telemetry_start=reg.TELEMETRY_START,
        telemetry_size=reg.TELEMETRY_SIZE,
        model=reg.MODEL,
        offset=reg.HOMING_OFFSET,
        torque=reg.TORQUE_ENABLE,
        goal=reg.GOAL_POSITION,
        position=reg.PRESENT_POSITION,
        speed=reg.PRESENT_SPEED,
        voltage=reg.PRESENT_VOLTAGE,
        lowest=reg.MIN_ANGLE,
        highest=reg.MAX_ANGLE,
        offset_sign=1,
        resting=60,  # step/s: 5 °/s
    )

    def __init__(self, name: str, place: ArmPort, joints: Sequence[JointSpec]) -> None:
        """A chain that is not open.

        Args:
            name: of the arm, for errors.
            place: port and calibration.
            joints: of the robot description, in the order of the calibration.
        """
        bus = Bus(name, place.port, patience=UNHURRIED)
        super().__init__(name, place, joints, bus=bus)

    def prepare(self, tables: Mapping[int, bytes]) -> None:
        """Count one turn: positions beyond it would pass for others; some motors come otherwise."""
        for motor, table in tables.items():
            phase = value_in(table, reg.PHASE)
            if phase & reg.MULTI_TURN:
                self.give(motor, [Setting("phase", reg.PHASE, phase & ~reg.MULTI_TURN)])

    def give(self, motor: int, settings: Sequence[Setting]) -> None:
        """Write settings; EEPROM keeps them only while it is unlocked."""
        lasting = any(s.register.address < reg.EEPROM_END for s in settings)
        if lasting:
            self.bus.write(motor, reg.LOCK, 0)
        for setting in settings:
            self.bus.write(motor, setting.register, setting.value)
        if lasting:
            self.bus.write(motor, reg.LOCK, 1)

    def models(self, joint: str) -> tuple[int, ...]:
        return (reg.MODEL_NUMBER,)

    def firmware(self, table: bytes) -> str:
        return f"{value_in(table, reg.FIRMWARE_MAJOR)}.{value_in(table, reg.FIRMWARE_MINOR)}"

    def sensed(self, packets: Sequence[Packet], *, t_ns: int) -> JointState:
        return JointState(
            q=self.q_at([_sensed(p, reg.PRESENT_POSITION) for p in packets]),
            t_ns=t_ns,
            temperature_c=_numbers(packets, reg.PRESENT_TEMPERATURE, 1.0),
            current_a=_numbers(packets, reg.PRESENT_CURRENT, reg.AMPERE_PER_UNIT),
            load=_numbers(packets, reg.PRESENT_LOAD, 0.001),
            voltage_v=_numbers(packets, reg.PRESENT_VOLTAGE, 0.1),
            alarms={self.joint_of(p.motor): in_words(p.alarm) for p in packets if p.alarm},
        )


def in_words(alarm: int) -> str:
    """What a motor complains about."""
    return ", ".join(words for bit, words in WORDS.items() if alarm & bit)


def _sensed(packet: Packet, register: Register) -> int:
    return register.within(packet.body, start=reg.TELEMETRY_START)


def _numbers(packets: Sequence[Packet], register: Register, unit: float) -> F32:
    return frozen_f32(np.array([_sensed(p, register) for p in packets]) * unit)
