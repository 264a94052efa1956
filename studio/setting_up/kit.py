"""What is known of a kit while it is set up: the arms found, their roles, and what is missing.

Joins what the ports tell with the bench file being drafted. Reads calibration files; opens no port
and knows no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devices.arm_make import ArmMake
from devices.calibration.store import previous_of, read_calibration
from devices.calibration.types import ArmCalibration
from devices.motor_errors import InvalidCalibration
from devices.ports import USB
from devices.setup.bench_draft import FOLLOWER, MAIN_LEADER, SIDES, ArmDraft, BenchDraft
from devices.setup.makes import MAKES, names_of
from devices.setup.messages import PortLook
from devices.setup.swapped import swapped

ONE_ARM = (FOLLOWER, MAIN_LEADER)
TWO_ARMS = tuple(f"{side}.{role}" for side in SIDES for role in ONE_ARM)


@dataclass(frozen=True, slots=True)
class Kit:
    """One moment of setting up. Frozen: what changes makes a new one."""

    folder: Path  # of the bench file and the calibrations
    draft: BenchDraft = field(default_factory=BenchDraft)
    ports: tuple[PortLook, ...] = ()

    @property
    def roles(self) -> Mapping[str, str]:
        """Table of the bench file → what people call it; those that arms have, and free ones."""
        names = dict.fromkeys(TWO_ARMS if self.draft.two_arms else ONE_ARM)
        names |= dict.fromkeys(arm.role for arm in self.draft.arms)
        return {role: ArmDraft(role).name.capitalize() for role in names}

    # ── roles ──────────────────────────────────────────────────────────────────────────────────

    def role_of(self, look: PortLook) -> str:
        """The table of the bench file that names this port, "" none."""
        return next((arm.role for arm in self.draft.arms if _is_at(arm, look)), "")

    def look_of(self, role: str) -> PortLook | None:
        """The port that an arm of the bench is on, None while it is not there."""
        arm = self.draft.arm(role)
        return None if arm is None else next((p for p in self.ports if _is_at(arm, p)), None)

    def make_of(self, role: str) -> ArmMake:
        """The make of the arm in a role; what the bench file is for while it is not there."""
        look, arm = self.look_of(role), self.draft.arm(role)
        if look is not None and look.make:
            return MAKES[look.make]
        kind = arm.kind if arm is not None else ""
        return MAKES.get(kind or self.draft.kind) or next(iter(MAKES.values()))

    def with_role(self, look: PortLook, role: str) -> Kit:
        """The same with this port in a role (and in no other one); "" takes it off the bench."""
        draft, before = self.draft, self.role_of(look)
        if before:
            draft = draft.without_arm(before)
        if role:
            known = self.draft.arm(role)
            calibration = known.calibration if known else ""
            arm = ArmDraft(role, look.address, calibration, kind=look.make)
            draft = draft.with_arm(replace(arm, calibration=calibration or arm.file_name))
        return replace(self, draft=draft)

    def with_the_other_one(self, taken: str) -> Kit:
        """When two arms were found and one has a role, the other one has the other role."""
        free = [p for p in self.ports if p.arm is not None and not self.role_of(p)]
        other = next((role for role in ONE_ARM if role != taken), "")
        if self.draft.two_arms or len(free) != 1 or self.look_of(other) is not None:
            return self
        return self.with_role(free[0], other)

    # ── calibrations ───────────────────────────────────────────────────────────────────────────

    def path_of(self, role: str) -> Path | None:
        """Where the calibration of an arm is kept, or will be."""
        arm = self.draft.arm(role)
        return None if arm is None else self.folder / (arm.calibration or arm.file_name)

    def calibration_of(self, role: str) -> ArmCalibration | None:
        """What was measured of an arm; None when there is none that can be read."""
        path = self.path_of(role)
        if path is None or not path.exists():
            return None
        make = self.make_of(role)
        try:
            return read_calibration(path, names=names_of(make), largest_offset=make.largest_offset)
        except InvalidCalibration:
            return None

    def can_undo(self, role: str) -> bool:
        """Whether there is a calibration before this one."""
        path = self.path_of(role)
        return path is not None and path.exists() and previous_of(path).exists()

    # ── what is wrong, what is missing ─────────────────────────────────────────────────────────

    @property
    def swapped(self) -> tuple[str, str] | None:
        """Two roles whose arms were exchanged."""
        seen = {a.role: look.arm for a in self.draft.arms if (look := self.look_of(a.role))}
        known = {a.role: c for a in self.draft.arms if (c := self.calibration_of(a.role))}
        return swapped({role: arm for role, arm in seen.items() if arm is not None}, known)

    @property
    def missing(self) -> str:
        """What to do before the bench can be opened, "" nothing."""
        for role in self.draft.followers:
            if self.draft.arm(role) is None:
                return f"Say which arm is the {ArmDraft(role).name}."
        for arm in self.draft.arms:
            if self._is_calibrated_here(arm) and self.calibration_of(arm.role) is None:
                return f"Calibrate the {arm.name}, or take over its calibration."
        return ""

    def _is_calibrated_here(self, arm: ArmDraft) -> bool:
        """Arms of other makes than those set up here keep their zero, or are set up elsewhere."""
        look, follower = self.look_of(arm.role), self.draft.follower_of(arm)
        beside = follower.kind if follower is not None else ""
        return ((look.make if look else "") or arm.kind or beside or self.draft.kind) in MAKES

    def misfit(self, role: str) -> str:
        """Why the motors of an arm do not fit its calibration file, "" when they do."""
        look, calibration = self.look_of(role), self.calibration_of(role)
        if look is None or look.arm is None or calibration is None or self.swapped:
            return ""
        wrong = [m.joint for m in look.arm.motors if _offset(calibration, m.joint) != m.offset]
        if not wrong:
            return ""
        return f"Its motors ({', '.join(wrong)}) hold other offsets than its calibration file."


def ports_of(draft: BenchDraft) -> tuple[str, ...]:
    """Ports that a bench file names."""
    return tuple(arm.port for arm in draft.arms if arm.port)


def arms_in(ports: Sequence[PortLook]) -> tuple[tuple[str, str], ...]:
    """Make and port of every arm that answers."""
    return tuple((look.make, look.port) for look in ports if look.arm is not None)


def _is_at(arm: ArmDraft, look: PortLook) -> bool:
    """Compared by what was told of the port: asking the system for it takes too long here."""
    if not arm.port or arm.port in (look.address, look.identity, look.port):
        return bool(arm.port)
    return not arm.port.startswith(USB) and Path(arm.port).resolve() == Path(look.port).resolve()


def _offset(calibration: ArmCalibration, joint: str) -> int | None:
    motor = calibration.joints.get(joint)
    return None if motor is None else motor.homing_offset
