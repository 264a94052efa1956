"""How patient the rig is, and how it plans. Part of a bench; safety limits live in the robot spec.

Only numbers, each with its unit and the reason for its size.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RigSettings:
    """Times and thresholds of one rig."""

    heartbeat_s: float = 0.5
    """Studio silent for longer while somebody drives: hold. A busy two-core machine needs 0.5."""
    clock_gap_s: float = 0.5
    """A longer gap between two ticks means the machine slept: hold, forget all plans."""
    camera_fresh_s: float = 0.15
    """An older picture is not shown to a policy as the present: three frames at 30 Hz and some."""
    camera_out_s: float = 0.5
    """No picture for longer while the policy drives: come to rest."""
    camera_dark_s: float = 2.0
    """Pictures without anything on them for longer: the policy may not drive."""
    bus_lost_s: float = 0.1
    """The arm did not answer for this long: fault. The servos hold by themselves."""
    servo_lag_s: float = 0.12
    """How far servos may lag behind a moving command: seconds of its speed (60 to 120 ms)."""
    behind_rad: float = 0.35
    """A joint further behind than its lag explains …"""
    behind_s: float = 0.1
    """… for this long is blocked: hold where it is."""
    behind_little_rad: float = 0.15
    """A joint that stays behind by less …"""
    behind_little_s: float = 0.4
    """… but for this long is blocked too."""
    press_rad: float = 0.1
    """How far beyond the measured place a blocked joint's goal is left: it presses, gently."""
    strain_s: float = 0.2
    """A motor that complains for this long while somebody drives: hold where it is."""
    hottest_c: float = 68.0
    """A motor this hot is treated as one that complains; most let go by themselves at 70."""
    leader_jump_rad: float = 0.3
    """A larger step of a leader within one tick is an error of the leader, not a movement."""
    leader_misses: int = 3
    """Failed reads of a leader in a row: hold."""

    replan_s: float = 0.5
    """While the policy drives, the next plan is asked for this long after the last request."""
    refresh_s: float = 1.0
    """While a plan waits for a person, a fresh one is asked for this long after it arrived."""
    retry_s: float = 0.1
    """After a plan was dropped, the next is asked for after this."""
    plan_max_age_s: float = 1.5
    """Motion on an older observation comes to rest."""
    approve_age_s: float = 3.0
    """A superseded plan can be approved for this long after its observation."""
    approve_newest_age_s: float = 6.0
    """The newest plan can be approved for this long: a slow planner is no reason to refuse."""
    rest_moved_rad: float = 0.02
    """An arm at rest that is further from where a plan was made has moved: approve a fresh one."""
    ask_each_s: float = 1.0
    """How much of an approved plan is driven in "ask each" before the next approval."""
    veto_s: float = 2.0
    """How long a person has to refuse in "veto"."""
    hand_over_ramp_s: float = 1.0
    """From a third of the speed to all of it after handing over."""
    jump_rad: float = 0.12
    """A plan further away from the motion at the join is not driven (7°)."""
    bad_plans: int = 3
    """Plans in a row that are no trajectories: fault."""
    num_samples: int = 4
    """Samples per plan: the fan in the 3D view."""
    min_delay_s: float = 0.13
    """Shortest assumed delay of a plan: guidance needs a few fixed rows to stay consistent."""

    park_before_limp: bool = True
    """The arm has no brakes: park before its torque is released, so that it does not fall."""
    park_rad_s: float = 0.6
    """Speed of the way to the parking pose."""
    park_limit_s: float = 8.0
    """Parking that takes longer is given up: the arm holds where it is."""
