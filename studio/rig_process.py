"""The rig process: builds the bench, paces the rig, and outlives a frozen or killed window safely.

Runs in a child of the studio. Knows no Qt and no window; who is allowed to drive is decided by the
rig and the person.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import time
from multiprocessing.connection import Connection
from types import FrameType

from devices.bench import Bench
from devices.clock import NS_PER_S, Pacer, SystemClock
from devices.commands import Connect, ResetScene, Shutdown
from devices.planner_link import PlannerLink
from devices.planning.checks import CheckLimits, PlanInspector
from devices.rig import Rig
from recordings.live import Live, LiveHandle
from recordings.rig_status import RigPhase
from recordings.types import Authority, Fault
from studio.realtime import Realtime
from studio.rig_mailbox import RigMailbox
from studio.shared_lifeline import SharedLifeline, WatchedLifeline

log = logging.getLogger(__name__)

STATUS_NS = 50_000_000  # 20 Hz
COLLECT_NS = 5 * NS_PER_S  # between garbage collections, only while nobody drives
SWITCH_INTERVAL_S = 0.0005  # how long another thread may keep the control thread waiting
FLUSH_S = 0.5


def main(bench: Bench, live: LiveHandle, shared: SharedLifeline, pipe: Connection) -> None:
    """Target of the spawned process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the studio, which tells us
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    lifeline = WatchedLifeline(shared)
    mailbox = RigMailbox(pipe, on_orphaned=lifeline.cut)
    mailbox.start()
    try:
        RigLoop(bench, Live.attach(live), lifeline, mailbox).run()
    except Exception as error:
        log.exception("rig")
        text = f"The rig process failed: {error}"
        hint = "The arm holds. Reconnect; if it happens again, send the log."
        mailbox.post(Fault("rig_failed", "rig", text, hint, time.monotonic_ns()))
        sys.exit(1)
    finally:
        mailbox.close(FLUSH_S)


class RigLoop:
    """Paces one rig until it is told to leave, or nobody is left to tell it anything."""

    def __init__(
        self, bench: Bench, live: Live, lifeline: WatchedLifeline, mailbox: RigMailbox
    ) -> None:
        self._bench = bench
        self._lifeline = lifeline
        self._mailbox = mailbox
        self._live = live
        hardware = bench.build()
        limits = CheckLimits(jump_rad=bench.settings.jump_rad)
        self._inspector = PlanInspector(
            bench.robot,
            kinematics=hardware.kinematics,
            limits=limits,
            workspace=hardware.workspace,
        )
        self._rig = Rig(
            hardware,
            live,
            SystemClock(),
            lifeline=lifeline,
            open_planner=self._open_planner,
            settings=bench.settings,
        )
        self._pacer = Pacer(round(NS_PER_S / bench.robot.control_hz))
        self._realtime = Realtime()
        self._leaving = False
        self._told_to_leave = False
        self._status_due_ns = 0
        self._collect_due_ns = 0

    def run(self) -> None:
        """Until told to leave. The arm holds, is parked, and is let go in this order."""
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._rig.realtime = self._realtime.lift_control_thread()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._pacer.restart()
        try:
            while not (self._leaving and self._rig.is_at_rest):
                late_ns = self._pacer.wait()
                now_ns = time.monotonic_ns()
                self._rig.meter.add(late_ns, now_ns)
                self._obey()
                self._rig.tick(now_ns)
                self._tell(now_ns)
        finally:
            self._rig.close()
            self._tell_all()
            self._live.close()

    def _obey(self) -> None:
        while (command := self._mailbox.next_command()) is not None:
            self._leaving |= isinstance(command, Shutdown)
            if isinstance(command, Connect):
                self._rig.announce_connecting()
                self._tell_all()
            self._rig.handle(command)
            if isinstance(command, Connect | ResetScene):
                self._pacer.restart()
            if isinstance(command, Connect):
                self._rig.meter.restart()
        if (self._told_to_leave or self._lifeline.is_orphaned()) and not self._leaving:
            self._leaving = True
            self._rig.handle(Shutdown())

    def _tell(self, now_ns: int) -> None:
        for event in self._rig.drain_events():
            self._mailbox.post(event)
        if now_ns < self._status_due_ns:
            return
        self._status_due_ns = now_ns + STATUS_NS
        self._realtime.lift_helper_threads()
        self._mailbox.post(self._rig.status())
        idle = self._rig.authority is Authority.HOLD or self._rig.phase is not RigPhase.READY
        if idle and now_ns >= self._collect_due_ns:
            self._collect_due_ns = now_ns + COLLECT_NS
            gc.collect()

    def _tell_all(self) -> None:
        self._status_due_ns = 0
        self._tell(time.monotonic_ns())

    def _open_planner(self, url: str, token: str) -> PlannerLink:
        return PlannerLink(url, token=token, robot=self._bench.robot, inspector=self._inspector)

    def _on_terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self._told_to_leave = True
