"""Emulated arms as a person meets them: ports that are there as long as the stand runs.

:class:`ArmStand` runs in a thread of this process (tests of the bus), :class:`ArmStandProcess` in a
process of its own, as real electronics would. Both take orders and tell the truth about the arms.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from abc import abstractmethod
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Self

from devices.emulators.makes import emulated
from devices.emulators.orders import ArmTold, Leave, Order, Tell, Told
from devices.emulators.plan import ArmPlan
from devices.emulators.station import Station
from devices.errors import ConnectFailed
from devices.sim.pose_block import PoseBlock, PoseBlockHandle
from recordings.closing import Closing

START_S = 60.0  # loading MuJoCo on a busy machine
STOP_S = 10.0
ANSWER_S = 30.0
MOTOR_PRIORITY = 7  # SCHED_FIFO: below a control loop, above what helps it


def run_station(
    plans: Sequence[ArmPlan], orders: Connection, poses: PoseBlockHandle | None = None
) -> None:
    """Body of the emulator: build the arms, say that they are there, run until told to leave."""
    block = PoseBlock.attach(poses) if poses is not None else None
    try:
        show = block.write if block is not None else None
        shown = next((plan for plan in plans if not plan.is_leader), None)  # one bench is pictured
        arms = [emulated(plan, on_moved=show if plan is shown else None) for plan in plans]
        station = Station(arms, orders)
        station.plug()
        orders.send(station.told())
        station.run()
    finally:
        if block is not None:
            block.close()


def run_process(
    plans: Sequence[ArmPlan], orders: Connection, poses: PoseBlockHandle | None
) -> None:
    """Body of the emulator's own process. Real motors answer however busy the computer is."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):  # where that is refused it is as slow as the rest
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(MOTOR_PRIORITY))
    run_station(plans, orders, poses)


class _Stand(Closing):
    """What both kinds of stand can do."""

    def __init__(self, plans: Sequence[ArmPlan]) -> None:
        self.plans = tuple(plans)
        self._orders, self._theirs = multiprocessing.Pipe()

    @abstractmethod
    def start(self) -> None:
        """Returns when the ports are there."""

    def __enter__(self) -> Self:
        self.start()
        return self

    @property
    def ports(self) -> dict[str, str]:
        """Arm → the port a driver opens."""
        return {plan.name: plan.link for plan in self.plans}

    def order(self, order: Order) -> None:
        """Do something to an arm; returns when it is done.

        Raises:
            ConnectFailed: the emulator is gone.
        """
        self._orders.send(order)
        self._orders.send(Tell())
        self._answer(ANSWER_S)

    def truth(self, arm: str) -> ArmTold:
        """Where an arm really is, and how many answers were spoiled.

        Raises:
            ConnectFailed: the emulator is gone.
        """
        return self.told().arms[arm]

    def told(self) -> Told:
        """The truth about all arms at one moment.

        Raises:
            ConnectFailed: the emulator is gone.
        """
        self._orders.send(Tell())
        return self._answer(ANSWER_S)

    def _answer(self, timeout_s: float) -> Told:
        try:
            if self._orders.poll(timeout_s):
                return self._orders.recv()
        except (EOFError, OSError):
            pass
        raise ConnectFailed("emulator", reason="it does not answer any more")


class ArmStand(_Stand):
    """Emulated arms in a thread of this process."""

    def __init__(self, plans: Sequence[ArmPlan]) -> None:
        super().__init__(plans)
        self._thread = threading.Thread(
            target=run_station, args=(self.plans, self._theirs), name="emulator", daemon=True
        )

    def start(self) -> None:
        """Returns when the ports are there."""
        self._thread.start()
        self._answer(START_S)

    def close(self) -> None:
        """End it; the ports vanish. May be called twice."""
        if self._thread.is_alive():
            self._orders.send(Leave())
            self._thread.join(STOP_S)
        self._orders.close()
        self._theirs.close()


class ArmStandProcess(_Stand):
    """Emulated arms in a process of their own."""

    def __init__(self, plans: Sequence[ArmPlan], *, poses: PoseBlockHandle | None = None) -> None:
        """A stand that is not there yet.

        Args:
            plans: the arms.
            poses: where the follower's bench is published, for whoever draws it.
        """
        super().__init__(plans)
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=run_process, args=(self.plans, self._theirs, poses), name="foresight-emulator"
        )

    def start(self) -> None:
        """Returns when the ports are there."""
        self._process.start()
        self._theirs.close()
        self._answer(START_S)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def close(self) -> None:
        """End it; the ports vanish. May be called twice."""
        if self._process.pid is not None and self._process.is_alive():
            self._orders.send(Leave())
            self._process.join(STOP_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._orders.close()
