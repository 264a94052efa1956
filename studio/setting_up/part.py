"""Setting up a kit, as the window sees it: what was found, what is being done, what to write.

Methods are intents, signals are facts. The work happens in a process of its own; while the rig has
a port, nobody here touches it. Knows no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from devices.arm_make import MotorAssigned
from devices.calibration.lerobot import write_lerobot
from devices.errors import DeviceError
from devices.setup.bench_draft import ArmDraft, CameraDraft, read_draft, write_bench
from devices.setup.messages import (
    ArmMoved,
    Calibrated,
    Doing,
    Done,
    FindByMoving,
    Finish,
    Limp,
    LookAround,
    LookedAround,
    Measure,
    Measured,
    MotorReady,
    NextJoint,
    Refused,
    Report,
    Request,
    SetUpMotor,
    TakeBack,
    TakeOver,
)
from recordings.types import Fault
from studio.setting_up.cameras import SeenCameras
from studio.setting_up.kit import Kit, arms_in, ports_of
from studio.setting_up.work import LOST, Work, WorkerLost

BENCH_FILE = "bench.toml"


class SettingUp(QObject):
    """One kit being set up; the only writer of its state."""

    changed = Signal()  # what is found, drafted or being done
    measured = Signal(object)  # Measured
    calibrated = Signal(object)  # Calibrated
    refused = Signal(object)  # Fault
    noticed = Signal(str, str)  # sentence, level
    benchWritten = Signal(str)  # path

    def __init__(
        self,
        folder: Path,
        bench_file: Path | None,
        *,
        rig_holds_ports: Callable[[], bool],
        rig_cameras: Callable[[], frozenset[str]],
        parent: QObject | None = None,
    ) -> None:
        """Nothing is looked at yet.

        Args:
            folder: of a bench file that is new.
            bench_file: the one that is open, None for the simulated bench.
            rig_holds_ports: whether the rig has the ports of the open bench now.
            rig_cameras: addresses of the cameras that the rig has or is about to have.
            parent: of the object.
        """
        super().__init__(parent)
        self.file = bench_file or folder / BENCH_FILE
        self.shown = False
        self.measuring = ""  # role of the arm being measured
        self.finding = ""  # role of the arm that a hand is to move
        self.watching = False  # the arms are limp and watched
        self.progress: Measured | None = None
        self.motors: tuple[MotorAssigned, ...] = ()  # set up just now
        self.fault: Fault | None = None  # why the last request was refused
        self.refused_file: tuple[str, Path] | None = None  # role and file that does not fit
        self.kit = Kit(self.file.parent)
        self._typed: tuple[str, ...] = ()
        self._opened: tuple[str, ...] = ()  # ports of the open bench
        self._rig_holds_ports = rig_holds_ports
        self._rig_held = False
        self._stale = False  # motors hold other numbers than when they were looked at
        self._work = Work()
        self.cameras = SeenCameras(lambda: self.kit.draft.cameras, rig_cameras, self)
        self._read_file(opened=bench_file is not None)

    # ── life ───────────────────────────────────────────────────────────────────────────────────

    def show(self) -> None:
        """Open the place where a kit is set up, and look."""
        self.shown = True
        self.cameras.look()
        self.look()

    def hide(self) -> None:
        """Close it; whatever holds a port ends."""
        self.shown = False
        self.cameras.rest()
        self.leave()
        self.changed.emit()

    def close(self) -> None:
        """End the process; motors that were being measured are put back."""
        self.cameras.close()
        self._work.close()

    def tick(self, _now_ns: int) -> None:
        """Take in what was told; look again when the rig has let go of its ports, or taken them."""
        try:
            self._work.drain(self._take)
        except WorkerLost:
            self._end()
            self._refuse(LOST)
        if self.shown:
            self.cameras.tick()
        held = self._rig_holds_ports()
        if held != self._rig_held:
            self._rig_held = held
            if self.shown and not self.busy:
                self.look()

    @property
    def rig_has_arms(self) -> bool:
        """The open bench has arms of its own, and the rig has their ports now."""
        return bool(self._opened) and self._rig_holds_ports()

    @property
    def motor_order(self) -> tuple[str, ...]:
        """Joints in the order in which new motors are set up."""
        return self.kit.make_of("").motor_order

    @property
    def busy(self) -> bool:
        """A port may be held here: the rig has to wait."""
        return self._work.busy

    def leaves(self, cameras: frozenset[str]) -> bool:
        """Whether nothing is held here that the rig needs: a port, or one of these cameras."""
        return not (self.busy or self.cameras.holds(cameras))

    @property
    def doing(self) -> str:
        """What is being done, in words, "" nothing."""
        return self._work.doing

    # ── finding ────────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """See what is on every port; moves and writes nothing."""
        taken = self._opened if self._rig_holds_ports() else ()
        extra = (*ports_of(self.kit.draft), *self._typed)
        self._begin(LookAround(extra, taken), "Looking at the ports…")

    def add_port(self, port: str) -> None:
        """Look at this port too, whatever adapter it is."""
        if port.strip():
            self._typed = tuple(dict.fromkeys((*self._typed, port.strip())))
            self.look()

    def find(self, role: str) -> None:
        """Let all arms go limp; the one that a hand moves gets this role."""
        self.finding = role
        self._begin(FindByMoving(arms_in(self.kit.ports)), "Letting go of the arms…")

    def assign(self, port: str, role: str) -> None:
        """Give the arm on a port its role, "" none."""
        look = next((p for p in self.kit.ports if p.port == port), None)
        if look is not None:
            self._change(self.kit.with_role(look, role))

    def use_two_arms(self, two: bool) -> None:
        """A bench with a left and a right arm, or with one; roles are given anew."""
        self._change(replace(self.kit, draft=self.kit.draft.with_two_arms(two)))

    def swap(self) -> None:
        """Exchange the two arms that were found to be swapped."""
        pair = self.kit.swapped
        if pair is not None:
            self._change(replace(self.kit, draft=self.kit.draft.swapped(*pair)))

    def use_camera(self, address: str, role: str) -> None:
        """Give a camera its role on the bench, "" none."""
        draft = self.kit.draft
        if role:
            known = next((c for c in draft.cameras if c.address == address), None)
            camera = replace(known, role=role) if known else CameraDraft(role, address)
            draft = draft.with_camera(camera)
        else:
            draft = draft.without_camera(address)
        self._change(replace(self.kit, draft=draft))

    def add_camera(self, address: str) -> bool:
        """Look through a camera that no listing tells; says whether its address can be one."""
        try:
            self.cameras.add(address)
        except DeviceError as error:
            self._refuse(error.to_fault(t_ns=0))
            return False
        return True

    # ── calibrating ────────────────────────────────────────────────────────────────────────────

    def calibrate(self, role: str) -> None:
        """Measure the arm in a role; it goes limp."""
        look, path = self.kit.look_of(role), self.kit.path_of(role)
        if look is None or path is None:
            return
        self.measuring, self.progress = role, None
        name = self.name_of(role)
        self._begin(Measure(look.make, name, look.port, path), f"Letting go of the {name}…")

    def next_joint(self) -> None:
        self._work.ask(NextJoint())

    def finish(self) -> None:
        """Store what was measured."""
        self._work.ask(Finish())

    def leave(self) -> None:
        """End whatever holds a port and put back what it changed."""
        self._work.leave()

    def undo(self, role: str) -> None:
        """The calibration before the last one again."""
        look, path = self.kit.look_of(role), self.kit.path_of(role)
        if look is not None and path is not None:
            asked = TakeBack(look.make, self.name_of(role), look.port, path)
            self._begin(asked, "Taking it back…")

    def take_over(self, role: str, source: Path, *, store: bool = False) -> None:
        """Make the calibration in a file that of an arm; ``store``: also in its motors."""
        look, path = self.kit.look_of(role), self.kit.path_of(role)
        if path is None:
            return
        make, name = self.kit.make_of(role), self.name_of(role)
        port = look.port if look is not None and look.arm is not None else ""
        asked = TakeOver(make.kind, name, port, path, source, store=store)
        self._begin(asked, f"Taking over {source.name}…")
        self.refused_file = (role, source)

    def store_refused(self) -> None:
        """Write the file that did not fit into the motors of its arm."""
        if self.refused_file is not None:
            role, source = self.refused_file
            self.take_over(role, source, store=True)

    def export(self, role: str, target: Path) -> None:
        """Write the calibration of an arm as LeRobot reads it."""
        calibration = self.kit.calibration_of(role)
        if calibration is None:
            return
        try:
            write_lerobot(target, calibration)
        except OSError as error:
            self.noticed.emit(f"{target} could not be written: {error}", "danger")
        else:
            self.noticed.emit(f"Saved {target} for LeRobot.", "ok")

    # ── motors, bench file ─────────────────────────────────────────────────────────────────────

    def set_up_motor(self, port: str, joint: str) -> None:
        """Make the one new motor on the wire the motor of a joint."""
        kind = next(
            (p.make for p in self.kit.ports if p.port == port and p.make), self.kit.draft.kind
        )
        done = tuple(motor.joint for motor in self.motors)
        self._begin(SetUpMotor(kind, port, joint, done), f"Looking for the new motor of {joint}…")

    def start_motors_over(self) -> None:
        """Another arm: none of its motors was set up yet."""
        self.motors = ()
        self.changed.emit()

    def write(self) -> None:
        """Write the bench file; whoever listens opens it."""
        try:
            write_bench(self.file, self.kit.draft)
        except DeviceError as error:
            self._refuse(error.to_fault(t_ns=0))
        except OSError as error:
            self.noticed.emit(f"{self.file} could not be written: {error}", "danger")
        else:
            self.leave()
            self.benchWritten.emit(str(self.file))

    # ── inside ─────────────────────────────────────────────────────────────────────────────────

    def name_of(self, role: str) -> str:
        """What people call the arm in a role."""
        return ArmDraft(role).name

    def _read_file(self, *, opened: bool) -> None:
        try:
            draft = read_draft(self.file)
        except DeviceError as error:
            self.fault = error.to_fault(t_ns=0)
            return
        self.kit = replace(self.kit, draft=draft)
        self._opened = ports_of(draft) if opened else ()

    def _begin(self, request: Request, words: str) -> None:
        self.fault, self.refused_file = None, None
        self._work.begin(request, words)
        self.changed.emit()

    def _change(self, kit: Kit) -> None:
        self.kit = kit
        self.changed.emit()

    def _refuse(self, fault: Fault) -> None:
        self.fault = fault
        self.refused.emit(fault)
        self.changed.emit()

    def _end(self) -> None:
        self.measuring = self.finding = ""
        self.watching = False
        self.progress = None

    def _take(self, report: Report) -> None:
        match report:
            case Doing() | Done():
                self._settle()
            case LookedAround(ports):
                self._change(replace(self.kit, ports=ports))
            case Limp():
                self.watching = True
                self.changed.emit()
            case ArmMoved(port):
                self._on_arm_moved(port)
            case Measured():
                self.progress = report
                self.measured.emit(report)
            case Calibrated():
                self.refused_file = None
                self._stale = True
                self.calibrated.emit(report)
            case MotorReady(motor):
                self.motors = (*(m for m in self.motors if m.joint != motor.joint), motor)
                self.changed.emit()
            case Refused(fault=fault):
                if fault.code != "calibration_mismatch":
                    self.refused_file = None
                self._refuse(fault)
            case _:
                pass

    def _settle(self) -> None:
        if not self.busy:
            self._end()
        self.changed.emit()
        if self._stale and not self.busy:
            self._stale = False
            self.look()

    def _on_arm_moved(self, port: str) -> None:
        if not self.finding:
            return
        role, self.finding = self.finding, ""
        self.assign(port, role)
        self._change(self.kit.with_the_other_one(role))
        self.leave()
